"""Which kind of answer a message gets. Everything that decides it stands here.

The search gives the probability of each kind. Two kinds need evidence of their own on top, else the next kind is
taken. `smalltalk`: its examples are about as near to the message as those of any other kind. `refused`: they are
clearly the nearest, or the message holds words of harm, piracy or mutiny.
"""

from __future__ import annotations

import math
import re
from typing import Literal

from assistant.follow_up import Need
from assistant.wording import asks_to_start, has, table
from assistant.words import plain, whole
from index.search import Found

Scope = Literal["answered", "not_covered", "off_topic", "refused", "smalltalk"]
Courtesy = Literal["greeting", "thanks", "farewell", "identity", "distress", "deletion"]

_SCOPES: dict[str, Scope] = {
    "covered": "answered",
    "not_covered": "not_covered",
    "off_topic": "off_topic",
    "refused": "refused",
    "smalltalk": "smalltalk",
}
_AHEAD = 1.65
"""An answer must be this much more likely than its rivals: a wrong one costs a learner more than none."""
_SURE_BY_WORDS = 0.5
"""Probability from which a message with words of what must be refused is."""
_SURE_BY_EXAMPLES = 4.0
"""Log odds, with what the distance of its examples adds, from which a message without such words is refused."""
_PER_LEAD = 30.0
"""Log odds that count for each unit of cosine by which its examples are nearer than any other."""
_PER_DISTANCE = 15.0
"""Log odds that a claim needs for each unit of cosine by which examples of another kind are nearer."""
_NEARLY_THE_SAME = 0.2
"""Cosine by which an example of what is not covered must be nearer than any other to count in every context."""
_MAY_BE_COVERED = 0.25
_FEW_WORDS = 10


def decide_scope(question: str, found: Found) -> Scope:
    """The kind of a message that stands alone."""
    text = plain(question)
    if is_courtesy(text) or _has_reply_of_its_own(question, text):
        return "smalltalk"
    shares = dict(found.scope)
    if _is_refused(question, text, found):
        return "refused"
    if _asks_who(text):
        return "smalltalk"
    shares["refused"] = 0.0
    asks_too = found.named.resources or found.named.concepts or question.endswith("?")
    if (asks_too and _opens_with_courtesy(text)) or not _has_evidence("smalltalk", found):
        shares["smalltalk"] = 0.0
    shares["covered"] /= _AHEAD
    access = table()["access"]
    if whole(access["person"]).search(text) and whole(access["use"]).search(text):
        return "not_covered"
    likeliest = _SCOPES[max(shares, key=lambda kind: shares[kind])]
    return "answered" if likeliest in ("off_topic", "not_covered") and asks_to_start(text) else likeliest


def decide_in_context(question: str, need: Need, alone: Found, found: Found) -> Scope:
    """The kind of a message in its conversation; one that leans on the turns before is as covered as they were.

    `alone`: what was found for the message as written; `found`: for the message with its context.
    """
    scope = decide_scope(question, alone)
    if scope == "refused" or _has_reply_of_its_own(question, plain(question)):
        return scope
    if need.form == "order" or scope == "answered":
        return "answered"
    if scope == "smalltalk" and not need.follow_up:
        return scope
    if is_courtesy(plain(question)):
        return "smalltalk"
    if need.bare and (need.learning or need.resources):
        return "answered"
    if need.learning and (need.concepts or need.goal or need.resources) and scope == "not_covered":
        return "answered"
    if need.form == "context" or (need.follow_up and need.form == "topic" and not need.sections):
        return scope if _is_clearly_elsewhere(scope, need, alone) else decide_scope(need.query, found)
    if need.follow_up and (need.resources or need.sections):
        return "answered"
    asks_a_fact = need.form in ("about", "compare", "next") and bool(need.aspects)
    return "answered" if asks_a_fact and alone.confidence > _MAY_BE_COVERED else scope


def is_courtesy(text: str) -> bool:
    """Whether a plain text is a greeting, thanks or a goodbye and nothing else; `ok` alone is none."""
    return bool(re.fullmatch(table()["courtesy"]["only"], text)) and text.strip(" .!") not in ("ok", "okay")


def courtesy_of(question: str) -> Courtesy:
    """What kind of small talk a message is."""
    text, cues = plain(question), table()["courtesy"]
    if is_in_distress(question, text):
        return "distress"
    if asks_deletion(text):
        return "deletion"
    if whole(cues["farewell"]).search(text):
        return "farewell"
    if _asks_who(text):
        return "identity"
    if whole(cues["thanks"]).search(text):
        return "thanks"
    return "identity" if whole(cues["about_it"]).search(text) else "greeting"


def is_in_distress(question: str, text: str) -> bool:
    """Whether a message tells that somebody may hurt themselves; `text`: the message in plain words."""
    cues = table()["distress"]
    return bool(whole(cues["words"]).search(text) or re.search(cues["marks"], question))


def asks_deletion(text: str) -> bool:
    """Whether a plain text asks how what was written here is deleted."""
    return bool(whole(table()["deletion"]["words"]).search(text))


def _has_reply_of_its_own(question: str, text: str) -> bool:
    return is_in_distress(question, text) or asks_deletion(text)


def _asks_who(text: str) -> bool:
    return bool(whole(table()["courtesy"]["identity"]).search(text)) and len(text.split()) <= _FEW_WORDS


def _opens_with_courtesy(text: str) -> bool:
    """Whether something of its own follows a greeting or thanks: `hello, do I need a GPU?`."""
    return bool(re.match(table()["courtesy"]["opening"], text))


def _is_refused(question: str, text: str, found: Found) -> bool:
    cues = table()["refused"]
    mutiny = whole(cues["mutiny"]).search(text)
    if not mutiny and re.fullmatch(cues["lawful"], text):
        return False
    words = mutiny or any(whole(cues[kind]).search(text) for kind in ("piracy", "harm"))
    if words or re.search(cues["marks"], question.lower()):
        return found.scope["refused"] >= _SURE_BY_WORDS
    return _log_odds("refused", found) + _PER_LEAD * _ahead("refused", found) >= _SURE_BY_EXAMPLES


def _log_odds(kind: str, found: Found) -> float:
    share = min(max(found.scope[kind], 1e-6), 1 - 1e-6)
    return math.log(share / (1 - share))


def _ahead(kind: str, found: Found) -> float:
    """Cosine by which the nearest example of a kind is nearer than those of the others; negative if it is not."""
    others = max((near for other, near in found.nearest.items() if other != kind), default=0.0)
    return found.nearest.get(kind, 0.0) - others


def _has_evidence(kind: str, found: Found) -> bool:
    """Whether a kind is likely enough for how much nearer the examples of another kind are."""
    return _log_odds(kind, found) >= _PER_DISTANCE * max(-_ahead(kind, found), 0.0)


def _is_clearly_elsewhere(scope: Scope, need: Need, alone: Found) -> bool:
    """Whether a message is off topic or not covered by itself, whatever was said before."""
    if scope == "not_covered":
        return _ahead(scope, alone) >= _NEARLY_THE_SAME
    return scope == "off_topic" and not has("pronouns", need.question) and _has_evidence(scope, alone)
