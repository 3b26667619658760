"""What sentences tell, and what questions ask."""

from __future__ import annotations

import re
import tomllib
from importlib import resources

import pytest

from assistant.aspects import asked, tag
from assistant.words import plain
from corpus import Corpus
from index.chunk import cut


@pytest.mark.parametrize(
    ("sentence", "aspect"),
    [
        ("Theano is free and open source under a BSD licence.", "cost"),
        ("Nielsen's book is 6 chapters and an appendix long.", "length"),
        ("CS231n assumes Python and basic probability.", "prerequisites"),
        ("CS231n suits people who learn by building.", "suits"),
        ("JAX is not for beginners who look for a first framework.", "not_for"),
        ("The code is Python with PyTorch.", "language"),
        ("CS231n has 3 programming assignments.", "assignments"),
        ("Torch has not been developed since 2017.", "state"),
        ("CS224n is a fitting next course.", "next"),
        ("The guide calls NVIDIA cards the industry standard.", "brand"),
    ],
)
def test_a_sentence_tells_its_aspect(sentence: str, aspect: str) -> None:
    assert aspect in tag(sentence)


def test_no_cue_of_a_sentence_is_lost_to_the_rough_look(corpus: Corpus) -> None:
    cues = tomllib.loads(resources.files("assistant").joinpath("aspects.toml").read_text("utf-8"))
    told = 0
    for chunk in cut(corpus):
        for sentence in map(chunk.quote, chunk.sentences):
            plainly = {name for name, both in cues.items() if re.search(both["sentence"], sentence.lower())}
            assert tag(sentence) - {"lacks", "not_for"} == plainly - ({"suits"} & plainly - tag(sentence))
            assert "suits" not in plainly - tag(sentence) or "not_for" in tag(sentence)
            told += len(plainly)
    assert told > 1000


def test_what_something_is_not_for_does_not_suit() -> None:
    assert "suits" not in tag("The course is not for beginners.")


def test_a_lack_of_exercises_is_marked() -> None:
    assert "lacks" in tag("Goldberg's primer contains no code and sets no assignments.")


@pytest.mark.parametrize(
    ("question", "aspect"),
    [
        ("is it free?", "cost"),
        ("do i have to pay for those", "cost"),
        ("¿cuánto cuesta?", "cost"),
        ("how long does it take", "length"),
        ("what do i need to know before", "prerequisites"),
        ("can a beginner do it", "suits"),
        ("ok for a newcomer?", "suits"),
        ("is it still up", "state"),
        ("what comes after that", "next"),
        ("whose course is it", "who"),
        ("which of the two is easier", "easier"),
        ("does it come with slides", "format"),
        ("why?", "why"),
    ],
)
def test_a_question_asks_for_its_aspect(question: str, aspect: str) -> None:
    assert aspect in asked(plain(question))


def test_suits_comes_last_where_more_is_asked() -> None:
    assert asked("can i read it for free") == ("cost", "suits")


def test_every_resource_tells_its_cost_and_whom_it_suits(corpus: Corpus) -> None:
    for resource in corpus.resources:
        told = tag(" ".join(paragraph.text for paragraph in resource.paragraphs))
        assert "cost" in told, resource.id
