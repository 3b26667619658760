"""The labelled dialogues are in form: known labels, ids that exist, no message twice."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus import Corpus

FOLDER = Path(__file__).parent.parent.parent / "assistant" / "understanding"
AUTHORS = sorted((FOLDER / "dialogues").glob("*.jsonl"))
GUIDES = sorted(path for path in (FOLDER / "guides").iterdir() if path.is_dir())
ACTS = frozenset(
    [
        "start",
        "find",
        "about",
        "another",
        "more",
        "next",
        "before",
        "compare",
        "plan",
        "why",
        "tell",
        "object",
        "yesno_reply",
        "smalltalk",
        "outside",
        "attack",
    ]
)
ASPECTS = frozenset(
    [
        "cost",
        "length",
        "level",
        "prerequisites",
        "state",
        "format",
        "language_of_code",
        "exercises",
        "content",
        "author",
        "place",
        "certificate",
        "who_for",
    ]
)
SLOTS = frozenset(
    [
        "knows",
        "lacks",
        "done",
        "doing",
        "refuses",
        "likes",
        "prefers",
        "avoids",
        "goal",
        "time",
        "budget",
        "hardware",
        "level",
        "undo",
    ]
)
WANTS = re.compile(
    r"video|reading|hands-on|theory|free|short|newer|older|easier|harder|not:[\w-]+|lang:\S+|in:[a-z]+"
    r"|kind:(?:book|course|post|paper|tool|notes)"
)
OUTCOMES = frozenset(("answered", "not_covered", "off_topic", "refused", "smalltalk"))
FOCUSES = frozenset(("last", "earlier", "named", "none"))


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The dialogues of a file."""
    for line in path.read_text("utf-8").splitlines():
        yield json.loads(line)


def faults(turn: dict[str, Any], sections: set[str], resources: set[str]) -> Iterator[str]:
    """What is wrong with a turn."""
    for field, known in (("act", ACTS), ("focus", FOCUSES), ("outcome", OUTCOMES)):
        if turn[field] not in known:
            yield f"{field} {turn[field]}"
    yield from (f"aspect {one}" for one in turn["aspects"] if one not in ASPECTS)
    yield from (f"want {one}" for one in turn["want"] if not WANTS.fullmatch(one))
    yield from (f"says {one}" for one in turn["says"] if one.partition(":")[0] not in SLOTS)
    yield from (f"section {id}" for id in turn["sections"] if id not in sections)
    for field in ("refs", "resources", "additions", "shown"):
        yield from (f"{field} {id}" for id in turn[field] if id not in resources)
    if not turn["user"].strip():
        yield "no message"


def check(path: Path, sections: set[str], resources: set[str]) -> int:
    """Check a file; how many turns it has."""
    dialogues = list(read(path))
    turns = [(dialogue["id"], turn) for dialogue in dialogues for turn in dialogue["turns"]]
    assert [(id, fault) for id, turn in turns for fault in faults(turn, sections, resources)] == []
    assert [id for id, count in Counter(one["id"] for one in dialogues).items() if count > 1] == []
    return len(turns)


@pytest.mark.parametrize("path", AUTHORS, ids=lambda path: path.stem)
def test_an_authors_dialogues_are_in_form(path: Path, corpus: Corpus) -> None:
    sections, resources = set(corpus.section_by_id), set(corpus.resource_by_id)
    assert check(path, sections, resources) > 200


@pytest.mark.parametrize("folder", GUIDES, ids=lambda path: path.name)
def test_the_dialogues_of_an_invented_guide_are_in_form(folder: Path) -> None:
    about = json.loads((folder / "about.json").read_text("utf-8"))
    sections = {section["id"] for section in about["sections"]}
    resources = {resource["slug"] for resource in about["resources"]}
    assert check(folder / "dialogues.jsonl", sections, resources) > 200
    questions = list(read(folder / "questions.jsonl"))
    assert len(questions) == 35
    assert {question["outcome"] for question in questions} <= OUTCOMES
    guide = (folder / "guide.md").read_text("utf-8").lower()
    words = {
        word for question in questions for quote in question["must_quote"] for word in quote.lower().split()
    }
    assert [word for word in sorted(words) if word not in guide] == []


def test_no_message_of_one_author_is_anothers() -> None:
    said = Counter(
        turn["user"].lower()
        for path in AUTHORS
        for dialogue in read(path)
        for turn in dialogue["turns"]
        if len(turn["user"].split()) > 6
    )
    assert [message for message, count in said.items() if count > 1] == []


def test_the_page_names_what_there_is() -> None:
    page = (FOLDER / "README.md").read_text("utf-8")
    turns = sum(len(one["turns"]) for path in AUTHORS for one in read(path))
    turns += sum(len(one["turns"]) for path in GUIDES for one in read(path / "dialogues.jsonl"))
    assert f"{turns:,} turns" in page
