"""One question's evidence -> ranked sections, resources and chunks, and what kind of question it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors
from index.fusion import OUTCOMES, load_fusion, resource_signals, softmax
from index.head import Head
from index.lexical import Lexical
from index.names import Named, Names
from index.signals import SCOPE_SIGNALS, Evidence, Units
from index.types import Chunk, Hit, ViewKind
from index.views import View

_WORDS_IN_CHUNK = 0.3
_RESOURCE_IN_CHUNK = 0.3
_NOVELTY = 0.15
_MOST_CHUNKS = 1000
_NEAREST = {
    kind: SCOPE_SIGNALS.index("nearest question" if kind == "covered" else f"nearest {kind}")
    for kind in OUTCOMES
}


@dataclass(frozen=True, slots=True)
class Ranking:
    """What was found for one question."""

    hits: tuple[Hit, ...]
    """Best first, one a chunk. A section's second-best chunk counts 0.15 of its best, and so on, so that
    doubt between sections shows in the first hits."""
    sections: tuple[tuple[str, float], ...]
    """Ids of all sections with their probabilities, best first."""
    resources: tuple[tuple[str, float], ...]
    """Ids of all resources with their probabilities, best first."""
    scope: Mapping[str, float]
    """Probability of each of covered, not_covered, off_topic, refused, smalltalk."""
    named: Named
    """Names and concepts in the question."""
    nearest: Mapping[str, float]
    """Cosine of the nearest question or example of each of covered, not_covered, off_topic, refused, smalltalk."""


class Ranker:
    """Ranks for one index."""

    def __init__(
        self,
        chunks: Sequence[Chunk],
        views: Sequence[View],
        units: Units,
        guide: Sequence[str],
        names: Names,
        lexical: Lexical,
        head: Head | None,
    ) -> None:
        self.units = units
        self._chunks = chunks
        self._names = names
        self._lexical = lexical
        self._head = head
        self.kind = "learned" if head is not None and units.has_examples else "plain"
        self._fusion = load_fusion(self.kind)
        self._view_kind: list[ViewKind] = [view.kind for view in views]
        owners = np.array([view.chunk for view in views], dtype=np.int64)
        # Views stand in the order of their chunks, and examples, which belong to none, come last.
        self._first_view = np.flatnonzero(np.diff(owners, prepend=-1) & (owners >= 0))
        self._end = int((owners >= 0).sum())
        place = {id: n for n, id in enumerate(units.sections)}
        self._chunk_section = np.array(
            [place.get(chunk.section or "", -1) for chunk in chunks], dtype=np.int64
        )
        self._guide = np.isin(units.resources, list(guide)).astype(np.float32)
        self._links = [
            [units.resource_place[id] for id in _resources_of(chunk) if id in units.resource_place]
            for chunk in chunks
        ]
        width = max([1, *map(len, self._links)])
        self._chunk_resources = np.full((len(chunks), width), len(units.resources), dtype=np.int64)
        for row, link in zip(self._chunk_resources, self._links, strict=True):
            row[: len(link)] = link

    def evidence(self, question: str, vector: Vectors, cosines: Vectors) -> Evidence:
        """What a question matches, from its vector (dimension,) and its cosine to every view of the index (views,)."""
        head = self._head
        scores = dict(zip(head.labels, head.score(question, vector).tolist(), strict=True)) if head else {}
        searched = cosines[: len(self._view_kind)]
        return Evidence(question, searched, self._lexical.score(question), scores, self._names.find(question))

    def rank(self, evidence: Evidence, k: int, prior: Mapping[str, float] | None = None) -> Ranking:
        """Rank, with the k best hits; `prior` multiplies the odds of sections (1 for those that it does not name)."""
        signals, fusion = self.units.gather(evidence), self._fusion
        scores = signals.sections @ fusion.sections
        for id, weight in (prior or {}).items():
            if id in self.units.section_place:
                scores[self.units.section_place[id]] += np.log(max(weight, 1e-6))
        sections = softmax(scores)
        own = self.units.section_of
        resources = (
            softmax(
                resource_signals(signals.resources, sections[own], signals.sections[own, 0], self._guide)
                @ fusion.resources
            )
            if len(own)
            else np.zeros(0, dtype=np.float32)
        )
        scope = softmax(signals.scope @ fusion.scope + fusion.scope_bias)
        return Ranking(
            self._hits(evidence, sections, resources, k),
            _ranked(self.units.sections, sections),
            _ranked(self.units.resources, resources),
            dict(zip(OUTCOMES, scope.tolist(), strict=True)),
            evidence.named,
            {kind: float(signals.scope[place]) for kind, place in _NEAREST.items()},
        )

    def _hits(self, evidence: Evidence, sections: Vectors, resources: Vectors, k: int) -> tuple[Hit, ...]:
        if not self._chunks or not k:
            return ()
        views = evidence.cosines[: self._end] + _WORDS_IN_CHUNK * evidence.lexical[: self._end]
        relevance = np.maximum.reduceat(views, self._first_view)
        if len(resources):
            known = np.append(resources, np.float32(0))
            relevance = relevance + _RESOURCE_IN_CHUNK * known[self._chunk_resources].max(axis=1)
        chosen = np.arange(len(relevance))
        if len(chosen) > _MOST_CHUNKS:
            chosen = np.argpartition(-relevance, _MOST_CHUNKS)[:_MOST_CHUNKS]
        of, own = self._chunk_section[chosen], relevance[chosen]
        order = np.lexsort((-own, of))
        first = np.flatnonzero(np.diff(of[order], prepend=-2))
        depth = np.arange(len(order)) - np.repeat(first, np.diff(np.append(first, len(order))))
        weight = np.append(sections, np.float32(0))[of[order]]
        scores = weight * _NOVELTY ** depth.astype(np.float64) + 1e-9 * own[order]
        best = np.argsort(-scores, kind="stable")[:k]
        return tuple(
            Hit(self._chunks[place], float(score), self._best_view(int(place), views))
            for place, score in zip(chosen[order[best]], scores[best], strict=True)
        )

    def _best_view(self, chunk: int, views: Vectors) -> ViewKind:
        start = int(self._first_view[chunk])
        end = int(self._first_view[chunk + 1]) if chunk + 1 < len(self._first_view) else self._end
        return self._view_kind[start + int(views[start:end].argmax())]


def _ranked(ids: Sequence[str], scores: NDArray[np.float32]) -> tuple[tuple[str, float], ...]:
    values = scores.tolist()
    return tuple((ids[n], values[n]) for n in np.argsort(-scores, kind="stable").tolist())


def _resources_of(chunk: Chunk) -> tuple[str, ...]:
    named = (id for sentence in chunk.sentences for id in sentence.resources)
    return tuple(dict.fromkeys((chunk.resource, *named) if chunk.resource else named))
