"""How wide a graph of vectors must be searched: recall and time by width, into docs/performance.md.

`python -m tests.benchmarks.widths`, after `python -m tests.benchmarks.vectors`, over the graphs that it built. Widths
take turns, so that other work on the machine falls on all of them.
"""

from __future__ import annotations

from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from index.vectors import EXACT_UP_TO, FaissVectors, NumpyVectors, to_unit
from tests.benchmarks.page import describe_machine, replace_table
from tests.benchmarks.vectors import SIZES, find_built, make_rows

_WIDTHS = (80, 160, 320, 480, 640, 960, 1280)
_ASKED = 100
_TURNS = 3
_K = 10
_NOISE = 0.5


def measure(count: int) -> list[tuple[int, float, float, float]]:
    """Width, recall@10 of fresh vectors, recall@10 beside rows that are there, median ms of a search."""
    store = FaissVectors.read(find_built(count))
    graph: Any = store._index.hnsw
    rows = store.rows()
    fresh = make_rows(_ASKED, seed=2)
    chance = np.random.default_rng(0)
    noise = to_unit(chance.standard_normal(fresh.shape).astype(np.float32))
    beside = to_unit(np.asarray(rows[chance.integers(count, size=_ASKED)]) + _NOISE * noise)
    sets = [(queries, NumpyVectors(rows).search(queries, _K)[1]) for queries in (fresh, beside)]
    times: dict[int, list[float]] = {width: [] for width in _WIDTHS}
    recalls: dict[int, tuple[float, ...]] = {}
    for _ in range(_TURNS):
        for width in _WIDTHS:
            graph.efSearch = width
            found = [_search(store, queries, times[width]) for queries, _ in sets]
            recalls[width] = tuple(_recall(exact, got) for (_, exact), got in zip(sets, found, strict=True))
    return [(width, recalls[width][0], recalls[width][1], median(times[width])) for width in _WIDTHS]


def _search(store: FaissVectors, queries: Any, times: list[float]) -> Any:
    """Positions (q, k); one query at a time, as questions come."""
    found = []
    for query in queries:
        began = perf_counter()
        found.append(store.search(query[None, :], _K)[1][0])
        times.append((perf_counter() - began) * 1e3)
    return found


def _recall(exact: Any, found: Any) -> float:
    return float(np.mean([len(set(a) & set(b)) / _K for a, b in zip(exact, found, strict=True)]))


def main() -> None:
    """Measure every graph that was built."""
    lines = [
        f"{describe_machine()}. Graphs of the vectors above; ten nearest, {_ASKED} queries one at a time, "
        f"{_TURNS} turns, medians.",
        "",
        "| vectors | width | recall@10, fresh vectors | recall@10, beside a row | p50, ms |",
        "|---:|---:|---:|---:|---:|",
    ]
    for count in SIZES:
        if count > EXACT_UP_TO and find_built(count).is_file():
            for width, fresh, beside, took in measure(count):
                lines.append(f"| {count:,} | {width} | {fresh:.3f} | {beside:.3f} | {took:.2f} |")
    replace_table("widths", "How wide to search a graph", lines)


if __name__ == "__main__":
    main()
