"""docs/performance.md: each benchmark owns the lines between its marks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path

_PAGE = Path(__file__).parent.parent.parent / "docs" / "performance.md"


def replace_table(name: str, title: str, lines: Sequence[str]) -> None:
    """Put the lines between the marks of that benchmark; make its section if there is none."""
    first, last = f"<!-- {name}: written by tests/benchmarks/{name}.py -->", f"<!-- end of {name} -->"
    text = _PAGE.read_text("utf-8") if _PAGE.is_file() else "# Performance\n"
    if first not in text:
        text += f"\n## {title}\n\n{first}\n{last}\n"
    before, rest = text.split(first)
    after = rest.split(last)[1]
    _PAGE.write_text("\n".join([before + first, "", *lines, "", last + after]), "utf-8")


def run_self(spec: ModuleSpec, *arguments: str) -> str:
    """What the same benchmark prints in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", spec.name, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def measure_resident() -> float:
    """Memory that this process holds, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
