"""A reader of tiny random weights: everything of the real one but what it has learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from assistant.understanding.framing import MOST
from assistant.understanding.grams import BUCKETS
from assistant.understanding.graph import HEADS, LAYERS, build
from assistant.understanding.labels import LABELS, SIZES, value_of
from assistant.understanding.reader import Reader
from assistant.understanding.reading import ACTS, KINDS
from assistant.understanding.weights import Weights, write_words

WIDTH, INNER, FROZEN = 2 * HEADS, 32, 4
_SPOKEN = ["i", "know", "calculus", "how", "long", "is", "cs231n", "free", "first", "message"]
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *_SPOKEN)
Tensors = dict[str, NDArray[np.float32]]


def layer(draws: np.random.Generator, place: int) -> Tensors:
    """Random tensors of one layer, named as in the encoder's file."""
    name = f"encoder.layer.{place}"
    parts = {f"attention.self.{part}": (WIDTH, WIDTH) for part in ("query", "key", "value")}
    parts |= {"attention.output.dense": (WIDTH, WIDTH)}
    parts |= {"intermediate.dense": (INNER, WIDTH), "output.dense": (WIDTH, INNER)}
    tensors: Tensors = {}
    for part, shape in parts.items():
        tensors[f"{name}.{part}.weight"] = draws.normal(0, 0.3, shape).astype(np.float32)
        tensors[f"{name}.{part}.bias"] = draws.normal(0, 0.1, shape[0]).astype(np.float32)
    for part in ("attention.output.LayerNorm", "output.LayerNorm"):
        tensors[f"{name}.{part}.weight"] = np.ones(WIDTH, np.float32)
        tensors[f"{name}.{part}.bias"] = np.zeros(WIDTH, np.float32)
    return tensors


def lower(draws: np.random.Generator) -> Tensors:
    """The embeddings and the lower layers."""
    sizes = {"word": len(WORDS), "position": MOST, "token_type": 2}
    tensors = {
        f"embeddings.{name}_embeddings.weight": draws.normal(0, 1, (size, WIDTH)).astype(np.float32)
        for name, size in sizes.items()
    }
    tensors["embeddings.LayerNorm.weight"] = np.ones(WIDTH, np.float32)
    tensors["embeddings.LayerNorm.bias"] = np.zeros(WIDTH, np.float32)
    for place in range(LAYERS):
        tensors |= layer(draws, place)
    return tensors


def upper(draws: np.random.Generator) -> Weights:
    """The tuned layers and the heads."""
    values = {value_of(place): n for n, place in enumerate(range(len(LABELS)))}
    numbers = {value: n for n, value in enumerate(values)}
    tensors: Tensors = {}
    for place in range(FROZEN, LAYERS):
        tensors |= layer(draws, place)
    for name in ("acts", "kinds", "stances"):
        tensors[f"{name}.weight"] = draws.normal(0, 0.5, (SIZES[name], 2 * WIDTH)).astype(np.float32)
        tensors[f"{name}.bias"] = np.zeros(SIZES[name], np.float32)
    tensors["channels.weight"] = draws.normal(0, 1, (6, WIDTH)).astype(np.float32)
    tensors["channels.weight"][0] = 0
    tensors["labels.queries"] = draws.normal(0, 1, (len(numbers), WIDTH)).astype(np.float32)
    tensors["labels.directions"] = draws.normal(0, 1, (len(LABELS), WIDTH)).astype(np.float32)
    tensors["labels.bias"] = np.zeros(len(LABELS), np.float32)
    tensors["labels.values"] = np.array(
        [numbers[value_of(place)] for place in range(len(LABELS))], dtype=np.float32
    )
    return Weights(tensors, FROZEN, "toy")


def model(seed: int = 0) -> Any:
    """The toy network as an ONNX model."""
    draws = np.random.default_rng(seed)
    return build(lower(draws), upper(draws))


def write(folder: Path, seed: int = 0) -> tuple[Path, Path, Path]:
    """Files of a toy reader: the network, the tokenizer, the linear model."""
    network, pieces, words = folder / "reader.onnx", folder / "pieces.json", folder / "words.npz"
    network.write_bytes(model(seed).SerializeToString())
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    pieces.write_text(tokenizer.to_str(), "utf-8")
    width = len(ACTS) + len(KINDS)
    weights = np.random.default_rng(seed).normal(0, 1, (BUCKETS, width)).astype(np.float32)
    write_words(words, weights, np.zeros(width), np.full(len(LABELS), 0.5))
    return network, pieces, words


def open_toy(folder: Path) -> Reader:
    """A toy reader."""
    return Reader(*write(folder))
