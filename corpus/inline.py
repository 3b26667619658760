"""The words of one paragraph while they are read: text without markup, its links, its bold opening."""

from __future__ import annotations

import re
from collections.abc import Mapping

from corpus.addresses import find_addresses, with_scheme
from corpus.html import BLOCKS, HEADINGS, HIDDEN, STRUCK
from corpus.inert import inert_text
from corpus.types import Link

# Escaped marks (`\:`, `&lt;`) are set aside as characters that no text holds, so that no pattern below takes them for
# marks. Unicode keeps 32 such characters, and ASCII has 32 marks.
_MARKS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_SET_ASIDE = {ord(mark): 0xFDD0 + n for n, mark in enumerate(_MARKS)}
_PUT_BACK = {0xFDD0 + n: mark for n, mark in enumerate(_MARKS)}
_NO_CHARACTERS = dict.fromkeys(range(0xFDD0, 0xFDF0), "\ufffd") | {0: "\ufffd"}

_SPACES = re.compile(r"\s+")
_TASK = re.compile(r"\s*\[[ xX]\]\s+")
_ALERT = re.compile(r"\s*\[!\w+\][+-]?\s*")


def _dropped(mark: str) -> re.Pattern[str]:
    """A mark that is not shown, with the space that would stand before the full stop behind it."""
    return re.compile(rf"\s(?:{mark})(?=[.,;!?)])|{mark}")


_EMOJI = _dropped(r"(?<![\w:])(?::(?:[a-z][a-z0-9_+-]*|[+-]1):)+(?!\w)")
_ATTRIBUTE = r"(?:[#.][\w:-]+|[\w:-]+=(?:\"[^\"{}]*\"|'[^'{}]*'|[^\s{}\"']+))"
_ATTRIBUTES = _dropped(rf"\{{:[^{{}}]*\}}|\{{#?\}}|\{{\s*{_ATTRIBUTE}(?:\s+{_ATTRIBUTE})*\s*\}}")
_FOOTNOTE = _dropped(r"\[\^[^\]\s]+\]:?")
_BROKEN_LINK = re.compile(r"\[([^\[\]]*)\]\((?=[^)]*\))")
_NUMBER = re.compile(r"\[(\d+)\]")

_BREAKS = BLOCKS | HEADINGS.keys() | {"br"}
_CODE = frozenset(("code", "samp", "tt"))


def set_aside(marks: str) -> str:
    """Escaped marks as characters that are no marks; `Words.add_text` puts them back."""
    return marks.translate(_SET_ASIDE)


def replace_noncharacters(text: str) -> str:
    """The text without NUL and without the characters that `set_aside` uses. Its length stays."""
    return text.translate(_NO_CHARACTERS) if any(chr(code) in text for code in _NO_CHARACTERS) else text


class Words:
    """Plain text in one line that grows piece by piece. Spaces are single, and none is at its beginning."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._last = " "
        self._open: tuple[int, str] | None = None
        self._bold: int | None = None
        self._raised: int | None = None
        self._hidden = self._code = 0
        self._dropped = False
        self.links: list[Link] = []
        """Its links, in order."""
        self.lead = ""
        """The bold words that it opens with."""
        self.pictures = 0
        """How many pictures it shows."""
        self.struck = 0
        """How many of its texts are crossed out, and so left out."""

    @property
    def text(self) -> str:
        """What has been added, inert."""
        return inert_text("".join(self._pieces)).rstrip(" ")

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been added yet."""
        return self._length == 0

    def add(self, words: str) -> None:
        """Add a text as it is."""
        words = _SPACES.sub(" ", words)
        if self._last == " ":
            words = words.lstrip(" ")
        if words and not self._hidden:
            if self._dropped and words[0] in ".,;!?)":
                self._pieces[-1] = self._pieces[-1][:-1]
                self._length -= 1
            self._dropped = False
            self._pieces.append(words)
            self._length += len(words)
            self._last = words[-1]

    def drop_mark(self) -> None:
        """Leave out a mark, and the space before it, where a full stop follows."""
        self._dropped = self._last == " " and self._length > 0

    def add_code(self, words: str) -> None:
        """Add code: in an index such as `steps[0]` the brackets become full-width ones, and stay brackets."""
        self.add(_NUMBER.sub("［\\1］", words))

    def add_text(self, words: str, *, task: bool = False, alert: bool = False) -> None:
        """Add a text without the marks in it; a bare address becomes a link.

        `task`, `alert`: whether it may begin with the mark of a task, or of a GitHub alert.
        """
        if self._code:
            self.add_code(words.translate(_PUT_BACK))
            return
        if self.is_empty and task:
            words = _TASK.sub("", words, count=1) if _TASK.match(words) else words
        if self.is_empty and alert:
            words = _ALERT.sub("", words, count=1) if _ALERT.match(words) else words
        done = 0
        if self._open is None and ("://" in words or "www." in words.lower()):
            for start, end in find_addresses(words):
                address = words[start:end].translate(_PUT_BACK)
                self._add_clean(words[done:start])
                self.open_link(with_scheme(address))
                self.add(address)
                self.close_link()
                done = end
        self._add_clean(words[done:])

    def add_words(self, other: Words) -> None:
        """Add other words with their links."""
        at = self._length
        if other.is_empty:
            return
        self.add(other.text)
        self.links += (Link(at + link.start, at + link.end, link.url) for link in other.links)
        self.pictures += other.pictures
        self.struck += other.struck

    def open_link(self, url: str) -> None:
        """What follows is a link, up to `close_link`. A link inside a link is none."""
        self._dropped = False
        if self._open is None and not self._hidden:
            self._open = self._length, url

    def close_link(self) -> None:
        """End the link. One that shows no words is left out: it is a badge, or invisible."""
        if self._open is None:
            return
        start, url = self._open
        self._open = None
        end = self._length - (self._last == " " and self._length > 0)
        if end > start:
            self.links.append(Link(start, end, url))

    def open_bold(self) -> None:
        """What follows is bold, up to `close_bold`."""
        if self.is_empty:
            self._bold = 0

    def close_bold(self) -> None:
        """End the bold words."""
        if self._bold is not None:
            self.lead, self._bold = self.text, None

    def open_struck(self) -> None:
        """What follows is crossed out, and left out with its links, up to `close_struck`."""
        self._hidden += 1
        self.struck += 1

    def close_struck(self) -> None:
        """End the words that are crossed out."""
        self._hidden = max(0, self._hidden - 1)
        self.drop_mark()

    def open_tag(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        """Take note of the start of an HTML element."""
        if tag in HIDDEN:
            self._hidden += 1
        elif tag in STRUCK:
            self.open_struck()
        elif tag == "a" and attributes.get("href"):
            self.open_link(str(attributes["href"]).strip())
        elif tag == "img":
            self.pictures += 1
        elif tag in ("b", "strong"):
            self.open_bold()
        elif tag in _CODE:
            self._code += 1
        elif tag == "sup":
            self._raised = len(self._pieces)
        elif tag in _BREAKS:
            self.add(" ")

    def close_tag(self, tag: str) -> None:
        """Take note of the end of an HTML element."""
        if tag in HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in STRUCK:
            self.close_struck()
        elif tag == "a":
            self.close_link()
        elif tag in ("b", "strong"):
            self.close_bold()
        elif tag in _CODE:
            self._code = max(0, self._code - 1)
        elif tag == "sup":
            self._close_raised()
        elif tag in _BREAKS:
            self.add(" ")

    def close(self) -> None:
        """End what is still open."""
        self.close_link()
        self.close_bold()
        self._hidden = self._code = 0

    def _add_clean(self, words: str) -> None:
        if ":" in words:
            words = _EMOJI.sub("", words)
        if "{" in words:
            words = _ATTRIBUTES.sub("", words)
        if "[" in words:
            words = _BROKEN_LINK.sub(r"\1 (", _FOOTNOTE.sub("", words))
        self.add(words.translate(_PUT_BACK))

    def _close_raised(self) -> None:
        """10<sup>6</sup> is 10^6, and 1<sup>st</sup> is 1st."""
        at, self._raised = self._raised, None
        raised = "" if at is None else "".join(self._pieces[at:])
        if at and raised.strip("+-−").isdigit():
            self._pieces.insert(at, "^")
            self._length += 1
