"""What one search says of every resource and section, as columns in the order of the corpus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus.types import Corpus
from index.search import Found, Index
from index.signals import Pool
from index.views import list_views

Column = NDArray[np.float32]

SCOPES = ("covered", "not_covered", "off_topic", "refused", "smalltalk")
_TELLING = frozenset({"sentence", "title"})


@dataclass(frozen=True, slots=True)
class Look:
    """One search."""

    resources: Column
    """(resources,): probability of each."""
    sections: Column
    """(sections,): probability of each."""
    texts: Column
    """(resources,): cosine of the nearest sentence or title of each; 0 where it has none."""
    questions: Column
    """(resources,): cosine of the nearest authored question of each; 0 where it has none."""
    scope: Column
    """(5,): probability of each of SCOPES."""
    nearest: Column
    """(5,): cosine of the nearest question or example of each of SCOPES."""
    best: float
    """Cosine of the nearest sentence or title of all."""
    concepts: Column
    """(resources,): 1 for the best to learn a concept from that is named, less for the others; 0 for the rest."""


class Looker:
    """Makes looks, over one corpus and one index."""

    def __init__(self, corpus: Corpus, index: Index) -> None:
        self._resources = {resource.id: n for n, resource in enumerate(corpus.resources)}
        self._sections = {section.id: n for n, section in enumerate(corpus.sections)}
        self._owned: dict[str, list[int]] = {}
        for n, resource in enumerate(corpus.resources):
            self._owned.setdefault(resource.section, []).append(n)
            self._owned[resource.id] = [n]
        telling: list[list[int]] = [[] for _ in self._resources]
        asking: list[list[int]] = [[] for _ in self._resources]
        every: list[int] = []
        for position, view in enumerate(list_views(corpus, index.chunks)):
            told = view.kind in _TELLING
            every += [position] if told else []
            for id in view.of:
                if id in self._resources and (told or view.kind == "question"):
                    (telling if told else asking)[self._resources[id]].append(position)
        self._pools = [Pool(groups, 1) for groups in (telling, asking, [every])]

    def look(self, found: Found) -> Look:
        """The columns of a search."""
        cosines = found.cosines if found.cosines is not None else np.zeros(0, dtype=np.float32)
        texts, questions, best = (pool.mean(np.append(cosines, np.float32(-1))) for pool in self._pools)
        return Look(
            _column(found.resources, self._resources),
            _column(found.sections, self._sections),
            texts,
            questions,
            _values(found.scope),
            _values(found.nearest),
            float(best[0]),
            self._taught(found),
        )

    def _taught(self, found: Found) -> Column:
        column = np.zeros(len(self._resources), dtype=np.float32)
        for _, ids in found.named.concepts:
            for rank, id in enumerate(ids):
                for place in self._owned.get(id, ()):
                    column[place] = max(column[place], 1 / (1 + rank))
        return column


def _column(pairs: Iterable[tuple[str, float]], place: Mapping[str, int]) -> Column:
    column = np.zeros(len(place), dtype=np.float32)
    for id, value in pairs:
        column[place[id]] = value
    return column


def _values(by_kind: Mapping[str, float]) -> Column:
    return np.array([by_kind.get(kind, 0.0) for kind in SCOPES], dtype=np.float32)
