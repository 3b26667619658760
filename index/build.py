"""Corpus -> index directory: only new texts are encoded; written beside the old one, swapped in atomically."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from pydantic_core import to_json

from corpus.known import dump_resources
from corpus.types import Corpus
from index.carry import carry
from index.chunk import CHUNKER_VERSION, cut
from index.encoder import Encoder, open_encoder
from index.errors import IndexDamaged, IndexMissing, IndexProblem, IndexStale
from index.extra import Extra
from index.known import KEY, Known, Progress, made_by
from index.learn import Writer, learned_files
from index.postgres import Line, PostgresVectors
from index.store import FORMAT, lock, publish, read_manifest, verify_files, write_file
from index.types import Chunk, IndexFile, Manifest
from index.vectors import FaissVectors, measure_recall
from index.views import View, list_views

SHIPPED = "annotations.npz"
"""Name of the vectors that a corpus may ship of the questions of its annotations."""
__all__ = ["Progress", "build_index", "open_for_build"]


def open_for_build(name: str, device: str, directory: Path) -> Encoder:
    """The encoder to build the index in `directory` with: the one that it carries, where that is whole."""
    try:
        return open_encoder(name, device, directory)
    except IndexDamaged:
        return open_encoder(name, device)


def build_index(
    corpus: Corpus,
    encoder: Encoder,
    directory: Path,
    progress: Progress | None = None,
    database: str = "",
    extras: Mapping[str, Extra] | None = None,
) -> Manifest:
    """Build the index of a corpus in `directory`; `progress(done, total)` counts encoded texts.

    `database`: address of a PostgreSQL that holds the vectors; empty: a file of the directory does.
    `extras`: further files to carry, by role.
    Raises IndexProblem when either can't be written; an older index stays whole.
    """
    try:
        with lock(directory):
            return _build(corpus, encoder, directory, progress, database, extras or {})
    except OSError as error:
        cure = "make room or allow writing, or give another directory in DLSTART_INDEX_DIR"
        raise IndexProblem(f"the index can't be written to {directory} ({error.strerror})", cure) from error


def _build(
    corpus: Corpus,
    encoder: Encoder,
    directory: Path,
    progress: Progress | None,
    database: str,
    extras: Mapping[str, Extra],
) -> Manifest:
    chunks = cut(corpus)
    views = list_views(corpus, chunks)
    if progress is not None:
        progress(0, len(views))
    carried = carry(encoder, directory, views)
    encoder = carried.encoder
    known = Known.read(directory, encoder, database).with_shipped(Path(corpus.path) / SHIPPED, encoder)
    vectors, keys = known.encode(encoder, views, progress)
    store: FaissVectors | PostgresVectors
    if database:
        store = PostgresVectors.of(vectors, database, _lines(views, chunks, keys), made_by(encoder))
    else:
        store = FaissVectors.of(vectors)
    writers: dict[str, tuple[str, Writer]] = {
        "vectors": (".json" if database else ".faiss", store.write),
        **learned_files(corpus, views, vectors),
        "keys": (".bin", lambda path: path.write_bytes(keys)),
        "resources": (".json", lambda path: path.write_bytes(dump_resources(corpus.resources))),
        "chunks": (".json", lambda path: path.write_bytes(to_json(chunks))),
        "views": (".json", lambda path: path.write_bytes(to_json([_view_values(view) for view in views]))),
    }
    kept = _keep(directory, extras)
    writers |= {role: (extra.suffix, extra.write) for role, extra in extras.items() if role not in kept}
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
        vector_index=store.kind,
        recall_at_10=measure_recall(store, vectors),
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
        deviation=carried.deviation,
        files={**carried.files, **kept, **_write(directory, writers)},
        vector_engine="postgresql" if database else "faiss",
        extras={role: extra.revision for role, extra in extras.items()},
    )
    publish(directory, manifest)
    if isinstance(store, PostgresVectors):
        store.make_current()
    return manifest


def _keep(directory: Path, extras: Mapping[str, Extra]) -> dict[str, IndexFile]:
    """The further files that the index before has already: same source, whole."""
    try:
        before = read_manifest(directory)
        same = [role for role, extra in extras.items() if before.extras.get(role) == extra.revision]
        same = [role for role in same if role in before.files]
        verify_files(directory, before, same)
    except (IndexMissing, IndexStale, IndexDamaged):
        return {}
    return {role: before.files[role] for role in same}


def _lines(views: Sequence[View], chunks: Sequence[Chunk], keys: bytes) -> list[Line]:
    """What a database keeps beside each vector."""
    return [
        Line(
            keys[n * KEY : (n + 1) * KEY],
            chunks[view.chunk].id if view.chunk >= 0 else "",
            view.kind,
            view.of,
            view.text,
        )
        for n, view in enumerate(views)
    ]


def _view_values(view: View) -> tuple[object, ...]:
    return view.text, view.chunk, view.kind, view.query, view.of


def _write(directory: Path, writers: Mapping[str, tuple[str, Writer]]) -> dict[str, IndexFile]:
    """Write the files, two at a time: while one waits for the disk, another is computed."""
    with ThreadPoolExecutor(2) as pool:
        files = pool.map(lambda role: write_file(directory, role, *writers[role]), writers)
        return dict(zip(writers, files, strict=True))
