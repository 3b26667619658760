"""What a question names."""

from __future__ import annotations

import pytest

from corpus import Corpus, load_corpus
from index.names import Names

NAMES = Names(
    {"post": ["karpathy", "karpathy's rnn post"], "course": ["karpathy", "cs231n"], "book": ["nielsen"]},
    {"lstm": (["lstm", "long short-term memory"], ["post", "rnn"])},
)


def test_a_name_of_several_names_them_all() -> None:
    assert NAMES.find("what does Karpathy say?").resources == (("karpathy", ("post", "course")),)


def test_the_longest_name_wins() -> None:
    assert NAMES.find("Karpathy's RNN post please").resources == (("karpathy s rnn post", ("post",)),)


def test_only_whole_words_count() -> None:
    assert NAMES.find("nielsenesque").resources == ()


def test_a_concept_brings_what_teaches_it() -> None:
    assert NAMES.find("what are LSTMs and long short-term memory?").concepts == (("lstm", ("post", "rnn")),)


@pytest.mark.parametrize("question", ["", "?!", "🎉"])
def test_nothing_is_named_by_nothing(question: str) -> None:
    found = NAMES.find(question)
    assert (found.resources, found.concepts) == ((), ())


def test_deep_learning_is_no_book(corpus: Corpus) -> None:
    assert Names.of(corpus).find("how do I start deep learning?").resources == ()


def test_a_link_of_a_plain_guide_is_named_by_its_words(original_guide: object) -> None:
    names = Names.of(load_corpus(original_guide))  # type: ignore[arg-type]
    assert names.find("is cs231n any good").resources == (("cs231n", ("cs231n",)),)
    assert names.find("click here for the tutorials").resources == ()
