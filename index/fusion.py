"""The weights that turn signals into scores: learned on questions with known answers, kept in one small file.

`fusion.json` is written by `python -m index.fit` and reviewed like code. It holds one set of weights for a
corpus with authored questions, and a plainer one for a corpus without.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from index.encoder import Vectors
from index.signals import RESOURCE_SIGNALS, SCOPE_SIGNALS, SIGNALS

PATH = Path(__file__).with_name("fusion.json")
OUTCOMES = ("covered", "not_covered", "off_topic", "refused", "smalltalk")


@dataclass(frozen=True)
class Fusion:
    """Weights for one kind of corpus."""

    sections: Vectors
    """(signals,): weights of SIGNALS for sections."""
    resources: Vectors
    """(resource signals,): weights of RESOURCE_SIGNALS for resources."""
    scope: Vectors
    """(scope signals, outcomes): weights of SCOPE_SIGNALS for OUTCOMES."""
    scope_bias: Vectors
    """(outcomes,)"""


@cache
def load_fusion(kind: str) -> Fusion:
    """The weights for `learned` (a corpus with questions and examples) or `plain` (one without)."""
    return read_fusion(json.loads(PATH.read_text("utf-8"))[kind])


def read_fusion(values: dict[str, Any]) -> Fusion:
    """Weights from their JSON form; a signal that is not named weighs nothing."""
    scope = values["scope"]
    return Fusion(
        sections=_array(values["sections"], SIGNALS),
        resources=_array(values["resources"], RESOURCE_SIGNALS),
        scope=np.array(
            [scope["weights"].get(name, [0.0] * len(OUTCOMES)) for name in SCOPE_SIGNALS], dtype=np.float32
        ),
        scope_bias=np.array(scope["bias"], dtype=np.float32),
    )


def softmax(scores: Vectors) -> Vectors:
    """Probabilities along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probabilities: Vectors = powers / powers.sum(axis=-1, keepdims=True)
    return probabilities


def resource_signals(own: Vectors, section_scores: Vectors, heads: Vectors, guide: Vectors) -> Vectors:
    """(resources, RESOURCE_SIGNALS) from a resource's own signals and its section's score and head."""
    return np.concatenate([own, np.stack([section_scores, heads, guide], axis=-1)], axis=-1)


def _array(weights: dict[str, float], names: tuple[str, ...]) -> Vectors:
    return np.array([weights.get(name, 0.0) for name in names], dtype=np.float32)
