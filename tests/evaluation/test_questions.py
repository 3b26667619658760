"""Files of questions: what is read, and what is said about a line that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import UsageError
from assistant.evaluation.questions import read_dialogues, read_questions, unknown_labels
from corpus import Corpus

FOLDER = Path(__file__).parent.parent / "questions"
RIGHT = {
    "id": "q1",
    "question": "how?",
    "kind": "in-scope",
    "difficulty": "easy",
    "outcomes_ok": ["answered"],
}


def write(path: Path, *lines: Any) -> Path:
    path.write_text(
        "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines), "utf-8"
    )
    return path


def test_the_development_files_are_whole_and_name_only_what_the_corpus_has(corpus: Corpus) -> None:
    questions = read_questions(FOLDER / "questions.jsonl")
    dialogues = read_dialogues(FOLDER / "dialogues.jsonl")
    assert (len(questions), len(dialogues), sum(len(one.turns) for one in dialogues)) == (135, 20, 62)
    assert unknown_labels(questions, dialogues, corpus) == []


def test_every_field_of_a_question_is_read(tmp_path: Path) -> None:
    line = RIGHT | {
        "kind": "status",
        "difficulty": "hard",
        "sections": ["rnn", "nlp"],
        "resources": ["olah-lstm"],
        "additions": ["annotated-transformer"],
        "must_mention": [["a", "b"], ["c"]],
        "must_not_mention": ["d"],
        "outcome": "not_covered",
        "note": "a field of someone else's",
    }
    (read,) = read_questions(write(tmp_path / "q.jsonl", line, ""))
    assert (read.id, read.text, read.kind, read.difficulty) == ("q1", "how?", "status", "hard")
    assert read.expected.outcomes == ("not_covered", "answered")
    assert read.expected.sections == ("rnn", "nlp")
    assert read.expected.resources == ("olah-lstm",)
    assert read.expected.additions == ("annotated-transformer",)
    assert read.expected.must_mention == (("a", "b"), ("c",))
    assert read.expected.must_not_mention == ("d",)
    assert (read.expected.may_answer, read.expected.must_answer) == (True, False)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "2: the line is not JSON"),
        ("[1]", "2: the line is not a JSON object"),
        (RIGHT | {"id": 3}, "2: `id` must be a text"),
        (RIGHT | {"id": "q2", "question": " "}, "2: `question` must be a text"),
        (RIGHT | {"id": "q2", "question": "x" * 2001}, "2: `question` must be a text of 1 to 2000"),
        (RIGHT | {"id": "q2", "kind": "odd"}, "2: `kind` must be one of in-scope, status"),
        (RIGHT | {"id": "q2", "outcomes_ok": []}, "2: `outcomes_ok` must hold"),
        (RIGHT | {"id": "q2", "outcomes_ok": ["maybe"]}, "2: `outcomes_ok` must hold"),
        (RIGHT | {"id": "q2", "sections": "rnn"}, "2: `sections` must be a list of texts"),
        (RIGHT | {"id": "q2", "must_mention": ["a"]}, "2: `must_mention` must be a list of groups"),
        (RIGHT | {"id": "q2", "must_mention": [[]]}, "2: `must_mention` must be a list of groups"),
        (
            RIGHT | {"id": "q2", "must_mentoin": []},
            "there is no field `must_mentoin`; did you mean `must_mention`?",
        ),
        (RIGHT, "the id `q1` is given twice"),
    ],
)
def test_a_fault_is_reported_with_its_file_and_line(tmp_path: Path, line: Any, fault: str) -> None:
    path = write(tmp_path / "q.jsonl", RIGHT, line)
    with pytest.raises(UsageError) as caught:
        read_questions(path)
    assert str(caught.value).startswith(str(path))
    assert fault in str(caught.value)
    assert caught.value.exit_status == 2


def test_one_line_says_how_many_more_faults_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"q.jsonl:1: the line is not JSON.*\(and 2 more\)"):
        read_questions(write(tmp_path / "q.jsonl", "{", "{", "{"))


def test_a_missing_or_empty_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        read_questions(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="holds nothing"):
        read_questions(write(tmp_path / "q.jsonl", ""))
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "\xe9"}')
    with pytest.raises(UsageError, match="not UTF-8"):
        read_questions(tmp_path / "latin.jsonl")


def test_a_fault_in_a_turn_names_the_turn(tmp_path: Path) -> None:
    turn = {"user": "hi", "outcomes_ok": ["smalltalk"]}
    path = write(tmp_path / "d.jsonl", {"id": "d1", "turns": [turn, turn | {"outcomes_ok": ["x"]}]})
    with pytest.raises(UsageError, match=r"d.jsonl:1: turn 2: `outcomes_ok`"):
        read_dialogues(path)
    with pytest.raises(UsageError, match="`turns` must be"):
        read_dialogues(write(tmp_path / "d.jsonl", {"id": "d1", "turns": []}))


def test_labels_that_the_corpus_lacks_are_named(tmp_path: Path, corpus: Corpus) -> None:
    line = RIGHT | {"sections": ["rnn", "nowhere"], "resources": ["olah-lstm"], "additions": ["nothing"]}
    questions = read_questions(write(tmp_path / "q.jsonl", line))
    assert unknown_labels(questions, (), corpus) == [
        "q1: the corpus has no section `nowhere`",
        "q1: the corpus has no resource `nothing`",
    ]
