"""A deterministic encoder: hashed words and their parts. For tests, and to see what a real model adds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from index.encoder import Vectors, mend

_DIMENSION = 256
_WORD = re.compile(r"\w+")


class HashedEncoder:
    """Sums a signed hash of each word and of its three-letter parts; needs no weights."""

    id = "hashed"
    revision = hashlib.sha256(b"hashed words and trigrams, 256, 1").hexdigest()
    dimension = _DIMENSION
    device = "cpu"
    engine = "hashed"
    files: Mapping[str, Path] = {}

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions -> float32 (n, 256), unit rows."""
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Encode passages -> float32 (n, 256), unit rows."""
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), _DIMENSION), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in _WORD.findall(mend(text).lower()) or [""]:
                for part, weight in (
                    (word, 1.0),
                    *((f"#{word[n : n + 3]}", 0.3) for n in range(len(word) - 2)),
                ):
                    digest = hashlib.blake2b(part.encode(), digest_size=4).digest()
                    row[int.from_bytes(digest[:2], "big") % _DIMENSION] += (
                        weight if digest[2] & 1 else -weight
                    )
            # Opposite signs can cancel out: a row of zeros has no direction, so give it one.
            norm = float(np.linalg.norm(row))
            row[:] = row / norm if norm else np.eye(1, _DIMENSION, dtype=np.float32)[0]
        return rows
