"""The judge of how a resource suits a learner."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.answering.learner import Judge
from assistant.types import Profile
from corpus import Corpus, load_corpus
from tests.guides.conftest import FOLDER


@pytest.fixture(scope="module")
def judge(corpus: Corpus) -> Judge:
    return Judge(corpus)


def test_what_is_done_or_refused_is_excluded_with_the_reason(judge: Judge) -> None:
    why = judge.excluded(Profile(done=("cs231n",), avoids=("nielsen-book",)))
    assert why == {"cs231n": "done", "nielsen-book": "refused"}


def test_who_avoids_videos_gets_no_course_that_is_nothing_else(judge: Judge) -> None:
    why = judge.excluded(Profile(avoids=("video",)))
    assert why["larochelle-neural-networks"] == "avoids:video"
    assert "3blue1brown-neural-networks" not in why


def test_a_place_that_is_refused_excludes_all_that_comes_from_it(judge: Judge) -> None:
    assert set(judge.excluded(Profile(avoids=("coursera",)))) >= {"ng-machine-learning"}


def test_reasons_name_what_speaks_for_and_against(judge: Judge) -> None:
    verdict = judge.judge(
        "nielsen-book", Profile(prefers=("reading",), lacks=("mitx-calculus",), budget="free")
    )
    assert verdict.excluded == ""
    assert {"prefers:reading", "budget:free"} <= set(verdict.fits)
    assert "lacks:mitx-calculus" in verdict.against


def test_what_teaches_what_is_missing_fits(judge: Judge) -> None:
    learner = Profile(lacks=("mitx-calculus",))
    assert "lacks:mitx-calculus" in judge.judge("mitx-calculus", learner).fits
    assert judge.teaches("maths")[judge.place["strang-linear-algebra"]] == 1
    assert judge.teaches("maths")[judge.place["cs231n"]] == 0


def test_who_knows_the_maths_but_lacks_calculus_is_not_kept_from_it(judge: Judge) -> None:
    learner = Profile(knows=("maths",), lacks=("mitx-calculus",))
    assert judge.judge("mitx-calculus", learner).against == ()
    assert "knows:maths" in judge.judge("strang-linear-algebra", learner).against


def test_prerequisites_are_followed_to_their_end(judge: Judge) -> None:
    assert "mitx-calculus" in judge.needs("cs224n")


@pytest.mark.parametrize(
    ("value", "id", "serves"),
    [
        ("video", "cs231n", 1),
        ("video", "udl-book", -1),
        ("kind:book", "udl-book", 1),
        ("kind:post", "olah-lstm", 1),
        ("lang:python", "d2l", 1),
        ("lang:python", "torch", -1),
        ("free", "deeplearning-ai-specialization", -1),
        ("theory", "olah-lstm", 1),
    ],
)
def test_formats_kinds_prices_and_languages_are_read_from_the_corpus(
    judge: Judge, value: str, id: str, serves: int
) -> None:
    assert judge.serves(value)[judge.place[id]] == serves


def test_a_stranger_has_no_column_that_depends_on_them(judge: Judge) -> None:
    columns = judge.columns(Profile())
    assert np.flatnonzero(columns.any(axis=0)).tolist() == [7], "only how many prerequisites are open"
    assert judge.columns(Profile(knows=("maths",), prefers=("video",))).shape == columns.shape


def test_a_plain_guide_tells_nothing_of_formats_and_excludes_only_what_is_named() -> None:
    guide = load_corpus(FOLDER / "home-brewing.md")
    judge = Judge(guide)
    first = guide.resources[0].id
    assert not judge.serves("video").any()
    assert judge.excluded(Profile(done=(first,), avoids=("video",))) == {first: "done"}
