"""An exported encoder in eight bits, so that no text's vector depends on the texts beside it.

The usual dynamic quantisation takes one scale for a whole batch of activations: with it, a question asked
alone and the same question in a batch get different vectors. Here every token has its own scale, and sums
of 8-bit products are exact integers, so a token's result depends on its own text alone. `docs/decisions.md`
has the measurements.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_MICROSOFT = "com.microsoft"
_ZERO_POINT = 128


def quantize(model: Any) -> None:
    """Turn an ONNX model's linear layers into 8 bits and its lookup tables into 16, in place."""
    from onnx import helper

    graph = _Graph(model)
    nodes = []
    for node in model.graph.node:
        weights = graph.weights.get(node.input[1]) if node.op_type == "MatMul" else None
        if weights is not None and weights.ndim == 2:
            nodes += graph.multiply(node, weights)
        elif node.op_type == "Gather" and _is_table(graph.weights.get(node.input[0])):
            nodes += graph.look_up(node)
        else:
            nodes.append(node)
    graph.replace(nodes)
    if all(known.domain != _MICROSOFT for known in model.opset_import):
        model.opset_import.append(helper.make_opsetid(_MICROSOFT, 1))


def _is_table(weights: NDArray[Any] | None) -> bool:
    return weights is not None and weights.ndim == 2 and weights.dtype == np.float32


class _Graph:
    """The model's graph while it is rewritten."""

    def __init__(self, model: Any) -> None:
        from onnx import numpy_helper

        self._graph = model.graph
        self.weights = {given.name: numpy_helper.to_array(given) for given in model.graph.initializer}
        self._scaled: dict[str, tuple[str, str]] = {}
        self._add("q_axis", np.array([-1], dtype=np.int64))
        self._add("q_step", np.array(1 / 127, dtype=np.float32))
        self._add("q_least", np.array(1e-12, dtype=np.float32))
        self._add("q_one", np.array(1, dtype=np.float32))
        self._add("q_zero", np.array(_ZERO_POINT, dtype=np.uint8))

    def multiply(self, node: Any, weights: NDArray[Any]) -> list[Any]:
        """x @ w, in 8 bits: one scale for each token of x, one for each column of w."""
        from onnx import helper

        added, name = [], node.output[0]
        if node.input[0] not in self._scaled:
            added += self._scale(node.input[0])
        x, scale = self._scaled[node.input[0]]
        step = np.maximum(np.abs(weights).max(axis=0), 1e-12) / 127
        self._add(f"{name}_w", np.round(weights / step).astype(np.int8))
        self._add(f"{name}_step", step.astype(np.float32))
        operands = [x, f"{name}_w", "q_one", f"{name}_step", "q_zero"]
        return [
            *added,
            helper.make_node("MatMulIntegerToFloat", operands, [f"{name}_q"], domain=_MICROSOFT),
            helper.make_node("Mul", [f"{name}_q", scale], [name]),
        ]

    def _scale(self, x: str) -> list[Any]:
        from onnx import helper

        self._scaled[x] = (f"{x}_q8", f"{x}_scale")
        return [
            helper.make_node("Abs", [x], [f"{x}_abs"]),
            helper.make_node("ReduceMax", [f"{x}_abs", "q_axis"], [f"{x}_most"], keepdims=1),
            helper.make_node("Mul", [f"{x}_most", "q_step"], [f"{x}_step"]),
            helper.make_node("Max", [f"{x}_step", "q_least"], [f"{x}_scale"]),
            helper.make_node("Div", [x, f"{x}_scale"], [f"{x}_steps"]),
            helper.make_node("QuantizeLinear", [f"{x}_steps", "q_one", "q_zero"], [f"{x}_q8"]),
        ]

    def look_up(self, node: Any) -> list[Any]:
        """A row of a table, kept in 16 bits."""
        from onnx import TensorProto, helper

        table, name = node.input[0], node.output[0]
        self._add(f"{table}_half", self.weights[table].astype(np.float16))
        half = helper.make_node("Gather", [f"{table}_half", node.input[1]], [f"{name}_half"])
        half.attribute.extend(node.attribute)
        return [half, helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT)]

    def replace(self, nodes: list[Any]) -> None:
        """Put the new nodes in, and drop the weights that nothing reads any more."""
        del self._graph.node[:]
        self._graph.node.extend(nodes)
        read = {name for node in nodes for name in node.input}
        kept = [given for given in self._graph.initializer if given.name in read]
        del self._graph.initializer[:]
        self._graph.initializer.extend(kept)

    def _add(self, name: str, values: NDArray[Any]) -> None:
        from onnx import numpy_helper

        self._graph.initializer.append(numpy_helper.from_array(values, name))
