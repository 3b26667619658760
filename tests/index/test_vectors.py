"""What every vector store does, by value: against a ranking of five lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.encoder import Vectors
from index.postgres import PostgresVectors
from index.vectors import EXACT_UP_TO, FaissVectors, NumpyVectors, VectorStore, measure_recall
from tests.postgres import make_database


@dataclass(frozen=True)
class Engine:
    """How one engine holds vectors, and opens what it has written."""

    of: Callable[[Vectors], VectorStore]
    read: Callable[[Path], VectorStore]


@pytest.fixture(
    scope="module", params=["faiss flat", "faiss hnsw", "numpy", "postgresql flat", "postgresql hnsw"]
)
def engine(request: pytest.FixtureRequest) -> Engine:
    name, *kinds = request.param.split()
    if name == "numpy":
        return Engine(NumpyVectors.of, NumpyVectors.read)
    if name == "faiss":
        return Engine(partial(FaissVectors.of, kind=kinds[0]), FaissVectors.read)
    url = make_database(request.getfixturevalue("vectors_server"))
    return Engine(partial(PostgresVectors.of, url=url, kind=kinds[0]), partial(PostgresVectors.read, url=url))


def draw(count: int, dimension: int = 16, seed: int = 0) -> Vectors:
    return np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)


def rank(rows: Vectors, query: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
    """The oracle: positions and cosines of the k nearest."""
    cosines = (rows @ query) / (np.linalg.norm(rows, axis=1) * np.linalg.norm(query))
    order = np.argsort(-cosines, kind="stable")[:k]
    return order, cosines[order]


@pytest.mark.parametrize("scale", [1.0, 37.5, "mixed"])
def test_scores_and_positions_are_those_of_a_plain_ranking(engine: Engine, scale: float | str) -> None:
    rows, queries = draw(300), draw(7, seed=1)
    rows *= np.linspace(0.1, 9, len(rows), dtype=np.float32)[:, None] if scale == "mixed" else float(scale)
    if scale == 1.0:
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    scores, positions = engine.of(rows).search(queries, 10)
    for query, ours, places in zip(queries, scores, positions, strict=True):
        expected, cosines = rank(rows, query, 10)
        assert places.tolist() == expected.tolist()
        np.testing.assert_allclose(ours, cosines, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(count=st.integers(1, 40), k=st.integers(1, 60), seed=st.integers(0, 9))
@pytest.mark.parametrize("engine", ["faiss flat", "numpy", "postgresql flat"], indirect=True)
def test_any_k_gives_what_there_is_and_then_nothing(engine: Engine, count: int, k: int, seed: int) -> None:
    rows, query = draw(count, 4, seed), draw(1, 4, seed + 10)
    scores, positions = engine.of(rows).search(query, k)
    assert scores.shape == positions.shape == (1, k)
    expected, cosines = rank(rows, query[0], k)
    own = min(count, k)
    np.testing.assert_allclose(scores[0, :own], cosines, atol=1e-5)
    assert sorted(positions[0, :own]) == sorted(expected)
    assert (positions[0, own:] == -1).all() and np.isneginf(scores[0, own:]).all()


def test_a_row_of_zeros_scores_nothing(engine: Engine) -> None:
    rows = draw(5)
    rows[2] = 0
    scores, positions = engine.of(rows).search(rows[:1], 5)
    assert float(scores[0][list(positions[0]).index(2)]) == 0


def test_what_was_written_is_read_back(engine: Engine, tmp_path: Path) -> None:
    store = engine.of(draw(50))
    store.write(tmp_path / "vectors")
    read = engine.read(tmp_path / "vectors")
    assert (len(read), read.kind) == (50, store.kind)
    for ours, theirs in zip(read.search(draw(3, seed=2), 5), store.search(draw(3, seed=2), 5), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_rows_are_unit_in_order_and_can_not_be_changed(engine: Engine, tmp_path: Path) -> None:
    given = draw(20) * 3
    engine.of(given).write(tmp_path / "vectors")
    rows = engine.read(tmp_path / "vectors").rows()
    np.testing.assert_allclose(rows, given / np.linalg.norm(given, axis=1, keepdims=True), atol=1e-6)
    with pytest.raises(ValueError, match="read-only"):
        rows[0, 0] = 1


def test_an_empty_store_can_be_written_and_asked(engine: Engine, tmp_path: Path) -> None:
    engine.of(draw(0)).write(tmp_path / "vectors")
    read = engine.read(tmp_path / "vectors")
    assert read.rows().shape == (0, 16)
    assert read.search(draw(1), 3)[1].tolist() == [[-1, -1, -1]]


def test_another_file_is_refused(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "vectors").write_bytes(b"something else " * 20)
    with pytest.raises(ValueError, match=r"."):
        engine.read(tmp_path / "vectors")


def test_many_vectors_get_a_graph_and_few_an_exact_search() -> None:
    assert EXACT_UP_TO == 100_000
    assert FaissVectors.of(draw(EXACT_UP_TO, 2)).kind == "flat"
    assert FaissVectors.of(draw(EXACT_UP_TO + 1, 2)).kind == "hnsw"


def test_recall_is_measured_against_exact_search() -> None:
    rows = draw(2000, 32)
    assert measure_recall(FaissVectors.of(rows)) == 1
    found = measure_recall(FaissVectors.of(rows, "hnsw"))
    assert 0.9 < found <= 1
    narrow = FaissVectors.of(rows, "hnsw")
    narrow._index.hnsw.efSearch = 1
    assert measure_recall(narrow) < found
