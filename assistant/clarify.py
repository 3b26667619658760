"""The one question that the assistant may ask back, where the answer would really differ."""

from __future__ import annotations

import re

from assistant.focus import Focus
from assistant.follow_up import Need
from assistant.types import Clarification, Profile

_BACKGROUND = Clarification(
    "Do you already know linear algebra, calculus and probability?",
    ("Yes, I know the maths", "I know some of it", "No, I don't know the maths"),
)
_START = re.compile(
    r"\b(?:how|where)\b.{0,40}\b(?:start|begin|get (?:in|into|started|going)|learn|go about)\b"
    r"|\b(?:start|begin|get (?:into|started))\b.{0,30}\b(?:deep learning|dl|ai|neural net\w*)\b"
    r"|\b(?:first step|get me going)\b"
    r"|\b(?:por donde empiezo|wie fange ich|comment commencer|por onde comeco|kaise shuru)\b"
)


def ask_back(text: str, profile: Profile, focus: Focus, need: Need) -> Clarification | None:
    """Ask for the background of somebody who wants to start and has said nothing of it; once a conversation."""
    known = profile.background or profile.knows or profile.level or profile.done or profile.goal
    if focus.clarified or known or need.resources or need.concepts or need.follow_up:
        return None
    return _BACKGROUND if _START.search(text) else None
