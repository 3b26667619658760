"""What is measured side by side: each a process that is started, asked and stopped."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median
from typing import Any

import psutil

ROOT = Path(__file__).parent.parent.parent
CACHE = ROOT / ".dlstart" / "bench"
"""What a second run uses again; git ignores it."""
_PATIENCE = 180.0
_POLL = 0.02
_WARM_UP = 1.5


class Failed(Exception):
    """A candidate that does not start or does not answer; says why, in one line."""


@dataclass(frozen=True, slots=True)
class Server:
    """A program that answers over HTTP."""

    name: str
    command: Sequence[str]
    """With {port}."""
    route: str
    ready: str = ""
    """Route that says when it is ready, where there is one."""
    callers: Sequence[int] = (1, 8, 32)
    environment: Mapping[str, str] = field(default_factory=dict)


def measure_server(server: Server, bodies: Path, seconds: float) -> dict[str, dict[str, Any]]:
    """Start it, ask with each number of callers, stop it: what was found, by row."""
    first = json.loads(bodies.read_text("utf-8"))[0]
    with _running(server) as (process, port, began):
        found: dict[str, Any] = {}
        if server.ready:
            _wait(process, lambda: _request(port, "GET", server.ready, None))
            found["ready_s"] = time.perf_counter() - began
        _wait(process, lambda: _request(port, "POST", server.route, first))
        found["first_s"] = time.perf_counter() - began
        url = f"http://127.0.0.1:{port}{server.route}"
        _load(url, max(server.callers), min(_WARM_UP, seconds), bodies)
        rows = {}
        for callers in server.callers:
            worked = _worked(process.pid)
            row = _load(url, callers, seconds, bodies)
            if process.poll() is not None:
                raise Failed(f"it died under the load of {callers} (status {process.returncode})")
            row["cpu_s"] = _worked(process.pid) - worked
            rows[f"{server.name}, {callers} caller{'s' * (callers > 1)}"] = row
        memory = _memory(process.pid)
        return {name: row | found | memory for name, row in rows.items()}


def measure_inside(server: Server, bodies: Path, seconds: float) -> float:
    """One caller's p50 as a multiple of what the answers themselves say: encode + search + compose."""
    with _running(server) as (process, port, _):
        _wait(process, lambda: _request(port, "GET", server.ready, None))
        url = f"http://127.0.0.1:{port}{server.route}"
        _load(url, 1, min(_WARM_UP, seconds), bodies)
        row = _load(url, 1, seconds, bodies, "--inside")
        return float(percentile(row["latencies"], 50) / percentile(row["inside"], 50))


def measure_in_process(what: str, bodies: Path, seconds: float) -> dict[str, Any]:
    """The floor or the library."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.in_process"]
    began = time.perf_counter()
    with subprocess.Popen(
        [*command, what, str(seconds), str(bodies)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        first = time.perf_counter() - began
        rest = process.stdout.read()
    if process.returncode or not said:
        raise Failed(f"it ended with status {process.returncode}")
    found: dict[str, Any] = json.loads(rest)
    return found | {"first_s": first}


def measure_commands(commands: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Commands, each from its start to its end."""
    worked = worked_by_children()
    seconds = []
    for command in commands:
        began = time.perf_counter()
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=_PATIENCE
        )
        seconds.append(time.perf_counter() - began)
        if done.returncode:
            raise Failed(last_line(done.stderr))
    return {
        "answers": len(seconds),
        "errors": 0,
        "first_error": "",
        "seconds": sum(seconds),
        "latencies": [one * 1e3 for one in seconds],
        "cpu_s": worked_by_children() - worked,
        "first_s": median(seconds),
    }


def worked_by_children() -> float:
    """Processor seconds of all that this process started and saw end."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent are not above; 0 of nothing."""
    ranked = sorted(values)
    return ranked[min(int(len(ranked) * percent / 100), len(ranked) - 1)] if ranked else 0.0


@contextmanager
def _running(server: Server) -> Iterator[tuple[subprocess.Popen[bytes], int, float]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = CACHE / "logs" / f"{server.name.replace(' ', '-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        process = subprocess.Popen(
            [part.format(port=port) for part in server.command],
            cwd=ROOT,
            env={**os.environ, **server.environment},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        began = time.perf_counter()
        try:
            yield process, port, began
        except Failed as failed:
            said = last_line(log.read_text("utf-8", "replace"))
            raise Failed(f"{failed}: {said}" if said else str(failed)) from None
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for child in psutil.wait_procs(children, timeout=5)[1]:
        child.kill()


def _wait(process: subprocess.Popen[bytes], asked: Callable[[], int]) -> None:
    """Until a request gets 200."""
    ends = time.perf_counter() + _PATIENCE
    status: object = None
    while time.perf_counter() < ends:
        if process.poll() is not None:
            raise Failed(f"ended with status {process.returncode}")
        try:
            status = asked()
        except (OSError, HTTPException) as error:
            status = type(error).__name__
        if status == 200:
            return
        time.sleep(_POLL)
    raise Failed(f"no answer after {_PATIENCE:.0f} s, but {status}")


def _request(port: int, method: str, route: str, body: object) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request(method, route, json.dumps(body), {"Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()


def _load(url: str, callers: int, seconds: float, bodies: Path, *options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.load", url, str(callers), str(seconds), str(bodies)]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"the load failed: {last_line(done.stderr)}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _tree(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _worked(pid: int) -> float:
    """Processor seconds of a process and its children."""
    used = [process.cpu_times() for process in _tree(pid)]
    return float(sum(one.user + one.system for one in used))


def _memory(pid: int) -> dict[str, float]:
    """Of a process and its children, MB: resident, and with shared pages counted once."""
    held = [process.memory_full_info() for process in _tree(pid)]
    return {"resident_mb": sum(one.rss for one in held) / 1e6, "pss_mb": sum(one.pss for one in held) / 1e6}


def last_line(text: str) -> str:
    """The last line that is not empty, cut short."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else ""
