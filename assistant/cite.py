"""A sentence of the corpus, and the citation that proves it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.types import BrokenPromise, Citation, Place, check_citation
from corpus.types import Corpus
from index.types import Chunk, Sentence


@dataclass(frozen=True, slots=True)
class Draft:
    """A text and its sources, before it becomes an answer."""

    text: str
    """Markdown with markers."""
    citations: tuple[Citation, ...]
    """In order."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One sentence that will be quoted."""

    chunk: Chunk
    """Where it stands."""
    sentence: Sentence
    """Which one it is."""


ADDITION = "(addition)"
"""Marks what the guide does not list, in every language: the word of `citations[].origin`."""
log = logging.getLogger("dlstart.promises")


def cite_safely(corpus: Corpus, chunks: Mapping[str, Chunk], pick: Pick, number: int) -> Citation | None:
    """The source of one sentence; None, and a line in the log, where it would break a promise.

    `chunks`: those of the index by id.
    """
    citation = cite(corpus, pick, number)
    try:
        check_citation(citation, chunks, corpus.urls)
    except BrokenPromise as broken:
        report_broken(broken, pick.chunk.id)
        return None
    return citation


def report_broken(broken: BrokenPromise, chunk: str | None = None) -> None:
    """Log what was left out of an answer: the chunk and the reason, no word of the question."""
    data = {"reason": str(broken)} | ({"chunk": chunk} if chunk else {})
    log.error("a sentence was left out: it would break a promise", extra={"data": data})


def cite(corpus: Corpus, pick: Pick, number: int) -> Citation:
    """The source of one sentence, with the state of the resource that it is about."""
    chunk = pick.chunk
    named = pick.sentence.resources
    resource = corpus.resource_by_id.get(chunk.resource or (named[0] if named else ""))
    after = resource.successor if resource else None
    return Citation(
        number=number,
        chunk_id=chunk.id,
        kind=chunk.kind,
        section=chunk.section,
        resource=resource.id if resource else None,
        resources=named,
        title=resource.title if resource else chunk.title,
        url=resource.current_url if resource else chunk.url,
        quote=chunk.quote(pick.sentence),
        status=resource.status if resource else None,
        status_note=(resource.status_note or None) if resource else None,
        successor=Place(after.title, after.url) if after else None,
        origin=resource.origin if resource else "addition" if chunk.kind == "addition" else "guide",
    )
