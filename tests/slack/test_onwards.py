"""Under an answer stands one group of ways to go on, so that none competes."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.channels.slack import messages
from assistant.channels.slack.blocks import footer, related

QUESTION = {"text": "Do you know the maths?", "options": ["Yes", "No"]}
GUIDE = "https://example.org/guide"
NEAR = [{"url": GUIDE, "title": "Reading"}, {"url": GUIDE, "title": "Hardware"}]
NEXT = ["Is it free?"]


def answer(outcome: str, **more: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"citations": [], "clarifying_question": None, "related": [], "suggestions": []}
    return {"id": "ans_1", "outcome": outcome, "text": "x", **empty, **more}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (answer("clarify", clarifying_question=QUESTION, related=NEAR, suggestions=NEXT), QUESTION["text"]),
        (answer("not_covered", related=NEAR, suggestions=NEXT), messages.RELATED),
        (answer("not_covered", suggestions=NEXT), messages.SUGGESTIONS),
        (answer("answered", related=NEAR, suggestions=NEXT), messages.SUGGESTIONS),
        (answer("answered", related=NEAR), None),
    ],
)
def test_one_group_is_shown(given: dict[str, Any], shown: str | None) -> None:
    written = str(footer(given))
    groups = (QUESTION["text"], messages.RELATED, messages.SUGGESTIONS)
    assert [group for group in groups if str(group) in written] == ([shown] if shown else [])


def test_links_that_all_open_one_page_are_names() -> None:
    assert GUIDE not in str(related(NEAR))
    apart = [NEAR[0], {"url": f"{GUIDE}#hardware", "title": "Hardware"}]
    assert f"<{GUIDE}#hardware|Hardware>" in str(related(apart))
    assert f"<{GUIDE}|Reading>" in str(related(NEAR[:1]))
