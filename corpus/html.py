"""HTML in a Markdown file: its elements, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Protocol

_BLOCK_NAMES = """
address article aside blockquote caption center dd details div dl dt fieldset figcaption figure footer form header hr li
main nav ol p pre section summary table tbody td tfoot th thead tr ul
"""
BLOCKS = frozenset(_BLOCK_NAMES.split())
"""Elements that start a line of their own, but for headings."""
HEADINGS = {f"h{level}": level for level in range(1, 7)}
"""Level of each heading element."""
HIDDEN = frozenset(("script", "style", "template", "svg", "head", "title", "noscript", "iframe", "object"))
"""Elements of which a page shows no text."""

STRUCK = frozenset(("del", "s", "strike"))
"""Elements whose text has been taken back: a page shows it crossed out."""


class Listener(Protocol):
    """Whoever is told what an HTML text holds."""

    def open_tag(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        """An element starts."""

    def close_tag(self, tag: str) -> None:
        """An element ends."""

    def add_html_text(self, text: str, line: int) -> None:
        """Text between tags; `line` counts from 0 in the HTML."""


class HtmlReader(HTMLParser):
    """Tells a listener what an HTML text holds. Comments, declarations and processing instructions are passed over."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._listener: Listener | None = None

    def read(self, html: str, listener: Listener) -> None:
        """Read a piece of HTML from its first to its last character."""
        self.reset()
        self._listener = listener
        self.feed(html)
        # What is left is the beginning of a tag or comment that never ends.
        if self.rawdata and not self.rawdata.startswith("<"):
            self.close()
        self._listener = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser."""
        if self._listener is not None:
            self._listener.open_tag(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        """Called by the parser."""
        if self._listener is not None:
            self._listener.close_tag(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser: a page takes `<a/>` for `<a>`."""
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        """Called by the parser."""
        if self._listener is not None:
            self._listener.add_html_text(data, self.getpos()[0] - 1)
