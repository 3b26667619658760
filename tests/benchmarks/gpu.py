"""The encoder on a GPU, in half precision, beside the CPU: 100,000 passages, 256 questions at once; and a language
model's answers, 1, 8 and 32 at once; into docs/performance.md.

`python -m tests.benchmarks.gpu --model ID_OR_PATH`, with an NVIDIA GPU and the CUDA build of torch; without a model,
the encoder alone. `--device cpu --passages 500` tries the program itself and writes nothing.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from itertools import chain, cycle, islice
from statistics import median
from time import perf_counter

import numpy as np

from assistant.generate import Prompt, make_prompt
from assistant.generators.transformers import TOGETHER, TransformersGenerator
from assistant.types import Profile
from corpus import Corpus, load_corpus
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
_AT_ONCE = (1, 8, 32)
_EVIDENCE = 8
"""Sentences in a prompt."""


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--model", help="a language model: a directory, an id, or a GGUF file")
    given = parser.parse_args()
    lines = measure(given.device, given.passages)
    if given.model:
        lines += ["", *asyncio.run(measure_model(given.model, given.device))]
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


async def measure_model(model: str, device: str) -> list[str]:
    """The table of a language model."""
    generator = TransformersGenerator(model, device, timeout=600)
    await generator.warm()
    prompts = _prompts(load_corpus())
    rows = [await _ask(generator, prompts[:count]) for count in _AT_ONCE if count <= 2 * TOGETHER[device]]
    await generator.close()
    return [
        f"{generator.id}, answers of at most 320 tokens, {TOGETHER[device]} written at the same time; medians of "
        f"{_TURNS} after one that is not counted.",
        "",
        "| prompts at once | answers/s | words/s | first words, s | whole answer, s |",
        "|---:|---:|---:|---:|---:|",
        *rows,
    ]


def _prompts(corpus: Corpus) -> list[Prompt]:
    """Prompts as they come up: a section's sentences and a question about them."""
    evidence: dict[str, list[str]] = {}
    for chunk in cut(corpus):
        if chunk.section and not chunk.resource:
            evidence.setdefault(chunk.section, []).extend(chunk.quote(s) for s in chunk.sentences)
    turns = zip(*(((s.id, question) for question in s.questions[:8]) for s in corpus.sections), strict=False)
    return [
        make_prompt(question, evidence[id][:_EVIDENCE], Profile(), "deep learning")
        for id, question in chain.from_iterable(turns)
    ]


async def _ask(generator: TransformersGenerator, prompts: list[Prompt]) -> str:
    """A row: each prompt once, all at once."""

    async def answer(prompt: Prompt) -> tuple[int, float, float]:
        began, first, text = perf_counter(), 0.0, ""
        async for piece in generator.write(prompt):
            first = first or perf_counter() - began
            text += piece
        return len(text.split()), first, perf_counter() - began

    turns = []
    for _ in range(_TURNS + 1):
        began = perf_counter()
        told = await asyncio.gather(*(answer(prompt) for prompt in prompts))
        took = perf_counter() - began
        words, first, whole = (np.array(column) for column in zip(*told, strict=True))
        turns.append((len(prompts) / took, words.sum() / took, np.median(first), np.median(whole)))
    cells = " | ".join(f"{value:,.2f}" for value in np.median(turns[1:], axis=0))
    return f"| {len(prompts)} | {cells} |"


def _row(encoder: Encoder, texts: list[str], questions: list[str]) -> str:
    passages = median(_timed(lambda: encoder.encode_passages(texts)) for _ in range(_TURNS))
    batcher = Batcher(encoder.encode_queries, 1)

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
