"""Every sentence that an answer may quote, with what it tells, what it is about, and how near a question is."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.lexicon import Lexicon, Reading
from assistant.words import stems
from corpus.types import Corpus, Part
from index.search import Index
from index.types import Chunk, Sentence
from index.views import list_views

_LEXICAL = 0.6


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
    resources: tuple[str, ...]
    """Ids of the resources that it names."""

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
        self._places = _places(self.quotes)
        self._weights = {word: math.log(1 + len(self.quotes) / len(at)) for word, at in self._places.items()}
        self._views = _views(corpus, index, self.quotes)

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

    def cited_in(self, text: str) -> tuple[Quote, ...]:
        """The sentences of the corpus that a text holds word for word, in the order of the text."""
        cleaned = re.sub(r"\s*\[\d{1,3}\]", "", text)
        found = [(cleaned.find(words), quote) for words, quote in self.by_text.items() if words in cleaned]
        return tuple(quote for _, quote in sorted(found, key=lambda pair: pair[0]))


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
            meaning = _meaning(spoken, lexicon.read(spoken))
            yield Quote(position, chunk, sentence, text, meaning, resources)
            position += 1


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
