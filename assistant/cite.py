"""A sentence of the corpus, and the citation that proves it."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.types import Citation, Place
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
    )
