"""The figures of labelled dialogues, by value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from assistant.evaluation.dialogues import PlayedTurn, describe, play_all, summarise
from assistant.evaluation.questions import read_dialogues
from assistant.service import Assistant
from assistant.types import Answer, Citation, Outcome
from index.types import Chunk

CHUNK = Chunk("c1", "guide", "guide", "rnn", None, "T", None, "Read it.", (), "", 1, (0, 8))
CITATION = Citation(1, "c1", "guide", "rnn", None, (), "T", None, "Read it.")


def turn(
    message: str, text: str, act: str = "find", values: Mapping[str, float] | None = None, author: str = "b"
) -> PlayedTurn:
    cited = "[1]" in text
    outcome: Outcome = "answered" if cited else "not_covered"
    answer = Answer(
        "ans", "con", outcome, text, (CITATION,) if cited else (), evidence={"c1": CHUNK},
        timings_ms={"encode": 3.0, "total": 5.0},
    )  # fmt: skip
    return PlayedTurn(author, "b1", 1, act, "answered", message, answer, values or {})


def test_a_share_counts_the_turns_that_it_is_asked_of() -> None:
    turns = [
        turn("one", "Read it. [1]", values={"right": 1.0, "lead_right": 1.0}),
        turn("two", "No.", values={"right": 0.0}),
        turn("three", "Read. [1]", act="about", values={"right": 1.0, "lead_right": 0.0}),
    ]
    summary = summarise(turns)
    assert summary["all"] == {"n": 3, "right": 0.6667, "lead_right": 0.5, "distinct": 1.0}
    assert summary["act"]["about"] == {"n": 1, "right": 1.0, "lead_right": 0.0, "distinct": 1.0}
    assert summary["outcomes"] == {"answered": {"answered": 2, "not_covered": 1}}
    assert summary["ms"] == {"encode": 3.0, "total": 5.0, "without encoding": 2.0}


def test_an_answer_is_distinct_unless_another_message_of_its_author_got_it() -> None:
    same = "Read it. [1]"
    assert summarise([turn("one", same), turn("ONE", same)])["all"]["distinct"] == 1.0
    assert summarise([turn("one", same), turn("two", same, author="c")])["all"]["distinct"] == 1.0
    assert (
        summarise([turn("one", same), turn("two", same), turn("three", "x [1]")])["all"]["distinct"] == 0.3333
    )
    assert "distinct" not in summarise([turn("one", "No."), turn("two", "No.")])["all"]


def test_figures_are_written_in_rows() -> None:
    lines = list(describe(summarise([turn("one", "Read it. [1]", values={"right": 1.0})])))
    assert lines[0].split()[:2] == ["n", "right"]
    assert lines[1].split() == ["all", "1", "1.000", "1.000"]


@pytest.mark.parametrize("kept_by", ["service", "client"])
async def test_dialogues_are_played_with_the_answers_before(
    assistant: Assistant, tmp_path: Path, kept_by: str
) -> None:
    said = [
        {"user": "where can I learn about LSTMs?", "act": "find", "outcome": "answered"},
        {"user": "is it free?", "act": "about", "outcome": "answered"},
    ]
    expected = {"sections": [], "resources": ["olah-lstm"], "additions": []}
    path = tmp_path / "b.jsonl"
    path.write_text(json.dumps({"id": "b1", "turns": [one | expected for one in said]}), "utf-8")
    turns = await play_all(assistant, read_dialogues(path), "b", kept_by)  # type: ignore[arg-type]
    assert [(one.id, one.act) for one in turns] == [("b1.1", "find"), ("b1.2", "about")]
    assert turns[0].answer.text != turns[1].answer.text
    assert turns[0].values["kept"] == 1.0
