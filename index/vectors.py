"""Vectors in FAISS: exact search by inner product."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors


class FaissVectors:
    """Unit vectors, searched exactly."""

    kind = "flat"

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def of(cls, vectors: Vectors) -> FaissVectors:
        """Hold float32 (n, dimension) unit rows."""
        import faiss

        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    @classmethod
    def read(cls, path: Path) -> FaissVectors:
        """Map a written index into memory."""
        import faiss

        return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY))

    def write(self, path: Path) -> None:
        """Write it to a file."""
        import faiss

        faiss.write_index(self._index, str(path))

    def search(self, queries: Vectors, k: int) -> tuple[Vectors, NDArray[np.int64]]:
        """The k nearest rows of each query: scores (q, k), descending; positions (q, k), -1 for none."""
        scores, positions = self._index.search(np.ascontiguousarray(queries, dtype=np.float32), k)
        return scores, positions

    def rows(self) -> Vectors:
        """All rows, float32 (n, dimension), in order: a copy in memory."""
        rows: Vectors = self._index.reconstruct_n(0, len(self))
        return rows

    def __len__(self) -> int:
        return int(self._index.ntotal)
