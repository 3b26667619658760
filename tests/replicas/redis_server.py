"""A real Redis on a socket in a temporary directory, which can be ended and started again."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest


class RedisServer:
    """`redis-server` that keeps nothing."""

    def __init__(self, place: Path) -> None:
        self.program = shutil.which("redis-server") or ""
        if not self.program:
            pytest.skip("needs Redis: apt-get install redis-server")
        self.socket = place / "redis"
        self.url = f"unix://{self.socket}"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        options = [
            "--port",
            "0",
            "--unixsocket",
            str(self.socket),
            "--save",
            "",
            "--dir",
            str(self.socket.parent),
        ]
        self.process = subprocess.Popen([self.program, *options], stdout=subprocess.DEVNULL)
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            with socket.socket(socket.AF_UNIX) as probe:
                if probe.connect_ex(str(self.socket)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("Redis did not start")

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait(10)
