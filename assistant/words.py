"""A text as plain words: how every cue table and every name list reads it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import filterfalse

APOSTROPHE = re.compile(r"['’‘`´]")
POSSESSIVE = re.compile(r"['’](?:s\b|(?<=s')(?=\s))")
PIECE = re.compile(r"[^\W_]+|[.,;:!?](?=\s|$)")
_SUFFIXES = ("ations", "ation", "ings", "ing", "ies", "ers", "ed", "es", "er", "ly", "s")

_MENDED = 6
"""Shorter words have too many neighbours to be mended."""

_STOP = """
    a about after all also am an and any anything are as at be been before but by can could did do does dont for
    from get give go got had has have he her here hers him his how i id if ill im in into is isnt it its ive just know
    like ll lot lots m me more most much my need no not now of off ok on one ones only or other our out over please pls
    re really s same she should so some something still t take tell than thanks that thats the their them then there
    these they thing things this those to too up us use used very want was way we well were what whats when where which
    who whose why will with would yes you your u hi hello hey good best better there s ve d e de la el un una que es le
    les des du der die das und ein eine o os as em para por con sur mit
"""
STOP_WORDS = frozenset(_STOP.split())


def plain(text: str) -> str:
    """Lower case, no accents, no apostrophes (`don't` is `dont`, `Ng's` is `ng`), punctuation set apart.

    >>> plain("I've done Ng's class, étudié!")
    'ive done ng class , etudie !'
    """
    text = POSSESSIVE.sub("", text.lower())
    text = APOSTROPHE.sub("", text)
    if not text.isascii():
        # Lower once more: what was a mathematical bold A is an A only now.
        text = unicodedata.normalize("NFKD", text).lower()
        text = "".join(filterfalse(unicodedata.combining, text))
    return " ".join(PIECE.findall(text))


@cache
def whole(words: str) -> re.Pattern[str]:
    """A pattern for whole words: one of alternatives, with no letter before or behind."""
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)")


def word_list(text: str) -> list[str]:
    """The words of a text in plain form, without punctuation."""
    return [word for word in plain(text).split() if word[0].isalnum()]


def stem(word: str) -> str:
    """A word without its ending, so that `lectures` meets `lecture` and `training` meets `train`."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            base = word[: -len(suffix)]
            return base + "y" if suffix == "ies" else base.removesuffix("e")
    return word.removesuffix("e") if len(word) > 4 else word


def stems(text: str) -> frozenset[str]:
    """The stems of a text's words that carry meaning."""
    return frozenset(stem(word) for word in word_list(text) if word not in STOP_WORDS)


class Speller:
    """Mends words that are one slip away from exactly one word that matters."""

    def __init__(self, wanted: Iterable[str], known: Iterable[str] = ()) -> None:
        """`wanted`: words to mend towards; `known`: other right words, which stay as they are."""
        self._wanted = {word for word in wanted if len(word) >= _MENDED}
        self._known = self._wanted | set(known)
        self._near: dict[str, set[str]] = {}
        for word in self._wanted:
            for form in (word, *_shorter(word)):
                self._near.setdefault(form, set()).add(word)

    def mend(self, words: str) -> str:
        """A plain text with its slips mended; unknown words without a clear neighbour stay."""
        return " ".join(
            word if word in self._known or len(word) < _MENDED - 1 else self._mend(word)
            for word in words.split()
        )

    def _mend(self, word: str) -> str:
        near = self._near.get(word, set()).union(*(self._near.get(form, set()) for form in _shorter(word)))
        near = {other for other in near if other[0] == word[0] and _one_slip(word, other)}
        return near.pop() if len(near) == 1 else word


def _shorter(word: str) -> list[str]:
    return [word[:n] + word[n + 1 :] for n in range(len(word))]


def _one_slip(a: str, b: str) -> bool:
    """Whether two words differ by one letter dropped, added, changed, or swapped with its neighbour."""
    if len(a) != len(b):
        short, long = sorted((a, b), key=len)
        return short in _shorter(long)
    differ = [n for n in range(len(a)) if a[n] != b[n]]
    if len(differ) == 1:
        return True
    swapped = len(differ) == 2 and differ[1] == differ[0] + 1
    return swapped and a[differ[0]] == b[differ[1]] and a[differ[1]] == b[differ[0]]
