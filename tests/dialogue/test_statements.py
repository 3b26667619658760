"""The learner after what a message says."""

from __future__ import annotations

import pytest

from assistant.dialogue.statements import subject_id, update
from assistant.types import Profile
from assistant.understanding.reading import Statement
from corpus import Corpus
from corpus.types import About


def said(corpus: Corpus, *statements: str, before: Profile | None = None) -> Profile:
    """The learner after statements `slot:value`, `undo:slot:value`."""
    read = []
    for one in statements:
        slot, _, value = one.removeprefix("undo:").partition(":")
        read.append(Statement(slot, value, one.startswith("undo:")))
    return update(before or Profile(), read, corpus.about)


def test_a_subject_is_named_by_what_teaches_it_where_the_guide_teaches_it(corpus: Corpus) -> None:
    assert subject_id("calculus", corpus.about) == "mitx-calculus"
    assert subject_id("statistics", corpus.about) == "mitx-probability"
    assert subject_id("watercolour", corpus.about) == "watercolour"
    assert subject_id("calculus", About()) == "calculus"


def test_knowing_takes_back_lacking_and_the_other_way_round(corpus: Corpus) -> None:
    lacks = said(corpus, "lacks:calculus")
    assert lacks.lacks == ("mitx-calculus",)
    knows = said(corpus, "knows:calculus", before=lacks)
    assert (knows.knows, knows.lacks) == (("mitx-calculus",), ())
    assert said(corpus, "lacks:calculus", before=knows).knows == ()


def test_who_knows_the_maths_lacks_none_of_its_parts(corpus: Corpus) -> None:
    after = said(corpus, "lacks:calculus", "knows:maths")
    assert after.lacks == ()
    assert after.background == "maths"


def test_taking_back_the_whole_leaves_a_part_that_was_said_by_itself(corpus: Corpus) -> None:
    after = said(corpus, "knows:maths", "knows:calculus", "undo:knows:maths")
    assert after.knows == ("mitx-calculus",)
    assert after.background == "some-maths"


@pytest.mark.parametrize(
    ("statements", "background"),
    [
        (("knows:linear-algebra",), "some-maths"),
        (("knows:linear-algebra", "knows:calculus", "knows:probability"), "maths"),
        (("lacks:maths",), "none"),
        (("lacks:maths", "knows:probability"), "some-maths"),
        (("knows:machine-learning",), "ml"),
        (("prefers:video",), None),
    ],
)
def test_the_background_follows_from_what_is_known(
    corpus: Corpus, statements: tuple[str, ...], background: str | None
) -> None:
    assert said(corpus, *statements).background == background


def test_python_is_programming_and_no_programming_is_no_python(corpus: Corpus) -> None:
    assert said(corpus, "knows:python").can_program is True
    lacks = said(corpus, "knows:python", "lacks:programming")
    assert (lacks.can_program, lacks.knows) == (False, ())


def test_what_is_done_is_no_longer_being_done_and_can_be_taken_back(corpus: Corpus) -> None:
    doing = said(corpus, "doing:cs231n")
    done = said(corpus, "done:cs231n", before=doing)
    assert (done.doing, done.done) == ((), ("cs231n",))
    assert said(corpus, "undo:done:cs231n", before=done).done == ()


def test_a_refusal_is_kept_among_what_is_avoided_until_it_is_taken_back(corpus: Corpus) -> None:
    refuses = said(corpus, "refuses:cs231n", "avoids:video")
    assert refuses.avoids == ("cs231n", "video")
    assert said(corpus, "undo:refuses:cs231n", "prefers:video", before=refuses).avoids == ()


def test_the_last_goal_comes_first_and_a_goal_of_no_guide_is_none(corpus: Corpus) -> None:
    assert said(corpus, "goal:vision", "goal:nlp", "goal:job").goal == ("nlp", "vision")


def test_time_budget_level_and_hardware_hold_one_value_each(corpus: Corpus) -> None:
    after = said(corpus, "time:5h/week", "time:3.5h/week", "budget:free", "level:beginner", "hardware:none")
    assert (after.hours_per_week, after.budget, after.level, after.hardware) == (
        3.5,
        "free",
        "beginner",
        "none",
    )
    back = said(corpus, "undo:hardware:gpu", "undo:level:beginner", "time:3 months", before=after)
    assert (back.hours_per_week, back.level, back.hardware) == (3.5, None, "none")
