"""What must never be missed and never happen: rules beside what is learned.

Who may hurt themselves is sent to people. A refusal needs the search's word: its examples of what must be refused are
clearly the nearest, or the message holds words of harm, piracy or mutiny as well.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from assistant.words import plain, whole
from index.search import Found

_SURE_BY_WORDS = 0.5
"""Probability from which a message with words of what must be refused is."""
_SURE_BY_EXAMPLES = 4.0
"""Log odds, with what the distance of its examples adds, from which a message without such words is refused."""
_PER_LEAD = 30.0
"""Log odds that count for each unit of cosine by which its examples are nearer than any other."""


def is_in_distress(message: str) -> bool:
    """Whether a message tells that somebody may hurt themselves."""
    rules = _rules()["distress"]
    return bool(whole(rules["words"]).search(plain(message)) or re.search(rules["marks"], message))


def asks_deletion(message: str) -> bool:
    """Whether a message asks how what was written here is deleted."""
    return bool(whole(_rules()["deletion"]["words"]).search(plain(message)))


def is_refused(message: str, found: Found) -> bool:
    """Whether a message must be refused; `found`: what was found for it alone."""
    rules, text = _rules()["refused"], plain(message)
    mutiny = whole(rules["mutiny"]).search(text)
    if not mutiny and re.fullmatch(rules["lawful"], text):
        return False
    share = found.scope.get("refused", 0.0)
    words = mutiny or any(whole(rules[kind]).search(text) for kind in ("piracy", "harm"))
    if words or re.search(rules["marks"], message.lower()):
        return share >= _SURE_BY_WORDS
    share = min(max(share, 1e-6), 1 - 1e-6)
    others = max((near for kind, near in found.nearest.items() if kind != "refused"), default=0.0)
    lead = found.nearest.get("refused", 0.0) - others
    return math.log(share / (1 - share)) + _PER_LEAD * lead >= _SURE_BY_EXAMPLES


@cache
def _rules() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(resources.files("assistant.answering").joinpath("safety.toml").read_text("utf-8"))
