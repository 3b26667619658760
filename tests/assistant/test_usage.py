"""The report that tells a maintainer what to write next."""

from __future__ import annotations

import csv
import json
import os
import re
import stat
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.channels import widget
from assistant.cli import app
from assistant.reasons import REASONS, name_reason
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


TITLES = {"cs231n": "CS231n <2025>"}


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


def test_the_command_uses_the_encoder_that_the_index_carries(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load_torch(*_: object) -> None:
        raise AssertionError("the index's own encoder needs no torch")

    monkeypatch.setattr("index.encoders.sentence_transformer.SentenceTransformerEncoder", load_torch)
    environment = {
        "DLSTART_DATA_DIR": str(tmp_path),
        "DLSTART_INDEX_DIR": str(data_dir / "index"),
        "DLSTART_DEVICE": "cpu",
    }
    done = CliRunner().invoke(app, ["report", "--json"], env=environment, catch_exceptions=False)
    assert done.exit_code == 0 and json.loads(done.stdout)["answers"] == 0


def test_nothing_asked_is_a_report_too() -> None:
    empty = sum_up([], HashedEncoder(), NOON, NOON)
    assert (empty.answers, empty.subjects) == (0, ())
    assert "0 answers" in render_page(empty, {})


def test_the_page_escapes_what_people_wrote() -> None:
    page = render_page(usage(), TITLES)
    assert "<li>&lt;b&gt;</li>" in page
    assert "2026-11-20: 2 not_covered" in page


def test_a_spreadsheet_runs_nothing_of_the_csv(tmp_path: Path) -> None:
    _, _, table = write_report(usage(), ANSWERS, tmp_path / "report", TITLES)
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["outcome"] for row in rows] == [answer.outcome for answer in ANSWERS]
    assert rows[-1]["question"] == "'=cmd|' /C calc'!A0"


@pytest.mark.skipif(sys.platform == "win32", reason="needs the rights of POSIX")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_nobody_else_can_read_a_report(tmp_path: Path, umask: int) -> None:
    old = tmp_path / "there" / "answers.csv"
    old.parent.mkdir()
    old.write_text("of last month, and much longer than what is written now\n" * 1000, "utf-8")
    old.chmod(0o644)
    rights = stat.S_IMODE(old.parent.stat().st_mode)
    before = os.umask(umask)
    try:
        new = write_report(usage(), ANSWERS, tmp_path / "new", TITLES)
        again = write_report(usage(), ANSWERS, old.parent, TITLES)
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (*new, *again)} == {0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE(old.parent.stat().st_mode) == rights
    assert [path.read_bytes() for path in new] == [path.read_bytes() for path in again]


def test_git_leaves_a_report_alone() -> None:
    ignored = (Path(__file__).parents[2] / ".gitignore").read_text("utf-8").splitlines()
    assert "/report/" in ignored


def test_what_was_cited_stands_by_its_title() -> None:
    page = render_page(usage(), TITLES)
    assert "<td>CS231n &lt;2025&gt;" in page and "<td>cs231n" not in page
    assert "<td>cs231n" in render_page(usage(), {})


def test_another_subject_is_no_gap() -> None:
    answers = [
        *ANSWERS,
        asked("what is the weather", "off_topic", cited=()),
        asked("who won the world cup", "off_topic", cited=()),
    ]
    found = sum_up(answers, HashedEncoder(), NOON - timedelta(days=1), NOON + timedelta(days=2))
    assert [subject.count for subject in found.not_covered] == [2]
    assert sorted(subject.title for subject in found.off_topic) == [
        "what is the weather",
        "who won the world cup",
    ]
    assert all(subject.not_covered == 0 for subject in found.off_topic)
    gaps, _, others = render_page(found, {}).partition("<h2>What was taken for another subject</h2>")
    assert "weather" not in gaps and "weather" in others.partition("<h2>What was asked</h2>")[0]


def test_the_same_reason_from_widget_and_slack_is_one() -> None:
    votes = [
        asked(f"q{n}", vote="down", reason=reason)
        for n, reason in enumerate(["not true", "wrong", "outdated", "out of date", "my own words"])
    ]
    found = sum_up(votes, HashedEncoder(), NOON, NOON)
    assert found.reasons == {"It is wrong": 2, "It is out of date": 2, "my own words": 1}


def test_every_reason_of_the_widget_is_known() -> None:
    source = Path(widget.__file__ or "").parent / "src" / "turn.js"
    block = source.read_text("utf-8").partition("const REASONS")[2].partition("]);")[0]
    sent = re.findall(r'\["\w+", "([^"]+)"\]', block)
    assert len(sent) >= 4
    assert {name_reason(reason) for reason in sent} <= set(REASONS.values())


def test_the_chart_says_what_its_bars_count() -> None:
    assert "Answers per day (peak 4)" in render_page(usage(), TITLES)
