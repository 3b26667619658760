"""The encoder on a GPU, in half precision, beside the CPU: 100,000 passages, 256 questions at once; into
docs/performance.md.

`python -m tests.benchmarks.gpu`, with an NVIDIA GPU and the CUDA build of torch. `--device cpu --passages 500` tries
the program itself and writes nothing.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from itertools import cycle, islice
from statistics import median
from time import perf_counter

import numpy as np

from corpus import load_corpus
from index.batch import Batcher
from index.chunk import cut
from index.encoder import Encoder
from index.encoders.sentence_transformer import SentenceTransformerEncoder
from index.views import list_views
from tests.benchmarks.page import describe_machine, print_table, replace_table

_ON_CPU = 1_000
"""Passages that the CPU encodes: all of them would take it half an hour."""
_CALLERS = 256
_TURNS = 3


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--passages", type=int, default=100_000)
    given = parser.parse_args()
    lines = measure(given.device, given.passages)
    if given.device == "cuda":
        replace_table("gpu", "On a GPU", lines)
    print_table(lines)


def measure(device: str, count: int) -> list[str]:
    """The table."""
    corpus = load_corpus()
    views = list_views(corpus, cut(corpus))
    passages = cycle(view.text for view in views if not view.query)
    texts = [f"{n}: {text}" for n, text in enumerate(islice(passages, count))]
    questions = [view.text for view in views if view.query][:_CALLERS]
    few = texts[:: max(len(texts) // _ON_CPU, 1)]
    machine = describe_machine()
    cpu = SentenceTransformerEncoder("default", "cpu")
    other = SentenceTransformerEncoder("default", device)
    cosine = float(np.sum(cpu.encode_passages(few) * other.encode_passages(few), axis=1).min())
    rows = [_row(cpu, few, questions), _row(other, texts, questions)]
    return [
        f"{machine}; {_name_gpu(device)}. The least cosine between the two vectors of a text: {cosine:.5f} "
        f"({len(few):,} texts). Medians of {_TURNS} after one that is not counted.",
        "",
        f"| encoder | passages | passages/s | {len(questions)} questions at once, s | questions/s |",
        "|---|---:|---:|---:|---:|",
        *rows,
    ]


def _row(encoder: Encoder, texts: list[str], questions: list[str]) -> str:
    passages = median(_timed(lambda: encoder.encode_passages(texts)) for _ in range(_TURNS))
    batcher = Batcher(encoder.encode_queries, encoder.device)

    async def ask_all() -> None:
        await asyncio.gather(*(batcher.encode(question) for question in questions))

    _timed(lambda: asyncio.run(ask_all()))
    at_once = median(_timed(lambda: asyncio.run(ask_all())) for _ in range(_TURNS))
    return (
        f"| {encoder.engine}, {encoder.device} | {len(texts):,} | {len(texts) / passages:,.0f} "
        f"| {at_once:.3f} | {len(questions) / at_once:,.0f} |"
    )


def _timed(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _name_gpu(device: str) -> str:
    if device == "cpu":
        return "no GPU"
    import torch

    return f"{torch.cuda.get_device_name()}, torch {torch.__version__}"


if __name__ == "__main__":
    main()
