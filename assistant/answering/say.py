"""Content -> a draft: Markdown in which each claim is followed by the markers of what carries it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.answering.layout import Block, Claim, Content, Line, Piece
from assistant.cite import ADDITION, Draft, Pick, cite_safely
from assistant.evidence import Quote
from assistant.types import Citation
from corpus.types import Corpus
from index.types import Chunk


def say(content: Content, corpus: Corpus, chunks: Mapping[str, Chunk]) -> Draft:
    """Lay out what was chosen. A claim that would break a promise is left out; `chunks`: of the index by id."""
    writer = _Writer(corpus, chunks)
    blocks = (writer.block(block) for block in content.blocks)
    return label_additions(Draft("\n\n".join(filter(None, blocks)), tuple(writer.citations)))


def label_additions(draft: Draft) -> Draft:
    """A draft that calls its additions so: where no word of it does, the first sentence that cites one is marked."""
    added = {one.number for one in draft.citations if "addition" in (one.origin, one.kind)}
    if not added or "addition" in draft.text.lower():
        return draft
    found = next(
        one for one in _MARKED.finditer(draft.text) if added & set(map(int, _NUMBER.findall(one[2])))
    )
    text = f"{draft.text[: found.start()]} {ADDITION}{found[1]} {found[2]}{draft.text[found.end() :]}"
    return replace(draft, text=text)


_MARKED = re.compile(r"([.!?;,]?) ((?:\[\d+\])+)")
_NUMBER = re.compile(r"\[(\d+)\]")


class _Writer:
    """Writes blocks and numbers their sources."""

    def __init__(self, corpus: Corpus, chunks: Mapping[str, Chunk]) -> None:
        self._corpus, self._chunks = corpus, chunks
        self.citations: list[Citation] = []
        self._sources: dict[str, Citation | None] = {}
        self._numbers: dict[str, int] = {}

    def block(self, block: Block) -> str:
        """The Markdown of a block; empty where nothing of it can be said."""
        if block.style == "table":
            return self._table(block.lines)
        lines = [text for line in block.lines if (text := self._line(line))]
        if block.style == "steps":
            lines = [f"{n}. {text}" for n, text in enumerate(lines, 1)]
        elif block.style == "list":
            lines = [f"- {text}" for text in lines]
        return ("\n" if block.style in ("list", "steps") else "\n\n").join(lines)

    def _line(self, line: Line) -> str:
        """A line; empty where all that it would claim is left out."""
        written = [self._piece(piece) for piece in line.pieces]
        if line.claims and not any(
            text for piece, text in zip(line.pieces, written, strict=True) if isinstance(piece, Claim)
        ):
            return ""
        return _join([text for text in written if text])

    def _piece(self, piece: Piece) -> str:
        if isinstance(piece, str):
            return piece
        if not all(self._source(quote) for quote in piece.quotes):
            return ""
        numbers = sorted({self._number(quote) for quote in piece.quotes})
        return f"{piece.text} {''.join(f'[{number}]' for number in numbers)}"

    def _source(self, quote: Quote) -> Citation | None:
        """The source of a sentence, not numbered yet; None where it would break a promise."""
        if quote.text not in self._sources:
            pick = Pick(quote.chunk, quote.sentence)
            self._sources[quote.text] = cite_safely(self._corpus, self._chunks, pick, 1)
        return self._sources[quote.text]

    def _number(self, quote: Quote) -> int:
        """The number of a source, counted in the order of use."""
        if quote.text not in self._numbers:
            self._numbers[quote.text] = len(self._numbers) + 1
            source = self._source(quote)
            assert source is not None
            self.citations.append(replace(source, number=self._numbers[quote.text]))
        return self._numbers[quote.text]

    def _table(self, rows: Sequence[Line]) -> str:
        """A table; a cell whose claim is left out holds a dash."""
        lines = [
            f"| {' | '.join(_cell(self._piece(piece)) or ('–' if piece else '') for piece in row.pieces)} |"
            for row in rows
        ]
        lines.insert(1, f"|{' --- |' * len(rows[0].pieces)}")
        return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _join(texts: list[str]) -> str:
    """Texts with a space between them; none before a mark that closes."""
    line = ""
    for text in texts:
        line += text if not line or text[0] in ":;,.)" else f" {text}"
    return line
