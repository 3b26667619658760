"""Addresses of the web, as they stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

# What ends a bare address: spaces, quotes, angle and square brackets, and the punctuation of other scripts, which
# stands directly behind an address there. Square brackets are allowed in none, and would look like a source's number.
_ENDS = (
    r"\s\x00-\x1f<>\"`\[\]«»‘’“”‹›…"
    r"\u3000-\u3004\u3008-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
    r"\u0964\u0965\u060c\u061b\u061f\u06d4"
)
_BARE = re.compile(rf"(?:https?://(?=\w)|(?<![\w./@-])www\.(?=\w[\w-]*\.\w))[^{_ENDS}]+", re.IGNORECASE)
_STEM = re.compile(r"(?=(https?://(?=[\w\[])[\w\-.~:/?#@!$&*+,;=%]*))")
_PUNCTUATION = ".,;:!?*_"
ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://|\bwww\.)[^\s<>\"]+", re.IGNORECASE)
"""An address of any scheme, with whatever stands directly behind it: what a text without addresses must not hold."""
_TRAILING = frozenset("?!.,:;*_~'")


def find_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Yield the offsets (start, end) of the bare addresses of a text, by the rules of GitHub's Markdown.

    An address begins with `http://`, `https://` or `www.`. Punctuation at its end belongs to the sentence, and so does
    a closing parenthesis that the address has not opened.
    """
    for found in _BARE.finditer(text):
        end = _trim(found[0])
        if end:
            yield found.start(), found.start() + end


def shown_addresses(text: str) -> Iterator[str]:
    """Yield the addresses that a text shows: whole, and up to their first bracket or quote.

    The second form is the least that can be read as an address, wherever it begins (`xhttps://…`, one inside another):
    no text holds an address that is not yielded.
    """
    if "://" in text or "www." in text.lower():
        yield from (text[start:end] for start, end in find_addresses(text))
        yield from (stem.rstrip(_PUNCTUATION) for stem in _STEM.findall(text))


def with_scheme(address: str) -> str:
    """The address that a browser opens for a bare one."""
    return f"http://{address}" if address[:4].lower() == "www." else address


def is_address(url: str) -> bool:
    """Whether a text is a whole http or https address."""
    return address_host(url) != "" and not any(c.isspace() for c in url)


def address_host(url: str) -> str:
    """Host, and port where one is given, of an http or https address; empty for anything else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.netloc if parts.scheme in ("http", "https") else ""


def _trim(address: str) -> int:
    """Length of an address without the punctuation behind it."""
    end = len(address)
    open_ = address.count("(") - address.count(")")
    while end:
        if address[end - 1] == ")" and open_ < 0:
            open_ += 1
        elif address[end - 1] not in _TRAILING:
            break
        end -= 1
    return end
