"""Programs as on an older processor: see older.c, and CONTRIBUTING.md for the whole suite."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

SOURCE = Path(__file__).with_suffix(".c")
Level = Literal["v2", "v3"]
"""x86-64-v2 ends with SSE 4.2, x86-64-v3 with AVX2."""
_CANNOT_HIDE = 69


def build(folder: Path) -> Path:
    """Compile the library that hides features. Skips the test where that can't be."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        pytest.skip("features are hidden on Linux and x86-64 only")
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler: install gcc")
    library = folder / "older.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE)], check=True)
    probe = subprocess.run(["true"], env=environment(library, "v3"), check=False)
    if probe.returncode == _CANNOT_HIDE:
        pytest.skip("this processor or kernel can't hide its features")
    return library


def environment(library: Path, level: Level) -> dict[str, str]:
    """The environment of a program that is to see that level only."""
    return {**os.environ, "LD_PRELOAD": str(library), "OLD_PROCESSOR": level}


def run(library: Path, level: Level, program: str, *arguments: str) -> str:
    """Run Python source as on an older processor, and give its output."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, *arguments],
        env=environment(library, level),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
