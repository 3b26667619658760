"""Every sentence that an answer may quote, with what it tells, what it is about, and how near a question is."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.aspects import tag
from assistant.lexicon import Lexicon, Reading
from assistant.words import stems
from corpus.types import Corpus, Part, Resource
from index.search import Index
from index.types import Chunk, Sentence
from index.views import list_views

_LEXICAL = 0.6
_SAME = 0.65
"""Two sentences on one resource that share more of their words than this say the same."""
_RECOMMENDS = re.compile(
    r"(?<!because the )\bguide (?:also )?(?:recommends|lists|names|named|calls|points|picked|advises|links to)\b"
    r"|\bguide adds that [\w' ]+ go(?:es)? with\b|guide's first"
)
_GUIDE_SAYS = re.compile(
    r"\b[Tt]he guide (?:also )?(?:recommends|lists|names|calls|points|picks|picked|mentions|cites)\b"
)


@dataclass(frozen=True, slots=True, eq=False)
class Quote:
    """One sentence of the corpus. There is one object for each, so that it is compared and hashed as that."""

    position: int
    """Its place among all sentences; the guide's come first, in reading order."""
    chunk: Chunk
    """The paragraph that holds it."""
    sentence: Sentence
    """Where it stands there."""
    text: str
    """Its exact words."""
    stems: frozenset[str]
    """Stems of its words that carry meaning, without the names of what it is about."""
    tells: frozenset[str]
    """Aspects that it tells: cost, length, suits, …"""
    resources: tuple[str, ...]
    """Ids of the resources that it names."""
    recommends: bool
    """Whether it is the guide's word on a resource."""

    @property
    def part(self) -> Part:
        """guide, today, description or status."""
        return self.chunk.part

    @property
    def section(self) -> str | None:
        """Id of the section that it belongs to."""
        return self.chunk.section

    @property
    def about(self) -> str | None:
        """Id of the resource that it is about: its owner, or the first that it names."""
        return self.chunk.resource or (self.resources[0] if self.resources else None)


class Evidence:
    """The sentences of one corpus and one index."""

    def __init__(self, corpus: Corpus, index: Index, lexicon: Lexicon) -> None:
        self.corpus = corpus
        self.index = index
        self.lexicon = lexicon
        self.quotes = tuple(_quotes(corpus, index.chunks, lexicon))
        self.of_resource: dict[str, list[Quote]] = defaultdict(list)
        self.guide_on: dict[str, list[Quote]] = defaultdict(list)
        self.today_on: dict[str, list[Quote]] = defaultdict(list)
        self.of_section: dict[str, list[Quote]] = defaultdict(list)
        self.by_text: dict[str, Quote] = {}
        for quote in self.quotes:
            self.by_text.setdefault(quote.text, quote)
            if quote.chunk.resource:
                self.of_resource[quote.chunk.resource].append(quote)
                continue
            if quote.section:
                self.of_section[quote.section].append(quote)
            for id in quote.resources:
                (self.guide_on if quote.part == "guide" else self.today_on)[id].append(quote)
        self.resources_of: Mapping[str, tuple[str, ...]] = _resources_of(corpus, self.of_section)
        self._places = _places(self.quotes)
        self._weights = {word: math.log(1 + len(self.quotes) / len(at)) for word, at in self._places.items()}
        self._telling = {
            aspect: np.array([aspect in quote.tells for quote in self.quotes])
            for aspect in {aspect for quote in self.quotes for aspect in quote.tells}
        }
        self._views = _views(corpus, index, self.quotes)
        self.state_of = {
            resource.id: self._state_quotes(resource)
            for resource in corpus.resources
            if resource.status != "current"
        }

    def _state_quotes(self, resource: Resource) -> tuple[Quote, ...]:
        """Sentences that say what happened to a resource and name its successor, the resource's own first."""
        own = [quote for quote in self.of_resource[resource.id] if quote.part == "status"][:1]
        after = resource.successor
        names = {after.title.lower()} if after else set()
        if after and after.resource:
            names.add(self.corpus.resource_by_id[after.resource].short.lower())
        said = [
            quote
            for quote in self.today_on[resource.id]
            if "state" in quote.tells and (not names or any(name in quote.text.lower() for name in names))
        ]
        return (*own, *said)

    def nearness(
        self, question: str, cosines: NDArray[np.float32] | None = None, reading: Reading | None = None
    ) -> NDArray[np.float64]:
        """How near each sentence is to a question: shared words by their rarity, and the angle of meaning.

        `cosines` (views,): as `Index.cosines` gives them; `reading`: of the question, if it has been read. One number
        a sentence, in order; about 0 to 1.6.
        """
        shared = np.zeros(len(self.quotes))
        total = 0.0
        meaning = _meaning(question, reading or self.lexicon.read(question))
        for word in sorted(meaning & self._places.keys()):
            squared = self._weights[word] ** 2
            shared[self._places[word]] += squared
            total += squared
        lexical = np.sqrt(shared / (total or 1.0))
        angles = self.meaning(cosines)
        return lexical if angles is None else _LEXICAL * lexical + angles

    def meaning(self, cosines: NDArray[np.float32] | None) -> NDArray[np.float64] | None:
        """The cosine of each sentence (sentences,), from those of the index's views; None where there are none."""
        return None if cosines is None or self._views is None else cosines[self._views].astype(np.float64)

    def telling(self, aspects: Iterable[str]) -> NDArray[np.bool_]:
        """Whether each sentence tells one of these aspects, in order."""
        told = np.zeros(len(self.quotes), dtype=bool)
        for aspect in aspects:
            if aspect in self._telling:
                told |= self._telling[aspect]
        return told

    def cited_in(self, text: str) -> tuple[Quote, ...]:
        """The sentences of the corpus that a text holds word for word, in the order of the text."""
        cleaned = re.sub(r"\s*\[\d{1,3}\]", "", text)
        found = [(cleaned.find(words), quote) for words, quote in self.by_text.items() if words in cleaned]
        return tuple(quote for _, quote in sorted(found, key=lambda pair: pair[0]))

    def levels(self, ids: Iterable[str]) -> list[Resource]:
        """Resources by their ids, those of the guide first."""
        known = [self.corpus.resource_by_id[id] for id in ids if id in self.corpus.resource_by_id]
        return sorted(known, key=lambda resource: resource.origin == "addition")


def _meaning(text: str, reading: Reading) -> frozenset[str]:
    """The stems of a text, and the concepts that it names: a graphics card is a GPU."""
    return stems(text) | {f"concept {id}" for id in reading.concepts}


def _quotes(corpus: Corpus, chunks: Sequence[Chunk], lexicon: Lexicon) -> Iterable[Quote]:
    position = 0
    for chunk in chunks:
        for sentence in chunk.sentences:
            text = chunk.quote(sentence)
            resources = sentence.resources
            owner = corpus.resource_by_id.get(chunk.resource) if chunk.resource else None
            spoken = text.replace(owner.short, " ") if owner else text
            recommends = chunk.part == "guide" and bool(resources) and bool(_RECOMMENDS.search(text))
            meaning = _meaning(spoken, lexicon.read(spoken))
            yield Quote(position, chunk, sentence, text, meaning, tag(text), resources, recommends)
            position += 1


def _resources_of(corpus: Corpus, of_section: Mapping[str, list[Quote]]) -> dict[str, tuple[str, ...]]:
    """Resources by section: those that its text names, then those that belong to it; the guide's first."""
    found: dict[str, tuple[str, ...]] = {}
    for section in corpus.sections:
        named = [id for quote in of_section[section.id] for id in quote.resources]
        own = [resource.id for resource in corpus.resources if resource.section == section.id]
        ids = dict.fromkeys((*named, *own))
        found[section.id] = tuple(sorted(ids, key=lambda id: corpus.resource_by_id[id].origin == "addition"))
    return found


def _places(quotes: Sequence[Quote]) -> dict[str, NDArray[np.int64]]:
    """Positions of the sentences that hold each word."""
    places: dict[str, list[int]] = defaultdict(list)
    for quote in quotes:
        for word in quote.stems:
            places[word].append(quote.position)
    return {word: np.array(at, dtype=np.int64) for word, at in places.items()}


def _views(corpus: Corpus, index: Index, quotes: Sequence[Quote]) -> NDArray[np.int64] | None:
    """Which view of the index each sentence is (sentences,), or None for an index without them."""
    views = {
        view.text: n
        for n, view in enumerate(list_views(corpus, index.chunks))
        if view.kind == "sentence" and n < len(index.vectors)
    }
    if any(quote.text not in views for quote in quotes):
        return None
    return np.array([views[quote.text] for quote in quotes], dtype=np.int64)


def says_the_same(a: Quote, b: Quote) -> bool:
    """Whether two sentences tell the same of the same resource: both recommend it, or share most words."""
    if a.about is None or a.about != b.about:
        return False
    if a.chunk.kind != b.chunk.kind and all(_GUIDE_SAYS.search(quote.text) for quote in (a, b)):
        return True
    return len(a.stems & b.stems) > _SAME * min(len(a.stems), len(b.stems))
