"""Which language a message is written in: by its script, else by pieces of its words."""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ENGLISH = "en"
WORDS = Path(__file__).parent / "languages.toml"
_SCRIPTS = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
    "CYRILLIC": "ru",
    "DEVANAGARI": "hi",
    "ARABIC": "ar",
    "HEBREW": "he",
    "GREEK": "el",
    "THAI": "th",
    "BENGALI": "bn",
}
_UKRAINIAN = frozenset("іїєґ")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_BUCKETS = 1 << 13
_SMOOTH = 0.3
_GRID = 256
_HEAD_START = 12.0
"""By how much in log probability English is ahead of what is written in the Latin alphabet: names are often English."""
_SHARE = 0.3
Table = NDArray[np.int16]
"""(buckets, languages): log probability of each piece in each language, in steps of 1/256. Sums are exact."""


def tell_language(text: str, table: Table, languages: Sequence[str]) -> str:
    """BCP 47 tag of the language of a text; English where nothing tells."""
    script = _script(text)
    if script is not None:
        return script
    pieces = [piece for word in _WORD.findall(text.lower()) for piece in _pieces(word)]
    scores = table[pieces].sum(axis=0, dtype=np.int64)
    scores[languages.index(ENGLISH)] += int(_HEAD_START * _GRID)
    return languages[int(scores.argmax())]


def learn_languages(path: Path = WORDS) -> tuple[Table, list[str]]:
    """Naive Bayes from the words and sentences of a file, and the languages of its columns."""
    languages = tomllib.loads(path.read_text("utf-8"))
    table = np.zeros((_BUCKETS, len(languages)), dtype=np.int16)
    for column, told in enumerate(languages.values()):
        text = " ".join((told["words"], *told["text"])).lower()
        counts = Counter(piece for word in _WORD.findall(text) for piece in _pieces(word))
        total = sum(counts.values()) + _SMOOTH * _BUCKETS
        table[:, column] = round(math.log(_SMOOTH / total) * _GRID)
        for piece, count in counts.items():
            table[piece, column] = round(math.log((count + _SMOOTH) / total) * _GRID)
    return table, list(languages)


def _script(text: str) -> str | None:
    """The language of a script that a third of the letters are in, if it has one; Japanese is told by its kana."""
    letters = [char for char in text if char.isalpha()]
    counts = Counter(
        _SCRIPTS.get(unicodedata.name(char, "").split(" ")[0].split("-")[0])
        for char in letters
        if not char.isascii()
    )
    del counts[None]
    if not counts or sum(counts.values()) < _SHARE * len(letters):
        return None
    if counts["ja"]:
        return "ja"
    found = counts.most_common(1)[0][0]
    return "uk" if found == "ru" and _UKRAINIAN & set(text.lower()) else found


def _pieces(word: str) -> Iterator[int]:
    """Hashed pieces of a word of one to four letters, and the whole of it three times: it tells most."""
    bounded = f" {word} "
    for size in (2, 3, 4):
        for start in range(len(bounded) - size + 1):
            yield _hash(bounded[start : start + size])
    for n in range(3):
        yield _hash(f"{n}{word}")


def _hash(piece: str) -> int:
    return zlib.crc32(piece.encode("utf-8", "replace")) % _BUCKETS
