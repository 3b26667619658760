"""Block Kit of each kind of answer, as files that a reviewer reads.

After a wanted change: UPDATE_SNAPSHOTS=1 python -m pytest tests/slack/test_snapshots.py, then read the diff.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assistant.channels.slack import blocks, messages
from assistant.channels.slack.app import help_blocks
from assistant.channels.slack.home import Home, home_view
from assistant.channels.slack.plans import plan_blocks, plan_modal
from assistant.store import StoredAnswer
from assistant.types import Answer, Citation, Clarification, Outcome, Place, Plan, Profile, Related, Step
from corpus import load_corpus
from corpus.types import About
from index.types import Chunk
from tests.slack.block_kit import check_message, check_view

SNAPSHOTS = Path(__file__).parent / "snapshots"
QUOTES = ("The guide recommends Torch for research.", "Torch is no longer developed.", "CS231n is free.")
CHUNK = Chunk("c1", "guide", "guide", "s", None, "T", None, " ".join(QUOTES), (), "", 1, (0, 80))
CITATIONS = (
    Citation(
        1, "c1", "guide", "frameworks", "torch", ("torch",), "Torch", "http://torch.ch/?a=1&b=2", QUOTES[0],
        "superseded", "PyTorch took its place.", Place("PyTorch", "https://pytorch.org/"),
    ),
    Citation(
        2, "c1", "guide", "frameworks", "torch", ("torch",), "Torch", "http://torch.ch/?a=1&b=2", QUOTES[1],
        "superseded", "PyTorch took its place.", Place("PyTorch", "https://pytorch.org/"),
    ),
    Citation(
        3, "c1", "addition", "basics", "cs231n", ("cs231n",), "CS231n <2025>", "https://cs231n.github.io/",
        QUOTES[2], "current",
    ),
)  # fmt: skip
ADDRESSES = {"http://torch.ch/?a=1&b=2", "https://pytorch.org/", "https://cs231n.github.io/"}
NEAR = (
    Related("rnn", "section", "Recurrent networks", "https://example.org/guide"),
    Related("x", "section", "Maths", None),
)
NEXT = ("Do I need a GPU?",)


def make(outcome: Outcome, text: str, **more: Any) -> dict[str, Any]:
    """An answer in its JSON form."""
    chunks = {"c1": CHUNK}
    return Answer("ans_1", "con_1", outcome, text, evidence=chunks, addresses=ADDRESSES, **more).as_dict()


def answered() -> dict[str, Any]:
    """An answer with sources in each state."""
    text = " ".join(f"{quote} [{number}]" for number, quote in enumerate(QUOTES, 1))
    return make("answered", text, citations=CITATIONS, suggestions=("Is it free?", "And after that?"))


def clarify() -> dict[str, Any]:
    """A provisional answer with a question back."""
    question = Clarification("What do you want to do?", ("Computer vision", "Language", "Not sure yet"))
    return make(
        "clarify", f"{QUOTES[2]} [1]", citations=(_first(CITATIONS[2]),), clarifying_question=question
    )


def _first(citation: Citation) -> Citation:
    return Citation(1, *[getattr(citation, name) for name in list(Citation.__dataclass_fields__)[1:]])


def plan() -> Plan:
    """Two steps, the second one optional and an addition."""
    first = Step(
        1, "frameworks", "torch", "Torch", f"{QUOTES[0]} [1] {QUOTES[1]} [2]", "http://torch.ch/?a=1&b=2",
        "superseded", Place("PyTorch", "https://pytorch.org/"), (), "2 weeks at 10 hours a week", CITATIONS[:2],
    )  # fmt: skip
    second = Step(
        2, "basics", "cs231n", "CS231n <2025>", f"{QUOTES[2]} [3]", "https://cs231n.github.io/", "current", None,
        ("torch",), None, CITATIONS[2:], optional=True, origin="addition",
    )  # fmt: skip
    text = f"# Your study plan\n\nGoal: computer vision.\n\n{first.why}\n\n{second.why}"
    return Plan((first, second), Profile(goal=("vision",)), text, {"c1": CHUNK}, ADDRESSES)


VOTE = StoredAnswer(
    "ans_1", datetime(2026, 11, 23, tzinfo=UTC), "slack", "is <Torch> still used?", "answered", ("torch",), 0.9, 5.0,
    "down", "outdated", None,
)  # fmt: skip

MESSAGES: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "answered": lambda: blocks.answer_blocks(answered()),
    "clarify": lambda: blocks.answer_blocks(clarify()),
    "not_covered": lambda: blocks.answer_blocks(make("not_covered", "Not in the guide.", related=NEAR)),
    "off_topic": lambda: blocks.answer_blocks(make("off_topic", "Not my subject.", suggestions=NEXT)),
    "refused": lambda: blocks.answer_blocks(make("refused", "I can't help with that.")),
    "smalltalk": lambda: blocks.answer_blocks(make("smalltalk", "Hello!", suggestions=NEXT)),
    "command": lambda: [
        blocks.asked("U1", "what about <Torch>?"),
        *blocks.answer_blocks(answered(), "con_1"),
        blocks.share("con_1", "ans_1"),
    ],
    "help": lambda: help_blocks(load_corpus()),
    "plan": lambda: plan_blocks(plan(), "ans_1"),
}  # fmt: skip
VIEWS: dict[str, Callable[[], dict[str, Any]]] = {
    "home": lambda: home_view(Home(plan(), [VOTE], 3, 90)),
    "home_of_a_stranger": lambda: home_view(Home(None, [], 0, 0)),
    "home_without_its_store": lambda: home_view(None),
    "reason": lambda: blocks.reason_modal("ans_1"),
    "plan_modal": lambda: plan_modal(load_corpus().about),
    "plan_modal_of_another_guide": lambda: plan_modal(About(subject="baking")),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_what_was_reviewed(name: str) -> None:
    made = MESSAGES[name]()
    check_message(messages.PLAN_READY, made)
    compare(name, made)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_what_was_reviewed(name: str) -> None:
    made = VIEWS[name]()
    check_view(made)
    compare(name, made)


def test_every_snapshot_has_its_test() -> None:
    assert {path.stem for path in SNAPSHOTS.glob("*.json")} == {*MESSAGES, *VIEWS}


def compare(name: str, made: Any) -> None:
    """With the file; or write it, where that is wanted."""
    path = SNAPSHOTS / f"{name}.json"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(made, ensure_ascii=False, indent=2) + "\n", "utf-8")
    assert made == json.loads(path.read_text("utf-8"))
