"""A document of a few kinds of blocks, written as Markdown or as an HTML page. Every text is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

_MARKUP = re.compile(r"([\\`*_\[\]<>|#~&])")
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
:root { color-scheme: light dark; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid #8888; text-align: left; vertical-align: top; }
td { font-variant-numeric: tabular-nums; }
td:not(:first-child, :last-child) { white-space: nowrap; }
img { max-width: 100%; height: auto; background: #fff; }
dt { font-weight: 600; margin-top: .25rem; }
dd { margin: 0 0 0 1.5rem; overflow-wrap: anywhere; }
"""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading."""

    text: str
    """Its words."""
    level: int = 2
    """1 to 4."""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    """Its words."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head."""

    head: Sequence[str]
    """Names of the columns."""
    rows: Sequence[Sequence[str]]
    """Cells, as many as columns."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A plot in a file beside the document."""

    file: str
    """Relative path."""
    alt: str
    """What it shows, in words."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Names, each with its text."""

    items: Sequence[tuple[str, str]]
    """(name, text)."""


Block = Heading | Text | Table | Picture | Terms


def write_markdown(blocks: Iterable[Block]) -> str:
    """The document as Markdown."""
    return "\n\n".join(_markdown(block) for block in blocks) + "\n"


def write_page(title: str, blocks: Iterable[Block]) -> str:
    """The document as one HTML page without scripts."""
    body = "\n".join(_html(block) for block in blocks)
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n<main>\n{body}\n</main>\n</html>\n"
    )


def _markdown(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {_plain(text)}"
        case Text(text):
            return _plain(text)
        case Table(head, rows):
            rule = _row(["---"] * len(head))
            return "\n".join([_row(map(_plain, head)), rule, *(_row(map(_plain, row)) for row in rows)])
        case Picture(file, alt):
            return f"![{_plain(alt)}]({file})"
        case Terms(items):
            return "\n".join(f"- **{_plain(name)}**: {_plain(text)}" for name, text in items)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _html(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Text(text):
            return f"<p>{escape(text)}</p>"
        case Table(head, rows):
            names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
            cells = "\n".join(
                f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
            )
            return (
                '<div class="wide" role="group" aria-label="Table" tabindex="0">\n'
                f"<table>\n<thead><tr>{names}</tr></thead>\n<tbody>\n{cells}\n</tbody></table></div>"
            )
        case Picture(file, alt):
            return f'<p><img src="{escape(file)}" alt="{escape(alt)}"></p>'
        case Terms(items):
            pairs = "\n".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in items)
            return f"<dl>\n{pairs}\n</dl>"
