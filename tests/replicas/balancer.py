"""Real servers behind a real nginx, configured as deploy/nginx.conf says."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.http.server import ROOT, Server


@contextmanager
def replicas(
    data_dirs: tuple[Path, Path], *options: str, **environment: str
) -> Iterator[tuple[Server, Server]]:
    """Two servers that start at the same time, are ready, and gone afterwards."""
    with ExitStack() as stack:
        both = tuple(Server(data_dir, *options, **environment) for data_dir in data_dirs)
        for server in both:
            stack.callback(end, server)
        for server in both:
            server.wait_until_ready()
        yield both[0], both[1]


def end(server: Server) -> None:
    """End it at once, if it still runs."""
    server.process.kill()
    server.process.wait(10)
    assert server.process.stderr is not None
    server.process.stderr.close()


@contextmanager
def balanced(place: Path, *servers: Server) -> Iterator[str]:
    """The address of an nginx in front of two servers; skips where it is not installed."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("needs nginx: apt-get install nginx-light")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    shared = (
        (ROOT / "deploy" / "nginx.conf").read_text("utf-8").replace("listen 80;", f"listen 127.0.0.1:{port};")
    )
    for number, server in enumerate(servers, 1):
        shared = shared.replace(f"replica{number}:8000", server.url.removeprefix("http://"))
    conf = f"""
        daemon off; pid {place}/pid; error_log {place}/error.log; events {{}}
        http {{
            access_log off;
            client_body_temp_path {place}/body; proxy_temp_path {place}/proxy;
            fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;
            {shared}
        }}"""
    (place / "nginx.conf").write_text(conf)
    proxy = subprocess.Popen([nginx, "-c", place / "nginx.conf", "-e", place / "error.log"])
    try:
        wait_until(lambda: answers(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        proxy.terminate()
        proxy.wait(10)


def answers(port: int) -> bool:
    """Whether somebody listens there, and answers."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/").status_code == 200
    except httpx.TransportError:
        return False


def wait_until(true: object, seconds: float = 60.0) -> None:
    """Until a function gives something true."""
    assert callable(true)
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "that took too long"
        time.sleep(0.05)


def served(server: Server, request_id: str) -> bool:
    """Whether a request reached this server."""
    return any(line.get("id") == request_id for line in list(server.log))
