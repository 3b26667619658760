"""How an answer is laid out: paragraphs, lists and tables of quotes, each with its marker right behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from assistant.cite import Draft, Pick, cite_safely
from assistant.evidence import Quote
from assistant.types import Citation
from corpus.types import Corpus
from index.types import Chunk

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


def write(corpus: Corpus, chunks: Mapping[str, Chunk], blocks: Iterable[Block]) -> Draft:
    """Lay out the blocks: each sentence once, its marker right behind it.

    `chunks`: those of the index by id. A sentence that would break a promise is left out.
    """
    citations: list[Citation] = []
    numbers: dict[str, int] = {}

    def said(quote: Quote) -> str:
        if quote.text not in numbers:
            pick = Pick(quote.chunk, quote.sentence)
            citation = cite_safely(corpus, chunks, pick, len(citations) + 1)
            if citation is None:
                return ""
            citations.append(citation)
            numbers[quote.text] = citation.number
        return f"{quote.text} [{numbers[quote.text]}]"

    pieces: list[str] = []
    for block in blocks:
        if block.style == "table":
            pieces.append(_table(block, said))
            continue
        sentences = [(quote, words) for quote in block.quotes if (words := said(quote))]
        quotes = [quote for quote, _ in sentences]
        lead = (block.lead or _lead(quotes, corpus, first=not pieces)) if quotes else ""
        if block.style == "list":
            pieces.append("\n".join([*([lead] if lead else []), *_items(block, said)]))
        else:
            pieces.append(" ".join([*([lead] if lead else []), *(words for _, words in sentences)]))
    return Draft("\n\n".join(piece for piece in pieces if piece), tuple(citations))


def _items(block: Block, said: Callable[[Quote], str]) -> Iterator[str]:
    """The lines of a list, each with what has changed since."""
    for n, quote in enumerate(block.quotes):
        if words := said(quote):
            states = ((state, said(state)) for state in block.since.get(n, ()))
            yield " ".join(("-", words, *(_since(state, told) for state, told in states if told)))


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
    header = [title.replace("|", "\\|") for title in block.header]
    lines = [f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    for title, cells in block.rows:
        words = [(said(cell) if cell is not None else "").replace("|", "\\|") for cell in cells]
        if any(words):
            lines.append(f"| {title} | {' | '.join(one or '–' for one in words)} |")
    return "\n".join(lines)
