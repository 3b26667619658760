"""The head: exact leave-one-out, both dual forms, and its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.encoders.hashed import HashedEncoder
from index.head import Example, Head, train_head
from index.learn import train_on_views
from index.views import View

WORDS = ("gpu card memory", "lstm gate sequence", "matrix vector calculus")
LABELS = ("hardware", "rnn", "math")


def make_examples(count: int) -> list[Example]:
    chance = np.random.default_rng(0)
    return [
        Example(
            " ".join([*chance.permutation(WORDS[n % 3].split())[:2], f"word{chance.integers(20)}"]),
            (LABELS[n % 3],),
            1.0 if n % 4 else 0.3,
        )
        for n in range(count)
    ]


def test_a_head_knows_its_classes_again() -> None:
    examples = make_examples(60)
    training = train_head(examples, HashedEncoder().encode_queries([e.text for e in examples]))
    assert training is not None
    for words, label in zip(WORDS, LABELS, strict=True):
        scores = training.head.score(words, HashedEncoder().encode_queries([words])[0])
        assert training.head.labels[int(scores.argmax())] == label


@pytest.mark.parametrize("place", [0, 7, 41])
def test_what_is_held_out_is_what_a_head_without_it_says(place: int) -> None:
    examples = make_examples(60)
    vectors = HashedEncoder().encode_queries([e.text for e in examples])
    training = train_head(examples, vectors, hold_out=True)
    # The rarity of words is counted over all examples, so the oracle keeps the text, at no weight.
    without = [Example(e.text, e.labels, 1e-7 if n == place else e.weight) for n, e in enumerate(examples)]
    retrained = train_head(without, vectors)
    assert training is not None and training.held_out is not None and retrained is not None
    said = retrained.head.score(examples[place].text, vectors[place])
    np.testing.assert_allclose(training.held_out[place], said, atol=2e-3)


def test_too_few_examples_teach_nothing() -> None:
    examples = make_examples(10)
    assert train_head(examples, HashedEncoder().encode_queries([e.text for e in examples])) is None


def test_too_many_texts_teach_nothing() -> None:
    views = [View(f"question {n}", 0, "question", True, (LABELS[n % 3],)) for n in range(10_001)]
    assert train_on_views(views, np.ones((len(views), 4), dtype=np.float32)) is None


def test_a_corpus_without_questions_has_no_head() -> None:
    views = [View(f"sentence {n}", 0, "sentence", False, ("a",)) for n in range(100)]
    assert train_on_views(views, np.ones((100, 4), dtype=np.float32)) is None


def test_a_written_head_says_the_same(tmp_path: Path) -> None:
    examples = make_examples(60)
    vectors = HashedEncoder().encode_queries([e.text for e in examples])
    training = train_head(examples, vectors)
    assert training is not None
    training.head.write(tmp_path / "head.npz")
    read = Head.read(tmp_path / "head.npz")
    assert read.labels == training.head.labels
    np.testing.assert_array_equal(
        read.score("gpu memory", vectors[0]), training.head.score("gpu memory", vectors[0])
    )
