"""Markdown text -> headings and paragraphs of plain text, each with its place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from markdown_it import MarkdownIt
from markdown_it.token import Token

from corpus.types import Link

_HEADING_ID = re.compile(r"\s*\{#([^}\s]*)\}\s*$")
_SPACES = re.compile(r"\s+")
# No html: a tag is text like any other. No images, code or tables either: a guide is sentences and links.
_MARKDOWN = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph or list item."""

    kind: str
    """`heading` or `paragraph`."""
    text: str
    """The words without markup, in one line."""
    line: int
    """1-based first line in the file."""
    span: tuple[int, int]
    """Offsets of its first and past its last character in the file's text."""
    links: tuple[Link, ...] = ()
    """Its links, in order."""
    level: int = 0
    """1 to 6 of a heading, else 0."""
    id: str | None = None
    """The `{#id}` of a heading, without its marks."""
    quoted: bool = False
    """Whether it stands in a block quote."""
    listed: bool = False
    """Whether it is an item of a list."""
    lead: str = ""
    """The bold words that it opens with."""


@dataclass
class _Inline:
    """Plain text while it grows, with its links and its bold opening."""

    text: str = ""
    links: list[Link] = field(default_factory=list)
    lead: str = ""
    open_link: tuple[int, str] | None = None
    bold_from: int | None = None

    def add(self, words: str) -> None:
        words = _SPACES.sub(" ", words)
        if not self.text or self.text.endswith(" "):
            words = words.lstrip(" ")
        self.text += words


def read_blocks(text: str, *, first_line: int = 1, offset: int = 0) -> Iterator[Block]:
    """Yield the headings and paragraphs of a Markdown text in order.

    `first_line` and `offset` say where the text stands in its file (1-based line, 0-based character).
    HTML is text. Never raises: any text is some Markdown.
    """
    starts = [0, *accumulate(len(line) for line in text.splitlines(keepends=True))]
    quotes = items = 0
    opening: Token | None = None
    for token in _MARKDOWN.parse(text.replace("\x00", "\ufffd")):
        if token.type == "blockquote_open":
            quotes += 1
        elif token.type == "blockquote_close":
            quotes -= 1
        elif token.type == "list_item_open":
            items += 1
        elif token.type == "list_item_close":
            items -= 1
        elif token.type in ("heading_open", "paragraph_open"):
            opening = token
        elif token.type == "inline" and opening is not None and token.map is not None:
            first, last = token.map
            inline = _read_inline(token.children or [])
            words, heading_id = inline.text.strip(), None
            if opening.type == "heading_open" and (mark := _HEADING_ID.search(words)):
                heading_id, words = mark[1], words[: mark.start()].strip()
            if words:
                yield Block(
                    kind="heading" if opening.type == "heading_open" else "paragraph",
                    text=words,
                    line=first_line + first,
                    span=(offset + starts[first], offset + starts[min(last, len(starts) - 1)]),
                    links=tuple(link for link in inline.links if link.end <= len(words)),
                    level=int(opening.tag[1]) if opening.type == "heading_open" else 0,
                    id=heading_id,
                    quoted=quotes > 0,
                    listed=items > 0,
                    lead=inline.lead.strip(),
                )
            opening = None


def _read_inline(tokens: list[Token]) -> _Inline:
    inline = _Inline()
    for token in tokens:
        if token.type in ("text", "code_inline"):
            inline.add(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            inline.add(" ")
        elif token.type == "image":
            inline.add(token.content)
        elif token.type == "link_open":
            inline.open_link = (len(inline.text), str(token.attrs.get("href", "")))
        elif token.type == "link_close" and inline.open_link is not None:
            start, url = inline.open_link
            inline.links.append(Link(start, len(inline.text.rstrip(" ")), url))
            inline.open_link = None
        elif token.type == "strong_open" and not inline.text:
            inline.bold_from = 0
        elif token.type == "strong_close" and inline.bold_from is not None:
            inline.lead, inline.bold_from = inline.text, None
    return inline
