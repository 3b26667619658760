"""Trains the small networks: plain descent in numpy, seeded, some seconds each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assistant.net import Net

Array = NDArray[np.float32]
Layers = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
_DECAYING = (0, 2)
"""Which of the weights decay: no bias."""
Slope = Callable[[Array, Array, Array], Array]
"""From scores (batch, rows, outputs), targets of that shape and the mask (batch, rows): the loss's slope by score."""


@dataclass(frozen=True)
class Lists:
    """Requests of one guide: each with the same number of rows."""

    rows: Array
    """(requests, rows, inputs)"""
    shared: Array
    """(requests, inputs): what is the same for every row of a request."""
    targets: Array
    """(requests, rows, outputs)"""
    mask: Array
    """(requests, rows): 1 for a row that counts."""
    weight: Array
    """(requests,): how much each counts."""

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Lists:
        """Some of the requests."""
        return Lists(
            self.rows[chosen],
            self.shared[chosen],
            self.targets[chosen],
            self.mask[chosen],
            self.weight[chosen],
        )

    def weighted(self, by: float) -> Lists:
        """The same, each request counting so many times as much."""
        return replace(self, weight=self.weight * np.float32(by))

    def shrink(self, most: int, worth: Array) -> Lists:
        """The same with so many rows a request: the right ones, then those of most worth (requests, rows)."""
        chosen = np.argsort(-(worth + 1e3 * self.targets.max(axis=2)), axis=1, kind="stable")[:, :most]
        return Lists(
            np.take_along_axis(self.rows, chosen[..., None], axis=1),
            self.shared,
            np.take_along_axis(self.targets, chosen[..., None], axis=1),
            np.take_along_axis(self.mask, chosen, axis=1),
            self.weight,
        )


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train."""

    hidden: int = 24
    epochs: int = 24
    rate: float = 3e-3
    decay: float = 1e-3
    dropout: float = 0.2
    batch: int = 32
    copies: int = 2
    """Networks from different seeds, of which the mean is taken."""


def list_slope(scores: Array, targets: Array, mask: Array) -> Array:
    """Cross-entropy to graded targets (they sum to 1), and half of that to their sum: any acceptable row will do."""
    scores = np.where(mask[..., None] > 0, scores, np.float32(-1e9))
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares = raised / raised.sum(axis=1, keepdims=True)
    right = shares * (targets > 0)
    right /= np.maximum(right.sum(axis=1, keepdims=True), 1e-9)
    slope: Array = (shares - targets) * 0.6 + (shares - right) * 0.6
    return slope


def each_slope(scores: Array, targets: Array, mask: Array) -> Array:
    """Binary cross-entropy of every row."""
    chances = 1 / (1 + np.exp(-np.clip(scores, -30, 30)))
    slope: Array = ((chances - targets) * mask[..., None]).astype(np.float32)
    return slope


def kind_slope(scores: Array, targets: Array, mask: Array) -> Array:
    """Cross-entropy over the outputs of every row."""
    raised = np.exp(scores - scores.max(axis=2, keepdims=True))
    slope: Array = (raised / raised.sum(axis=2, keepdims=True) - targets) * mask[..., None]
    return slope


def train(parts: Sequence[Lists], slope: Slope, recipe: Recipe, seed: int = 0) -> Net:
    """A network for these requests."""
    mean, spread = _standard(parts)
    split = parts[0].rows.shape[2]
    ready = [
        Lists(
            np.clip((one.rows - mean[:split]) / spread[:split], -6, 6),
            np.clip((one.shared - mean[split:]) / spread[split:], -6, 6),
            one.targets,
            one.mask,
            one.weight,
        )
        for one in parts
    ]
    return Net.of_layers(
        mean.astype(np.float64), spread.astype(np.float64), _descend(ready, slope, recipe, seed)
    )


def _standard(parts: Sequence[Lists]) -> tuple[Array, Array]:
    """Mean and spread of each input."""
    rows = np.concatenate([one.rows[one.mask > 0] for one in parts])
    shared = np.concatenate([one.shared for one in parts])
    mean = np.concatenate([rows.mean(axis=0), shared.mean(axis=0)])
    spread = np.concatenate([rows.std(axis=0), shared.std(axis=0)])
    # What is rarely 1 must not count for twenty spreads.
    spread = np.maximum(spread, 0.1)
    return np.round(mean, 4), np.round(spread, 4)


def _descend(parts: Sequence[Lists], slope: Slope, recipe: Recipe, seed: int) -> list[Layers]:
    """The layers of each copy; all see the same batches, and none sees another."""
    chance = np.random.default_rng(seed)
    inputs = parts[0].rows.shape[2] + parts[0].shared.shape[1]
    hidden, outputs = recipe.hidden * recipe.copies, parts[0].targets.shape[2]
    weights = [
        chance.normal(0, (2 / inputs) ** 0.5, (inputs, hidden)).astype(np.float32),
        np.zeros(hidden, dtype=np.float32),
        chance.normal(0, 0.2, (hidden, outputs)).astype(np.float32),
        np.zeros((recipe.copies, outputs), dtype=np.float32),
    ]
    moments = [(np.zeros_like(one), np.zeros_like(one)) for one in weights]
    batches = sum(-(-len(one.rows) // recipe.batch) for one in parts)
    total, step = recipe.epochs * batches, 0
    for _ in range(recipe.epochs):
        for part, chosen in _batches(parts, recipe.batch, chance):
            step += 1
            slopes = _slopes(part.take(chosen), weights, slope, recipe, chance)
            rate = recipe.rate * min(1.0, step / (0.1 * total)) * (1 - step / (total + 1))
            for place, (weight, (first, second), gradient) in enumerate(
                zip(weights, moments, slopes, strict=True)
            ):
                first += 0.1 * (gradient - first)
                second += 0.01 * (gradient**2 - second)
                scale = rate / (1 - 0.9**step)
                weight -= scale * first / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
                if place in _DECAYING:
                    weight *= 1 - rate * recipe.decay * 10
    return [_copy(weights, n, recipe.hidden) for n in range(recipe.copies)]


def _copy(weights: Sequence[Array], n: int, hidden: int) -> Layers:
    """The layers of one copy."""
    own = slice(n * hidden, (n + 1) * hidden)
    first, first_bias, last, last_bias = (one.astype(np.float64) for one in weights)
    return first[:, own], first_bias[own], last[own], last_bias[n]


def _batches(
    parts: Sequence[Lists], size: int, chance: np.random.Generator
) -> list[tuple[Lists, NDArray[np.int64]]]:
    found = []
    for part in parts:
        order = chance.permutation(len(part.rows))
        found += [(part, order[start : start + size]) for start in range(0, len(order), size)]
    return [found[n] for n in chance.permutation(len(found))]


def _slopes(
    batch: Lists, weights: list[Array], slope: Slope, recipe: Recipe, chance: np.random.Generator
) -> list[Array]:
    first, first_bias, last, last_bias = weights
    split = batch.rows.shape[2]
    before = batch.rows @ first[:split] + (batch.shared @ first[split:] + first_bias)[:, None]
    kept = (chance.random((len(batch.rows), 1, len(first_bias))) > recipe.dropout) / (1 - recipe.dropout)
    alive = (before > 0) * kept.astype(np.float32)
    hidden = before * alive
    downs, back, from_hidden = [], np.empty_like(hidden), np.empty_like(last)
    for n in range(recipe.copies):
        own = slice(n * recipe.hidden, (n + 1) * recipe.hidden)
        part = hidden[..., own]
        down = slope(part @ last[own] + last_bias[n], batch.targets, batch.mask)
        down = (down * batch.weight[:, None, None] / len(batch.rows)).astype(np.float32)
        back[..., own] = (down @ last[own].T) * alive[..., own]
        from_hidden[own] = part.reshape(-1, recipe.hidden).T @ down.reshape(-1, down.shape[2])
        downs.append(down.sum(axis=(0, 1)))
    summed = back.sum(axis=1)
    from_rows = batch.rows.reshape(-1, split).T @ back.reshape(-1, back.shape[2])
    return [
        np.concatenate([from_rows, batch.shared.T @ summed]),
        summed.sum(axis=0),
        from_hidden,
        np.stack(downs),
    ]
