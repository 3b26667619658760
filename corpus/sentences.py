"""Where one sentence ends and the next begins."""

from __future__ import annotations

import re

_END = re.compile(r"[.!?][\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|etc|Dr|Mr|Mrs|Ms|Prof|St|No|Fig|Eq|approx|et al)|\b[A-Z])\.$"
)


def split_sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Offsets (start, end) of every sentence of a one-line text, in order, without the spaces between them.

    A full stop after an abbreviation or a single capital (`G. Hinton`) ends nothing.
    """
    spans, start = [], 0
    for found in _END.finditer(text):
        end = start + len(text[start : found.end()].rstrip())
        if _ABBREVIATION.search(text[start : found.start() + 1]):
            continue
        spans.append((start, end))
        start = found.end()
    if text[start:].strip():
        spans.append((start, start + len(text[start:].rstrip())))
    return tuple(spans)
