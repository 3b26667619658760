"""What was learned, as it is shipped: `weights/network.npz` and `weights/words.npz`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.understanding.labels import LABELS
from assistant.understanding.language import learn_languages
from index.encoders.quantization import round_weights
from index.errors import IndexDamaged

FOLDER = Path(__file__).parent / "weights"
NETWORK = FOLDER / "network.npz"
WORDS = FOLDER / "words.npz"
LABELS_DIGEST = hashlib.sha256("\n".join(LABELS).encode()).hexdigest()
"""Names the labels that weights are for."""
ROLES = ("reader", "pieces")
"""What an index carries for the reader: the network, and the tokenizer."""
_STEPS = "/steps"


@dataclass(frozen=True)
class Weights:
    """The tuned layers and the heads of the network."""

    tensors: Mapping[str, NDArray[np.float32]]
    """By name, as in the encoder's own file."""
    frozen: int
    """How many lower layers are the encoder's own."""
    revision: str
    """SHA-256 of the file, hex."""


@dataclass(frozen=True)
class WordWeights:
    """The linear model over hashed pieces of words, and where the bar for each label stands."""

    rounded: NDArray[np.int8]
    """(buckets, acts and kinds)."""
    steps: NDArray[np.float64]
    """(acts and kinds,): weights are `rounded * steps`."""
    bias: NDArray[np.float64]
    """(acts and kinds,)."""
    bars: NDArray[np.float64]
    """(labels,): least probability of a label that counts."""
    languages: tuple[str, ...]
    """Languages that `language` tells apart."""
    language_table: NDArray[np.int16]
    """(buckets, languages): see `language`."""


def read_weights(path: Path = NETWORK) -> Weights:
    """Read the network's weights. Raises IndexDamaged for a file that is none of this version's."""
    return _read_weights(path, path.stat().st_mtime_ns if path.exists() else 0)


@cache
def _read_weights(path: Path, _changed: int) -> Weights:
    held = _load(path)
    tensors: dict[str, NDArray[np.float32]] = {}
    for name, values in held.items():
        if name + _STEPS in held:
            tensors[name] = (values.astype(np.float32) * held[name + _STEPS]).T
        elif values.dtype == np.float16:
            tensors[name] = values.astype(np.float32)
    tensors["labels.values"] = held["labels.values"].astype(np.float32)
    revision = hashlib.sha256(path.read_bytes()).hexdigest()
    return Weights(tensors, int(held["frozen"]), revision)


@cache
def read_words(path: Path = WORDS) -> WordWeights:
    """Read the linear model. Raises IndexDamaged for a file that is none of this version's."""
    held = _load(path)
    return WordWeights(
        held["rounded"],
        held["steps"].astype(float),
        held["bias"].astype(float),
        held["bars"].astype(float),
        tuple(map(str, held["languages"])),
        held["language_table"],
    )


def write_weights(path: Path, tensors: Mapping[str, NDArray[np.float32]], frozen: int) -> None:
    """Write the network: matrices of layers in 7 bits with a step for each output, the rest in 16."""
    held: dict[str, NDArray[Any]] = {}
    for name, values in tensors.items():
        if values.ndim == 2 and name.startswith("encoder."):
            held[name], held[name + _STEPS] = round_weights(values.T)
        else:
            held[name] = values.astype(np.uint8 if name == "labels.values" else np.float16)
    _save(path, frozen=np.array(frozen), **held)


def write_words(path: Path, weights: NDArray[np.float32], bias: NDArray[Any], bars: NDArray[Any]) -> None:
    """Write the linear model, (buckets, acts and kinds), in 8 bits, and what tells languages."""
    steps = np.maximum(np.abs(weights).max(axis=0), 1e-12) / 127
    table, languages = learn_languages()
    _save(
        path,
        rounded=np.round(weights / steps).astype(np.int8),
        steps=steps,
        bias=bias,
        bars=bars,
        languages=np.array(languages),
        language_table=table,
    )


def _save(path: Path, **arrays: NDArray[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, labels=np.array(LABELS_DIGEST), allow_pickle=False, **arrays)


def _load(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as held:
            arrays = dict(held)
        if str(arrays.pop("labels")) != LABELS_DIGEST:
            raise ValueError("other labels")
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise IndexDamaged(f"the reader's weights in {path} can't be read ({error})") from error
    return arrays
