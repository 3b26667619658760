"""Question -> hits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from corpus.types import Corpus
from index.batch import Batcher
from index.chunk import CHUNKER_VERSION
from index.database import show_address
from index.device import count_cores
from index.encoder import ENCODER_ROLES, Encoder, Vectors
from index.errors import IndexDamaged, IndexProblem, IndexStale
from index.head import Head
from index.lexical import Lexical
from index.names import Named, Names
from index.postgres import PostgresVectors
from index.rank import Ranker, Ranking
from index.signals import Units
from index.store import read_manifest, verify_files
from index.types import Chunk, Hit, Manifest, Sentence
from index.vectors import FaissVectors, VectorStore
from index.views import View, count_searched

NEAR = 1024
_QUICK_UP_TO = 20_000


@dataclass(frozen=True, slots=True)
class Found:
    """What one search found."""

    hits: tuple[Hit, ...]
    """Best first, one a chunk; see `index.rank.Ranking`."""
    confidence: float
    """0 to 1: how likely it is that the corpus answers the question."""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds by step: encode, search."""
    sections: tuple[tuple[str, float], ...] = ()
    """Ids of all sections with their probabilities, best first."""
    resources: tuple[tuple[str, float], ...] = ()
    """Ids of all resources with their probabilities, best first."""
    scope: Mapping[str, float] = field(default_factory=dict)
    """Probability of each of covered, not_covered, off_topic, refused, smalltalk."""
    nearest: Mapping[str, float] = field(default_factory=dict)
    """Cosine of the nearest question or example of each of those; 0 where the corpus has none."""
    named: Named = field(default_factory=Named)
    """Names and concepts in the question."""
    cosines: Vectors | None = None
    """(views,): similarity of each view to the question, see `Index.cosines`."""


class Index:
    """An opened index: chunks, their views and vectors, and what was learned from them."""

    def __init__(
        self, manifest: Manifest, chunks: tuple[Chunk, ...], vectors: VectorStore, views: int, ranker: Ranker
    ) -> None:
        """`views`: how many there are."""
        self.manifest = manifest
        self.chunks = chunks
        self.chunk_by_id = {chunk.id: chunk for chunk in chunks}
        self.vectors = vectors
        self.ranker = ranker
        self.is_quick = isinstance(vectors, FaissVectors) and views <= _QUICK_UP_TO
        """Whether a search takes about a millisecond: handing it to a thread and back would cost as much."""
        self._count = views

    def cosines(self, vector: Vectors) -> Vectors:
        """Similarity (views,) of every view to one vector; in a large index, of the 1,024 nearest.

        The others get the least of those: it is the most that they can have, and near to the truth where views are
        pooled, as -1 was not.
        """
        if self.vectors.kind == "flat":
            return self.vectors.cosines(vector)
        scores, positions = self.vectors.search(vector[None, :], NEAR)
        found = positions[0] >= 0
        nearest = np.full(self._count, scores[0][found].min(initial=1.0), dtype=np.float32)
        nearest[positions[0][found]] = scores[0][found]
        return nearest

    def rank(
        self,
        question: str,
        vector: Vectors,
        cosines: Vectors,
        k: int,
        prior: Mapping[str, float] | None = None,
    ) -> Ranking:
        """Rank everything for a question, its vector (dimension,) and its similarity to every view (views,)."""
        return self.ranker.rank(self.ranker.evidence(question, vector, cosines), k, prior)


def open_index(
    directory: Path, corpus: Corpus | None = None, encoder: Encoder | None = None, database: str = ""
) -> Index:
    """Open and verify an index; with a corpus or an encoder, it must be theirs.

    `database`: address of the PostgreSQL that holds its vectors; empty: a file of the directory does.
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
    # Whoever opens the encoder verifies its files; what the next build knows is not read here.
    others = (*ENCODER_ROLES, "keys", "resources")
    verify_files(directory, manifest, [role for role in manifest.files if role not in others])
    try:
        chunks = tuple(
            _read_chunk(values)
            for values in json.loads((directory / manifest.files["chunks"].name).read_text("utf-8"))
        )
        views = [
            View(text, chunk, kind, query, tuple(of))
            for text, chunk, kind, query, of in json.loads(
                (directory / manifest.files["views"].name).read_text("utf-8")
            )
        ]
        vectors = _open_vectors(directory, manifest, database)
        ranker = _read_ranker(directory, manifest, chunks, views[: count_searched(views)])
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise IndexDamaged(f"the index in {directory} can't be read") from error
    return Index(manifest, chunks, vectors, len(views), ranker)


@dataclass(frozen=True, slots=True)
class _Look:
    """What the batcher's threads find out about one question, beside the loop that serves all others."""

    vector: Vectors
    """(dimension,)"""
    cosines: Vectors | None = None
    """(views,), see `Index.cosines`; None in an index that is not quick."""
    compared: float = 0.0
    """Seconds that the cosines took."""


class Searcher:
    """Questions -> hits, over one index and its encoder."""

    def __init__(self, index: Index, encoder: Encoder, threads: int = 0) -> None:
        """`threads`: batches that may be encoded at the same time; 0: as many as there are cores, one on a GPU."""
        self.index = index
        self.encoder = encoder
        self._batcher = Batcher(self._look, (threads or count_cores()) if encoder.device == "cpu" else 1)

    async def find(self, question: str, k: int = 10, prior: Mapping[str, float] | None = None) -> Found:
        """As `search`, for one of many callers: encoded together with what is asked at the same time."""
        started = perf_counter()
        look = await self._batcher.encode(question)
        encoded = perf_counter() - look.compared
        if look.cosines is None:
            found = await asyncio.to_thread(self.search_vector, question, look.vector, k, prior)
        else:
            found = self._rank(question, look.vector, look.cosines, k, prior)
        timings = {"encode": (encoded - started) * 1e3, "search": (perf_counter() - encoded) * 1e3}
        return replace(found, timings_ms=timings)

    def _look(self, questions: Sequence[str]) -> list[_Look]:
        vectors = self.encoder.encode_queries(questions)
        if not self.index.is_quick:
            return [_Look(vector) for vector in vectors]
        looks = []
        for vector in vectors:
            started = perf_counter()
            cosines = self.index.cosines(vector)
            looks.append(_Look(vector, cosines, perf_counter() - started))
        return looks

    def search(self, question: str, k: int = 10, prior: Mapping[str, float] | None = None) -> Found:
        """The k best chunks for a question, k from 0 on; `prior` multiplies the odds of sections."""
        started = perf_counter()
        vector = self.encoder.encode_queries([question])[0]
        encoded = perf_counter()
        found = self.search_vector(question, vector, k, prior)
        return replace(found, timings_ms={"encode": (encoded - started) * 1e3, **found.timings_ms})

    def search_vector(
        self, question: str, vector: Vectors, k: int = 10, prior: Mapping[str, float] | None = None
    ) -> Found:
        """The same for a question that has been encoded, (dimension,)."""
        started = perf_counter()
        found = self._rank(question, vector, self.index.cosines(vector), k, prior)
        return replace(found, timings_ms={"search": (perf_counter() - started) * 1e3})

    def _rank(
        self, question: str, vector: Vectors, cosines: Vectors, k: int, prior: Mapping[str, float] | None
    ) -> Found:
        ranking = self.index.rank(question, vector, cosines, k, prior)
        return Found(
            hits=ranking.hits,
            confidence=ranking.scope["covered"],
            sections=ranking.sections,
            resources=ranking.resources,
            scope=ranking.scope,
            nearest=ranking.nearest,
            named=ranking.named,
            cosines=cosines,
        )

    def search_hybrid(self, question: str, k: int = 10, owners: Sequence[str] = ()) -> Found:
        """The k best chunks by one statement in the database; `owners`: only of these sections or resources.

        Vectors and full text, fused by rank: no learned weights, so no confidence. Raises IndexProblem where the
        vectors are not in a database.
        """
        vectors, chunk_by_id = self.index.vectors, self.index.chunk_by_id
        if not isinstance(vectors, PostgresVectors):
            raise IndexProblem(
                "the hybrid search needs the vectors in PostgreSQL",
                "set DLSTART_VECTORS, then dlstart index build",
            )
        started = perf_counter()
        vector = self.encoder.encode_queries([question])[0]
        encoded = perf_counter()
        hits = [
            Hit(chunk_by_id[match.chunk], match.score, match.kind)
            for match in vectors.hybrid(question, vector, k, owners)
        ]
        timings = {"encode": (encoded - started) * 1e3, "search": (perf_counter() - encoded) * 1e3}
        return Found(tuple(hits), 0.0, timings)


def find_vectors(directory: Path, manifest: Manifest, database: str) -> str:
    """Where the vectors of an index are, in words without a password. Raises IndexProblem where they are not."""
    _open_vectors(directory, manifest, database)
    return f"in PostgreSQL, {show_address(database)}" if database else "in a file of the index"


def _open_vectors(directory: Path, manifest: Manifest, database: str) -> VectorStore:
    path = directory / manifest.files["vectors"].name
    if manifest.vector_engine == "postgresql" and not database:
        # Not stale: building anew would encode all that a forgotten setting hides.
        raise IndexProblem(
            "the vectors of this index are in PostgreSQL", "set DLSTART_VECTORS, or dlstart index build"
        )
    if manifest.vector_engine == "faiss" and database:
        raise IndexStale("DLSTART_VECTORS names a database, and the vectors of this index are in a file")
    return PostgresVectors.read(path, database) if database else FaissVectors.read(path)


def _read_ranker(directory: Path, manifest: Manifest, chunks: tuple[Chunk, ...], views: list[View]) -> Ranker:
    paths = {role: directory / file.name for role, file in manifest.files.items()}
    about = json.loads(paths["units"].read_text("utf-8"))
    return Ranker(
        chunks=chunks,
        views=views,
        units=Units(
            about["sections"], about["resources"], [view.kind for view in views], [view.of for view in views]
        ),
        guide=about["guide"],
        names=Names(*about["names"]),
        lexical=Lexical.read(paths["lexical"]),
        head=Head.read(paths["head"]) if "head" in paths else None,
    )


def _read_chunk(values: dict[str, Any]) -> Chunk:
    sentences = tuple(
        Sentence(item["start"], item["end"], tuple(item["resources"])) for item in values.pop("sentences")
    )
    start, end = values.pop("span")
    return Chunk(**values, sentences=sentences, span=(start, end))
