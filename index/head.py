"""A small linear model over the frozen encoder: which section, resource or kind of question is this?

It is ridge regression on the question's vector and its hashed words, trained in closed form on the corpus's
own questions and sentences. The closed form gives, for free and exactly, what the model would say of each
training question if that question had been left out: that is what the fusion and the scope are fitted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors
from index.words import hash_parts

_BUCKETS = 8192
_RIDGE = 1.0
_RARE = 128
_LEAST_EXAMPLES = 40


@dataclass(frozen=True, slots=True)
class Example:
    """One text that the head learns from."""

    text: str
    """A question or a sentence."""
    labels: tuple[str, ...]
    """The classes that it belongs to."""
    weight: float
    """How much it counts; a question counts 1."""


@dataclass(frozen=True)
class Head:
    """A trained head."""

    labels: tuple[str, ...]
    """Its classes: ids of sections and resources, and kinds of questions."""
    dense: Vectors
    """(dimension, classes): weights of the encoder's vector."""
    parts: NDArray[np.float16] | Vectors
    """(buckets, classes): weights of the hashed words, times their rarity; 16 bits in a file."""
    rarity: Vectors
    """(buckets,): how rare each hashed word is."""
    bias: Vectors
    """(classes,)"""

    def score(self, text: str, vector: Vectors) -> Vectors:
        """How much each class fits, (classes,): about 1 for a sure one, about 0 for the others."""
        places, counts = hash_parts(text, len(self.rarity))
        values = counts * self.rarity[places]
        norm = float(np.sqrt(values @ values)) or 1.0
        scores = vector @ self.dense + (values / norm) @ self.parts[places] + self.bias
        return scores.astype(np.float32)

    def write(self, path: Path) -> None:
        """Write it to one file."""
        with path.open("wb") as file:
            np.savez(
                file,
                labels=np.array(self.labels),
                dense=self.dense,
                parts=self.parts,
                rarity=self.rarity,
                bias=self.bias,
            )

    @classmethod
    def read(cls, path: Path) -> Head:
        """Read what `write` wrote. Raises OSError, KeyError or ValueError for anything else."""
        with np.load(path, allow_pickle=False) as file:
            labels = tuple(str(label) for label in file["labels"])
            # Widened once: a product with 16-bit numbers takes five times as long.
            parts = file["parts"].astype(np.float32)
            return cls(labels, file["dense"], parts, file["rarity"], file["bias"])


@dataclass(frozen=True, slots=True)
class Training:
    """A head, and what it would have said of its own examples."""

    head: Head
    """The head."""
    held_out: Vectors | None
    """(examples, classes): scores of each example by a head that was trained without it, where asked for."""


def train_head(examples: Sequence[Example], vectors: Vectors, hold_out: bool = False) -> Training | None:
    """Train on texts and their vectors (n, dimension); None where there is too little to learn from.

    The time grows with the cube of the examples: at 20,000 it was 46 s.
    """
    labels = tuple(dict.fromkeys(label for example in examples for label in example.labels))
    if len(examples) < _LEAST_EXAMPLES or len(labels) < 2:
        return None
    place = {label: n for n, label in enumerate(labels)}
    targets = np.zeros((len(examples), len(labels)), dtype=np.float32)
    for row, example in zip(targets, examples, strict=True):
        row[[place[label] for label in example.labels]] = 1.0
    parts, rarity = _count_parts([example.text for example in examples])
    weights = np.array([example.weight for example in examples], dtype=np.float32)
    solution, bias, held_out = _solve_ridge(vectors, parts, targets, weights, hold_out)
    split = vectors.shape[1]
    head = Head(labels, solution[:split], solution[split:].astype(np.float16), rarity, bias)
    return Training(head, held_out)


def _count_parts(texts: Sequence[str]) -> tuple[Vectors, Vectors]:
    """Unit rows (n, buckets) of hashed words weighted by rarity, and the rarity (buckets,)."""
    rows = np.zeros((len(texts), _BUCKETS), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        places, counts = hash_parts(text, _BUCKETS)
        row[places] = counts
    spread = np.count_nonzero(rows, axis=0)
    rarity = (np.log((1 + len(texts)) / (1 + spread)) + 1).astype(np.float32)
    rows *= rarity
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return rows, rarity


def _solve_ridge(
    vectors: Vectors, parts: Vectors, targets: Vectors, weights: Vectors, hold_out: bool
) -> tuple[Vectors, Vectors, Vectors | None]:
    """Weights (d, classes), bias (classes,) and, where asked for, leave-one-out predictions (n, classes).

    Solved in whichever of the two dual forms is smaller. Leaving example i out changes its residual from r
    to r / (1 - h), with h the i-th diagonal entry of the hat matrix, the bias included (Allen's PRESS).
    """
    features = np.concatenate([vectors, parts], axis=1)
    share = (weights / weights.sum())[:, None]
    centre, mean = (share * features).sum(axis=0), (share * targets).sum(axis=0)
    root = np.sqrt(weights)[:, None]
    goals = (targets - mean) * root
    left = None
    if len(features) <= features.shape[1]:
        middle = features @ centre
        gram = _gram(vectors, parts) - middle[:, None] - middle + centre @ centre
        gram *= root * root.T
        gram[np.diag_indices(len(gram))] += _RIDGE
        if hold_out:
            inverse = np.linalg.inv(gram)
            shares = inverse @ goals
            left = _RIDGE * shares / (_RIDGE * np.diag(inverse)[:, None] - share)
        else:
            shares = np.linalg.solve(gram, goals)
        shares = shares * root
        solution = features.T @ shares - np.outer(centre, shares.sum(axis=0))
    else:
        rows = (features - centre) * root
        gram = rows.T @ rows
        gram[np.diag_indices(len(gram))] += _RIDGE
        solution = np.linalg.solve(gram, rows.T @ goals)
        if hold_out:
            leverage = np.einsum("ij,ij->i", rows @ np.linalg.inv(gram), rows)
            left = (goals - rows @ solution) / (1 - leverage[:, None] - share)
    held_out = None if left is None else (goals - left) / root + mean
    return solution.astype(np.float32), mean - centre @ solution, held_out


def _gram(vectors: Vectors, parts: Vectors) -> Vectors:
    """(n, n) inner products of the examples. Most hashed words are rare, and cheaper one by one."""
    spread = np.count_nonzero(parts, axis=0)
    common = np.concatenate([vectors, parts[:, spread > _RARE]], axis=1)
    gram: Vectors = common @ common.T
    rare = parts[:, (spread > 1) & (spread <= _RARE)]
    single = parts[:, spread == 1]
    gram[np.diag_indices(len(gram))] += np.einsum("ij,ij->i", single, single)
    for column in rare.T:
        held = np.flatnonzero(column)
        gram[np.ix_(held, held)] += np.outer(column[held], column[held])
    return gram
