"""Question -> hits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from corpus.types import Corpus
from index.chunk import CHUNKER_VERSION
from index.encoder import ENCODER_ROLES, Encoder
from index.errors import IndexDamaged, IndexStale
from index.store import read_manifest, verify_files
from index.types import Chunk, Hit, Manifest, Sentence, ViewKind
from index.vectors import FaissVectors

_NEAR = 256
_BEST_VIEWS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What one search found."""

    hits: tuple[Hit, ...]
    """Best first, one a chunk."""
    confidence: float
    """0 to 1: how likely it is that the corpus answers the question."""
    timings_ms: dict[str, float]
    """Milliseconds by step: encode, search."""


class Index:
    """An opened index: chunks, their views and vectors."""

    def __init__(
        self, manifest: Manifest, chunks: tuple[Chunk, ...], vectors: FaissVectors, views: list[list[object]]
    ):
        self.manifest = manifest
        self.chunks = chunks
        self.chunk_by_id = {chunk.id: chunk for chunk in chunks}
        self.vectors = vectors
        self._view_chunk = np.array([view[1] for view in views], dtype=np.int64)
        self._view_kind: list[ViewKind] = [view[2] for view in views]  # type: ignore[misc]

    def search(self, query: np.ndarray, k: int) -> list[Hit]:
        """The k best chunks for one query vector (dimension,): the mean of a chunk's three best views."""
        scores, positions = self.vectors.search(query[None, :], min(_NEAR, len(self.vectors)))
        found: dict[int, list[tuple[float, int]]] = {}
        for score, position in zip(scores[0], positions[0], strict=True):
            if position >= 0:
                found.setdefault(int(self._view_chunk[position]), []).append((float(score), int(position)))
        hits = [
            Hit(
                self.chunks[chunk],
                float(np.mean([score for score, _ in views[:_BEST_VIEWS]])),
                self._view_kind[views[0][1]],
            )
            for chunk, views in found.items()
        ]
        return sorted(hits, key=lambda hit: -hit.score)[:k]


def open_index(directory: Path, corpus: Corpus | None = None, encoder: Encoder | None = None) -> Index:
    """Open and verify an index; with a corpus or an encoder, it must be theirs.

    Raises IndexMissing, IndexStale or IndexDamaged, each with the command that mends it.
    """
    manifest = read_manifest(directory)
    if manifest.chunker != CHUNKER_VERSION:
        raise IndexStale("the index was cut by another version of the program")
    if corpus is not None and manifest.corpus_hash != corpus.hash:
        raise IndexStale("the corpus has changed since the index was built")
    if encoder is not None and (manifest.encoder_id, manifest.encoder_revision) != (
        encoder.id,
        encoder.revision,
    ):
        raise IndexStale(f"the index was built with the encoder {manifest.encoder_id}, not with {encoder.id}")
    # Whoever opens the encoder verifies its files; the keys are for the next build only.
    verify_files(
        directory, manifest, [role for role in manifest.files if role not in (*ENCODER_ROLES, "keys")]
    )
    try:
        chunks = tuple(
            _read_chunk(values)
            for values in json.loads((directory / manifest.files["chunks"].name).read_text("utf-8"))
        )
        views = json.loads((directory / manifest.files["views"].name).read_text("utf-8"))
        vectors = FaissVectors.read(directory / manifest.files["vectors"].name)
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise IndexDamaged(f"the index in {directory} can't be read") from error
    return Index(manifest, chunks, vectors, views)


class Searcher:
    """Questions -> hits, over one index and its encoder."""

    def __init__(self, index: Index, encoder: Encoder) -> None:
        self.index = index
        self.encoder = encoder

    def search(self, question: str, k: int = 10) -> Found:
        """The k best chunks for a question."""
        started = perf_counter()
        query = self.encoder.encode_queries([question])[0]
        encoded = perf_counter()
        hits = self.index.search(query, k)
        done = perf_counter()
        confidence = min(max(hits[0].score, 0.0), 1.0) if hits else 0.0
        return Found(
            tuple(hits), confidence, {"encode": (encoded - started) * 1e3, "search": (done - encoded) * 1e3}
        )


def _read_chunk(values: dict[str, Any]) -> Chunk:
    sentences = tuple(
        Sentence(item["start"], item["end"], tuple(item["resources"])) for item in values.pop("sentences")
    )
    start, end = values.pop("span")
    return Chunk(**values, sentences=sentences, span=(start, end))
