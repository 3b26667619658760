"""Where one sentence ends and the next begins, and which of them can be quoted alone."""

from __future__ import annotations

import re

STOPS = ".!?…。！？｡．؟۔।॥"
"""Marks that end a sentence, in the scripts that have one."""
CLOSERS = "\"')]”’»›」』）】》"
"""Marks that may follow such a mark and still belong to its sentence."""
LEANING = re.compile(
    r"(This|That|These|Those|It|Its|They|Their|He|She|His|Her|Here|There|However|But|And|Also|So|Then)\b"
    r"(?!(?<=ere)\s+(?:is|are|was|were)\b)"
)
"""Matches a sentence that leans on the one before it, and so can't be quoted alone."""
_OPENERS = "\"'([“‘„«‹¿¡「『（*"
# Scripts without capitals have marks of their own, which end a sentence whatever follows.
_END = re.compile(
    rf"[.!?][{re.escape(CLOSERS)}]*(?P<gap>\s+)|[。！？｡．؟۔।॥][。！？｡．؟۔।॥{re.escape(CLOSERS)}]*\s*"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|etc|Dr|Mr|Mrs|Ms|Prof|St|No|Fig|Eq|approx|et al|vol|pp|z|ca|Nr)|\b(?P<initial>[^\W\d_]))\.$"
)
_LONGEST_ABBREVIATION = 12


def split_sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Offsets (start, end) of every sentence of a one-line text, in order, without the spaces between them.

    A full stop after an abbreviation or a single capital (`G. Hinton`) ends nothing, nor does one before a small
    letter.
    """
    spans, start = [], 0
    for found in _END.finditer(text):
        if found["gap"] and not (_begins(text, found.end()) and _ends(text, found.start(), start)):
            continue
        spans.append((start, start + len(text[start : found.end()].rstrip())))
        start = found.end()
    if text[start:].strip():
        spans.append((start, start + len(text[start:].rstrip())))
    return tuple(spans)


def split_quotes(text: str) -> tuple[tuple[int, int], ...]:
    """Offsets of what can be quoted: a sentence that leans on the one before it is quoted with it."""
    quotes: list[tuple[int, int]] = []
    for start, end in split_sentences(text):
        if quotes and LEANING.match(text, start):
            start = quotes.pop()[0]
        quotes.append((start, end))
    return tuple(quotes)


def is_ended(text: str) -> bool:
    """Whether a text ends as a sentence does."""
    return text.rstrip(CLOSERS).endswith(tuple(STOPS))


def _begins(text: str, at: int) -> bool:
    """Whether a sentence can begin there: with a digit, a capital, or a letter of a script that has no capitals."""
    while at < len(text) and text[at] in _OPENERS:
        at += 1
    return at < len(text) and (text[at].isdigit() or (text[at].isalpha() and not text[at].islower()))


def _ends(text: str, stop: int, start: int) -> bool:
    """Whether the mark at `stop` ends a sentence, and no abbreviation or initial."""
    found = _ABBREVIATION.search(text[max(start, stop - _LONGEST_ABBREVIATION) : stop + 1])
    return found is None or (found["initial"] or "").islower()
