"""A small network whose numbers are whole: the same scores on every processor, in a few microseconds.

Inputs and weights are rounded to a grid, so every sum of products is a whole number that a double holds exactly, in
whatever order a processor adds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_INPUT_STEPS = 64.0
_WEIGHT_STEPS = 1024.0
_HIDDEN_STEPS = 256.0
_FARTHEST = 6.0
"""Spreads from the mean beyond which an input counts no further."""


@dataclass(frozen=True)
class Net:
    """One hidden layer of rectified units, several trained ones side by side."""

    mean: Numbers
    """(inputs,)"""
    spread: Numbers
    """(inputs,)"""
    first: Numbers
    """(inputs, hidden), whole numbers: 1,024 to one."""
    first_bias: Numbers
    """(hidden,), in steps of a product of input and weight."""
    last: Numbers
    """(hidden, outputs), whole numbers: 1,024 to one."""
    last_bias: Numbers
    """(outputs,), in steps of a product of hidden value and weight."""

    def score(
        self, rows: NDArray[np.floating[Any]], shared: NDArray[np.floating[Any]] | None = None
    ) -> Numbers:
        """(n, outputs) from rows (n, inputs); `shared` (k,): inputs that are the same for every row, and come last."""
        split = rows.shape[1]
        hidden = self._whole(rows, slice(0, split)) @ self.first[:split] + self.first_bias
        if shared is not None:
            hidden += self._whole(shared, slice(split, None)) @ self.first[split:]
        hidden = np.rint(np.maximum(hidden, 0) * (_HIDDEN_STEPS / (_INPUT_STEPS * _WEIGHT_STEPS)))
        scores: Numbers = (hidden @ self.last + self.last_bias) / (_HIDDEN_STEPS * _WEIGHT_STEPS)
        return scores

    def _whole(self, values: NDArray[np.floating[Any]], part: slice) -> Numbers:
        centred = (values.astype(np.float64) - self.mean[part]) / self.spread[part]
        whole: Numbers = np.rint(np.clip(centred, -_FARTHEST, _FARTHEST) * _INPUT_STEPS)
        return whole

    def as_values(self) -> dict[str, Any]:
        """The JSON form."""
        whole = {
            name: getattr(self, name).astype(int).tolist()
            for name in ("first", "first_bias", "last", "last_bias")
        }
        return {"mean": self.mean.tolist(), "spread": self.spread.tolist(), **whole}

    @classmethod
    def of_values(cls, values: Mapping[str, Any]) -> Net:
        """Read what `as_values` gave."""
        names = ("mean", "spread", "first", "first_bias", "last", "last_bias")
        return cls(*(np.array(values[name], dtype=np.float64) for name in names))

    @classmethod
    def of_layers(
        cls, mean: Numbers, spread: Numbers, layers: Sequence[tuple[Numbers, Numbers, Numbers, Numbers]]
    ) -> Net:
        """Put trained layers (first, its bias, last, its bias) side by side; the score is their mean."""
        steps = _INPUT_STEPS * _WEIGHT_STEPS
        return cls(
            mean,
            spread,
            np.rint(np.concatenate([one[0] for one in layers], axis=1) * _WEIGHT_STEPS),
            np.rint(np.concatenate([one[1] for one in layers]) * steps),
            np.rint(np.concatenate([one[2] for one in layers]) / len(layers) * _WEIGHT_STEPS),
            np.rint(np.mean([one[3] for one in layers], axis=0) * _HIDDEN_STEPS * _WEIGHT_STEPS),
        )


def softmax(scores: Numbers) -> Numbers:
    """Shares that sum to 1, along the last axis."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Numbers = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def sigmoid(scores: Numbers) -> Numbers:
    """Probabilities from log odds."""
    odds: Numbers = 1 / (1 + np.exp(-np.clip(scores, -30, 30)))
    return odds
