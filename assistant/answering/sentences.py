"""Which sentence to say: how near each is to a message, what it tells, and its short form."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assistant.evidence import Evidence, Quote
from assistant.lexicon import Reading
from corpus.annotations import Annotation
from corpus.types import Resource
from index.search import Found

# Measured on 93 questions with required facts (2026-11-28): the best sentence holds them for 56 % of the questions
# with these weights, 52 % without the authored questions, 48 % by those alone; the best three for 80, 72, 74 %.
_LEXICAL = 0.25
_ASKED = 0.5
_SAME_ASKED = 2.0
_SAME_FROM = 0.7
_OF_RESOURCE = 0.5
_OF_SECTION = 0.3
_TELLS = 0.35
_SAID = 1.0
_ANSWERS = 1.2
"""Score from which a sentence answers by itself, read off 290 development questions."""
_HARDLY_WORSE = 0.2
_LEANS = 0.3
_LONG = 0.1
LEAD_WORDS = 25
"""Most words of a first sentence, where the corpus allows."""


@dataclass(frozen=True)
class Nearness:
    """How near the sentences are to one message."""

    alone: Sequence[float]
    """Of each sentence: by meaning, words and authored questions."""
    likely: Sequence[float]
    """Of each sentence: what a sentence gains by the resources and the section that the message is about."""
    said: frozenset[str] = frozenset()
    """Sentences that the conversation has quoted already."""
    used: set[str] = field(default_factory=set)
    """Sentences that this answer has chosen already."""


class Sentences:
    """The sentences of one corpus with their annotations."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.corpus = evidence.corpus
        notes = {one.sentence: one for one in self.corpus.annotations}
        self.notes: tuple[Annotation, ...] = tuple(
            notes.get(quote.text, Annotation(quote.text)) for quote in evidence.quotes
        )
        self.is_annotated = any(one.tells for one in self.notes)
        self._asks = _Asks(evidence, self.notes)
        self._words = [len(quote.text.split()) for quote in evidence.quotes]
        self._names: dict[str, tuple[str, ...]] = {}
        self._units = (*self.corpus.section_by_id, *self.corpus.resource_by_id)
        self._units_of = _units_of(evidence, self._units)

    def nearness(
        self, message: str, found: Found, said: frozenset[str], names: Reading | None = None
    ) -> Nearness:
        """How near every sentence is to a message and to what a search found for it."""
        evidence = self.evidence
        words = evidence.nearness(message, None, names)
        alone = _LEXICAL * words
        meaning = evidence.meaning(found.cosines)
        if meaning is not None and found.cosines is not None:
            asked = self._asks.nearest(found.cosines)
            alone = alone + meaning + _ASKED * asked + _SAME_ASKED * np.maximum(asked - _SAME_FROM, 0)
        return Nearness(alone.tolist(), (_OF_RESOURCE * self._likely(found)).tolist(), said)

    def _likely(self, found: Found) -> NDArray[np.float64]:
        """(sentences,): probability of the likeliest resource that each names, or a share of its section's."""
        probability = {**dict(found.sections), **dict(found.resources)}
        own = np.array([*(probability.get(id, 0.0) for id in self._units), 0.0])
        own[: len(self.corpus.sections)] *= _OF_SECTION
        likely: NDArray[np.float64] = own[self._units_of].max(axis=1)
        return likely

    def on(self, id: str) -> list[Quote]:
        """Every sentence on a resource: its own, then those of the guide that name it first."""
        evidence = self.evidence
        others = (*evidence.guide_on[id], *evidence.today_on[id]) if id in self.corpus.resource_by_id else ()
        return [*evidence.of_resource.get(id, ()), *(quote for quote in others if quote.about == id)]

    def names(self, quote: Quote) -> tuple[str, ...]:
        """Ids of the resources whose short names a sentence holds, in order; its subject comes first."""
        if quote.text not in self._names:
            found = sorted(
                (at, -len(one.short), one.id)
                for one in self.corpus.resources
                if (at := quote.text.find(one.short)) >= 0
            )
            self._names[quote.text] = tuple(id for _, _, id in found)
        return self._names[quote.text]

    def tells(self, quote: Quote) -> tuple[str, ...]:
        """Aspects that a sentence tells; none where nobody has annotated it."""
        return self.notes[quote.position].tells

    def is_against(self, quote: Quote) -> bool:
        """Whether it says whom something does not suit: most questions for yes or no that it answers get a no."""
        note = self.notes[quote.position]
        verdicts = [ask.verdict for ask in note.asks if ask.verdict]
        suits = "who_for" in note.tells and "recommendation" not in note.tells
        return suits and verdicts.count("no") > verdicts.count("yes")

    def carrier(self, resource: Resource, words: str) -> Quote | None:
        """The sentence of a resource that holds the words of a fact."""
        return next((q for q in self.evidence.of_resource.get(resource.id, ()) if words in q.text), None)

    def short(self, quote: Quote, most: int = LEAD_WORDS) -> str:
        """The words of a sentence, or its short form where it has more than `most` words and there is one."""
        if len(quote.text.split()) <= most:
            return quote.text
        return self.notes[quote.position].short or quote.text

    def best(
        self,
        near: Nearness,
        quotes: Iterable[Quote],
        count: int = 1,
        aspects: Collection[str] = (),
        likely: bool = False,
        weigh: Callable[[Quote], float] | None = None,
    ) -> list[Quote]:
        """The best few of some sentences for a message, best first; marks them as used.

        `aspects`: what they should tell; `likely`: whether what the message is about counts; `weigh`: what else does.
        """
        scored = [
            (self._score(near, quote, aspects, likely) + (weigh(quote) if weigh else 0.0), quote)
            for quote in dict.fromkeys(quotes)
            if quote.text not in near.used
        ]
        scored.sort(key=lambda pair: -pair[0])
        chosen: list[Quote] = []
        for _, quote in scored:
            if len(chosen) < count and not any(_overlap(quote, other) for other in chosen):
                chosen.append(quote)
        near.used.update(quote.text for quote in chosen)
        return chosen

    def answer(self, near: Nearness, aspects: Collection[str] = ()) -> Quote | None:
        """The sentence on no single resource that answers a message by itself, and hardly worse than any other does."""
        best: dict[bool, tuple[float, Quote]] = {}
        for quote in self.evidence.quotes:
            score = self._score(near, quote, aspects, True)
            general = quote.about is None
            if general not in best or score > best[general][0]:
                best[general] = (score, quote)
        if True not in best:
            return None
        score, quote = best[True]
        beside = best[False][0] if False in best else 0.0
        if score < max(_ANSWERS, beside - _HARDLY_WORSE):
            return None
        near.used.add(quote.text)
        return quote

    def _score(self, near: Nearness, quote: Quote, aspects: Collection[str], likely: bool) -> float:
        note, at = self.notes[quote.position], quote.position
        score = near.alone[at] + (near.likely[at] if likely else 0.0)
        score += _TELLS * bool(set(aspects) & set(note.tells))
        score -= _SAID * (quote.text in near.said)
        score -= _LEANS * (not note.stands)
        return score - _LONG * (self._words[at] > LEAD_WORDS and note.short is None)


class _Asks:
    """The authored questions of the sentences: the last views of the index."""

    def __init__(self, evidence: Evidence, notes: Sequence[Annotation]) -> None:
        self._count = len(evidence.quotes)
        places = {one.sentence: n for n, one in enumerate(notes)}
        annotated = evidence.corpus.annotations
        # What belongs to a sentence that is gone fills one place more.
        owners = [places.get(one.sentence, self._count) for one in annotated for _ in one.asks]
        self._order = np.argsort(np.array(owners, dtype=np.int64), kind="stable")
        self._owners, self._starts = np.unique(np.sort(owners), return_index=True)

    def nearest(self, cosines: NDArray[np.float32]) -> NDArray[np.float64]:
        """(sentences,): cosine of the nearest question of each; 0 for one without. `cosines` (views,)."""
        best = np.zeros(self._count + 1)
        if len(self._order):
            own = cosines[len(cosines) - len(self._order) :][self._order]
            best[self._owners.astype(np.int64)] = np.maximum.reduceat(own, self._starts)
        return best[:-1]


def _units_of(evidence: Evidence, units: Sequence[str]) -> NDArray[np.int64]:
    """(sentences, most units): places of the section and the resources of each sentence, filled up with one more."""
    place = {id: n for n, id in enumerate(units)}
    named = [
        [place[id] for id in (quote.section or "", *quote.resources) if id in place]
        for quote in evidence.quotes
    ]
    rows = np.full((len(named), max([1, *map(len, named)])), len(units), dtype=np.int64)
    for row, places in zip(rows, named, strict=True):
        row[: len(places)] = places
    return rows


def _overlap(a: Quote, b: Quote) -> bool:
    """Whether two sentences say nearly the same: most words of the shorter one stand in the other."""
    fewer = min(len(a.stems), len(b.stems)) or 1
    return len(a.stems & b.stems) > 0.6 * fewer
