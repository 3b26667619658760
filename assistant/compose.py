"""The grounded answer: the corpus's own sentences, chosen and ordered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.types import Citation, Place
from corpus.types import Corpus
from index.search import Found
from index.types import Chunk, Hit, Sentence

_GUIDE_SENTENCES = 3
_TODAY_SENTENCES = 2


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


def compose(corpus: Corpus, found: Found) -> Draft:
    """Quote what the best section recommends, then the state of what it names, then what is true today."""
    section = found.hits[0].chunk.section
    hits = [hit for hit in found.hits if hit.chunk.section == section]
    picks = [
        *_take(hits, "guide", _GUIDE_SENTENCES),
        *_take(hits, "today", _TODAY_SENTENCES),
        *_take(hits, "description", 1),
    ]
    return draft(corpus, picks)


def draft(corpus: Corpus, picks: Iterable[Pick]) -> Draft:
    """Write sentences one after the other, each with its marker; a sentence is never said twice."""
    lines: list[str] = []
    citations: list[Citation] = []
    said: set[str] = set()
    for pick in picks:
        quote = pick.chunk.quote(pick.sentence)
        if quote in said:
            continue
        said.add(quote)
        citations.append(cite(corpus, pick, len(citations) + 1))
        lines.append(f"{quote} [{len(citations)}]")
    return Draft(" ".join(lines), tuple(citations))


def cite(corpus: Corpus, pick: Pick, number: int) -> Citation:
    """The source of one sentence."""
    chunk = pick.chunk
    resources = pick.sentence.resources
    resource = corpus.resource_by_id.get(chunk.resource or (resources[0] if resources else ""))
    if resource is None:
        return Citation(
            number,
            chunk.id,
            chunk.kind,
            chunk.section,
            None,
            resources,
            chunk.title,
            chunk.url,
            chunk.quote(pick.sentence),
        )
    after = resource.successor
    return Citation(
        number=number,
        chunk_id=chunk.id,
        kind=chunk.kind,
        section=chunk.section,
        resource=resource.id,
        resources=resources,
        title=resource.title,
        url=resource.current_url,
        quote=chunk.quote(pick.sentence),
        status=resource.status,
        status_note=resource.status_note or None,
        successor=Place(after.title, after.url) if after else None,
    )


def _take(hits: Sequence[Hit], part: str, count: int) -> list[Pick]:
    sentences = [Pick(hit.chunk, s) for hit in hits if hit.chunk.part == part for s in hit.chunk.sentences]
    return sorted(sentences, key=lambda pick: not pick.sentence.resources)[:count]
