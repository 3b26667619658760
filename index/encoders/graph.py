"""An ONNX graph while it is rewritten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

MICROSOFT = "com.microsoft"
Rewrite = Callable[[Any], list[Any] | None]
"""The nodes that take the place of a node, in order; None: the node stays."""


class Graph:
    """Nodes and constants of an ONNX model."""

    def __init__(self, model: Any) -> None:
        from onnx import TensorProto, numpy_helper

        self._model = model
        self.constants: dict[str, NDArray[Any]] = {
            given.name: numpy_helper.to_array(given) for given in model.graph.initializer
        }
        values = (*model.graph.value_info, *model.graph.output)
        self.floats = {
            value.name for value in values if value.type.tensor_type.elem_type == TensorProto.FLOAT
        }
        """Names of the values that the exporter knows to be in single precision."""

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """The name of a constant; it is added if there is none of that name."""
        from onnx import numpy_helper

        if name not in self.constants:
            self.constants[name] = values
            self._model.graph.initializer.append(numpy_helper.from_array(values, name))
        return name

    def find_layer(self, name: str) -> str | None:
        """The output of the linear layer that a value comes from, without its bias, shape and order of axes."""
        producers = {node.output[0]: node for node in self._model.graph.node}
        while (node := producers.get(name)) is not None:
            name = next((own for own in node.input if own not in self.constants), "")
            if node.op_type == "MatMul":
                return str(node.output[0])
            if node.op_type not in ("Add", "Reshape", "Transpose"):
                return None
        return None

    def rewrite(self, rewrites: dict[str, Rewrite]) -> None:
        """Replace nodes by operator, in order, and drop the constants that nothing reads any more."""
        from onnx import helper

        graph, nodes = self._model.graph, []
        for node in graph.node:
            change = rewrites.get(node.op_type)
            replaced = change(node) if change is not None else None
            nodes += [node] if replaced is None else replaced
        del graph.node[:]
        graph.node.extend(nodes)
        read = {name for node in nodes for name in node.input}
        kept = [given for given in graph.initializer if given.name in read]
        del graph.initializer[:]
        graph.initializer.extend(kept)
        used = {node.domain for node in nodes} - {known.domain for known in self._model.opset_import}
        self._model.opset_import.extend(helper.make_opsetid(domain, 1) for domain in used)


def node(kind: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> Any:
    """A node with one output."""
    from onnx import helper

    return helper.make_node(kind, inputs, [output], domain=domain, **attributes)


def attribute(given: Any, name: str, default: Any) -> Any:
    """The value of an attribute of a node."""
    from onnx import helper

    return next((helper.get_attribute_value(own) for own in given.attribute if own.name == name), default)


def scalar(value: float, kind: type[np.generic]) -> NDArray[Any]:
    """A constant without dimensions."""
    return np.array(value, dtype=kind)
