"""The walk-through for editors works as it is written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_every_command_of_the_walk_through_works(tmp_path: Path) -> None:
    blocks = re.findall(
        r"^```sh\n(.*?)^```$", (DOCS / "editing-the-guide.md").read_text("utf-8"), re.M | re.S
    )
    assert len(blocks) == 5
    script = "\n".join([f'dlstart() {{ "{sys.executable}" -m assistant "$@"; }}', *blocks])
    # The hashed encoder needs no weights; what is tested here are the commands.
    environment = {
        **os.environ,
        "PYTHONPATH": str(DOCS.parent),
        "DLSTART_ENCODER": "hashed",
        "PYTHONWARNINGS": "default",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Deep Ducks (discontinued)" in done.stdout
    assert "has no section `hardware`" in done.stdout or "names no section `hardware`" in done.stdout
