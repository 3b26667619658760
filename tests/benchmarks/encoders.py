"""The default encoder in each engine: one question, 32 at once, many texts, memory; into docs/performance.md.

`python -m tests.benchmarks.encoders`. All engines take turns in one process, so that other work on the machine falls
on all of them; memory is taken from a process each.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from corpus import load_corpus
from index.batch import Batcher
from index.chunk import cut
from index.device import count_cores
from index.encoder import Encoder
from index.encoders.export import PRECISIONS, export
from index.encoders.onnx import OnnxEncoder
from index.encoders.sentence_transformer import SentenceTransformerEncoder
from index.known import Known
from index.views import list_views
from tests.benchmarks.page import measure_resident, replace_table, run_self

_TURNS = 3
_AT_ONCE = 32
_QUESTIONS = 24


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", nargs="*", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memory is not None:
        before = measure_resident()
        encoder = OnnxEncoder(*given.memory) if given.memory else SentenceTransformerEncoder("default", "cpu")
        encoder.encode_queries(["how do I start deep learning?"])
        print(json.dumps([before, measure_resident()]))
        return
    corpus = load_corpus()
    views = list_views(corpus, cut(corpus))
    asked = [view.text for view in views if view.query][:: len(views) // 60][:_QUESTIONS]
    with tempfile.TemporaryDirectory() as folder:
        original = SentenceTransformerEncoder("default", "cpu")
        encoders: dict[str, Encoder] = {original.engine: original}
        memory: dict[str, list[float]] = {original.engine: json.loads(run_self(__spec__, "--memory"))}
        for precision in PRECISIONS:
            files, _ = export(original, Path(folder), precision, asked, asked)
            paths = [Path(folder) / file.name for file in files.values()]
            exported = OnnxEncoder(*paths)
            encoders[exported.engine] = exported
            memory[exported.engine] = json.loads(run_self(__spec__, "--memory", *map(str, paths)))
        rows = measure(
            encoders, memory, asked, [view.text for view in views if not view.query][:: len(views) // 200]
        )
        carried = encoders["onnx w7a8"]
        sample = views[:: max(len(views) // 800, 1)]
        texts = sorted((view.text for view in sample), key=len)
        shares = []
        for _ in range(3):
            bare = _time(lambda: carried.encode_passages(texts))
            built = _time(lambda: Known.read(Path(folder) / "none", carried).encode(carried, sample))
            shares.append(bare / built)
    replace_table(
        "encoders",
        "Encoders",
        [
            *rows,
            "",
            f"Building encodes at {median(shares):.2f} of the encoder's own "
            f"batched throughput ({len(sample)} views of the corpus, median of 3).",
        ],
    )


def measure(
    encoders: dict[str, Encoder], memory: dict[str, list[float]], asked: Sequence[str], texts: Sequence[str]
) -> list[str]:
    """One row an engine, as Markdown."""
    alone: dict[str, list[float]] = {name: [] for name in encoders}
    worked: dict[str, list[float]] = {name: [] for name in encoders}
    many: dict[str, list[float]] = {name: [] for name in encoders}
    apart: dict[str, list[float]] = {name: [] for name in encoders}
    together: dict[str, list[float]] = {name: [] for name in encoders}
    for _ in range(_TURNS):
        for name, encoder in encoders.items():
            for question in asked:
                began = process_time()
                alone[name].append(_time(partial(encoder.encode_queries, [question])))
                worked[name].append(process_time() - began)
            many[name].append(len(texts) / _time(partial(encoder.encode_passages, texts)))
            apart[name].append(_AT_ONCE * 3 / _time(partial(_ask_apart, encoder, asked)))
            together[name].append(_AT_ONCE * 3 / _time(partial(_ask_together, encoder, asked)))
    base = median(apart["sentence-transformers float32"])
    lines = [
        f"all-MiniLM-L6-v2, {len(asked)} authored questions, {len(texts)} passages, {_TURNS} turns, "
        f"{datetime.now(UTC):%Y-%m-%d}; load average of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} "
        f"cores. 32 callers: three questions each; the ratio is to torch without batches.",
        "",
        "| engine | one question, best / median ms (CPU ms) | passages/s | 32 callers, questions/s: apart | in batches "
        "| ratio | a process with it: before / after one question, MB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name in encoders:
        before, after = memory[name]
        lines.append(
            f"| {name} | {min(alone[name]) * 1e3:.1f} / {median(alone[name]) * 1e3:.1f} "
            f"({median(worked[name]) * 1e3:.1f}) "
            f"| {median(many[name]):.0f} | {median(apart[name]):.0f} | {median(together[name]):.0f} "
            f"| {median(together[name]) / base:.1f} | {before:.0f} / {after:.0f} |"
        )
    return lines


def _ask_apart(encoder: Encoder, asked: Sequence[str]) -> None:
    async def call(number: int) -> None:
        for turn in range(3):
            await asyncio.to_thread(encoder.encode_queries, [asked[(number + turn) % len(asked)]])

    async def all_callers() -> None:
        await asyncio.gather(*map(call, range(_AT_ONCE)))

    asyncio.run(all_callers())


def _ask_together(encoder: Encoder, asked: Sequence[str]) -> None:
    batcher = Batcher(encoder.encode_queries, count_cores())

    async def call(number: int) -> None:
        for turn in range(3):
            await batcher.encode(asked[(number + turn) % len(asked)])

    async def all_callers() -> None:
        await asyncio.gather(*map(call, range(_AT_ONCE)))

    asyncio.run(all_callers())


def _time(act: Callable[[], object]) -> float:
    began = perf_counter()
    act()
    return perf_counter() - began


if __name__ == "__main__":
    main()
