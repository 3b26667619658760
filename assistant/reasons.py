"""Why an answer did not help: one list for the widget, Slack and the report."""

from __future__ import annotations

from typing import Final

REASONS: Final = {
    "wrong": "It is wrong",
    "off_topic": "It does not answer my question",
    "outdated": "It is out of date",
    "source": "The source does not say that",
    "level": "It does not fit what I know",
    "unclear": "It is hard to understand",
    "other": "Something else",
}
"""The kept word of each reason, and how people read it."""
_ALSO = {
    "not true": "wrong",
    "not my question": "off_topic",
    "out of date": "outdated",
    "not in the source": "source",
    "wrong level": "level",
}
"""What the widget sends."""


def name_reason(kept: str) -> str:
    """How a kept reason reads; one that a client made up stands as it is."""
    word = kept.strip().lower()
    return REASONS.get(_ALSO.get(word, word), kept)
