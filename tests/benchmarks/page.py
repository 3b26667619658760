"""docs/performance.md: each benchmark owns the lines between its marks."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from pathlib import Path

_PAGE = Path(__file__).parent.parent.parent / "docs" / "performance.md"


def replace_table(name: str, title: str, lines: Sequence[str], by: str = "") -> None:
    """Put the lines between the marks of a benchmark, or its part `by`; make its section if there is none."""
    first, last = f"<!-- {name}: written by tests/benchmarks/{by or name}.py -->", f"<!-- end of {name} -->"
    text = _PAGE.read_text("utf-8") if _PAGE.is_file() else "# Performance\n"
    if first not in text:
        text += f"\n## {title}\n\n{first}\n{last}\n"
    before, rest = text.split(first)
    after = rest.split(last)[1]
    _PAGE.write_text("\n".join([before + first, "", *lines, "", last + after]), "utf-8")


def print_table(lines: Sequence[str]) -> None:
    """For a run that is not written down."""
    print("\n".join(lines))


def describe_machine() -> str:
    """Cores, processor, load before, Python and libraries, day: in one line."""
    info = Path("/proc/cpuinfo")
    names = info.read_text("utf-8").splitlines() if info.is_file() else []
    model = next((line.split(":", 1)[1].strip() for line in names if line.startswith("model name")), "")
    libraries = ", ".join(
        f"{name} {version(name)}" for name in ("onnxruntime", "faiss-cpu", "fastapi", "uvicorn")
    )
    return (
        f"{os.cpu_count()} cores ({model or platform.machine()}), load average {os.getloadavg()[0]:.1f} before, "
        f"Python {platform.python_version()}, {libraries}, {datetime.now(UTC):%Y-%m-%d}"
    )


def run_self(spec: ModuleSpec, *arguments: str) -> str:
    """What the same benchmark prints in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", spec.name, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def measure_resident() -> float:
    """Memory that this process holds, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
