"""The parts of the benchmarks that could be wrong without anybody seeing it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from tests.benchmarks.candidates import percentile
from tests.benchmarks.load import load
from tests.benchmarks.rows import FLOOR, SERVE, Row, list_rows
from tests.benchmarks.targets import list_targets

_TIMINGS = {"encode": 1.0, "search": 2.0, "compose": 3.0, "total": 100.0}
_ROUND = {
    "answers": 10,
    "errors": 0,
    "first_error": "",
    "seconds": 2.0,
    "latencies": [1.0, 3.0, 2.0],
    "cpu_s": 0.5,
}


async def test_each_caller_asks_the_bodies_in_turn_on_one_connection_and_all_but_200_is_an_error() -> None:
    asked: list[str] = []
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            asked.append(json.loads(await reader.readexactly(length))["question"])
            status = b"503 Busy" if asked[-1] == "c" else b"200 OK"
            body = json.dumps({"timings_ms": _TIMINGS}).encode()
            await asyncio.sleep(0.002)
            writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    bodies = [{"question": one} for one in "abc"]
    found = await load(f"http://127.0.0.1:{port}/ask", 2, 0.3, bodies, look_inside=True)
    server.close()

    assert connections == 2
    assert asked[:6] == ["a", "b", "c", "a", "b", "c"]
    assert found["errors"] == asked.count("c") > 0 and found["first_error"] == "503"
    assert found["answers"] == len(found["latencies"]) == asked.count("a") + asked.count("b")
    assert set(found["inside"]) == {6.0}
    assert min(found["latencies"]) >= 2.0


async def test_a_server_that_is_not_there_is_an_error_and_no_answer() -> None:
    found = await load("http://127.0.0.1:1/ask", 1, 0.5, [{"question": "a"}])
    assert found["answers"] == 0
    assert found["first_error"].startswith("ConnectionRefusedError")


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (50, 51), (99, 100), (100, 100)])
def test_a_percentile_is_one_of_the_values(percent: float, value: float) -> None:
    assert percentile(range(1, 101), percent) == value


def test_a_row_is_the_median_of_the_rounds_and_the_sum_of_their_errors() -> None:
    rounds = [
        _ROUND | {"first_s": first, "answers": answers, "errors": 1}
        for first, answers in ((1, 9), (5, 10), (2, 40))
    ]
    row = Row.of(rounds)
    assert (row.per_second, row.p50, row.p99, row.first_s, row.errors) == (5.0, 2.0, 3.0, 2, 3)
    assert row.cpu_s == 50.0
    assert row.ready_s is None


def test_targets_are_computed_from_the_rows_and_what_is_missing_is_said_to_be() -> None:
    ours = replace(Row.of([_ROUND | {"first_s": 2}]), per_second=100.0, p50=10.0, p99=50.0)
    peer = replace(ours, per_second=20.0)
    lines = list_targets({f"{SERVE}, 32 callers": ours, "txtai, 32 callers": peer}, 1.4, None)
    told = {line.split(" | ")[0].removeprefix("| "): line.split(" | ")[2:] for line in lines[2:]}
    assert told["`POST /v1/ask`: p50 by encode + search + compose, measured inside"] == ["1.40 ×", "met |"]
    assert told["32 callers: requests/s by the best peer's"] == ["5.00 ×", "met |"]
    assert told["32 callers: p99 by p50"] == ["5.00 ×", "**not met** |"]
    assert told["cold `dlstart ask`"][0].startswith("not measured")


def test_a_candidate_that_failed_has_a_row_that_says_why() -> None:
    row = Row.of([_ROUND | {"first_s": 2, "resident_mb": 100.0}])
    lines = list_rows({FLOOR: row}, {"txtai": "it died | of load"}, "on this machine")
    assert lines[0] == "on this machine"
    assert "| floor | 5.0 | 1.00 | 2.0 | 3.0 | 2.00 | 100 | 50.0 | 0 |" in lines
    failed = next(line for line in lines if line.startswith("| txtai"))
    assert "failed: it died / of load" in failed and failed.count("|") == lines[2].count("|")
