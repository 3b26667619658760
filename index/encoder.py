"""The seam between texts and vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.device import choose_device
from index.errors import IndexMissing, IndexStale
from index.store import read_manifest, verify_files

Vectors = NDArray[np.float32]
ENCODER_ROLES = ("encoder", "tokenizer")


class Encoder(Protocol):
    """Texts -> unit vectors. Questions and passages are different calls, so that no model mixes them up."""

    @property
    def id(self) -> str:
        """Name of the model, as in the settings."""

    @property
    def revision(self) -> str:
        """SHA-256 of its weights, hex: two models of the same name are not the same model."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def device(self) -> str:
        """Where it runs: cpu or cuda."""

    @property
    def engine(self) -> str:
        """What runs it and in which precision, such as `onnx w7a8`. The same weights, so the same revision."""

    @property
    def files(self) -> Mapping[str, Path]:
        """The files that an index carries so that questions are encoded as its texts were, by role."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions -> float32 (n, dimension), unit rows, in order."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Encode passages -> float32 (n, dimension), unit rows, in order."""


def open_encoder(name: str = "default", device: str = "auto", directory: Path | None = None) -> Encoder:
    """Open the encoder of that name: `default`, `hashed` (tests), or a sentence-transformers id or path.

    On the CPU, the index in `directory` is asked first: it carries its encoder, which needs no torch.
    Raises EncoderUnavailable where the library or the weights are missing, IndexDamaged for a changed file.
    """
    if name == "hashed":
        from index.encoders.hashed import HashedEncoder

        return HashedEncoder()
    chosen = choose_device(device)
    carried = _open_carried(name, directory) if directory is not None and chosen == "cpu" else None
    if carried is not None:
        return carried
    from index.encoders.sentence_transformer import SentenceTransformerEncoder

    return SentenceTransformerEncoder(name, chosen)


def _open_carried(name: str, directory: Path) -> Encoder | None:
    """The encoder that an index carries, if it is the one of that name and weights."""
    from index.encoders.sentence_transformer import identify

    try:
        manifest = read_manifest(directory)
    except (IndexMissing, IndexStale):
        return None
    id, revision = identify(name)
    if (
        not set(ENCODER_ROLES) <= set(manifest.files)
        or manifest.encoder_id != id
        or revision not in (None, manifest.encoder_revision)
    ):
        return None
    from index.encoders.onnx import OnnxEncoder

    verify_files(directory, manifest, ENCODER_ROLES)
    return OnnxEncoder(*(directory / manifest.files[role].name for role in ENCODER_ROLES))


def mend(text: str) -> str:
    """The text with a question mark for what is no character (half of a surrogate pair)."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
