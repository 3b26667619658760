"""The ways in which a chunk can be found: its sentences, its title, the questions written for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus.types import Corpus
from index.types import Chunk, ViewKind

EXAMPLES = ("not_covered", "off_topic", "refused", "smalltalk")
NO_CHUNK = -1


@dataclass(frozen=True, slots=True)
class View:
    """One text by which one chunk can be found, or an example of a question that none answers."""

    text: str
    """What is encoded."""
    chunk: int
    """Position of its chunk; -1 for an example."""
    kind: ViewKind
    """What sort of view it is."""
    query: bool
    """Whether it reads like a question, and is encoded as one."""
    of: tuple[str, ...] = ()
    """Ids of the sections and resources that it speaks for; for an example, the kind of question it is."""


def list_views(corpus: Corpus, chunks: Sequence[Chunk]) -> tuple[View, ...]:
    """All views of all chunks, in the order of the chunks, then the examples, then the questions of sentences.

    Authored questions belong to the first chunk of their section or resource. No search reads those of single
    sentences: answers choose sentences by them.
    """
    views: list[View] = []
    asked: set[str] = set()
    for position, chunk in enumerate(chunks):
        owners = tuple(filter(None, (chunk.section, chunk.resource)))
        views.append(View(f"{chunk.title}. {chunk.text}", position, "title", False, owners))
        for sentence in chunk.sentences:
            of = tuple(dict.fromkeys((*owners, *sentence.resources)))
            views.append(View(chunk.quote(sentence), position, "sentence", False, of))
        owner = owners[-1] if owners else None
        if owner is None or owner in asked:
            continue
        asked.add(owner)
        questions = (
            corpus.resource_by_id[owner].questions
            if chunk.resource
            else corpus.section_by_id[owner].questions
        )
        views += [View(question, position, "question", True, owners) for question in questions]
    views += _examples(corpus)
    views += (View(ask.text, NO_CHUNK, "ask", True) for one in corpus.annotations for ask in one.asks)
    return tuple(views)


def count_searched(views: Sequence[View]) -> int:
    """How many views take part in a search: all but the questions of single sentences, which come last."""
    return sum(view.kind != "ask" for view in views)


def _examples(corpus: Corpus) -> Iterator[View]:
    sets = (corpus.near_misses, corpus.off_topic, corpus.refused, corpus.smalltalk)
    for kind, questions in zip(EXAMPLES, sets, strict=True):
        for question in questions:
            yield View(question, NO_CHUNK, "example", True, (kind,))
