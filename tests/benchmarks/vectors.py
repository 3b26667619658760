"""From 1 k to 1 M vectors: time and memory to build, load and search, written into docs/performance.md.

`python -m tests.benchmarks.vectors [--most N]`. One process a size, so that each has its own peak of memory. What was
built is kept and used again, with what building took: the largest takes minutes, and gigabytes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from index.encoder import Vectors
from index.vectors import BUILD_WIDTH, LINKS, FaissVectors, NumpyVectors, measure_recall
from tests.benchmarks import plots
from tests.benchmarks.candidates import CACHE
from tests.benchmarks.page import measure_resident, replace_table, run_self

SIZES = (1_000, 10_000, 100_000, 300_000, 1_000_000)
_DIMENSION = 384
_TOPICS = 2_000
_ASKED = 200
_PICTURE = "![Building, searching and memory by the number of vectors, both axes logarithmic](vectors.svg)"


def make_rows(count: int, seed: int = 1) -> Vectors:
    """Random unit rows (count, 384) around 2,000 random topics, as texts are, not evenly spread."""
    chance = np.random.default_rng(seed)
    topics = np.random.default_rng(0).standard_normal((_TOPICS, _DIMENSION), dtype=np.float32)
    rows = np.empty((count, _DIMENSION), dtype=np.float32)
    for start in range(0, count, 50_000):
        part = rows[start : start + 50_000]
        part[:] = topics[chance.integers(_TOPICS, size=len(part))]
        part += chance.standard_normal(part.shape, dtype=np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return rows


def measure(count: int) -> dict[str, Any]:
    """Build and write one size, or take what was built before; load and search it."""
    path, built = find_built(count), find_built(count).with_suffix(".json")
    if not built.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = make_rows(count)
        started, worked = perf_counter(), _worked()
        store = FaissVectors.of(rows)
        took, cpu = perf_counter() - started, _worked() - worked
        store.write(path)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        built.write_text(json.dumps({"build_s": took, "build_cpu_s": cpu, "build_peak_mb": peak}), "utf-8")
        del rows, store
    return {
        "count": count,
        "bytes": path.stat().st_size,
        **json.loads(built.read_text("utf-8")),
        **json.loads(run_self(__spec__, "--search", str(path))),
        "recall": measure_recall(FaissVectors.read(path)),
    }


def find_built(count: int) -> Path:
    """Where an index of so many rows is kept, once it was built."""
    return CACHE / f"vectors-{count}-{LINKS}-{BUILD_WIDTH}.faiss"


def measure_search(path: Path) -> dict[str, Any]:
    """Load what was written, and ask it."""
    queries = make_rows(_ASKED, seed=2)
    NumpyVectors.of(queries).search(queries[:1], 1)
    before = measure_resident()
    started = perf_counter()
    store = FaissVectors.read(path)
    store.search(queries[:1], 10)
    loaded = perf_counter() - started
    times = sorted(_time(store, query) for query in queries)
    resident = measure_resident() - before
    # A copy: numbers in a mapped file lie across machine words, and numpy takes fifty times as long over them.
    exact = NumpyVectors(np.array(store.rows()))
    brute = sorted(_time(exact, query) for query in queries[:20])
    return {
        "kind": store.kind,
        "load_ms": loaded * 1e3,
        "p50_ms": times[len(times) // 2] * 1e3,
        "p99_ms": times[int(len(times) * 0.99)] * 1e3,
        "exact_p50_ms": brute[len(brute) // 2] * 1e3,
        "resident_mb": resident,
    }


def _time(store: FaissVectors | NumpyVectors, query: Vectors) -> float:
    started = perf_counter()
    store.search(query[None, :], 10)
    return perf_counter() - started


def _worked() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _table(found: list[dict[str, Any]]) -> list[str]:
    lines = [
        f"Random vectors of {_DIMENSION} numbers around {_TOPICS:,} topics, ten nearest, one question at a time; "
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"{datetime.now(UTC):%Y-%m-%d}. Resident: what loading and {_ASKED} questions add, pages of the file included.",
        "",
        "| vectors | index | build, s (CPU s) | peak, MB | file, MB | load, ms | p50, ms | p99, ms | exact p50, ms |"
        " resident, MB | recall@10 |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in found:
        lines.append(
            f"| {row['count']:,} | {row['kind']} | {row['build_s']:.1f} ({row['build_cpu_s']:.1f}) "
            f"| {row['build_peak_mb']:,.0f} | {row['bytes'] / 1e6:,.1f} | {row['load_ms']:.1f} | {row['p50_ms']:.2f} "
            f"| {row['p99_ms']:.2f} | {row['exact_p50_ms']:.2f} | {row['resident_mb']:,.0f} | {row['recall']:.3f} |"
        )
    return lines


def main() -> None:
    """Measure every size, each in its own process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="the largest size")
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--search", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.size or given.search:
        print(json.dumps(measure(given.size) if given.size else measure_search(given.search)))
        return
    found = []
    for size in SIZES:
        if size <= given.most:
            found.append(json.loads(run_self(__spec__, "--size", str(size))))
            print(found[-1], file=sys.stderr, flush=True)
            plots.draw_vectors(found)
            replace_table("vectors", "Vectors, from a thousand to a million", [*_table(found), "", _PICTURE])


if __name__ == "__main__":
    main()
