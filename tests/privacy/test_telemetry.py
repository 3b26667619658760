"""Nothing leaves the machine, and nothing is written to the user's HOME: not by the program, nor by what it uses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from index.telemetry import SILENT
from tests.privacy.traced import ROOT, Home, find_faults, require_strace

# The first look for a server came within two seconds when telemetry was on.
_WAIT_S = "5"


@pytest.fixture
def home(tmp_path: Path, data_dir: Path) -> Home:
    require_strace()
    return Home(tmp_path, data_dir / "index")


def test_a_question_on_the_command_line_sends_nothing_and_leaves_nothing_at_home(home: Home) -> None:
    assert "[1]" in home.run(["-m", "assistant", "ask", "do I need a GPU?"])
    assert home.faults() == []


def test_a_service_sends_nothing_and_leaves_nothing_at_home(home: Home) -> None:
    assert home.run(["-m", "tests.privacy.serve_once", _WAIT_S]) == "answered\n"
    assert home.faults() == []


def test_a_build_sends_nothing_and_leaves_nothing_at_home(home: Home, data_dir: Path) -> None:
    shutil.copytree(data_dir / "index", home.data / "index")
    home.environment["DLSTART_INDEX_DIR"] = str(home.data / "index")
    home.run(["-m", "assistant", "index", "build"])
    assert home.faults() == []


@pytest.mark.slow
def test_a_first_build_with_torch_sends_nothing_and_leaves_nothing_at_home(home: Home) -> None:
    home.environment["DLSTART_INDEX_DIR"] = str(home.data / "index")
    home.run(["-m", "assistant", "index", "build"], timeout=600)
    assert home.faults() == []


@pytest.mark.parametrize(
    "line",
    [
        'connect(5, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.1")}, 16) = -1 ENETUNREACH',
        'connect(5, {sa_family=AF_INET6, sin6_port=htons(443), inet_pton(AF_INET6, "2001:db8::1", &a)}, 28) = 0',
        'connect(5, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")}, 16) = 0',
        'sendto(5, "x", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.2")}, 16) = 1',
        'openat(AT_FDCWD, "/home/user/.cache/x.db", O_RDWR|O_CREAT|O_CLOEXEC, 0644) = 7',
        'mkdir("/home/user/.cache", 0777) = 0',
    ],
)
def test_what_leaves_the_machine_or_is_written_at_home_is_a_fault(line: str) -> None:
    assert list(find_faults([line], Path("/home/user"))) == [line]


@pytest.mark.parametrize(
    "line",
    [
        'connect(5, {sa_family=AF_INET, sin_port=htons(8000), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
        'connect(5, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT',
        'openat(AT_FDCWD, "/home/user/.config/x", O_RDONLY|O_CLOEXEC) = -1 ENOENT',
        'openat(AT_FDCWD, "/tmp/x", O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 7',
    ],
)
def test_what_stays_on_the_machine_is_no_fault(line: str) -> None:
    assert list(find_faults([line], Path("/home/user"))) == []


@pytest.mark.parametrize("package", ["index", "assistant"])
def test_each_package_switches_telemetry_off_before_it_imports_a_library(package: str) -> None:
    program = f"""
import os, sys
import {package}
assert {SILENT!r}.items() <= os.environ.items(), os.environ
assert not {{"onnxruntime", "transformers", "huggingface_hub", "ray", "torch"}} & set(sys.modules)
"""
    clean = {name: value for name, value in os.environ.items() if name not in SILENT}
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=clean, check=True, timeout=60)


def test_a_value_of_the_environment_stays() -> None:
    program = "import os, index; print(os.environ['RAY_USAGE_STATS_ENABLED'])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "RAY_USAGE_STATS_ENABLED": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "1\n"


def test_the_image_and_ray_switch_the_same_off() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    for name, value in SILENT.items():
        assert f"{name}={value}" in dockerfile
    config = yaml.safe_load((ROOT / "deploy" / "ray-serve.yaml").read_text("utf-8"))
    assert config["applications"][0]["runtime_env"]["env_vars"].items() == SILENT.items()
