"""What kind of small talk a message is: learned from examples in thirteen languages and more."""

from __future__ import annotations

import math
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, get_args

Courtesy = Literal[
    "greeting",
    "thanks",
    "farewell",
    "identity",
    "memory",
    "deletion",
    "discouraged",
    "distress",
    "chatter",
]
COURTESIES: tuple[Courtesy, ...] = get_args(Courtesy)
EXAMPLES = Path(__file__).with_name("courtesies.toml")
_LONGEST = 400
"""Characters that are read: small talk is short."""
_NEAREST = 3
_LEAST = 0.15
"""Cosine below which an example says nothing of a message."""
_SURE = 0.5
_AGREEING = 2
_EARNEST: frozenset[Courtesy] = frozenset({"distress"})


def courtesy_of(text: str) -> Courtesy:
    """The kind of a message that is small talk."""
    return _classifier().kind(text)


class CourtesyClassifier:
    """The kinds of the nearest examples, by the words and pieces of words that are shared, the rarer the more."""

    def __init__(self, examples: Mapping[Courtesy, Sequence[str]]) -> None:
        self._kinds = [kind for kind, texts in examples.items() for _ in texts]
        pieces = [Counter(_pieces(text)) for texts in examples.values() for text in texts]
        found = Counter(piece for one in pieces for piece in one)
        self._rarity = {piece: math.log(1 + len(pieces) / count) for piece, count in found.items()}
        self._holding: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, counts in enumerate(pieces):
            for piece, weight in self._weigh(counts).items():
                self._holding[piece].append((place, weight))

    def kind(self, text: str) -> Courtesy:
        """The likeliest kind; `chatter` for a message that is near to no example."""
        near: dict[int, float] = defaultdict(float)
        for piece, weight in self._weigh(Counter(_pieces(text))).items():
            for place, other in self._holding.get(piece, ()):
                near[place] += weight * other
        nearest = [place for place in sorted(near, key=lambda place: -near[place]) if near[place] >= _LEAST]
        votes: dict[Courtesy, list[float]] = defaultdict(list)
        for place in nearest[:_NEAREST]:
            votes[self._kinds[place]].append(near[place] ** 2)
        for kind in _EARNEST & votes.keys():
            # Its reply is out of place otherwise: one example that shares a word is not enough.
            if max(votes[kind]) < _SURE**2 or len(votes[kind]) < _AGREEING:
                del votes[kind]
        return max(votes, key=lambda kind: sum(votes[kind]), default="chatter")

    def _weigh(self, counts: Counter[str]) -> dict[str, float]:
        """Weights of unit length."""
        unknown = math.log(1 + len(self._kinds))
        weights = {piece: count * self._rarity.get(piece, unknown) for piece, count in counts.items()}
        length = math.sqrt(sum(weight**2 for weight in weights.values())) or 1.0
        return {piece: weight / length for piece, weight in weights.items()}


def _pieces(text: str) -> Iterator[str]:
    for found in text[:_LONGEST].casefold().split():
        word = found.strip(".,!;:()\"'“”„¡¿。！、") or found
        yield f" {word}"
        # Scripts without spaces, and endings of words.
        size = 3 if word.isascii() else 2
        yield from (word[n : n + size] for n in range(len(word) - size + 1))


@cache
def _classifier() -> CourtesyClassifier:
    values = tomllib.loads(EXAMPLES.read_text("utf-8"))
    return CourtesyClassifier({kind: values[kind] for kind in COURTESIES})
