"""What several processes cost: memory by worker, and milliseconds by shared state.

`python -m tests.benchmarks.replicas`, four minutes; needs PostgreSQL and Redis.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.parse import urlsplit

from assistant.service import Assistant
from assistant.settings import read_settings
from tests.benchmarks.page import describe_machine, replace_table
from tests.http.server import Server, running
from tests.postgres import installed, make_database, serve
from tests.replicas.redis_server import RedisServer

_QUESTIONS = ("Where can I learn about LSTMs?", "How do I start deep learning?", "Which book is free?")
_KINDS = ("vectors", "libraries", "other files", "memory of its own")
_ROUNDS = 15
_ASKED = 20


def main() -> None:
    """Measure both, and write the tables."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, ExitStack() as stack:
        place = Path(folder)
        os.environ |= {"DLSTART_DATA_DIR": str(place / "data"), "DLSTART_DEVICE": "cpu"}
        Assistant.open(read_settings())
        replace_table("memory", "Memory of several workers", measure_memory(place / "data"), "replicas")
        programs = installed()
        assert programs is not None, "needs PostgreSQL: apt-get install postgresql"
        database = make_database(str(stack.enter_context(serve(programs, "fsync=on"))))
        redis = RedisServer(place)
        stack.callback(redis.kill)
        lines = measure_state(place / "data", database, redis.url)
        replace_table("state", "What shared state costs", lines, "replicas")


def measure_memory(data_dir: Path) -> list[str]:
    """A row for each number of workers."""
    lines = [
        f"After {_ASKED * 3} questions, MB; {describe_machine()}. Its share: a page that several processes map counts "
        "in parts (PSS). Together: all processes of the service, the one that keeps the workers included.",
        "",
        f"| workers | together | a worker: resident | its share | {' | '.join(_KINDS)} |",
        "|---:|" + "---:|" * (3 + len(_KINDS)),
    ]
    for workers in (1, 2, 4):
        with running(data_dir, "--workers", str(workers)) as server:
            server.wait_for("ready", workers)
            for _ in range(_ASKED * 3):
                ask(server.url)
            keeper = server.process.pid
            busy = [keeper] if workers == 1 else server.workers()
            shares = [Counter(shares_of(pid)) for pid in busy]
            own = sum(sum(one.values()) for one in shares) + (
                0 if workers == 1 else sum(shares_of(keeper).values())
            )
            resident = median(rollup(pid, "Rss") for pid in busy)
            each = {kind: median(one[kind] for one in shares) for kind in _KINDS}
            cells = [own, resident, sum(each.values()), *each.values()]
            lines.append(f"| {workers} | " + " | ".join(f"{cell:.0f}" for cell in cells) + " |")
    return lines


def measure_state(data_dir: Path, database: str, redis: str) -> list[str]:
    """A row for each kind of state; the rounds of all take turns."""
    postgresql = database.replace("postgresql:", "postgresql+psycopg:")
    kinds: dict[str, dict[str, str]] = {
        "one process, SQLite": {},
        "PostgreSQL": {"DLSTART_DATABASE_URL": postgresql},
        "PostgreSQL and Redis": {
            "DLSTART_DATABASE_URL": postgresql,
            "DLSTART_RATE_LIMIT_STORAGE": redis,
            "DLSTART_RATE_LIMIT": "1000000/minute",
        },
    }
    times: dict[tuple[str, bool], list[float]] = {}
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(running(data_dir, **environment)) for name, environment in kinds.items()
        }
        numbers = count()
        for _ in range(_ROUNDS):
            for name, server in servers.items():
                for with_key in (False, True):
                    times.setdefault((name, with_key), []).extend(ask_often(server, with_key, numbers))
    base = median(times["one process, SQLite", False])
    lines = [
        f"One caller, median ms of `POST /v1/ask` over {_ROUNDS * _ASKED} answers, and its ratio to the first row; "
        f"{describe_machine()}. PostgreSQL and Redis on the same machine, by sockets.",
        "",
        "| state | without a key | with an `Idempotency-Key` |",
        "|---|---:|---:|",
    ]
    for name in kinds:
        plain, keyed = (median(times[name, key]) for key in (False, True))
        lines.append(f"| {name} | {plain:.1f} ({plain / base:.2f}) | {keyed:.1f} ({keyed / base:.2f}) |")
    return lines


def ask_often(server: Server, keyed: bool, numbers: Iterator[int]) -> list[float]:
    """Milliseconds of some answers on one connection."""
    address = urlsplit(server.url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=60)
    spent = []
    for question in [*_QUESTIONS, *_QUESTIONS] * (_ASKED // 6) + [*_QUESTIONS][: _ASKED % 6]:
        headers = {"Content-Type": "application/json"}
        if keyed:
            headers["Idempotency-Key"] = f"benchmark-{next(numbers)}"
        began = perf_counter()
        connection.request("POST", "/v1/ask", json.dumps({"question": question}), headers)
        response = connection.getresponse()
        response.read()
        spent.append((perf_counter() - began) * 1e3)
        assert response.status == 200
    connection.close()
    return spent


def ask(url: str) -> None:
    """One question on a connection of its own, so that every worker gets some."""
    address = urlsplit(url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=60)
    body = json.dumps({"question": _QUESTIONS[0]})
    connection.request("POST", "/v1/ask", body, {"Content-Type": "application/json"})
    assert connection.getresponse().read()
    connection.close()


def rollup(pid: int, name: str) -> float:
    """One line of the memory of a process, MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith(f"{name}:"))


def shares_of(pid: int) -> dict[str, float]:
    """Proportional share (PSS) of what a process has mapped, MB, by kind."""
    shares: dict[str, float] = dict.fromkeys(_KINDS, 0.0)
    kind = _KINDS[-1]
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        first, *rest = line.split()
        if first == "Pss:":
            shares[kind] += int(rest[0]) / 1e3
        elif not first.endswith(":"):
            kind = kind_of(rest[4] if len(rest) > 4 else "")
    return shares


def kind_of(path: str) -> str:
    """What a mapping is for."""
    if Path(path).name.startswith("vectors-"):
        return "vectors"
    if ".so" in path:
        return "libraries"
    return "other files" if path.startswith("/") else "memory of its own"


if __name__ == "__main__":
    main()
