"""Floating point that gives the same bits on every processor, for an encoder that rounds to few bits.

Processors add in another order and multiply and add in one step or two, so the last bit of a sum differs. Where a sum
is rounded to 8 bits afterwards, that bit now and then moves a whole step, and the steps of all later layers with it:
vectors then differ by up to 10 %. Three means, none of which trusts a kernel's order:

- Reductions, softmax and the statistics of layers are computed in double precision and rounded to single. Their
  errors are 1e-16, so the result is the same but for one in some hundred million.
- Operands of products of activations are rounded to a grid so coarse that every sum fits the 24 bits of a float: no
  sum is rounded, whatever its order.
- GELU is looked up in a table.

Addition, multiplication, division and the square root of single numbers are exact by IEEE 754.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from index.encoders.graph import MICROSOFT, Graph, Rewrite, attribute, node, scalar

_GRID_BITS = 8
"""Steps of 1/256: sums are exact while the lengths of two vectors multiply to less than 256."""
_SHARE_BITS = 12
"""Steps of 1/4096 for shares of attention, which sum to 1: exact for values below 16."""
_TABLE_STEPS = 1024
_TABLE_ZERO = 32768


def make_deterministic(model: Any) -> set[str]:
    """Rewrite the operators of an ONNX model whose results depend on the processor, in place.

    Returns the names of what attention takes its mean of: the values.
    """
    operators = _Operators(Graph(model))
    in_double: dict[str, Rewrite] = dict.fromkeys(
        ("ReduceSum", "ReduceMean", "ReduceL2"), operators.in_double
    )
    operators.graph.rewrite(
        {
            **in_double,
            "Softmax": operators.share,
            "Where": operators.pass_shares,
            "LayerNormalization": operators.normalise,
            "Gelu": operators.gelu,
            "MatMul": operators.multiply,
        }
    )
    return operators.values


class _Operators:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.values: set[str] = set()
        self._shares: set[str] = set()
        self._rounded: set[str] = set()

    def in_double(self, given: Any) -> list[Any] | None:
        """The same operator in double precision."""
        x, name = given.input[0], given.output[0]
        if name not in self.graph.floats:
            return None
        same = node(given.op_type, [f"{name}/in", *given.input[1:]], f"{name}/out")
        same.attribute.extend(given.attribute)
        return [_cast(x, f"{name}/in", "DOUBLE"), same, _cast(f"{name}/out", name, "FLOAT")]

    def share(self, given: Any) -> list[Any] | None:
        """Softmax in double precision."""
        self._shares.add(given.output[0])
        return self.in_double(given)

    def pass_shares(self, given: Any) -> None:
        """Remember that a choice between shares and a constant gives shares."""
        if self._shares & set(given.input):
            self._shares.update(given.output)

    def normalise(self, given: Any) -> list[Any] | None:
        """Layer normalisation over the last axis, its mean and spread in double precision."""
        weight = self.graph.constants.get(given.input[1])
        if weight is None or weight.ndim != 1 or len(given.input) != 3:
            return None
        x, name = given.input[0], given.output[0]
        axis = self.graph.constant("d_axis", np.array([-1], dtype=np.int64))
        half = self.graph.constant("d_root", scalar(-0.5, np.float64))
        least = scalar(attribute(given, "epsilon", 1e-5), np.float64)
        share = self.graph.constant(f"d_share_{weight.size}", scalar(1 / weight.size, np.float64))
        return [
            _cast(x, f"{name}/d", "DOUBLE"),
            node("ReduceMean", [f"{name}/d", axis], f"{name}/mean", keepdims=1),
            node("ReduceSumSquare", [f"{name}/d", axis], f"{name}/squares", keepdims=1),
            node("Mul", [f"{name}/squares", share], f"{name}/power"),
            node("Mul", [f"{name}/mean", f"{name}/mean"], f"{name}/mean2"),
            node("Sub", [f"{name}/power", f"{name}/mean2"], f"{name}/var"),
            node("Add", [f"{name}/var", self.graph.constant(f"{name}/eps", least)], f"{name}/safe"),
            node("Pow", [f"{name}/safe", half], f"{name}/inverse"),
            _cast(f"{name}/mean", f"{name}/middle", "FLOAT"),
            _cast(f"{name}/inverse", f"{name}/factor", "FLOAT"),
            node("Sub", [x, f"{name}/middle"], f"{name}/centred"),
            node("Mul", [f"{name}/centred", f"{name}/factor"], f"{name}/unit"),
            node("Mul", [f"{name}/unit", given.input[1]], f"{name}/weighted"),
            node("Add", [f"{name}/weighted", given.input[2]], name),
        ]

    def gelu(self, given: Any) -> list[Any]:
        """GELU from a table in steps of 1/1024 from -32 to 32."""
        kind = attribute(given, "approximate", b"none").decode()
        table = self.graph.constant(f"d_gelu_{kind}", _table(kind))
        step = self.graph.constant("d_gelu_step", scalar(1 / _TABLE_STEPS, np.float32))
        zero = self.graph.constant("d_gelu_zero", scalar(_TABLE_ZERO, np.uint16))
        x, name = given.input[0], given.output[0]
        return [
            node("QuantizeLinear", [x, step, zero], f"{name}/place16", MICROSOFT),
            _cast(f"{name}/place16", f"{name}/place", "INT32"),
            node("Gather", [table, f"{name}/place"], name),
        ]

    def multiply(self, given: Any) -> list[Any] | None:
        """A product of activations, whose operands are rounded so that no sum is."""
        if given.input[1] in self.graph.constants or given.input[0] in self.graph.constants:
            return None
        if given.input[0] in self._shares:
            self.values.add(given.input[1])
        added: list[Any] = []
        operands = [self._round(x, added) for x in given.input]
        return [*added, node("MatMul", operands, given.output[0])]

    def _round(self, x: str, added: list[Any]) -> str:
        """Round to a grid: adding a large number leaves no room for the bits below the grid's step."""
        bits = _SHARE_BITS if x in self._shares else _GRID_BITS
        large = self.graph.constant(f"d_grid_{bits}", scalar(1.5 * 2.0 ** (23 - bits), np.float32))
        if x not in self._rounded:
            self._rounded.add(x)
            added += [
                node("Add", [x, large], f"{x}/raised"),
                node("Sub", [f"{x}/raised", large], f"{x}/grid"),
            ]
        return f"{x}/grid"


def _cast(x: str, name: str, kind: str) -> Any:
    from onnx import TensorProto

    return node("Cast", [x], name, to=getattr(TensorProto, kind))


def _table(kind: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    places = (np.arange(2 * _TABLE_ZERO) - _TABLE_ZERO) / _TABLE_STEPS
    share = _tanh_share if kind == "tanh" else _normal_share
    return np.array([x * share(x) for x in places.tolist()], dtype=np.float32)


def _normal_share(x: float) -> float:
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def _tanh_share(x: float) -> float:
    return 0.5 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
