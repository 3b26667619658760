"""What a sentence tells about its subject, and what a question asks about it: cost, length, what comes before, …

Both sides are cue tables (`aspects.toml`); nothing here knows a single resource.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

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
def _any() -> re.Pattern[str]:
    return re.compile("|".join(cues.pattern for _, cues in _table().values()))


@cache
def _table() -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    table = tomllib.loads(resources.files("assistant").joinpath("aspects.toml").read_text("utf-8"))
    return {
        name: (re.compile(cues["sentence"]), re.compile(rf"(?<!\w)(?:{cues['question']})(?!\w)"))
        for name, cues in table.items()
    }


def tag(sentence: str) -> frozenset[str]:
    """What a sentence of the corpus tells.

    >>> sorted(tag("The PDF is free, while the printed copy is sold."))
    ['cost', 'format']
    """
    lower = sentence.lower()
    found = {name for name, (cues, _) in _table().items() if cues.search(lower)}
    if _LACKS.search(lower):
        found.add("lacks")
    if _NOT_FOR.search(lower):
        found = (found - {"suits"}) | {"not_for"}
    return frozenset(found)


def asked(question: str) -> tuple[str, ...]:
    """What a question (plain words) asks about, in the order of its words.

    >>> asked("is it free")
    ('cost',)
    """
    found = [
        (match.start(), name) for name, (_, cues) in _table().items() if (match := cues.search(question))
    ]
    # `Can I read it for free?` asks for the cost: whom it suits is what is left when nothing else is asked.
    return tuple(name for _, name in sorted(found, key=lambda pair: (pair[1] == "suits", *pair)))


def asks(words: str) -> bool:
    """Whether plain words ask about any aspect at all."""
    return _any().search(words) is not None
