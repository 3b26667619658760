"""What the index before knows: a file that is still the same is not parsed again, a text not encoded again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from corpus.known import KnownResources, read_resources
from index.encoder import Encoder, Vectors
from index.errors import IndexDamaged, IndexMissing, IndexProblem, IndexStale
from index.postgres import read_current
from index.store import read_manifest, verify_files
from index.types import name_maker
from index.vectors import FaissVectors, to_unit
from index.views import View

KEY = 16
_STEP = 512
Progress = Callable[[int, int], None]


def known_resources(directory: Path) -> KnownResources:
    """The resources of which the index in `directory` was built; nothing where it has none that are whole."""
    try:
        manifest = read_manifest(directory)
        verify_files(directory, manifest, ("resources",))
        return read_resources((directory / manifest.files["resources"].name).read_bytes())
    except (IndexProblem, KeyError, OSError):
        return {}


class Known:
    """Vectors by the hash of their text; exactly as many as the index before has, so it can't grow."""

    def __init__(self, places: dict[bytes, int], rows: Vectors) -> None:
        self._places = places
        self._rows = rows

    @classmethod
    def read(cls, directory: Path, encoder: Encoder, database: str = "") -> Known:
        """What the database, else the index in `directory`, knows of this encoder's vectors; nothing where none does.

        Raises VectorsUnavailable where a database is named and not there.
        """
        shared = read_current(database, made_by(encoder)) if database else None
        if shared is not None:
            return cls(_places(shared[0]), shared[1])
        nothing = cls({}, np.zeros((0, encoder.dimension), dtype=np.float32))
        try:
            manifest = read_manifest(directory)
            if manifest.made_by != made_by(encoder) or manifest.vector_engine != "faiss":
                return nothing
            verify_files(directory, manifest, ("keys", "vectors"))
            keys = (directory / manifest.files["keys"].name).read_bytes()
            rows = FaissVectors.read(directory / manifest.files["vectors"].name).rows()
        except (IndexMissing, IndexStale, IndexDamaged, KeyError, ValueError):
            return nothing
        return cls(_places(keys), rows)

    def with_shipped(self, path: Path, encoder: Encoder) -> Known:
        """The same, and the vectors that a corpus ships of its own texts, where this encoder made them.

        `path`: an archive that `ship` wrote; one that is not there, or can't be read, adds nothing.
        """
        try:
            with np.load(BytesIO(path.read_bytes())) as file:
                if str(file["made_by"]) != made_by(encoder):
                    return self
                keys, rows = file["keys"].tobytes(), to_unit(file["rows"].astype(np.float32))
        except (OSError, EOFError, KeyError, ValueError, BadZipFile):
            return self
        if rows.shape != (len(keys) // KEY, encoder.dimension):
            return self
        places = {key: len(self._rows) + place for key, place in _places(keys).items()}
        return Known({**places, **self._places}, np.concatenate([self._rows, rows]))

    def encode(
        self, encoder: Encoder, views: Sequence[View], progress: Progress | None = None
    ) -> tuple[Vectors, bytes]:
        """The vectors (views, dimension) of all views, and their keys for the next build.

        Texts of similar length are encoded together, each text once.
        """
        keys = [_key(view) for view in views]
        rows: Vectors = np.zeros((len(views), encoder.dimension), dtype=np.float32)
        known = np.array([self._places.get(key, -1) for key in keys], dtype=np.int64)
        if self._places:
            # Into place, without a copy between; a row that is not known is overwritten below.
            np.take(self._rows, known, axis=0, out=rows, mode="clip")
        fresh: dict[bytes, int] = {}
        for place in np.flatnonzero(known < 0).tolist():
            fresh.setdefault(keys[place], place)
        done = len(views) - len(fresh)
        for query in (True, False):
            encode = encoder.encode_queries if query else encoder.encode_passages
            places = sorted(
                (place for place in fresh.values() if views[place].query is query),
                key=lambda place: -len(views[place].text),
            )
            for start in range(0, len(places), _STEP):
                step = places[start : start + _STEP]
                rows[step] = encode([views[place].text for place in step])
                done += len(step)
                if progress is not None:
                    progress(done, len(views))
        for place, key in enumerate(keys):
            if key in fresh:
                rows[place] = rows[fresh[key]]
        return rows, b"".join(keys)


def ship(path: Path, encoder: Encoder, views: Sequence[View], vectors: Vectors) -> None:
    """Write the vectors (views, dimension) of some texts in 8 bits, to travel with a corpus."""
    keys = np.frombuffer(b"".join(map(_key, views)), dtype=np.uint8)
    # Every row has a length of its own in 8 bits; only its direction counts.
    rows = np.round(vectors / np.abs(vectors).max(axis=1, keepdims=True) * 127).astype(np.int8)
    np.savez_compressed(path, made_by=made_by(encoder), keys=keys, rows=rows)


def made_by(encoder: Encoder) -> str:
    """`name_maker` of an encoder."""
    return name_maker(encoder.id, encoder.revision, encoder.engine)


def _places(keys: bytes) -> dict[bytes, int]:
    return {keys[at : at + KEY]: at // KEY for at in range(0, len(keys), KEY)}


def _key(view: View) -> bytes:
    """Hash of a view's text and of how it is encoded."""
    return hashlib.blake2b(f"{view.query:d}{view.text}".encode("utf-8", "replace"), digest_size=KEY).digest()
