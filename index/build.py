"""Corpus -> index directory: encoded once, written beside the old one, swapped in atomically."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from corpus.types import Corpus
from index.chunk import CHUNKER_VERSION, cut
from index.encoder import ENCODER_ROLES, Encoder, Vectors, open_encoder
from index.encoders.sentence_transformer import SentenceTransformerEncoder
from index.errors import IndexDamaged, IndexMissing, IndexProblem, IndexStale
from index.store import FORMAT, publish, read_manifest, verify_files, write_file
from index.types import IndexFile, Manifest
from index.vectors import FaissVectors
from index.views import View, list_views

Progress = Callable[[int, int], None]
_STEP = 128


def open_for_build(name: str, device: str, directory: Path) -> Encoder:
    """The encoder to build the index in `directory` with: the one that it carries, where that is whole."""
    try:
        return open_encoder(name, device, directory)
    except IndexDamaged:
        return open_encoder(name, device)


def build_index(
    corpus: Corpus, encoder: Encoder, directory: Path, progress: Progress | None = None
) -> Manifest:
    """Build the index of a corpus in `directory`; `progress(done, total)` counts encoded texts.

    Raises IndexProblem when the directory can't be written; an older index in it stays whole.
    """
    chunks = cut(corpus)
    views = list_views(corpus, chunks)
    if progress is not None:
        progress(0, len(views))
    try:
        carried, deviation, encoder = _carry(encoder, directory, views)
        vectors = _encode(encoder, views, progress)
        files = carried | {
            "vectors": write_file(directory, "vectors", ".faiss", FaissVectors.of(vectors).write),
            "chunks": write_file(
                directory, "chunks", ".json", _json([dataclasses.asdict(chunk) for chunk in chunks])
            ),
            "views": write_file(
                directory, "views", ".json", _json([[view.text, view.chunk, view.kind] for view in views])
            ),
        }
        manifest = Manifest(
            format=FORMAT,
            chunker=CHUNKER_VERSION,
            corpus_hash=corpus.hash,
            encoder_id=encoder.id,
            encoder_revision=encoder.revision,
            encoder_engine=encoder.engine,
            dimension=encoder.dimension,
            chunks=len(chunks),
            views=len(views),
            vector_index=FaissVectors.kind,
            built_at=datetime.now(UTC).isoformat(timespec="seconds"),
            deviation=deviation,
            files=files,
        )
        publish(directory, manifest)
    except OSError as error:
        cure = "make room, or give another directory in DLSTART_INDEX_DIR"
        raise IndexProblem(f"the index can't be written to {directory} ({error.strerror})", cure) from error
    return manifest


_Carried = tuple[dict[str, IndexFile], Mapping[str, float], Encoder]


def _carry(encoder: Encoder, directory: Path, views: tuple[View, ...]) -> _Carried:
    """The encoder's own files in the index, how far they are from the original, and who encodes.

    They are kept from the index before, copied from another one, or exported. On the CPU the texts are encoded
    by what will encode the questions. A model that can't be exported serves with its own library.
    """
    before = _read_before(encoder, directory)
    if before is not None:
        files = {role: before.files[role] for role in ENCODER_ROLES}
        deviation = before.deviation
    elif encoder.files:
        files = {
            role: write_file(directory, role, path.suffix, partial(shutil.copyfile, path))
            for role, path in encoder.files.items()
        }
        deviation = {}
    elif isinstance(encoder, SentenceTransformerEncoder):
        files, deviation = _export(encoder, directory, views)
    else:
        return {}, {}, encoder
    if not files or encoder.device != "cpu" or encoder.files:
        return files, deviation, encoder
    from index.encoders.onnx import OnnxEncoder

    return files, deviation, OnnxEncoder(*(directory / files[role].name for role in ENCODER_ROLES))


def _read_before(encoder: Encoder, directory: Path) -> Manifest | None:
    """The index that is there now, if it carries whole files of this encoder."""
    try:
        before = read_manifest(directory)
        verify_files(directory, before, [role for role in ENCODER_ROLES if role in before.files])
    except (IndexMissing, IndexStale, IndexDamaged):
        return None
    same = (before.encoder_id, before.encoder_revision) == (encoder.id, encoder.revision)
    return before if same and set(ENCODER_ROLES) <= set(before.files) else None


def _export(
    encoder: SentenceTransformerEncoder, directory: Path, views: tuple[View, ...]
) -> tuple[dict[str, IndexFile], dict[str, float]]:
    from index.encoders.export import PRECISIONS, ExportRefused, export

    original = encoder if encoder.device == "cpu" else SentenceTransformerEncoder(encoder.name, "cpu")
    questions, passages = ([view.text for view in views if view.query is query] for query in (True, False))
    for precision in PRECISIONS:
        try:
            files, deviation = export(original, directory, precision, questions, passages)
        except ExportRefused:
            continue
        return files, dataclasses.asdict(deviation)
    return {}, {}


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
