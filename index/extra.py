"""Further files that an index carries for whoever answers from it: written by `index build`, checked like its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Extra:
    """A further file of an index."""

    suffix: str
    """Ending of its name, with the dot."""
    revision: str
    """What it is made from, hex: an index that carries the same keeps its file."""
    write: Callable[[Path], object]
    """Fills the file."""
