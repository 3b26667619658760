"""Chunks, hits, and the manifest of an index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from corpus.types import Part

ChunkKind = Literal["guide", "resource", "addition"]
ViewKind = Literal["sentence", "title", "question", "lexical", "example", "ask"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a chunk, as it can be quoted."""

    start: int
    """Offset of its first character in the chunk's text."""
    end: int
    """Offset past its last character."""
    resources: tuple[str, ...] = ()
    """Ids of the resources that it names, in order."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A paragraph of the corpus: what is found, and what is quoted."""

    id: str
    """Hash of its content and place, hex; the same text in the same place keeps its id."""
    kind: ChunkKind
    """`guide`: from the guide's own text; `resource`, `addition`: from a resource's file."""
    part: Part
    """Which part of the guide or resource it is."""
    section: str | None
    """Id of the section that it, or its resource, belongs to."""
    resource: str | None
    """Id of the resource that it describes; None for the guide's text."""
    title: str
    """Title of the section or the resource."""
    url: str | None
    """What a reader should open: the resource's current address, else the guide's."""
    text: str
    """Its words, without markup, in one line."""
    sentences: tuple[Sentence, ...]
    """Its sentences, in order."""
    path: str
    """File that it was read from."""
    line: int
    """1-based line in that file."""
    span: tuple[int, int]
    """Offsets in that file's text, markup included."""

    def quote(self, sentence: Sentence) -> str:
        """The exact words of one of its sentences."""
        return self.text[sentence.start : sentence.end]


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found, and why."""

    chunk: Chunk
    """What was found."""
    score: float
    """How well it fits; only the order within one search means anything."""
    view: ViewKind
    """Which of its views fitted best."""

    def as_dict(self) -> dict[str, Any]:
        """As the contract's search gives it."""
        names = ("section", "resource", "kind", "title", "url", "text")
        chunk = {name: getattr(self.chunk, name) for name in names}
        return {"chunk_id": self.chunk.id, **chunk, "view": self.view, "score": self.score}


@dataclass(frozen=True, slots=True)
class IndexFile:
    """One file of an index."""

    name: str
    """Its name in the index directory; new content gets a new name."""
    sha256: str
    """Checksum of its bytes, hex."""
    bytes: int
    """Its size."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index was made of, so that it is never used with anything else."""

    format: int
    """Version of the files' layout."""
    chunker: int
    """Version of the way in which texts are cut."""
    corpus_hash: str
    """SHA-256 over the corpus, hex."""
    encoder_id: str
    """Which encoder made the vectors."""
    encoder_revision: str
    """SHA-256 of its weights, hex."""
    encoder_engine: str
    """What ran it and in which precision: `onnx w7a8`, `sentence-transformers float32`, …"""
    dimension: int
    """Length of a vector."""
    chunks: int
    """How many chunks there are."""
    views: int
    """How many vectors there are."""
    vector_index: str
    """`flat` (exact) or `hnsw`."""
    recall_at_10: float
    """Share of the ten nearest vectors that it finds, measured against exact search when it was built."""
    built_at: str
    """When, UTC, ISO 8601."""
    deviation: Mapping[str, float]
    """How far the encoder that the index carries is from the original; empty where it carries none."""
    files: Mapping[str, IndexFile]
    """Its files by role: vectors, views, chunks, lexical, …"""
    vector_engine: str = "faiss"
    """Where the vectors are: `faiss`, in a file of the index; `postgresql`, in the build that the file names."""
    extras: Mapping[str, str] = field(default_factory=dict)
    """What the further files were made from, by role: see `index.extra`."""

    @property
    def made_by(self) -> str:
        """`name_maker` of its encoder."""
        return name_maker(self.encoder_id, self.encoder_revision, self.encoder_engine)


def name_maker(id: str, revision: str, engine: str) -> str:
    """What tells the vectors of one encoder from those of another."""
    return f"{id} {revision} {engine}"
