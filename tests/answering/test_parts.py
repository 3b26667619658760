"""Several questions in one message are told apart, and their answers become one text."""

from __future__ import annotations

import pytest

from assistant.answering.parts import join_drafts, split_questions
from assistant.cite import Draft
from assistant.types import Citation


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Is it free?", ("Is it free?",)),
        ("I know Python. Is it free?", ("I know Python. Is it free?",)),
        (
            "I know Python. Is it free? Which book is best?",
            ("I know Python. Is it free?", "Which book is best?"),
        ),
        ("Is it free?\n\nWhich book?\nThanks!", ("Is it free?", "Which book? Thanks!")),
        ("¿Es gratis? ¿Qué libro?", ("¿Es gratis?", "¿Qué libro?")),
        ("它免费吗？哪本书最好？", ("它免费吗？", "哪本书最好？")),
        ("A? B? C? D?", ("A? B? C? D?",)),
        ("no question here. none at all.", ("no question here. none at all.",)),
    ],
)
def test_a_message_is_cut_at_its_question_marks(text: str, parts: tuple[str, ...]) -> None:
    assert split_questions(text) == parts


def cited(number: int, quote: str) -> Citation:
    return Citation(number, "c1", "guide", None, None, (), "T", None, quote)


def test_sources_are_numbered_through_and_nothing_is_said_twice() -> None:
    one = Draft("First [1] and second [2].", (cited(1, "First"), cited(2, "second")))
    other = Draft("Third [1].", (cited(1, "Third"),))
    joined = join_drafts([one, other, one])
    assert joined.text == "First [1] and second [2].\n\nThird [3]."
    assert [(source.number, source.quote) for source in joined.citations] == [
        (1, "First"),
        (2, "second"),
        (3, "Third"),
    ]
