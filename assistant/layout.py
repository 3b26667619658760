"""How an answer is laid out: paragraphs, lists and tables of quotes, each with its marker right behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from assistant.cite import Draft, Pick, cite
from assistant.evidence import Quote
from assistant.types import Citation
from corpus.types import Corpus

Style = Literal["text", "list", "table"]
_SINCE = "Since then:"
AFTER = "After that:"
_DATED = re.compile(r"^(?:As of|Since|In (?:mid-)?(?:\w+ )?20\d\d|By )")
SAYS_ADDITION = re.compile(r"\badditions? to the (?:\d{4} )?guide\b", re.IGNORECASE)
LISTED_FROM = 3


@dataclass(slots=True)
class Block:
    """A paragraph, a list or a table of quotes."""

    quotes: list[Quote]
    """In order."""
    style: Style = "text"
    """How they are laid out."""
    lead: str = ""
    """Neutral words in front."""
    header: tuple[str, ...] = ()
    """Column titles of a table."""
    rows: list[tuple[str, list[Quote | None]]] = field(default_factory=list)
    """Row title and cells of a table."""
    since: dict[int, list[Quote]] = field(default_factory=dict)
    """What has changed, by the position of the list item that it belongs to."""


def on_addition(quote: Quote, corpus: Corpus) -> bool:
    """Whether a sentence is on something that the guide does not list."""
    resource = corpus.resource_by_id.get(quote.about or "")
    return quote.chunk.kind == "addition" or (resource is not None and resource.origin == "addition")


def write(corpus: Corpus, blocks: Iterable[Block]) -> Draft:
    """Lay out the blocks: each sentence once, its marker right behind it."""
    citations: list[Citation] = []
    numbers: dict[str, int] = {}

    def said(quote: Quote) -> str:
        if quote.text not in numbers:
            numbers[quote.text] = len(citations) + 1
            citations.append(cite(corpus, Pick(quote.chunk, quote.sentence), len(citations) + 1))
        return f"{quote.text} [{numbers[quote.text]}]"

    pieces: list[str] = []
    for block in blocks:
        if block.style == "table":
            pieces.append(_table(block, said))
            continue
        lead = block.lead or _lead(block.quotes, corpus, first=not pieces)
        if block.style == "list":
            lines = [
                " ".join(
                    ("-", said(quote), *(_since(state, said(state)) for state in block.since.get(n, ())))
                )
                for n, quote in enumerate(block.quotes)
            ]
            pieces.append("\n".join([*([lead] if lead else []), *lines]))
        else:
            pieces.append(" ".join([*([lead] if lead else []), *map(said, block.quotes)]))
    return Draft("\n\n".join(piece for piece in pieces if piece), tuple(citations))


def _since(quote: Quote, words: str) -> str:
    return words if _DATED.match(quote.text) else f"{_SINCE} {words}"


def _lead(quotes: Sequence[Quote], corpus: Corpus, first: bool) -> str:
    if not quotes:
        return ""
    quote = quotes[0]
    if on_addition(quote, corpus) and not SAYS_ADDITION.search(quote.text):
        published = f"{corpus.credit.published} " if corpus.credit and corpus.credit.published else ""
        return f"Not in the {published}guide, but an addition:"
    if not first and quote.part in ("today", "status") and not _DATED.match(quote.text):
        return _SINCE
    return ""


def _table(block: Block, said: Callable[[Quote], str]) -> str:
    lines = [f"| {' | '.join(block.header)} |", f"|{' --- |' * len(block.header)}"]
    for title, cells in block.rows:
        words = [said(cell).replace("|", "\\|") if cell is not None else "–" for cell in cells]
        lines.append(f"| {title} | {' | '.join(words)} |")
    return "\n".join(lines)
