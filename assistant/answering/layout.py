"""What an answer is made of: claims that the corpus carries, frame words around them, lines, blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from assistant.evidence import Quote
from assistant.types import Clarification

Style = Literal["text", "list", "steps", "table"]


@dataclass(frozen=True, slots=True)
class Claim:
    """Words that state something, and the sentences that carry it."""

    text: str
    """A quotation, its short form, or a fact; no markers."""
    quotes: tuple[Quote, ...]
    """What carries it, at least one."""


Piece = Claim | str
"""A claim, or words of the frame, which state nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph, an item of a list, or a row of a table, whose pieces are its cells."""

    pieces: tuple[Piece, ...]
    """In order; written with a space between them."""
    about: str | None = None
    """Id of the resource that it recommends or describes."""

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What it states."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Claim))


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one style."""

    lines: tuple[Line, ...]
    """In order; the first row of a table is its header."""
    style: Style = "text"
    """How they are laid out."""


@dataclass(frozen=True, slots=True)
class Content:
    """What an answer will say."""

    blocks: tuple[Block, ...] = ()
    """In order."""
    gaps: tuple[str, ...] = ()
    """What was asked and the corpus does not tell."""
    back: Clarification | None = field(default=None)
    """The question back."""

    def opened_by(self, words: str) -> Content:
        """The same behind some words of the frame; a list or a table stands below them."""
        first, *others = self.blocks
        if first.style != "text":
            return replace(self, blocks=(Block((Line((words,)),)), *self.blocks))
        opening = Line((words, *first.lines[0].pieces), first.lines[0].about)
        return replace(self, blocks=(replace(first, lines=(opening, *first.lines[1:])), *others))

    @property
    def lines(self) -> Iterator[Line]:
        """All lines, in order."""
        return (line for block in self.blocks for line in block.lines)

    @property
    def items(self) -> tuple[str, ...]:
        """Ids of the resources that it recommends or describes, in order."""
        return tuple(dict.fromkeys(line.about for line in self.lines if line.about))
