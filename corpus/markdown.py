"""Markdown text -> headings and paragraphs of plain text, as a reader of the page sees them, each with its place."""

from __future__ import annotations

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from corpus.dialect import make_parser
from corpus.hidden import blank_hidden
from corpus.html import BLOCKS, HEADINGS, HIDDEN, STRUCK, HtmlReader
from corpus.inline import Words, replace_noncharacters, set_aside
from corpus.sentences import is_ended
from corpus.types import Link
from corpus.unread import Unread

_HEADING_ID = re.compile(r"\s*\{#([^}\s]*)\}\s*$")
# A cell that says that there is nothing to say.
_NOTHING = frozenset(("-", "–", "—"))
_LINE_END = re.compile(r"\r\n?|\n")
_MARKDOWN = make_parser()


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph, list item or table row."""

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
    depth: int = 0
    """How many lists it stands in."""
    opens: bool = False
    """Whether it is the first paragraph of a list item."""
    lead: str = ""
    """The bold words that it opens with."""
    row: bool = False
    """Whether it is a row of a table: one sentence, whatever its cells hold."""
    subject: str = ""
    """The first cell of a row."""
    about: tuple[str, ...] = ()
    """Addresses of the lead-in that it stands under: what it speaks of where it holds no link."""


def read_blocks(
    text: str, *, first_line: int = 1, offset: int = 0, unread: Unread | None = None
) -> Iterator[Block]:
    """Yield the headings, paragraphs, list items and table rows of a Markdown text in order.

    `first_line` and `offset` say where the text stands in its file (1-based line, 0-based character). `unread` is
    filled with what is left out. Never raises: any text is some Markdown.
    """
    reader = _Reader(text, first_line, offset, defaultdict(list) if unread is None else unread)
    yield from reader.read()


@dataclass
class _Table:
    """The rows of a table while they are read."""

    header: list[Words] = field(default_factory=list)
    cells: list[Words] = field(default_factory=list)
    heads: int = 0
    """How many cells of this row are headers."""


class _Reader:
    """Turns tokens into blocks. HTML elements may stay open from one token to the next."""

    def __init__(self, text: str, first_line: int, offset: int, unread: Unread) -> None:
        self._text = text
        self._first_line = first_line
        self._offset = offset
        self._unread = unread
        # Markdown knows no other end of a line; `splitlines` does.
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(text)), len(text)]
        self._blocks: list[Block] = []
        self._html = HtmlReader()
        # One that is never closed would cross out the whole rest.
        self._struck = frozenset(tag for tag in STRUCK if _is_closed(text, tag))
        self._env: dict[str, object] = {}
        self._opening: Token | None = None
        self._quotes = self._items = 0
        self._opens = False
        self._table: _Table | None = None
        # Of HTML blocks:
        self._words: Words | None = None
        self._words_lines = (0, 0)
        self._html_line = 0
        self._level = self._lists = self._html_quotes = self._skipped = 0

    def read(self) -> Iterator[Block]:
        """Yield the blocks."""
        shown, tags = blank_hidden(self._text)
        for at in tags:
            self._leave_out("template tag", bisect(self._starts, at) - 1)
        for token in _MARKDOWN.parse(replace_noncharacters(shown), self._env):
            self._take(token)
            yield from self._blocks
            self._blocks.clear()
        self._flush()
        yield from self._blocks

    def _take(self, token: Token) -> None:
        kind = token.type
        if kind == "inline":
            self._take_inline(token)
        elif kind in ("heading_open", "paragraph_open"):
            self._opening = token
        elif kind == "html_block":
            self._take_html(token)
        elif kind == "math_block":
            words = Words()
            words.add(f"$${token.content.strip()}$$")
            self._emit(words, _map(token))
        elif kind in ("code_block", "fence"):
            self._leave_out("code block", _map(token)[0])
        elif kind.startswith(("table_", "tr_", "th_", "td_")):
            self._take_table(kind, token)
        else:
            self._nest(kind)

    def _nest(self, kind: str) -> None:
        if kind == "blockquote_open":
            self._quotes += 1
        elif kind == "blockquote_close":
            self._quotes -= 1
        elif kind == "list_item_open":
            self._items += 1
            self._opens = True
        elif kind == "list_item_close":
            self._items -= 1

    def _take_inline(self, token: Token) -> None:
        words = Words()
        if self._skipped:
            return
        self._read_inline(token.children or [], words, may_open=True)
        if token.children == [] and token.content:
            words.add(token.content)
        words.close()
        lines = _map(token)
        self._leave_out_of(words, lines[0])
        if self._table is not None:
            self._table.cells.append(words)
            return
        opening, self._opening = self._opening, None
        if opening is not None and opening.type == "heading_open":
            self._emit(words, lines, int(opening.tag[1]), token.content)
        elif opening is not None:
            self._emit(words, lines, self._level)

    def _take_table(self, kind: str, token: Token) -> None:
        if kind == "table_open":
            self._table = _Table()
        elif kind == "table_close":
            self._table = None
        elif self._table is None:
            return
        elif kind == "tr_open":
            self._table.cells, self._table.heads = [], 0
            self._words_lines = _map(token)
        elif kind == "th_close":
            self._table.heads += 1
        elif kind == "tr_close":
            self._emit_row(self._table, self._words_lines)

    def _read_inline(self, tokens: Sequence[Token], words: Words, *, may_open: bool = False) -> None:
        run = ""
        task, alert = may_open and self._items > 0, may_open and self._quotes > 0
        for token in tokens:
            kind = token.type
            if kind == "text":
                run += token.content
                continue
            if kind == "text_special":
                run += set_aside(token.content)
                continue
            if kind in ("softbreak", "hardbreak"):
                run += "\n"
                continue
            if run:
                words.add_text(run, task=task, alert=alert)
                run = ""
            self._read_token(token, words)
        if run:
            words.add_text(run, task=task, alert=alert)

    def _read_token(self, token: Token, words: Words) -> None:
        kind = token.type
        if kind == "code_inline":
            words.add_code(token.content)
        elif kind == "link_open":
            words.open_link(str(token.attrs.get("href", "")))
        elif kind == "link_close":
            words.close_link()
        elif kind == "strong_open":
            words.open_bold()
        elif kind == "strong_close":
            words.close_bold()
        elif kind == "s_open":
            words.open_struck()
        elif kind == "s_close":
            words.close_struck()
        elif kind == "image":
            words.pictures += 1
        elif kind == "html_inline":
            self._html.read(token.content, _Inline(words))
        elif kind in ("math_inline", "math_inline_double"):
            words.add(f"{token.markup}{token.content}{token.markup}")
        elif kind == "footnote_ref" and "label" in token.meta:
            words.drop_mark()
        elif kind == "footnote_ref":
            self._read_footnote(int(token.meta["id"]), words)

    def _read_footnote(self, id: int, words: Words) -> None:
        """`^[…]`: a remark that stands in the sentence itself."""
        notes = self._env.get("footnotes")
        tokens = notes["list"][id].get("tokens", ()) if isinstance(notes, dict) else ()
        children = [child for token in tokens for child in token.children or [token]]
        words.add(" (")
        self._read_inline(children, words)
        words.add(")")

    # HTML blocks. A heading or list that opens in one may hold Markdown, and close in another.

    def _take_html(self, token: Token) -> None:
        self._html_line = _map(token)[0]
        self._html.read(token.content, self)
        self._flush()

    def open_tag(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        """An element of an HTML block starts."""
        if tag in HIDDEN:
            self._skipped += 1
        elif tag in self._struck:
            self._skipped += 1
            self._leave_out("crossed-out text", self._html_line)
        elif tag in HEADINGS:
            self._flush()
            self._level = HEADINGS[tag]
        elif tag in BLOCKS:
            self._open_block(tag)
        else:
            self._html_words().open_tag(tag, attributes)

    def close_tag(self, tag: str) -> None:
        """An element of an HTML block ends."""
        if tag in HIDDEN or tag in self._struck:
            self._skipped = max(0, self._skipped - 1)
            if self._words is not None:
                self._words.drop_mark()
        elif tag in HEADINGS:
            self._flush()
            self._level = 0
        elif tag in BLOCKS:
            self._close_block(tag)
        elif self._words is not None:
            self._words.close_tag(tag)

    def add_html_text(self, text: str, line: int) -> None:
        """Text of an HTML block; what looks like Markdown in it was meant as such."""
        if self._skipped or (self._words is None and not text.strip()):
            return
        words = self._html_words()
        first = self._html_line + line + text[: len(text) - len(text.lstrip())].count("\n")
        if words.is_empty:
            self._words_lines = (first, first + 1)
        self._words_lines = (self._words_lines[0], self._html_line + line + text.rstrip().count("\n") + 1)
        if "](" in text or "**" in text:
            for token in _MARKDOWN.parseInline(text.strip("\n"), {}):
                self._read_inline(token.children or [], words)
        else:
            words.add_text(text)

    def _open_block(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._flush()
            return
        self._flush()
        if tag in ("ul", "ol"):
            self._lists += 1
        elif tag == "li":
            self._opens = True
        elif tag == "blockquote":
            self._html_quotes += 1
        elif tag == "table":
            self._table = _Table()
        elif tag == "tr" and self._table is not None:
            self._table.cells, self._table.heads = [], 0

    def _close_block(self, tag: str) -> None:
        if tag in ("td", "th") and self._table is not None:
            self._table.heads += tag == "th"
            self._flush(cell=True)
            return
        self._flush()
        if tag in ("ul", "ol"):
            self._lists = max(0, self._lists - 1)
        elif tag == "blockquote":
            self._html_quotes = max(0, self._html_quotes - 1)
        elif tag == "tr" and self._table is not None:
            self._emit_row(self._table, self._words_lines)
        elif tag == "table":
            self._table = None

    def _html_words(self) -> Words:
        if self._words is None:
            self._words = Words()
            self._words_lines = (self._html_line, self._html_line + 1)
        return self._words

    def _flush(self, *, cell: bool = False) -> None:
        """End the words of an HTML block that are being read."""
        words, self._words = self._words, None
        if words is None:
            if cell and self._table is not None:
                self._table.cells.append(Words())
            return
        words.close()
        self._leave_out_of(words, self._html_line)
        if self._table is not None:
            self._table.cells.append(words)
        else:
            self._emit(words, self._words_lines, self._level)

    # Blocks

    def _emit(self, words: Words, lines: tuple[int, int], level: int = 0, source: str = "") -> None:
        text, heading_id = words.text, None
        if mark := _HEADING_ID.search(source):
            heading_id = mark[1]
            if left := _HEADING_ID.search(text):
                text = text[: left.start()].rstrip()
        if not text or _is_contents(words, text):
            return
        self._blocks.append(
            self._block(
                words,
                lines,
                kind="heading" if level else "paragraph",
                text=text,
                level=level,
                id=heading_id,
                lead=words.lead.strip(),
            )
        )

    def _emit_row(self, table: _Table, lines: tuple[int, int]) -> None:
        """A row is a sentence: its first cell, then the others with the names of their columns."""
        cells, table.cells = table.cells, []
        if table.heads and table.heads == len(cells) and not table.header:
            table.header = cells
            if not any(cell.links for cell in cells):
                return
        names = [cell.text for cell in table.header] if cells is not table.header else []
        words, subject = _join_cells(cells, names)
        if words.is_empty:
            return
        if not is_ended(words.text):
            words.add(".")
        self._blocks.append(
            self._block(words, lines, kind="paragraph", text=words.text, row=True, subject=subject)
        )

    def _block(self, words: Words, lines: tuple[int, int], **values: object) -> Block:
        depth = self._items + self._lists
        opens, self._opens = self._opens and depth > 0, False
        first, last = lines
        last = min(max(last, first + 1), len(self._starts) - 1)
        return Block(
            line=self._first_line + first,
            span=(self._offset + self._starts[min(first, last)], self._offset + self._starts[last]),
            links=tuple(link for link in words.links if link.end <= len(str(values["text"]))),
            quoted=self._quotes + self._html_quotes > 0,
            depth=depth,
            opens=opens,
            **values,  # type: ignore[arg-type]
        )

    def _leave_out_of(self, words: Words, line: int) -> None:
        if words.pictures:
            self._leave_out("picture", line)
        if words.struck:
            self._leave_out("crossed-out text", line)

    def _leave_out(self, kind: str, line: int) -> None:
        self._unread.setdefault(kind, []).append(self._first_line + line)


class _Inline:
    """Tells the words of a paragraph what HTML stands among them."""

    def __init__(self, words: Words) -> None:
        self.open_tag = words.open_tag
        self.close_tag = words.close_tag
        self._words = words

    def add_html_text(self, text: str, line: int) -> None:
        """Text that the Markdown parser took for HTML."""
        self._words.add_text(text)


def _join_cells(cells: Sequence[Words], names: Sequence[str]) -> tuple[Words, str]:
    """The words of a row, and its first cell that is not empty."""
    joined, subject, gap = Words(), "", " – "
    shown = [(cell, names[n].rstrip(" :") if n < len(names) else "") for n, cell in enumerate(cells)]
    for cell, name in shown:
        if cell.is_empty or cell.text in _NOTHING:
            continue
        if subject:
            gap = " " if is_ended(joined.text) and gap == "; " else gap
            joined.add(f"{gap}{name}: " if name else gap)
            gap = "; "
        joined.add_words(cell)
        subject = subject or cell.text
    return joined, subject


def _is_closed(text: str, tag: str) -> bool:
    """Whether an HTML element is closed as often as it is opened."""
    tags = re.findall(rf"<(/?){tag}[\s>]", text, re.IGNORECASE)
    return 0 < len(tags) <= 2 * tags.count("/")


def _is_contents(words: Words, text: str) -> bool:
    """Whether a paragraph is an entry of a table of contents: nothing but links into the same page."""
    shown = "".join(text[link.start : link.end] for link in words.links)
    inside = bool(words.links) and all(link.url.startswith("#") for link in words.links)
    return inside and _letters(shown) == _letters(text)


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalpha())


def _map(token: Token) -> tuple[int, int]:
    first, last = token.map or (0, 1)
    return first, last
