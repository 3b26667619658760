"""A program in a namespace without network, under strace: what it sends, and what it writes to its HOME."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')
_PORT_OF_DNS = "htons(53)"
_SENDS = re.compile(r"\b(?:connect|sendto|sendmsg|sendmmsg)\(")
_WRITES = re.compile(r'\b(?:openat|mkdir|mkdirat)\((?:AT_FDCWD, )?"([^"]+)"(.*)')


class Home:
    """A fresh HOME that must stay empty, beside the folders that a program may write to."""

    def __init__(self, folder: Path, index: Path) -> None:
        self.path = folder / "home"
        self.log = folder / "strace.log"
        self.data = folder / "data"
        for made in (self.path, folder / "tmp", self.data):
            made.mkdir()
        # Nothing else: with CI set, telemetry is silent, and a cache may be set elsewhere.
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path),
            "TMPDIR": str(folder / "tmp"),
            "DLSTART_DATA_DIR": str(self.data),
            "DLSTART_INDEX_DIR": str(index),
            "DLSTART_DEVICE": "cpu",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def run(self, command: Sequence[str], timeout: float = 120) -> str:
        """Run Python with these arguments; its output."""
        traced = ["strace", "-f", "-qq", "-o", str(self.log), "-e", "trace=%network,openat,mkdir,mkdirat"]
        done = subprocess.run(
            [*_alone(), *traced, sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def faults(self) -> list[str]:
        """What left the machine or asked for a name, and what was written to HOME."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        left = sorted(str(path.relative_to(self.path)) for path in self.path.rglob("*"))
        return [*find_faults(lines, self.path), *(f"left in HOME: {name}" for name in left)]


def find_faults(lines: Sequence[str], home: Path) -> Iterator[str]:
    """Lines of strace that reach for another machine, for a name server, or for a file to write in `home`."""
    for line in lines:
        if _SENDS.search(line):
            found = _ADDRESS.search(line)
            address = (found[1] or found[2]) if found else ""
            if _PORT_OF_DNS in line or (address and not address.startswith("127.") and address != "::1"):
                yield line
        written = _WRITES.search(line)
        if written and Path(written[1]).is_relative_to(home) and ("mkdir" in line or "O_CREAT" in written[2]):
            yield line


def require_strace() -> None:
    """Skip the test where programs can't be traced."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace: install it")
    if subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], check=False).returncode:
        pytest.skip("programs can't be traced here")


def _alone() -> list[str]:
    """The command that leaves a program without network, where that is allowed; strace judges without it too."""
    alone = ["unshare", "--map-root-user", "--net"]
    allowed = shutil.which("unshare") and not subprocess.run([*alone, "true"], check=False).returncode
    return alone if allowed else []
