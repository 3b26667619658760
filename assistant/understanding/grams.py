"""A message as hashed pieces of words: what a linear model beside the network reads, in any script."""

from __future__ import annotations

import itertools
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.understanding.mentions import Named

BUCKETS = 1 << 15
"""Number of hashed features."""
_LONGEST = 600
_SIZES = (2, 3, 4, 5)
_FIRST_WORDS = 12
_SHORT, _MIDDLE = 3, 7
_WORD = re.compile(r"[^\W_]+|[^\w\s]")
_MASKED = re.compile(r"\x01\d|[^\W_]+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a conversation a message stands."""

    first: bool
    """Whether it is the first one."""
    asked: bool
    """Whether a question was asked back before it."""
    nothing: bool
    """Whether the answer before it showed nothing."""


@dataclass(frozen=True, slots=True)
class Grams:
    """Buckets of a message's features, each with a sign that evens out what falls together."""

    pieces: tuple[tuple[int, int], ...]
    """Bucket and sign of its words and pieces of words."""
    frame: tuple[tuple[int, int], ...]
    """Bucket and sign of its place in the conversation, alone and with its words."""


def cut(text: str, named: Sequence[Named], place: Place) -> Grams:
    """The features of a message. Names are one word each, so that what is learned holds for another guide's."""
    words = _WORD.findall(_normal(text))
    masked = ["^", *_MASKED.findall(_normal(_mask(text, named))), "$"]
    kinds = {f"ch{one.channel}" for one in named}
    return Grams(_hash(_pieces(words, masked)), _hash("g" + part for part in _frame(words, kinds, place)))


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text.lower())[:_LONGEST]


def _mask(text: str, named: Sequence[Named]) -> str:
    """The text with a sign in place of each name."""
    parts: list[str] = []
    at = 0
    for one in named:
        if one.start >= at:
            parts += [text[at : one.start], f" \x01{one.channel} "]
            at = one.end
    return "".join((*parts, text[at:]))


def _pieces(words: Sequence[str], masked: Sequence[str]) -> Iterator[str]:
    for word in words:
        yield "w" + word
        bounded = f" {word} "
        for size in _SIZES:
            for start in range(len(bounded) - size + 1):
                yield bounded[start : start + size]
    for pair in itertools.pairwise(masked):
        yield "b" + " ".join(pair)
    for three in zip(masked, masked[1:], masked[2:], strict=False):
        yield "t" + " ".join(three)
    yield "1" + " ".join(masked[1:3])


def _frame(words: Sequence[str], kinds: Iterable[str], place: Place) -> Iterator[str]:
    flags = [f"first{place.first}", f"asked{place.asked}", f"nothing{place.nothing}", *kinds]
    size = "short" if len(words) <= _SHORT else "middle" if len(words) <= _MIDDLE else "long"
    yield from (size, *flags)
    yield from (size + flag for flag in flags)
    yield from (flags[0] + "w" + word for word in words[:_FIRST_WORDS])


def _hash(features: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Bucket and sign of each different feature."""
    codes = [zlib.crc32(feature.encode("utf-8", "replace")) for feature in dict.fromkeys(features)]
    return tuple((code % BUCKETS, 1 if code >> 31 else -1) for code in codes)
