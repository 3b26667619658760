"""BM25 over the views: names, numbers and rare words that a vector blurs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.encoder import Vectors
from index.words import split_words, stem

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

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        columns = np.diff(engine.scores["indptr"])
        best = np.zeros(len(columns), dtype=np.float32)
        filled = np.flatnonzero(columns)
        if filled.size:
            starts = engine.scores["indptr"][filled].astype(np.int64)
            best[filled] = np.maximum.reduceat(engine.scores["data"], starts)
        self._best = best
        self._unknown = float(best.max()) if best.size else 1.0

    @classmethod
    def of(cls, texts: Sequence[str]) -> Lexical:
        """Index texts, in order."""
        import bm25s

        engine = bm25s.BM25()
        words = [tokens(text) for text in texts]
        engine.index(words if any(words) else [["-"], *words[1:]], show_progress=False)
        return cls(engine)

    def score(self, question: str) -> Vectors:
        """Scores (n,) between 0 and 1: the share of the question's words, by their rarity, that a view holds."""
        words = list(dict.fromkeys(tokens(question)))
        known = [self._engine.vocab_dict[word] for word in words if word in self._engine.vocab_dict]
        count = int(self._engine.scores["num_docs"])
        if not known:
            return np.zeros(count, dtype=np.float32)
        reach = float(self._best[known].sum()) + self._unknown * (len(words) - len(known))
        data, indices, starts = (self._engine.scores[key] for key in ("data", "indices", "indptr"))
        scores = np.zeros(count, dtype=np.float32)
        for word in known:
            here = slice(int(starts[word]), int(starts[word + 1]))
            scores[indices[here]] += data[here]
        scores /= max(reach, 1e-6)
        return scores

    def write(self, path: Path) -> None:
        """Write it to one file."""
        vocabulary = [""] * len(self._engine.vocab_dict)
        for word, place in self._engine.vocab_dict.items():
            vocabulary[place] = word
        with path.open("wb") as file:
            np.savez(file, vocabulary=np.array(vocabulary), **self._engine.scores)

    @classmethod
    def read(cls, path: Path) -> Lexical:
        """Read what `write` wrote. Raises OSError, KeyError or ValueError for anything else."""
        import bm25s

        engine = bm25s.BM25()
        with np.load(path, allow_pickle=False) as file:
            engine.vocab_dict = {str(word): place for place, word in enumerate(file["vocabulary"])}
            engine.scores = {key: file[key] for key in ("data", "indices", "indptr")}
            engine.scores["num_docs"] = int(file["num_docs"])
        return cls(engine)


def tokens(text: str) -> list[str]:
    """The words by which a text is found."""
    return [stem(word) for word in split_words(text) if word not in _STOP]
