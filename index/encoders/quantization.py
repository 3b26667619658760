"""An exported encoder in few bits: no text's vector depends on the texts beside it, nor on the processor.

The usual dynamic quantisation takes one scale for a whole batch of activations: with it, a question asked
alone and the same question in a batch get different vectors. Here every token has its own scale.

Weights have 7 bits and activations 8. Processors without VNNI add products in pairs in 16 bits, and with weights of
8 bits such a pair saturates: 2 * 255 * 127 > 32767. With 7 bits it fits, 2 * 255 * 64 = 32640, so every kernel's
sums are exact integers. `index.encoders.determinism` does the same for what stays in floating point.
`docs/decisions.md` has the measurements.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.encoders.graph import MICROSOFT, Graph, node, scalar

_ZERO_POINT = 128
_MOST_ACTIVATION = 127
MOST_WEIGHT = 64
"""Largest weight: the sum of two products with a byte must stay below 2 ** 15."""
_FINE = 1 / 254
"""Step of what the rounding to 8 bits leaves, which is at most half a step: 1/127 of a half."""
_CLIPS = np.linspace(0.7, 1.0, 16)


def quantize(model: Any, values: Iterable[str] = ()) -> None:
    """Turn an ONNX model's linear layers into integers and its lookup tables into 16 bits, in place.

    `values`: what attention takes its mean of, see `make_deterministic`. The layers that they come from get activations
    of 15 bits: half of all that quantisation costs in accuracy came from these.
    """
    graph = Graph(model)
    layers = _Layers(graph, {graph.find_layer(name) for name in values})
    layers.graph.rewrite({"MatMul": layers.multiply, "Gather": layers.look_up})


def round_weights(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """7-bit integers and the step of each column, (rows, columns) and (columns,): weights are nearly their product.

    Of several steps for a column, the one with the least squared error: a little clipping buys finer steps.
    """
    largest = np.maximum(np.abs(weights).max(axis=0), 1e-12)
    best = np.full(weights.shape[1], np.inf)
    rounded = np.zeros(weights.shape, dtype=np.int8)
    steps = np.zeros(weights.shape[1], dtype=np.float32)
    for clip in _CLIPS:
        step = (largest * clip / MOST_WEIGHT).astype(np.float32)
        tried = np.clip(np.round(weights / step), -MOST_WEIGHT, MOST_WEIGHT)
        error = np.square(tried * step - weights).sum(axis=0)
        better = error < best
        best[better], steps[better] = error[better], step[better]
        rounded[:, better] = tried[:, better].astype(np.int8)
    return rounded, steps


class _Layers:
    def __init__(self, graph: Graph, fine: set[str | None]) -> None:
        """`fine`: outputs of the layers whose activations get 15 bits."""
        self.graph = graph
        self._fine = fine
        self._scaled: dict[str, tuple[str, str]] = {}
        self._axis = graph.constant("q_axis", np.array([-1], dtype=np.int64))
        self._least = graph.constant("q_least", scalar(1e-10, np.float32))
        self._one = graph.constant("q_one", scalar(1, np.float32))
        self._fine_step = graph.constant("q_fine_step", scalar(_FINE, np.float32))
        self._step = graph.constant("q_step", scalar(1 / _MOST_ACTIVATION, np.float32))
        self._zero = graph.constant("q_zero", scalar(_ZERO_POINT, np.uint8))

    def multiply(self, given: Any) -> list[Any] | None:
        """x @ w in integers: one scale for each token of x, one for each column of w."""
        weights = self.graph.constants.get(given.input[1])
        if weights is None or weights.ndim != 2:
            return None
        added: list[Any] = []
        name = given.output[0]
        if given.input[0] not in self._scaled:
            added = self._scale(given.input[0])
        x, most = self._scaled[given.input[0]]
        rounded, steps = round_weights(weights)
        w = self.graph.constant(f"{name}_w", rounded)
        step = self.graph.constant(f"{name}_step", (steps / _MOST_ACTIVATION).astype(np.float32))
        operands = [x, w, self._one, step, self._zero]
        product = f"{name}_q"
        added.append(node("MatMulIntegerToFloat", operands, product, MICROSOFT))
        if name in self._fine:
            product = f"{name}_sum"
            added += self._refine(given.input[0], name, w, step)
            added.append(node("Add", [f"{name}_q", f"{name}_rest"], product))
        return [*added, node("Mul", [product, most], name)]

    def _refine(self, x: str, name: str, w: str, step: str) -> list[Any]:
        """Multiply what the rounding of x to 8 bits leaves, in 8 bits again."""
        operands = [f"{name}_left8", w, self._fine_step, step, self._zero]
        return [
            node("Div", [f"{x}_unit", self._step], f"{name}_steps"),
            node("DequantizeLinear", [f"{x}_q8", self._one, self._zero], f"{name}_whole"),
            node("Sub", [f"{name}_steps", f"{name}_whole"], f"{name}_left"),
            node("QuantizeLinear", [f"{name}_left", self._fine_step, self._zero], f"{name}_left8"),
            node("MatMulIntegerToFloat", operands, f"{name}_rest", MICROSOFT),
        ]

    def _scale(self, x: str) -> list[Any]:
        """Divide each token by its largest magnitude, and round it to 8 bits around 128."""
        self._scaled[x] = (f"{x}_q8", f"{x}_most")
        return [
            node("Abs", [x], f"{x}_abs"),
            node("ReduceMax", [f"{x}_abs", self._axis], f"{x}_max", keepdims=1),
            node("Max", [f"{x}_max", self._least], f"{x}_most"),
            node("Div", [x, f"{x}_most"], f"{x}_unit"),
            node("QuantizeLinear", [f"{x}_unit", self._step, self._zero], f"{x}_q8"),
        ]

    def look_up(self, given: Any) -> list[Any] | None:
        """A row of a table, kept in 16 bits."""
        from onnx import TensorProto

        table, name = given.input[0], given.output[0]
        weights = self.graph.constants.get(table)
        if weights is None or weights.ndim != 2 or weights.dtype != np.float32:
            return None
        half = node(
            "Gather",
            [self.graph.constant(f"{table}_half", weights.astype(np.float16)), given.input[1]],
            f"{name}_half",
        )
        half.attribute.extend(given.attribute)
        return [half, node("Cast", [f"{name}_half"], name, to=TensorProto.FLOAT)]
