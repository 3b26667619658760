"""The seam between texts and vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.device import choose_device

Vectors = NDArray[np.float32]


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

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions -> float32 (n, dimension), unit rows, in order."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Encode passages -> float32 (n, dimension), unit rows, in order."""


def open_encoder(name: str = "default", device: str = "auto") -> Encoder:
    """Open the encoder of that name: `default`, `hashed` (tests), or a sentence-transformers id or path.

    Raises EncoderUnavailable where the library or the weights are missing.
    """
    if name == "hashed":
        from index.encoders.hashed import HashedEncoder

        return HashedEncoder()
    from index.encoders.sentence_transformer import SentenceTransformerEncoder

    return SentenceTransformerEncoder(name, choose_device(device))
