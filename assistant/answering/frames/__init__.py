"""The texts that stand around quotations, one file a language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_DEFAULT = "en"


@dataclass(frozen=True)
class Frame:
    """The texts of one language, by table and key."""

    language: str
    """BCP 47 tag."""
    texts: Mapping[str, Mapping[str, str]]
    """Table -> key -> text with slots."""

    def text(self, table: str, key: str, **slots: object) -> str:
        """One text, its slots filled."""
        return self.texts[table][key].format(**slots)

    def known(self, table: str, key: str) -> str | None:
        """A text without slots, where there is one of that name."""
        return self.texts[table].get(key)

    def join(self, parts: list[str]) -> str:
        """`a, b and c`."""
        if len(parts) < 2:
            return "".join(parts)
        word = self.texts["situation"]["and"]
        gap = "" if self.language in ("zh", "ja") else " "
        comma = "、" if self.language in ("zh", "ja") else ", "
        return f"{comma.join(parts[:-1])}{gap}{word}{gap}{parts[-1]}"


def languages() -> tuple[str, ...]:
    """Tags of the languages that there are texts for."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


@cache
def frame_of(language: str) -> Frame:
    """The texts of a language; the English ones where there are none in it."""
    tag = language.split("-")[0].lower()
    tag = tag if tag in languages() else _DEFAULT
    return Frame(tag, tomllib.loads((_FOLDER / f"{tag}.toml").read_text("utf-8")))
