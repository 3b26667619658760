"""Corpus -> index directory: encoded once, written beside the old one, swapped in atomically."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from corpus.types import Corpus
from index.chunk import CHUNKER_VERSION, cut
from index.encoder import Encoder, Vectors
from index.errors import IndexProblem
from index.learn import learned_files
from index.store import FORMAT, publish, write_file
from index.types import Manifest
from index.vectors import FaissVectors
from index.views import View, list_views

Progress = Callable[[int, int], None]
_STEP = 128


def build_index(
    corpus: Corpus, encoder: Encoder, directory: Path, progress: Progress | None = None
) -> Manifest:
    """Build the index of a corpus in `directory`; `progress(done, total)` counts encoded texts.

    Raises IndexProblem when the directory can't be written; an older index in it stays whole.
    """
    chunks = cut(corpus)
    views = list_views(corpus, chunks)
    vectors = _encode(encoder, views, progress)
    try:
        files = {
            "vectors": write_file(directory, "vectors", ".faiss", FaissVectors.of(vectors).write),
            "chunks": write_file(
                directory, "chunks", ".json", _json([dataclasses.asdict(chunk) for chunk in chunks])
            ),
            "views": write_file(
                directory, "views", ".json", _json([dataclasses.astuple(view) for view in views])
            ),
        }
        for role, (suffix, write) in learned_files(corpus, views, vectors).items():
            files[role] = write_file(directory, role, suffix, write)
        manifest = Manifest(
            format=FORMAT,
            chunker=CHUNKER_VERSION,
            corpus_hash=corpus.hash,
            encoder_id=encoder.id,
            encoder_revision=encoder.revision,
            dimension=encoder.dimension,
            chunks=len(chunks),
            views=len(views),
            vector_index=FaissVectors.kind,
            built_at=datetime.now(UTC).isoformat(timespec="seconds"),
            files=files,
        )
        publish(directory, manifest)
    except OSError as error:
        cure = "make room, or give another directory in DLSTART_INDEX_DIR"
        raise IndexProblem(f"the index can't be written to {directory} ({error.strerror})", cure) from error
    return manifest


def _encode(encoder: Encoder, views: tuple[View, ...], progress: Progress | None) -> Vectors:
    rows = np.zeros((len(views), encoder.dimension), dtype=np.float32)
    done = 0
    for query in (False, True):
        places = [n for n, view in enumerate(views) if view.query is query]
        encode = encoder.encode_queries if query else encoder.encode_passages
        for start in range(0, len(places), _STEP):
            batch = places[start : start + _STEP]
            rows[batch] = encode([views[n].text for n in batch])
            done += len(batch)
            if progress is not None:
                progress(done, len(views))
    return rows


def _json(value: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), "utf-8")

    return write
