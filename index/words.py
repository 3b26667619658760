"""Words as they are compared: folded, whole, and by their parts."""

from __future__ import annotations

import re
import unicodedata
import zlib

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+[+#]*")
_NOT_PLURAL = ("ss", "us", "is", "as", "os")
_MOST_WORDS = 400
_MIX = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(1099511628211)
_PARTS = (2, 3, 4, 5)
_SPACE = 32


def fold(text: str) -> str:
    """The text in lower case, without accents, with straight apostrophes."""
    text = text.replace("’", "'").replace("`", "'")
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in parts if not unicodedata.combining(mark))


def split_words(text: str) -> list[str]:
    """The folded words of a text, in order, at most 400; `C++` and `b2b` stay whole."""
    return _WORD.findall(fold(text))[:_MOST_WORDS]


def stem(word: str) -> str:
    """The word without a plural ending: "RNNs" finds "RNN"."""
    return word[:-1] if len(word) > 2 and word[-1] == "s" and not word.endswith(_NOT_PLURAL) else word


def hash_parts(text: str, buckets: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Words, pairs of words, and runs of 2 to 5 letters inside words, hashed into `buckets` (a power of two).

    Returns the buckets, ascending, and 1 + log of how often each occurs. The runs survive slips of the
    finger and carry over between related languages; the pairs keep "not" with its verb.
    """
    words = split_words(text)
    pairs = [f"{a} {b}" for a, b in zip(["", *words], [*words, ""], strict=True)]
    hashes = [np.array([zlib.crc32(part.encode()) for part in words + pairs], dtype=np.uint64)]
    marks = np.frombuffer(f" {' '.join(words)} ".encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    space = marks == _SPACE
    for size in _PARTS:
        count = len(marks) - size + 1
        if count <= 0:
            break
        runs = np.full(count, size, dtype=np.uint64)
        crosses = np.zeros(count, dtype=bool)
        for offset in range(size):
            runs = (runs * _PRIME + marks[offset : offset + count]) ^ (runs >> np.uint64(29))
            if 0 < offset < size - 1:
                crosses |= space[offset : offset + count]
        hashes.append(runs[~crosses])
    shift = np.uint64(64 - (buckets.bit_length() - 1))
    found, times = np.unique((np.concatenate(hashes) * _MIX >> shift).astype(np.int64), return_counts=True)
    return found, (1 + np.log(times)).astype(np.float32)
