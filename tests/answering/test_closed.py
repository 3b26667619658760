"""Closed questions: what they ask to be true, and the verdict that a fact gives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.answering import closed
from assistant.answering.closed import SURE, Claim, claim_of, measure, without_names
from assistant.lexicon import Lexicon
from corpus import Corpus

FIGURES = json.loads(Path(closed.__file__).with_name("closed_figures.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def lexicon(corpus: Corpus) -> Lexicon:
    return Lexicon(corpus)


@pytest.mark.parametrize(
    ("question", "claim"),
    [
        ("is cs231n free?", "free"),
        ("so do i need to pay for hinton", "paid"),
        ("does strang have exercises", "exercises"),
        ("which of them is free", "other"),
        ("how much does it cost", "other"),
        ("is cs231n in python", "other"),
    ],
)
def test_a_message_is_read_for_what_it_asks_to_be_true(lexicon: Lexicon, question: str, claim: Claim) -> None:
    assert claim_of(lexicon.read(question))[0] == claim


def test_names_of_resources_do_not_count(lexicon: Lexicon) -> None:
    assert without_names(lexicon.read("is CS231n free?")) == "is it free ?"


def test_verdicts_by_value_are_right_where_they_are_given(corpus: Corpus, lexicon: Lexicon) -> None:
    figures = measure(corpus, lexicon)
    assert figures["precision"] >= 0.95
    assert figures["given"] >= 50
    assert 0.5 < SURE < 1


def test_the_figures_are_those_of_the_weights(corpus: Corpus, lexicon: Lexicon) -> None:
    assert measure(corpus, lexicon) == FIGURES
