"""The real program in a process of its own, on a free port."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import httpx

ROOT = Path(__file__).parent.parent.parent
_PATIENCE = 120.0


class Server:
    """`dlstart serve`, with its log."""

    def __init__(
        self, data_dir: Path, *options: str, program: Sequence[str] = ("-m", "assistant"), **environment: str
    ) -> None:
        names = {"DLSTART_DATA_DIR": str(data_dir), "DLSTART_DEVICE": "cpu", "DLSTART_LOG_FORMAT": "json"}
        self.process = subprocess.Popen(
            [sys.executable, *program, "serve", "--port", "0", *options],
            cwd=ROOT,
            env={**os.environ, **names, **environment},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log: list[dict[str, Any]] = []
        self.noise: list[str] = []
        assert self.process.stderr is not None
        threading.Thread(target=self._read, args=(self.process.stderr,), daemon=True).start()
        self.url = str(self.wait_for("listening")["url"])

    def wait_for(self, event: str, count: int = 1) -> dict[str, Any]:
        """The log line of an event, when it has come so often."""
        ends = time.monotonic() + _PATIENCE
        while time.monotonic() < ends:
            lines = [line for line in self.log if line["event"] == event]
            if len(lines) >= count:
                return lines[count - 1]
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"no {event!r} in the log: {self.log[-5:]} {self.noise[-5:]}")

    def wait_until_ready(self) -> None:
        """Until /readyz says so."""
        ends = time.monotonic() + _PATIENCE
        while time.monotonic() < ends:
            # Before the workers run, a connection waits in the queue of the socket.
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"not ready: {self.log[-5:]} {self.noise[-5:]}")

    def workers(self) -> list[int]:
        """Process ids of its workers."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(one) for one in children if "spawn_main" in Path(f"/proc/{one}/cmdline").read_text()]

    def stop(self) -> int:
        """Send SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            try:
                self.log.append(json.loads(line))
            except ValueError:
                self.noise.append(line)


@contextmanager
def running(
    data_dir: Path, *options: str, program: Sequence[str] = ("-m", "assistant"), **environment: str
) -> Iterator[Server]:
    """A server that is ready, and gone afterwards. `program`: what Python runs."""
    server = Server(data_dir, *options, program=program, **environment)
    try:
        server.wait_until_ready()
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
        server.process.wait(10)
        assert server.process.stderr is not None
        server.process.stderr.close()
