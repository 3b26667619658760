"""The ways in which a chunk can be found: its sentences, its title, the questions written for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.types import Corpus
from index.types import Chunk, ViewKind


@dataclass(frozen=True, slots=True)
class View:
    """One text by which one chunk can be found."""

    text: str
    """What is encoded."""
    chunk: int
    """Position of its chunk."""
    kind: ViewKind
    """What sort of view it is."""
    query: bool
    """Whether it reads like a question, and is encoded as one."""


def list_views(corpus: Corpus, chunks: Sequence[Chunk]) -> tuple[View, ...]:
    """All views of all chunks, in the order of the chunks.

    Authored questions belong to the first chunk of their section or resource.
    """
    views: list[View] = []
    asked: set[str] = set()
    for position, chunk in enumerate(chunks):
        views.append(View(f"{chunk.title}. {chunk.text}", position, "title", False))
        views += [View(chunk.quote(sentence), position, "sentence", False) for sentence in chunk.sentences]
        owner = chunk.resource or chunk.section
        if owner is None or owner in asked:
            continue
        asked.add(owner)
        questions = (
            corpus.resource_by_id[owner].questions
            if chunk.resource
            else corpus.section_by_id[owner].questions
        )
        views += [View(question, position, "question", True) for question in questions]
    return tuple(views)
