"""Which kind of answer a question gets: small talk, refused, off topic, not covered, or answered."""

from __future__ import annotations

import re
from typing import Literal

from index.search import Found

_SMALLTALK = re.compile(
    r"(hi|hello|hey|hiya|good (morning|afternoon|evening)|thanks?( you)?|thx|cheers|bye|goodbye)"
    r"( there| all| so much)?[!. ]*",
    re.IGNORECASE,
)
_ANSWERED_FROM = 0.42
_COVERED_FROM = 0.3
_FIELD = re.compile(
    r"\b(deep|neural|machine|learning|training?|model|network|loss|gradient|gpu|cuda|dataset|data|pytorch|tensorflow|"
    r"ai|ml|dl|llm|nlp|python|optimi[sz]er|learning rate|accuracy|overfit\w*|classifier)\b",
    re.IGNORECASE,
)

Scope = Literal["answered", "not_covered", "off_topic", "smalltalk"]


def decide_scope(question: str, found: Found) -> Scope:
    """Decide from the question's words and from how well the corpus fits it."""
    if _SMALLTALK.fullmatch(question.strip()):
        return "smalltalk"
    if found.confidence >= _ANSWERED_FROM:
        return "answered"
    return "not_covered" if found.confidence >= _COVERED_FROM or _FIELD.search(question) else "off_topic"
