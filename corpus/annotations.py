"""What is known of single sentences: questions that each answers first, a short form of it, what it tells.

`annotations.jsonl` of a corpus directory, optional: one JSON object a line, keyed by the sentence's own words.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from corpus.errors import Problem

Verdict = Literal["yes", "no", "partly"]
_KEYS = frozenset({"sentence", "asks", "short", "tells", "stands"})
_FORM = (
    'write {"sentence": "…", "asks": ["…", ["…", "yes"]], "short": "…", "tells": ["cost"], "stands": true}'
)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question that a sentence answers."""

    text: str
    """As a learner would type it."""
    verdict: Verdict | None = None
    """What the sentence makes the answer, where it is a question for yes or no."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """What is known of one sentence."""

    sentence: str
    """Its exact words."""
    asks: tuple[Ask, ...] = ()
    """Questions to which it is the best first sentence."""
    short: str | None = None
    """The same in fewer words, fully carried by it; None where it is short already."""
    tells: tuple[str, ...] = ()
    """Aspects that it tells: cost, length, level, …"""
    stands: bool = True
    """Whether it can open an answer."""
    line: int = 1
    """1-based line of the file."""


def parse_annotations(text: str, path: str, problems: list[Problem]) -> tuple[Annotation, ...]:
    """Read the file; a line that is not in form is an error, and is left out."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        one = _parse(line, number)
        if one is None:
            problems.append(Problem(path, number, "the line is no annotation of a sentence", _FORM))
        else:
            found.append(one)
    return tuple(found)


def unknown_sentences(
    annotations: Collection[Annotation], sentences: Collection[str], path: str
) -> Iterator[Problem]:
    """A warning for each annotation whose sentence is gone, or was annotated before."""
    seen: set[str] = set()
    for one in annotations:
        words = " ".join(one.sentence.split()[:6])
        if one.sentence not in sentences:
            what = f"no sentence of the corpus reads “{words} …”"
            yield Problem(
                path, one.line, what, "copy the sentence's new words, or delete the line", "warning"
            )
        elif one.sentence in seen:
            what = f"“{words} …” is annotated twice"
            yield Problem(path, one.line, what, "keep one of the lines", "warning")
        seen.add(one.sentence)


def _parse(line: str, number: int) -> Annotation | None:
    try:
        values = json.loads(line)
    except ValueError:
        return None
    if not isinstance(values, dict) or not set(values) <= _KEYS or not _is_text(values.get("sentence")):
        return None
    given = values.get("asks", [])
    asks = [_parse_ask(ask) for ask in given] if isinstance(given, list) else [None]
    short, tells, stands = values.get("short"), values.get("tells", []), values.get("stands", True)
    sound = (short is None or _is_text(short)) and isinstance(tells, list) and isinstance(stands, bool)
    if not sound or None in asks or not all(map(_is_text, tells)):
        return None
    return Annotation(
        sentence=values["sentence"],
        asks=tuple(filter(None, asks)),
        short=short,
        tells=tuple(tells),
        stands=stands,
        line=number,
    )


def _parse_ask(value: Any) -> Ask | None:
    if _is_text(value):
        return Ask(value)
    if not isinstance(value, list) or len(value) != 2:
        return None
    text, verdict = value
    return Ask(text, verdict) if _is_text(text) and verdict in get_args(Verdict) else None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
