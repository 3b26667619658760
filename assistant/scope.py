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
_COURTESY = re.compile(
    r"\s*(hi|hello|hey|thanks?( you)?( so much| a lot)?|thx|cheers|ok(ay)?|great|cool|perfect|nice)\s*"
    r"[,.!;:]+\s*\w+ \w+",
    re.IGNORECASE,
)
_SURE = 0.5
_AHEAD = 1.65

Scope = Literal["answered", "not_covered", "off_topic", "refused", "smalltalk"]
_SCOPES: dict[str, Scope] = {
    "covered": "answered",
    "not_covered": "not_covered",
    "off_topic": "off_topic",
    "refused": "refused",
    "smalltalk": "smalltalk",
}


def decide_scope(question: str, found: Found) -> Scope:
    """Decide from the search's probabilities.

    An answer must be clearly more likely than its rivals: a wrong "yes, and here is what the guide says" costs a
    learner more than a wrong "the guide does not say". Refusing must be more likely than everything else together.
    """
    if _SMALLTALK.fullmatch(question.strip()):
        return "smalltalk"
    shares = dict(found.scope)
    if _COURTESY.match(question) and (
        found.named.resources or found.named.concepts or question.endswith("?")
    ):
        shares["smalltalk"] = 0.0
    if shares["refused"] < _SURE:
        shares["refused"] = 0.0
    shares["covered"] /= _AHEAD
    return _SCOPES[max(shares, key=lambda kind: shares[kind])]
