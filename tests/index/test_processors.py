"""The same vectors on every processor: exact integers, and floating point without a choice of order."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from index.encoder import Encoder
from index.encoders.determinism import make_deterministic
from index.encoders.quantization import MOST_WEIGHT, quantize, round_weights
from index.store import read_manifest
from tests.processor import older
from tests.processor.older import Level

QUESTIONS = [
    json.loads(line)["question"]
    for line in (Path(__file__).parents[1] / "questions" / "questions.jsonl").read_text("utf-8").splitlines()
]
LEVELS: tuple[Level, ...] = ("v2", "v3")

# Reads models and operands from a file, runs the models, writes what they give.
RUN = """
import sys
import numpy as np
import onnxruntime
given = np.load(sys.argv[1])
results = []
for n in range(len([name for name in given if name.startswith("model")])):
    session = onnxruntime.InferenceSession(given[f"model{n}"].tobytes(), providers=["CPUExecutionProvider"])
    results.append(session.run(None, {"x": given[f"x{n}"]})[0])
np.savez(sys.argv[2], *results)
"""

ENCODE = """
import json, sys
from pathlib import Path
import numpy as np
from index.encoders.onnx import OnnxEncoder
encoder = OnnxEncoder(Path(sys.argv[1]), Path(sys.argv[2]))
np.save(sys.argv[4], encoder.encode_queries(json.loads(Path(sys.argv[3]).read_text())))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return older.build(tmp_path_factory.mktemp("older"))


@pytest.fixture(scope="module")
def carried(encoder: Encoder) -> Any:
    """The model that the shared index carries."""
    return onnx.load(str(encoder.files["encoder"]))


def make(nodes: list[Any], constants: dict[str, Any], kind: int = TensorProto.FLOAT, width: int = 4) -> Any:
    """A model from `x` (rows, width) to `y`."""
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "test",
        [value("x", kind, [None, width])],
        [value("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def run(model: Any, x: Any) -> Any:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def linear(weights: Any) -> Any:
    """What the exporter makes of a linear layer."""
    model = make([helper.make_node("MatMul", ["x", "w"], ["y"])], {"w": weights}, width=len(weights))
    quantize(model)
    return model


def products(model: Any) -> list[tuple[Any, Any]]:
    """Each integer product of a model as a model of its own, with its weights."""
    constants = {given.name: numpy_helper.to_array(given) for given in model.graph.initializer}
    found = []
    for node in model.graph.node:
        if node.op_type == "MatMulIntegerToFloat":
            own = {name: constants[name] for name in node.input[1:]}
            weights = own[node.input[1]]
            alone = helper.make_node(node.op_type, ["x", *node.input[1:]], ["y"], domain=node.domain)
            found.append((make([alone], own, TensorProto.UINT8, len(weights)), (weights, own, node)))
    return found


def worst_operands(weights: Any) -> Any:
    """Bytes (rows, depth) that make sums as large as they get: all 255, all 0, and the extremes of some columns."""
    positive = weights > 0
    columns = np.flatnonzero(np.ones(weights.shape[1]))[:: max(weights.shape[1] // 8, 1)]
    rows = [np.full(len(weights), 255), np.zeros(len(weights))]
    rows += [np.where(positive[:, column], 255, 0) for column in columns]
    rows += [np.where(positive[:, column], 0, 255) for column in columns]
    return np.array(rows, dtype=np.uint8)


def expected(operands: Any, about: Any) -> Any:
    """The same product with 64-bit integers."""
    weights, own, node = about
    sums = (operands.astype(np.int64) - 128) @ weights.astype(np.int64)
    return sums.astype(np.float64) * own[node.input[2]] * own[node.input[3]]


def cases(carried: Any) -> list[tuple[Any, Any, Any]]:
    """Model, operands and expected result of each product of the carried encoder, and of the largest weights."""
    largest = linear(np.full((1536, 32), 0.5, dtype=np.float32))
    opposite = linear(np.tile([[0.5], [-0.5]], (768, 32)).astype(np.float32))
    made = [pair for model in (carried, largest, opposite) for pair in products(model)]
    operands = [worst_operands(about[0]) for _, about in made]
    return [(model, x, expected(x, about)) for (model, about), x in zip(made, operands, strict=True)]


def test_integer_products_of_the_worst_operands_are_exact(carried: Any) -> None:
    tried = cases(carried)
    assert len(tried) == 36 + 6 + 2
    for model, operands, right in tried:
        np.testing.assert_allclose(run(model, operands), right, rtol=1e-6)


@pytest.mark.parametrize("level", LEVELS)
def test_integer_products_are_exact_on_an_older_processor(
    library: Path, carried: Any, tmp_path: Path, level: Level
) -> None:
    tried = cases(carried)
    models = {
        f"model{n}": np.frombuffer(model.SerializeToString(), np.uint8) for n, (model, *_) in enumerate(tried)
    }
    given: dict[str, Any] = {**models, **{f"x{n}": x for n, (_, x, _) in enumerate(tried)}}
    np.savez(tmp_path / "given.npz", **given)
    older.run(library, level, RUN, str(tmp_path / "given.npz"), str(tmp_path / "results.npz"))
    with np.load(tmp_path / "results.npz") as results:
        for n, (*_, right) in enumerate(tried):
            np.testing.assert_allclose(results[f"arr_{n}"], right, rtol=1e-6)


@pytest.mark.parametrize("level", LEVELS)
def test_questions_have_the_same_vectors_on_an_older_processor(
    library: Path, encoder: Encoder, tmp_path: Path, level: Level
) -> None:
    (tmp_path / "questions.json").write_text(json.dumps(QUESTIONS), "utf-8")
    paths = [*encoder.files.values(), tmp_path / "questions.json", tmp_path / "rows.npy"]
    older.run(library, level, ENCODE, *map(str, paths))
    np.testing.assert_array_equal(np.load(tmp_path / "rows.npy"), encoder.encode_queries(QUESTIONS))


@pytest.mark.parametrize("level", LEVELS)
def test_an_older_processor_lacks_what_came_later(library: Path, level: Level) -> None:
    program = "import numpy as np; print(np._core._multiarray_umath.__cpu_features__)"
    seen = eval(older.run(library, level, program))  # a dict of names and booleans
    assert seen["SSE42"]
    assert not any(has for name, has in seen.items() if name.startswith(("AVX512", "AVX5")))
    assert not (level == "v2" and (seen["AVX2"] or seen["FMA3"]))


def test_onnxruntime_keeps_the_operators_that_were_exported(carried: Any, tmp_path: Path) -> None:
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.log_severity_level = 3
    onnxruntime.InferenceSession(carried.SerializeToString(), options, providers=["CPUExecutionProvider"])
    optimised = onnx.load(str(tmp_path / "optimised.onnx"))
    kinds = [node.op_type for node in optimised.graph.node]
    assert kinds.count("MatMulIntegerToFloat") == 36 + 6
    assert not {"Gelu", "BiasGelu", "FastGelu", "LayerNormalization", "SkipLayerNormalization"} & set(kinds)
    assert not {"Attention", "QAttention", "MultiHeadAttention", "DynamicQuantizeMatMul"} & set(kinds)
    constants = {given.name: numpy_helper.to_array(given) for given in optimised.graph.initializer}
    read = {name for node in optimised.graph.node if "MatMul" in node.op_type for name in node.input[:2]}
    held = [constants[name] for name in read & set(constants)]
    assert {values.dtype.name for values in held} == {"int8"}
    assert max(int(np.abs(values.astype(int)).max()) for values in held) == MOST_WEIGHT


def test_two_products_of_the_largest_operands_fit_sixteen_bits() -> None:
    assert 2 * 255 * MOST_WEIGHT <= np.iinfo(np.int16).max < 2 * 255 * 127


def test_weights_are_rounded_to_the_nearest_step_of_their_column() -> None:
    weights = np.random.default_rng(0).normal(0, [0.02, 1.0, 30.0], (384, 3)).astype(np.float32)
    rounded, steps = round_weights(weights)
    assert np.abs(rounded).max() <= MOST_WEIGHT
    error = np.sqrt(np.square(rounded * steps - weights).mean(axis=0)) / weights.std(axis=0)
    assert (error < 0.02).all()
    np.testing.assert_array_equal(round_weights(np.zeros((4, 2), np.float32))[0], 0)


def test_a_linear_layer_is_nearly_what_it_was() -> None:
    draws = np.random.default_rng(1)
    weights, x = (
        draws.normal(0, 0.05, (384, 64)).astype(np.float32),
        draws.normal(0, 1, (9, 384)).astype(np.float32),
    )
    right = x @ weights
    assert np.abs(run(linear(weights), x) - right).max() < 0.05 * np.abs(right).max()


@pytest.mark.parametrize("kind", ["none", "tanh"])
def test_gelu_is_looked_up(kind: str) -> None:
    x = np.linspace(-40, 31, 4001, dtype=np.float32)[:, None]
    model = make([helper.make_node("Gelu", ["x"], ["y"], approximate=kind)], {}, width=1)
    make_deterministic(model)
    inner = (
        [math.erf(v / math.sqrt(2)) for v in x[:, 0].tolist()]
        if kind == "none"
        else np.tanh(math.sqrt(2 / math.pi) * (x[:, 0] + 0.044715 * x[:, 0] ** 3.0))
    )
    right = x[:, 0] * 0.5 * (1 + np.array(inner))
    np.testing.assert_allclose(run(model, x)[:, 0], right, atol=1e-3)


def test_layers_are_normalised_as_before() -> None:
    draws = np.random.default_rng(2)
    x = draws.normal(3, 5, (7, 64)).astype(np.float32)
    constants = {name: draws.normal(1, 0.3, 64).astype(np.float32) for name in ("weight", "bias")}
    node = helper.make_node("LayerNormalization", ["x", "weight", "bias"], ["y"], epsilon=1e-12)
    model = make([node], constants, width=64)
    right = run(model, x)
    make_deterministic(model)
    assert "LayerNormalization" not in {node.op_type for node in model.graph.node}
    np.testing.assert_allclose(run(model, x), right, atol=1e-5)


def test_products_of_activations_are_rounded_to_sums_without_rounding() -> None:
    x = np.random.default_rng(3).normal(0, 1, (16, 16)).astype(np.float32)
    model = make([helper.make_node("MatMul", ["x", "x"], ["y"])], {}, width=16)
    make_deterministic(model)
    grid = np.round(x.astype(np.float64) * 256) / 256
    np.testing.assert_array_equal(run(model, x), (grid @ grid).astype(np.float32))


def test_attention_keeps_its_values_in_fifteen_bits(carried: Any) -> None:
    rests = [node for node in carried.graph.node if node.output[0].endswith("_rest")]
    assert len(rests) == 6


def test_the_index_names_the_precision_of_its_encoder(data_dir: Path) -> None:
    assert read_manifest(data_dir / "index").encoder_engine == "onnx w7a8"
