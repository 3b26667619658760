"""Serves one question over loopback, waits as long as telemetry took to look for its server, and stops."""

from __future__ import annotations

import contextlib
import fcntl
import json
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from http.client import HTTPResponse

_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1
_PATIENCE = 90.0


def bring_up_loopback() -> None:
    """A new network namespace has a loopback interface that is down; elsewhere it is up, and nothing is allowed."""
    with socket.socket() as opened, contextlib.suppress(OSError):
        fcntl.ioctl(opened, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))


def ask(port: int) -> HTTPResponse:
    """One question."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/ask",
        json.dumps({"question": "do I need a GPU?"}).encode(),
        {"Content-Type": "application/json"},
    )
    response: HTTPResponse = urllib.request.urlopen(request, timeout=30)
    return response


def main(seconds: float) -> None:
    """Print the outcome of the answer."""
    bring_up_loopback()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "assistant", "serve", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as service:
        ends = time.monotonic() + _PATIENCE
        while True:
            try:
                with ask(port) as response:
                    print(json.load(response)["outcome"])
                break
            except OSError:
                if time.monotonic() > ends or service.poll() is not None:
                    raise
                time.sleep(0.1)
        time.sleep(seconds)
        service.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    main(float(sys.argv[1]))
