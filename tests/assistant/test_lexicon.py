"""What a text names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.lexicon import Lexicon
from corpus import Corpus


@pytest.fixture(scope="module")
def lexicon(corpus: Corpus) -> Lexicon:
    return Lexicon(corpus)


@pytest.mark.parametrize(
    ("text", "resources"),
    [
        ("is CS231n free", ("cs231n",)),
        ("Nielsen or Goodfellow?", ("nielsen-book", "deep-learning-book")),
        ("tf vs torch", ("tensorflow", "torch")),
        ("gilbert strang's course", ("strang-linear-algebra",)),
        ("how do I start deep learning", ()),
    ],
)
def test_names_are_found_in_order(lexicon: Lexicon, text: str, resources: tuple[str, ...]) -> None:
    assert lexicon.read(text).resources == resources


def test_an_author_of_several_means_several_the_guides_first(lexicon: Lexicon) -> None:
    assert lexicon.read("anything by karpathy").several == (
        "cs231n",
        "karpathy-rnn",
        "karpathy-rl",
        "karpathy-zero-to-hero",
    )


def test_the_longest_name_wins(lexicon: Lexicon) -> None:
    assert lexicon.read("the annotated transformer").resources == ("annotated-transformer",)


def test_concepts_are_named_in_learners_words(lexicon: Lexicon) -> None:
    assert lexicon.read("which graphics card for LSTMs").concepts == ("gpu", "lstm")


def test_the_rest_is_what_names_leave(lexicon: Lexicon) -> None:
    assert lexicon.read("does cs231n have homework").rest == ("homework",)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_mentions_never_overlap(lexicon: Lexicon, text: str) -> None:
    reading = lexicon.read(text)
    ends = [0, *(mention.end for mention in reading.mentions)]
    assert all(mention.start >= end for mention, end in zip(reading.mentions, ends, strict=False))
