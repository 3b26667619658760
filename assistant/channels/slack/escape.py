"""Words from people and from the corpus, made safe for Slack: no mention, no channel ping, no broken block."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["mrkdwn", "markdown", "plain"]
"""`mrkdwn`: Slack's own markup. `markdown`: `markdown` blocks and streams. `plain`: `plain_text` objects."""

_JOINER = "\u2060"
# Control and direction characters, and lone surrogates: they break JSON, lines, or the reading order.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff]")
_DANGER = {
    # Slack reads `<@U…>`, `<!channel>`, `<#C…>` and `<url|text>`; `@here` counts where a client links names.
    "mrkdwn": re.compile(r"<(?=\S)|@(?=channel|here|everyone)", re.IGNORECASE),
    # Whether `&lt;` becomes `<` before mentions are looked for is not documented, so an entity is broken too.
    "markdown": re.compile(r"<(?=\S)|&(?=#|\w)|@(?=channel|here|everyone)", re.IGNORECASE),
    "plain": re.compile(r"(?!)"),
}
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ADDRESS = {"&": "&amp;", "<": "%3C", ">": "%3E", "|": "%7C"}
_MARKED = re.compile(r"<([^<>\n]*)>")


def escape(text: str, kind: Kind, limit: int | None = None) -> str:
    """The same words, inert. At most `limit` UTF-16 units, the last of them "…" where words were left out.

    It never looks past a space, so a text may be escaped in pieces that are cut before spaces.
    """
    text = _DANGER[kind].sub(lambda match: match.group() + _JOINER, _UNSEEN.sub("", text))
    pieces = [_ENTITIES.get(char, char) for char in text] if kind == "mrkdwn" else list(text)
    return "".join(pieces) if limit is None else _clip(pieces, limit)


def measure(text: str) -> int:
    """Length in UTF-16 units, never less than Slack counts."""
    return len(text) + sum(char > "\uffff" for char in text)


def link(url: str | None, label: str, limit: int = 300) -> str:
    """A mrkdwn link, or the bare label where the address is missing, not http, or too long to show."""
    words = escape(" ".join(label.split()), "mrkdwn", limit)
    if url is None or not url.startswith(("https://", "http://")) or len(url) > 600:
        return words
    address = "".join(_ADDRESS.get(char, char) for char in _UNSEEN.sub("", url) if not char.isspace())
    return f"<{address}|{words}>" if words else f"<{address}>"


def read(text: str) -> str:
    """What somebody wrote in Slack, as plain words: mentions left out, links by their labels."""
    text = _MARKED.sub(_read_marked, text)
    for char, entity in (("<", "&lt;"), (">", "&gt;"), ("&", "&amp;")):
        text = text.replace(entity, char)
    return " ".join(text.split())


def _read_marked(match: re.Match[str]) -> str:
    target, _, label = match.group(1).partition("|")
    if target.startswith(("@", "!")):
        return ""
    if target.startswith("#"):
        return f"#{label}" if label else ""
    return label or target


def _clip(pieces: list[str], limit: int) -> str:
    room = limit
    for index, piece in enumerate(pieces):
        room -= measure(piece)
        if room < 0:
            kept = pieces[:index]
            while kept and sum(map(measure, kept)) > limit - 1:
                kept.pop()
            return "".join(kept).rstrip() + "…"
    return "".join(pieces)
