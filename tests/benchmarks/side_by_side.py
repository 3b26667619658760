"""dlstart beside what a user would pick instead, in one interleaved run, into docs/performance.md.

`make bench`, or `python -m tests.benchmarks.side_by_side`: about ten minutes on two quiet cores, and some more the
first time. With QUICK=1 one short round, printed and not written. One candidate runs at a time; the others are
stopped.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import psutil

from tests.benchmarks import plots, reindex
from tests.benchmarks.candidates import (
    CACHE,
    ROOT,
    Failed,
    Server,
    measure_commands,
    measure_in_process,
    measure_inside,
    measure_server,
)
from tests.benchmarks.page import describe_machine, print_table, replace_table
from tests.benchmarks.peers.setup import PACKAGES, make_environment, open_peer
from tests.benchmarks.rows import ASK, FLOOR, LIBRARY, SERVE, WORKERS, Row, list_rows
from tests.benchmarks.targets import list_targets

_QUICK = bool(os.environ.get("QUICK"))
_ROUNDS, _SECONDS = (1, 2.0) if _QUICK else (3, 6.0)
_COMMANDS = 3
_DLSTART = [sys.executable, "-W", "ignore", "-m", "assistant"]
_SERVE = [*_DLSTART, "serve", "--port", "{port}"]
_FAILURES = (Failed, OSError, ValueError, subprocess.SubprocessError, psutil.Error)
T = TypeVar("T")
Rows = dict[str, dict[str, Any]]


def main() -> None:
    """Measure, and write the page."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped, then, too
    # Settings of whoever runs this are not the defaults that are measured.
    for name in [name for name in os.environ if name.startswith("DLSTART_")]:
        del os.environ[name]
    os.environ["DLSTART_DATA_DIR"] = str(CACHE / "data")
    how = f"{describe_machine()}. {_ROUNDS} rounds over all candidates, {_SECONDS:.0f} s a row, medians of the rounds."
    bodies, chunks = prepare()
    found, failed = measure(list(list_candidates(bodies, chunks)))
    rows = {name: Row.of(rounds) for name, rounds in found.items()}
    inside = _try(lambda: measure_inside(Server(SERVE, _SERVE, "/v1/ask", "/readyz"), bodies, _SECONDS))
    changed = None if _QUICK else _try(reindex.measure)
    expected = list_targets(rows, inside, changed)
    lines = list_rows(rows, failed, how)
    if _QUICK:
        print_table([*expected, "", *lines])
        return
    replace_table("targets", "What is expected, and what was measured", expected, "side_by_side")
    plots.draw_side_by_side(rows)
    picture = (
        "![Bars: answers a second with 32 callers, and seconds from start to first answer](performance.svg)"
    )
    replace_table("side_by_side", "Side by side", [*lines, "", picture])
    if changed is not None:
        replace_table("reindex", "One changed file", reindex.table(changed), "side_by_side")


def _try(measure: Callable[[], T]) -> T | None:
    """What a measurement gives, or None after a line that says why not: the rest of the run must not be lost."""
    try:
        return measure()
    except _FAILURES as error:
        print(f"not measured: {error}", file=sys.stderr, flush=True)
        return None


def prepare() -> tuple[Path, Path]:
    """An index of the default corpus; its chunks and the questions as files."""
    bodies, chunks = CACHE / "questions.json", CACHE / "chunks.json"
    subprocess.run([*_DLSTART, "index", "build"], cwd=ROOT, check=True)
    for old in (CACHE / "data").glob("*.sqlite3*"):
        old.unlink()
    from index.search import open_index

    index = open_index(CACHE / "data" / "index")
    texts = [
        {"id": one.id, "text": one.text, "title": one.title, "url": one.url or ""} for one in index.chunks
    ]
    chunks.write_text(json.dumps(texts), "utf-8")
    asked = map(json.loads, (ROOT / "tests/questions/questions.jsonl").read_text("utf-8").splitlines())
    questions = [{"question": one["question"]} for one in asked if one["outcome"] == "answered"]
    bodies.write_text(json.dumps(questions), "utf-8")
    return bodies, chunks


def list_candidates(bodies: Path, chunks: Path) -> Iterator[tuple[str, Callable[[], Rows]]]:
    """Name, and a function that measures it once -> rows by name."""
    yield FLOOR, lambda: {FLOOR: measure_in_process("floor", bodies, _SECONDS)}
    yield LIBRARY, lambda: {LIBRARY: measure_in_process("library", bodies, _SECONDS)}
    yield SERVE, partial(measure_server, Server(SERVE, _SERVE, "/v1/ask", "/readyz"), bodies, _SECONDS)
    two = Server(WORKERS, [*_SERVE, "--workers", "2"], "/v1/ask", "/readyz", callers=(32,))
    yield WORKERS, partial(measure_server, two, bodies, _SECONDS)
    questions = [body["question"] for body in json.loads(bodies.read_text("utf-8"))]
    commands = [[*_DLSTART, "ask", question] for question in questions[:_COMMANDS]]
    yield ASK, lambda: {ASK: measure_commands(commands)}
    for name in PACKAGES:
        yield name, partial(_measure_peer, name, bodies, chunks)


def _measure_peer(name: str, bodies: Path, chunks: Path) -> Rows:
    make_environment()
    return measure_server(open_peer(name, chunks), bodies, _SECONDS)


def measure(
    candidates: list[tuple[str, Callable[[], Rows]]],
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
    """All rounds: what was found by row, and why a candidate failed by its name."""
    found: dict[str, list[dict[str, Any]]] = {}
    failed: dict[str, str] = {}
    for turn in range(_ROUNDS):
        for name, run in candidates:
            if name in failed:
                continue
            print(f"round {turn + 1} of {_ROUNDS}: {name}", file=sys.stderr, flush=True)
            try:
                rows = run()
            except _FAILURES as error:
                failed[name] = str(error) or type(error).__name__
                continue
            for row, values in rows.items():
                found.setdefault(row, []).append(values)
            time.sleep(0.2)
    return found, failed


if __name__ == "__main__":
    main()
