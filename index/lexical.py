"""BM25 over the views: names, numbers and rare words that a vector blurs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors
from index.words import split_words, stem

_SATURATION = 1.5
_LENGTH = 0.75
# fmt: off
_STOP = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "could", "do", "does", "for", "from", "had", "has",
    "have", "how", "i", "if", "in", "is", "it", "its", "me", "my", "of", "on", "or", "s", "should", "so", "t", "than",
    "that", "the", "their", "them", "then", "there", "they", "this", "to", "was", "we", "were", "what", "when",
    "where", "which", "who", "why", "will", "with", "would", "you", "your",
))
# fmt: on


class Lexical:
    """BM25 scores of every view for a question."""

    def __init__(
        self,
        vocabulary: dict[str, int],
        scores: Vectors,
        views: NDArray[np.int32],
        starts: NDArray[np.int64],
        count: int,
    ) -> None:
        """`scores`, `views`: postings, word after word; `starts`: where each word's begin; `count`: of views."""
        self._vocabulary, self._scores, self._views, self._starts = vocabulary, scores, views, starts
        self._count = count
        self._best = np.zeros(max(len(starts) - 1, 1), dtype=np.float32)
        filled = np.flatnonzero(np.diff(starts))
        if filled.size:
            self._best[filled] = np.maximum.reduceat(scores, starts[filled])

    @classmethod
    def of(cls, texts: Sequence[str]) -> Lexical:
        """Index texts, in order: BM25 as Lucene counts it, with its usual constants."""
        numbers = _Numbers()
        words = [[number for word in split_words(text) if (number := numbers[word]) >= 0] for text in texts]
        if not numbers.vocabulary:
            return cls({}, np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(1, np.int64), len(texts))
        lengths = np.array([len(own) for own in words])
        # A word and a view as one number, so that sorting puts them word after word, each with its views in order.
        pairs = np.fromiter(chain.from_iterable(words), np.int64) * len(texts)
        pairs += np.arange(len(texts)).repeat(lengths)
        pairs, times = np.unique(pairs, return_counts=True)
        word, view = np.divmod(pairs, len(texts))
        holders = np.bincount(word)
        rarity = np.log1p((len(texts) - holders + 0.5) / (holders + 0.5)).astype(np.float32)
        room = _SATURATION * (1 - _LENGTH + _LENGTH * lengths / lengths.mean())
        return cls(
            numbers.vocabulary,
            (rarity[word] * times / (times + room[view])).astype(np.float32),
            view.astype(np.int32),
            np.concatenate(([0], np.cumsum(holders))),
            len(texts),
        )

    def score(self, question: str) -> Vectors:
        """Scores (n,) between 0 and 1: the share of the question's words, by their rarity, that a view holds."""
        scores = np.zeros(self._count, dtype=np.float32)
        words = list(dict.fromkeys(tokens(question)))
        known = [self._vocabulary[word] for word in words if word in self._vocabulary]
        if not known:
            return scores
        for word in known:
            here = slice(int(self._starts[word]), int(self._starts[word + 1]))
            scores[self._views[here]] += self._scores[here]
        unknown = float(self._best.max()) * (len(words) - len(known))
        scores /= max(float(self._best[known].sum()) + unknown, 1e-6)
        return scores

    def write(self, path: Path) -> None:
        """Write it to one file."""
        vocabulary = sorted(self._vocabulary, key=lambda word: self._vocabulary[word])
        with path.open("wb") as file:
            np.savez(
                file,
                vocabulary=np.array(vocabulary, dtype=np.str_),
                places=np.array(sorted(self._vocabulary.values()), dtype=np.int64),
                scores=self._scores,
                views=self._views,
                starts=self._starts,
                count=self._count,
            )

    @classmethod
    def read(cls, path: Path) -> Lexical:
        """Read what `write` wrote. Raises OSError, KeyError or ValueError for anything else."""
        with np.load(path, allow_pickle=False) as file:
            vocabulary = dict(zip(file["vocabulary"].tolist(), file["places"].tolist(), strict=True))
            return cls(vocabulary, file["scores"], file["views"], file["starts"], int(file["count"]))


class _Numbers(dict[str, int]):
    """The number of each word's token as `tokens` has it, -1 of a word without; a word is looked at once."""

    def __init__(self) -> None:
        self.vocabulary: dict[str, int] = {}

    def __missing__(self, word: str) -> int:
        self[word] = -1 if word in _STOP else self.vocabulary.setdefault(stem(word), len(self.vocabulary))
        return self[word]


def tokens(text: str) -> list[str]:
    """The words by which a text is found."""
    return [stem(word) for word in split_words(text) if word not in _STOP]
