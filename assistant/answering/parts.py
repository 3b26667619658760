"""Several questions in one message: where they are, and one text of their answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.cite import Draft
from assistant.types import MARKER, Citation
from corpus.sentences import CLOSERS, split_sentences

_MOST = 3
_QUESTION = re.compile(rf"[?？؟;][{re.escape(CLOSERS)}]*$")


def split_questions(text: str) -> tuple[str, ...]:
    """The questions of a message, each with the statements before it; one for a message with fewer than two marks.

    What follows the last question belongs to it. More than three are not told apart.
    """
    parts: list[str] = []
    open = ""
    for line in text.splitlines():
        for start, end in split_sentences(line):
            open = f"{open} {line[start:end]}".strip()
            if _QUESTION.search(open):
                parts.append(open)
                open = ""
    if not parts or len(parts) > _MOST:
        return (text,)
    parts[-1] = f"{parts[-1]} {open}".strip()
    return tuple(parts)


def join_drafts(drafts: Sequence[Draft]) -> Draft:
    """One text of several, a paragraph each, their sources numbered through; what is said twice is said once."""
    citations: list[Citation] = []
    texts: list[str] = []
    for draft in drafts:
        if any(draft.text == text for text in texts):
            continue
        start = len(citations)
        texts.append(MARKER.sub(lambda found, start=start: f"[{int(found[1]) + start}]", draft.text))  # type: ignore[misc]
        citations += [replace(one, number=start + one.number) for one in draft.citations]
    return Draft("\n\n".join(texts), tuple(citations))
