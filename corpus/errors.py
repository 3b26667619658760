"""What can be wrong with a corpus.

CorpusError
    the corpus cannot be used; holds every Problem that was found
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_MOST = 300
"""Characters of one part of a line."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in one place, and how to mend it."""

    path: str
    """File, relative to the corpus, or as it was given."""
    line: int
    """1-based line; 1 when the fault is the whole file's."""
    what: str
    """What is wrong."""
    mend: str
    """What to do about it."""
    level: Literal["error", "warning"] = "error"
    """An error keeps the corpus from being used; a warning only spoils an answer."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.level}: {_cut(self.what)}; {_cut(self.mend)}"


def _cut(text: str) -> str:
    """A text that fits a line: what it quotes of a corpus may have any length, and its ends say what is wrong."""
    half = _MOST // 2
    return text if len(text) <= _MOST else f"{text[:half]} … {text[-half:]}"


class CorpusError(Exception):
    """The corpus cannot be used. Raised once, with everything that is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
