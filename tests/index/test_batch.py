"""Concurrent questions are encoded together, each for its own caller."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence

import numpy as np
import pytest

from assistant.service import Assistant
from index.batch import Batcher
from index.encoder import Vectors
from index.encoders.hashed import HashedEncoder


class Slow(HashedEncoder):
    """The deterministic encoder: remembers its batches, is as slow as told, and refuses one word."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.batches: list[list[str]] = []
        self.seconds = seconds
        self.go = threading.Event()
        self.go.set()

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        assert self.go.wait(10)
        time.sleep(self.seconds)
        if "poison" in texts:
            raise ValueError("poison")
        return super().encode_queries(texts)


def expected(text: str) -> Vectors:
    row: Vectors = HashedEncoder().encode_queries([text])[0]
    return row


async def test_each_caller_gets_the_row_of_its_own_question() -> None:
    encoder = Slow(0.001)
    batcher = Batcher(encoder.encode_queries, 2)
    questions = [f"question {number}" for number in range(100)]
    rows = await asyncio.gather(*map(batcher.encode, questions))
    for question, row in zip(questions, rows, strict=True):
        np.testing.assert_array_equal(row, expected(question))


async def test_questions_that_come_together_are_encoded_together_and_never_more_than_32() -> None:
    encoder = Slow(0.01)
    batcher = Batcher(encoder.encode_queries, 2)
    await asyncio.gather(*(batcher.encode(f"q{number}") for number in range(100)))
    sizes = [len(batch) for batch in encoder.batches]
    assert sum(sizes) == 100
    assert sizes[0] == 1
    assert max(sizes) == 32
    assert len(sizes) <= 8


async def test_a_question_alone_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.batch._WAIT_S", 60)
    batcher = Batcher(Slow().encode_queries, 2)
    for number in range(3):
        await asyncio.wait_for(batcher.encode(f"alone {number}"), 5)


async def test_a_question_beside_a_slow_batch_starts_after_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = Slow()
    encoder.go.clear()
    batcher = Batcher(encoder.encode_queries, 2)
    first = asyncio.create_task(batcher.encode("first"))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(batcher.encode("second"))
    for _ in range(500):
        if len(encoder.batches) == 2:
            break
        await asyncio.sleep(0.01)
    assert encoder.batches == [["first"], ["second"]]
    encoder.go.set()
    await asyncio.gather(first, second)


async def test_a_cancelled_question_leaves_the_batch() -> None:
    encoder = Slow()
    encoder.go.clear()
    batcher = Batcher(encoder.encode_queries, 1)
    running = asyncio.create_task(batcher.encode("running"))
    await asyncio.sleep(0.01)
    leaving, staying = (asyncio.create_task(batcher.encode(name)) for name in ("leaving", "staying"))
    await asyncio.sleep(0.01)
    leaving.cancel()
    running.cancel()
    await asyncio.sleep(0)
    encoder.go.set()
    np.testing.assert_array_equal(await staying, expected("staying"))
    assert leaving.cancelled() and running.cancelled()
    assert encoder.batches == [["running"], ["staying"]]


async def test_an_error_reaches_only_its_own_caller() -> None:
    encoder = Slow(0.005)
    batcher = Batcher(encoder.encode_queries, 2)
    questions = ["a", "b", "poison", "c"]
    found = await asyncio.gather(*map(batcher.encode, questions), return_exceptions=True)
    assert isinstance(found[2], ValueError)
    for place in (0, 1, 3):
        np.testing.assert_array_equal(found[place], expected(questions[place]))
    np.testing.assert_array_equal(await batcher.encode("after"), expected("after"))


async def test_many_searches_at_once_find_what_each_finds_alone(assistant: Assistant) -> None:
    questions = ["where to learn LSTMs?", "do I need a GPU?", "I hate maths", "a book, not videos"] * 6
    together = await asyncio.gather(*(assistant.search(question, 5) for question in questions))
    for question, found in zip(questions, together, strict=True):
        alone = assistant.searcher.search(question, 5)
        assert [hit.chunk.id for hit in found.hits] == [hit.chunk.id for hit in alone.hits]
        assert found.confidence == pytest.approx(alone.confidence, abs=1e-4)
        assert set(found.timings_ms) == {"encode", "search"}


def test_one_batcher_serves_one_loop_after_another() -> None:
    batcher = Batcher(Slow().encode_queries, 2)

    async def give_up() -> None:
        task = asyncio.create_task(batcher.encode("left behind"))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(give_up())
    np.testing.assert_array_equal(asyncio.run(batcher.encode("again")), expected("again"))
