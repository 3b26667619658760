"""The seam between vectors and what searches them, with two engines: FAISS and plain numpy.

The third, PostgreSQL, is in `index/postgres.py`. How an engine is opened is its own: `of` holds vectors, `read`
opens what `write` wrote.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from index.device import count_cores
from index.encoder import Vectors

Kind = Literal["flat", "hnsw"]
Ranked = tuple[Vectors, NDArray[np.int64]]

EXACT_UP_TO = 100_000
LINKS = 32
BUILD_WIDTH = 100
_LEAST_WIDTH = 160
_ROWS_A_WIDTH = 2_000
_SAMPLED = 64
_NOISE = 0.5


class VectorStore(Protocol):
    """Vectors, searched by cosine. What goes in is brought to length one; a row of zeros scores 0."""

    @property
    def kind(self) -> str:
        """How it searches, as in the manifest: `flat` is exact."""

    def write(self, path: Path) -> None:
        """Write it to a file. Raises OSError."""

    def search(self, queries: Vectors, k: int) -> Ranked:
        """The k nearest rows of each query: cosines (q, k), descending; positions (q, k).

        Where there are fewer than k rows, the rest is -inf at position -1.
        """

    def cosines(self, query: Vectors) -> Vectors:
        """The cosine (n,) of every row to one unit query (dimension,), in order."""

    def rows(self) -> Vectors:
        """All rows, float32 (n, dimension), unit, read only, in order; for a build, not for each question."""

    def __len__(self) -> int:
        """How many rows there are."""


class FaissVectors:
    """FAISS: exact up to 100,000 rows, a graph (HNSW) above."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self.kind: Kind = "hnsw" if hasattr(index, "hnsw") else "flat"
        if self.kind == "hnsw":
            # A larger graph has more places to get lost in; docs/decisions.md has the measurements.
            index.hnsw.efSearch = max(_LEAST_WIDTH, index.ntotal // _ROWS_A_WIDTH)

    @classmethod
    def of(cls, vectors: Vectors, kind: Kind | None = None) -> Self:
        """Hold float32 (n, dimension); the kind follows from their number unless it is given."""
        import faiss

        rows = to_unit(vectors)
        if kind is None:
            kind = "flat" if len(rows) <= EXACT_UP_TO else "hnsw"
        index: Any
        if kind == "flat":
            index = faiss.IndexFlatIP(rows.shape[1])
        else:
            index = faiss.IndexHNSWFlat(rows.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efConstruction = BUILD_WIDTH
        faiss.omp_set_num_threads(count_cores())
        index.add(rows)
        faiss.omp_set_num_threads(1)
        return cls(index)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Map a written index into memory."""
        import faiss

        # One thread a question: several would wait for each other where many are asked at once.
        faiss.omp_set_num_threads(1)
        try:
            return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC | faiss.IO_FLAG_READ_ONLY))
        except RuntimeError as error:  # all that FAISS raises
            raise ValueError(f"{path} holds no vectors") from error

    def write(self, path: Path) -> None:
        """Write it to a file. Raises OSError."""
        import faiss

        try:
            faiss.write_index(self._index, str(path))
        except RuntimeError as error:  # FAISS does not say which error it met
            raise OSError(errno.EIO, "the vectors could not be written; is the disk full?") from error

    def search(self, queries: Vectors, k: int) -> Ranked:
        """The k nearest rows of each query: cosines (q, k), descending; positions (q, k)."""
        scores, positions = self._index.search(to_unit(queries), k)
        scores[positions < 0] = -np.inf
        return scores, positions

    def cosines(self, query: Vectors) -> Vectors:
        """The cosine (n,) of every row to one unit query (dimension,), in order.

        By FAISS on the thread that asks: numpy's matrix product would wake a thread on every core, and under load they
        wait for each other for longer than the product takes.
        """
        import faiss

        library: Any = faiss
        rows, query = self.rows(), np.ascontiguousarray(query, dtype=np.float32)
        cosines = np.empty(len(rows), dtype=np.float32)
        if len(rows):
            pointers = (library.swig_ptr(array) for array in (cosines, query, rows))
            library.fvec_inner_products_ny(*pointers, rows.shape[1], len(rows))
        return cosines

    def rows(self) -> Vectors:
        """All rows, float32 (n, dimension), unit, read only, in order; not a copy."""
        import faiss

        flat: Any = faiss.downcast_index(self._index.storage) if self.kind == "hnsw" else self._index
        size = len(self), self._index.d
        if not size[0]:
            return np.zeros(size, dtype=np.float32)
        rows: Vectors = faiss.rev_swig_ptr(flat.get_xb(), size[0] * size[1]).reshape(size).view(_Held)
        rows.flags.writeable = False
        # The array is a window on memory that the index owns.
        rows.owner = self._index  # type: ignore[attr-defined]
        return rows

    def __len__(self) -> int:
        return int(self._index.ntotal)


class NumpyVectors:
    """A memory-mapped matrix and one multiplication: no library, always exact."""

    kind: Kind = "flat"

    def __init__(self, rows: Vectors) -> None:
        self._rows = rows

    @classmethod
    def of(cls, vectors: Vectors) -> Self:
        """Hold float32 (n, dimension)."""
        return cls(to_unit(vectors))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Map a written matrix into memory."""
        # An empty array can't be mapped.
        rows = np.load(path, mmap_mode=None if path.stat().st_size <= 128 else "r", allow_pickle=False)
        return cls(rows)

    def write(self, path: Path) -> None:
        """Write it to a file. Raises OSError."""
        with path.open("wb") as file:
            np.save(file, self._rows, allow_pickle=False)

    def search(self, queries: Vectors, k: int) -> Ranked:
        """The k nearest rows of each query: cosines (q, k), descending; positions (q, k)."""
        cosines = to_unit(queries) @ self._rows.T
        own = min(k, len(self))
        best = (
            np.argpartition(-cosines, own - 1, axis=1)[:, :own]
            if own
            else np.zeros((len(queries), 0), np.int64)
        )
        order = np.take_along_axis(
            best, np.argsort(-np.take_along_axis(cosines, best, 1), axis=1, kind="stable"), 1
        )
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        positions = np.full((len(queries), k), -1, dtype=np.int64)
        scores[:, :own] = np.take_along_axis(cosines, order, 1)
        positions[:, :own] = order
        return scores, positions

    def cosines(self, query: Vectors) -> Vectors:
        """The cosine (n,) of every row to one unit query (dimension,), in order."""
        cosines: Vectors = self._rows @ query
        return cosines

    def rows(self) -> Vectors:
        """All rows, float32 (n, dimension), unit, read only, in order; not a copy."""
        rows = self._rows.view()
        rows.flags.writeable = False
        return rows

    def __len__(self) -> int:
        return len(self._rows)


class _Held(np.ndarray[Any, Any]):
    """An array that keeps the owner of its memory alive."""


def to_unit(vectors: Vectors) -> Vectors:
    """The vectors at length one; a row of zeros stays."""
    rows: Vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    if np.allclose(norms, 1, atol=1e-6):
        return rows
    norms[norms == 0] = 1
    unit: Vectors = rows / norms
    return unit


def measure_recall(store: VectorStore, rows: Vectors | None = None, k: int = 10) -> float:
    """Share of the k nearest rows, by exact search, that a store finds; `rows`: its own, where they are at hand.

    Asked are 64 of its rows, each turned by some 27 degrees in a random direction: near what is there, as questions
    are, but not equal to it.
    """
    if store.kind == "flat" or not len(store):
        return 1.0
    rows = store.rows() if rows is None else to_unit(rows)
    chance = np.random.default_rng(0)
    places = chance.integers(len(rows), size=_SAMPLED)
    noise = to_unit(chance.standard_normal((_SAMPLED, rows.shape[1])).astype(np.float32))
    queries = to_unit(np.asarray(rows[places]) + _NOISE * noise)
    _, exact = NumpyVectors(rows).search(queries, k)
    _, found = store.search(queries, k)
    return float(np.mean([len(set(a) & set(b)) / k for a, b in zip(exact, found, strict=True)]))
