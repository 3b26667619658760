"""What a message names, and where: the lexicon's names and the guide's subjects, by position in the text as typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from assistant.lexicon import Mention as Words
from assistant.lexicon import Reading as Names
from assistant.words import APOSTROPHE, PIECE, POSSESSIVE, whole
from corpus.types import Basic, Goal

NONE, SHOWN, RESOURCE, SHOWN_MAKER, MAKER, SUBJECT = range(6)
"""What kind of thing a token names: nothing, something of the last list, another resource, who made several of which
one was in the last list, who made others, a subject."""


@dataclass(frozen=True, slots=True)
class Named:
    """A stretch of a message that names something."""

    start: int
    """Position of its first character in the message as typed."""
    end: int
    """Position past its last one."""
    channel: int
    """Kind of thing."""
    resources: tuple[str, ...] = ()
    """Ids of the resources that it may mean."""
    subjects: tuple[str, ...] = ()
    """Ids of the guide's basics and goals that it may mean."""

    @property
    def ids(self) -> tuple[str, ...]:
        """All that it may mean."""
        return self.resources or self.subjects


def locate_words(text: str) -> list[tuple[str, int, int]]:
    """The words of `plain(text)`, each with the position of its first character and past its last one in the text."""
    lower = [(low, place) for place, char in enumerate(text) for low in char.lower()]
    joined = "".join(char for char, _ in lower)
    dropped = {place for found in POSSESSIVE.finditer(joined) for place in range(*found.span())}
    kept = [
        (plain, place)
        for n, (char, place) in enumerate(lower)
        if n not in dropped and not APOSTROPHE.match(char)
        for plain in unicodedata.normalize("NFKD", char).lower()
        if not unicodedata.combining(plain)
    ]
    joined = "".join(char for char, _ in kept)
    return [
        (found.group(), kept[found.start()][1], kept[found.end() - 1][1] + 1)
        for found in PIECE.finditer(joined)
    ]


def find_named(text: str, names: Names, shown: Collection[str] = ()) -> tuple[Named, ...]:
    """What a message names, in order; they do not overlap. `shown`: ids of the last list."""
    places = locate_words(text)
    if len(places) != len(names.words):
        return ()
    resources = [
        Named(
            places[words.start][1],
            places[words.end - 1][2],
            _channel(words, shown),
            resources=words.resources,
        )
        for words in names.mentions
        if words.resources
    ]
    taken = {n for words in names.mentions if words.resources for n in range(words.start, words.end)}
    subjects = [
        Named(places[start][1], places[end - 1][2], SUBJECT, subjects=ids)
        for (start, end), ids in _subjects(names).items()
        if not taken & set(range(start, end))
    ]
    return tuple(sorted((*resources, *subjects), key=lambda named: (named.start, named.end)))


def _channel(words: Words, shown: Collection[str]) -> int:
    listed = any(id in shown for id in words.resources)
    if len(words.resources) == 1:
        return SHOWN if listed else RESOURCE
    return SHOWN_MAKER if listed else MAKER


def _subjects(names: Names) -> dict[tuple[int, int], tuple[str, ...]]:
    """Ids of basics and goals by the places of their first word and past their last one."""
    joined = " ".join(names.words)
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    offset = 0
    for n, word in enumerate(names.words):
        starts[offset], ends[offset + len(word)] = n, n + 1
        offset += len(word) + 1
    found: dict[tuple[int, int], tuple[str, ...]] = {}
    subjects: tuple[Basic | Goal, ...] = (*names.about.basics, *names.about.goals)
    for subject in subjects:
        for match in whole(subject.words).finditer(joined) if subject.words else ():
            if match.start() in starts and match.end() in ends:
                place = starts[match.start()], ends[match.end()]
                found[place] = (*found.get(place, ()), subject.id)
    return found
