"""What a sentence tells about its subject, and what a question asks about it: cost, length, what comes before, …

Both sides are cue tables (`aspects.toml`); nothing here knows a single resource.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from assistant.words import whole

ROW_TITLES = {
    "easier": "Level",
    "shorter": "Length",
    "suits": "Suits",
    "length": "Length",
    "cost": "Cost",
    "assignments": "Exercises",
    "prerequisites": "Needs",
    "content": "Covers",
    "state": "Today",
    "language": "Language",
    "format": "Form",
    "who": "Made by",
    "not_for": "Not for",
    "next": "Next",
}
_LACKS = re.compile(
    r"\b(?:no|without|sets no|not)(?: \w+,?){0,4} "
    r"(?:assignments?|exercises?|code|videos?|slides?|homework|projects?|lectures?)\b"
)
_NOT_FOR = re.compile(r"\bnot for\b|does not suit|do not suit|not a first")


@cache
def _cues() -> dict[str, dict[str, str]]:
    return tomllib.loads(resources.files("assistant").joinpath("aspects.toml").read_text("utf-8"))


@cache
def _told() -> list[tuple[str, re.Pattern[str], re.Pattern[str]]]:
    """For each aspect a rough look and the exact one.

    A cue that begins with a word's edge is tried at every letter; without its edges it finds no less, and `re` goes
    straight to letters that it can begin with: a third of the time.
    """
    cues = ((name, both["sentence"]) for name, both in _cues().items())
    return [(name, re.compile(cue.replace(r"\b", "")), re.compile(cue)) for name, cue in cues]


@cache
def _asked() -> dict[str, re.Pattern[str]]:
    return {name: whole(both["question"]) for name, both in _cues().items()}


@cache
def _any_asked() -> re.Pattern[str]:
    return re.compile("|".join(cues.pattern for cues in _asked().values()))


def tag(sentence: str) -> frozenset[str]:
    """What a sentence of the corpus tells.

    >>> sorted(tag("The PDF is free, while the printed copy is sold."))
    ['cost', 'format']
    """
    lower = sentence.lower()
    found = {name for name, rough, exact in _told() if rough.search(lower) and exact.search(lower)}
    if _LACKS.search(lower):
        found.add("lacks")
    if "not" in lower and _NOT_FOR.search(lower):
        found = (found - {"suits"}) | {"not_for"}
    return frozenset(found)


def asked(question: str) -> tuple[str, ...]:
    """What a question (plain words) asks about, in the order of its words.

    >>> asked("is it free")
    ('cost',)
    """
    found = [(match.start(), name) for name, cues in _asked().items() if (match := cues.search(question))]
    # `Can I read it for free?` asks for the cost: whom it suits is what is left when nothing else is asked.
    return tuple(name for _, name in sorted(found, key=lambda pair: (pair[1] == "suits", *pair)))


def asks(words: str) -> bool:
    """Whether plain words ask about any aspect at all."""
    return _any_asked().search(words) is not None
