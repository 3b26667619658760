"""What a profile means: what is known, what is lacking, and what is out of the question."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.plan.learner import Learner
from assistant.types import Profile
from corpus import Corpus


def learner(corpus: Corpus, **said: Any) -> Learner:
    return Learner(corpus, Profile(**said))


def test_what_is_known_brings_what_comes_before_it(corpus: Corpus) -> None:
    assert {"mitx-probability", "mitx-calculus"} <= learner(corpus, knows=("probability",)).known
    assert "strang-linear-algebra" in learner(corpus, done=("cs231n",)).known


@pytest.mark.parametrize("stated", [{"background": "maths"}, {"background": "ml"}, {"knows": ("maths",)}])
def test_what_is_lacked_is_not_known_whatever_follows_from_the_rest(
    corpus: Corpus, stated: dict[str, Any]
) -> None:
    known = learner(corpus, lacks=("calculus",), **stated).known
    assert not {"mitx-calculus", "mml-book"} & known
    assert {"strang-linear-algebra", "mitx-probability"} <= known


def test_what_somebody_is_taking_is_not_known_but_what_it_needs_is(corpus: Corpus) -> None:
    taking = learner(corpus, doing=("cs231n",))
    assert taking.doing == ("cs231n",) and "cs231n" not in taking.known
    assert {"mitx-calculus", "strang-linear-algebra"} <= taking.known
    assert learner(corpus, doing=("cs231n",), done=("cs231n",)).doing == ()


@pytest.mark.parametrize(
    ("said", "can"),
    [
        ({}, None),
        ({"can_program": False}, False),
        ({"knows": ("Python",)}, True),
        ({"can_program": True, "lacks": ("programming",)}, False),
    ],
)
def test_programming_is_read_from_every_field(corpus: Corpus, said: dict[str, Any], can: bool | None) -> None:
    assert learner(corpus, **said).can_program is can


@pytest.mark.parametrize(
    ("said", "lacks"),
    [
        ({}, True),
        ({"knows": ("linear algebra", "probability")}, False),
        ({"knows": ("linear algebra",)}, True),
        ({"done": ("mml-book",)}, False),
        ({"background": "maths", "lacks": ("probability",)}, True),
    ],
)
def test_foundations_are_brought_whole_by_all_their_parts(
    corpus: Corpus, said: dict[str, Any], lacks: bool
) -> None:
    assert learner(corpus, **said).lacks_foundations is lacks


@pytest.mark.parametrize(
    ("said", "id", "why"),
    [
        ({"done": ("cs231n",)}, "cs231n", "done"),
        ({"avoids": ("CS231n",)}, "cs231n", "refused"),
        ({"avoids": ("books",)}, "nielsen-book", "refused"),
        ({"avoids": ("maths",)}, "nielsen-book", "refused"),
        ({"avoids": ("maths",)}, "hf-llm-course", None),
        ({"knows": ("calculus",)}, "mitx-calculus", "known"),
        ({}, "cs231n", None),
    ],
)
def test_exclusions_say_why(corpus: Corpus, said: dict[str, Any], id: str, why: str | None) -> None:
    assert learner(corpus, **said).excludes(corpus.resource_by_id[id]) == why
