"""The report that tells a maintainer what to write next."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.store import StoredAnswer
from assistant.usage import Usage, sum_up
from assistant.usage_page import render_page, write_report
from index.encoder import Vectors
from index.encoders.hashed import HashedEncoder

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def asked(question: str, outcome: str = "answered", **more: object) -> StoredAnswer:
    base = StoredAnswer(
        id=f"ans_{question}",
        at=NOON,
        channel="http",
        question=question,
        outcome="answered",
        cited=("cs231n",),
        confidence=0.5,
        total_ms=4.0,
        vote=None,
        reason=None,
        comment=None,
    )
    return replace(base, outcome=outcome, **more)  # type: ignore[arg-type]


ANSWERS = [
    asked("what is the salary of an ml engineer", "not_covered", cited=(), total_ms=2.0),
    asked(
        "the salary of an ml engineer please",
        "not_covered",
        cited=(),
        vote="down",
        reason="missing",
        comment="<b>",
    ),
    asked("where do i start", vote="up", channel="slack"),
    asked("hi", "smalltalk", cited=(), at=NOON + timedelta(days=1)),
    asked("=cmd|' /C calc'!A0"),
]


def usage() -> Usage:
    return sum_up(ANSWERS, HashedEncoder(), NOON - timedelta(days=1), NOON + timedelta(days=2))


def test_it_counts_outcomes_channels_days_citations_votes_and_times() -> None:
    found = usage()
    assert found.answers == 5
    assert found.outcomes == {"not_covered": 2, "answered": 2, "smalltalk": 1}
    assert found.channels == {"http": 4, "slack": 1}
    assert found.days == {"2026-11-20": {"not_covered": 2, "answered": 2}, "2026-11-21": {"smalltalk": 1}}
    assert found.cited == {"cs231n": 2}
    assert (found.votes, found.reasons, found.comments) == ({"down": 1, "up": 1}, {"missing": 1}, ("<b>",))
    assert found.latency_ms == {"p50": 4.0, "p90": 4.0, "p99": 4.0}


def test_questions_that_ask_for_the_same_are_one_subject() -> None:
    (subject,) = usage().not_covered
    assert (subject.count, subject.not_covered, subject.down) == (2, 2, 1)
    assert "salary" in subject.title
    assert [one.count for one in usage().subjects] == [2, 1, 1]


def test_a_question_that_is_asked_often_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = HashedEncoder()
    texts: list[str] = []
    encode = encoder.encode_queries

    def counted(given: Sequence[str]) -> Vectors:
        texts.extend(given)
        return encode(given)

    monkeypatch.setattr(encoder, "encode_queries", counted)
    given = [asked("do I need a GPU?"), asked("what is an LSTM?"), asked("do I need a GPU?")]
    found = sum_up(given, encoder, NOON, NOON)
    assert texts == ["do I need a GPU?", "what is an LSTM?"]
    assert [(one.title, one.count) for one in found.subjects] == [
        ("do I need a GPU?", 2),
        ("what is an LSTM?", 1),
    ]


def test_nothing_asked_is_a_report_too() -> None:
    empty = sum_up([], HashedEncoder(), NOON, NOON)
    assert (empty.answers, empty.subjects) == (0, ())
    assert "0 answers" in render_page(empty)


def test_the_page_escapes_what_people_wrote() -> None:
    page = render_page(usage())
    assert "<li>&lt;b&gt;</li>" in page
    assert "2026-11-20: 2 not_covered" in page


def test_a_spreadsheet_runs_nothing_of_the_csv(tmp_path: Path) -> None:
    _, _, table = write_report(usage(), ANSWERS, tmp_path / "report")
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["outcome"] for row in rows] == [answer.outcome for answer in ANSWERS]
    assert rows[-1]["question"] == "'=cmd|' /C calc'!A0"
