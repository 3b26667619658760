"""Texts that can't break a promise of an answer that quotes them: no markers, and addresses that are known.

`[12]` in a text would read as the marker of a source, so it becomes `(12)`, and `%5B12%5D` inside an address. An
address that a text names belongs to the corpus, so that an answer may show it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace

from corpus.types import About, Corpus, Credit, Link, Paragraph, Resource, Section, Successor

_MARKER = re.compile(r"\[(\d+)\]")
_RUN = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://|www\.)\S+")
_STOPS = r"\s<>\"'`()\[\]|\\“”„‘’«»。，、！？；：（）「」"
_REST = rf"(?:[^{_STOPS}]|\([^{_STOPS}]*\))+"
ADDRESS = re.compile(rf"(?:[A-Za-z][A-Za-z0-9+.-]*://|\bwww\.){_REST}")
"""A web address inside a text; brackets belong to it in pairs, as in `…/wiki/Course_(education)`."""
_STEM = re.compile(r"(?=(https?://(?=[\w\[])[\w\-.~:/?#@!$&*+,;=%]*))")
"""The part of an address before any bracket or quote: what an address is at least, wherever it begins."""
_TRAILING = ".,;:!?*_"


def find_addresses(text: str) -> Iterator[str]:
    """The addresses in a text, without the punctuation behind them: whole, and up to their first bracket or quote.

    The second form is the least that can be read as an address, so that no text holds one that is not found.
    """
    if "://" in text or "www." in text:
        found = (address.rstrip(_TRAILING) for kind in (ADDRESS, _STEM) for address in kind.findall(text))
        yield from dict.fromkeys(found)


def make_inert(corpus: Corpus) -> Corpus:
    """The corpus with texts that are safe to quote."""
    return replace(
        corpus,
        title=inert_text(corpus.title),
        credit=_credit(corpus.credit),
        sections=tuple(map(_section, corpus.sections)),
        resources=tuple(map(_resource, corpus.resources)),
        about=_about(corpus.about),
    )


def shown_texts(corpus: Corpus) -> Iterator[str]:
    """Every text of the corpus that an answer may show."""
    yield corpus.title
    for section in corpus.sections:
        yield section.title
        yield from (paragraph.text for paragraph in section.paragraphs)
    for resource in corpus.resources:
        yield from (resource.title, resource.short, resource.length or "", resource.status_note)
        yield resource.successor.title if resource.successor else ""
        yield from (paragraph.text for paragraph in resource.paragraphs)
    about = corpus.about
    yield from (about.subject, *about.labels.values(), *about.asks.values(), *about.starters)
    yield from (goal.label for goal in about.goals)
    yield from (stage.label for stage in about.backgrounds)


def inert_text(text: str) -> str:
    """A text without markers."""
    return "".join(piece for _, _, piece in _pieces(text)) if _MARKER.search(text) else text


def inert_address(url: str) -> str:
    """The same address, with what reads like a marker in its percent-encoded form."""
    return _MARKER.sub(r"%5B\1%5D", url)


def _pieces(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, what stands for it) of the stretches of a text, those that change apart from the others."""
    runs = [found.span() for found in _RUN.finditer(text)]
    at = 0
    for found in _MARKER.finditer(text):
        inside = any(start <= found.start() < end for start, end in runs)
        yield at, found.start(), text[at : found.start()]
        yield *found.span(), f"%5B{found[1]}%5D" if inside else f"({found[1]})"
        at = found.end()
    yield at, len(text), text[at:]


def _paragraph(paragraph: Paragraph) -> Paragraph:
    links = tuple(replace(link, url=inert_address(link.url)) for link in paragraph.links)
    if not _MARKER.search(paragraph.text):
        return replace(paragraph, links=links) if links != paragraph.links else paragraph
    pieces = list(_pieces(paragraph.text))
    starts = [start for start, _, _ in pieces]
    moved = [0]
    for start, end, piece in pieces:
        moved.append(moved[-1] + len(piece) - (end - start))

    def place(offset: int) -> int:
        piece = bisect_right(starts, offset) - 1
        return min(offset + moved[piece], starts[piece] + moved[piece] + len(pieces[piece][2]))

    text = "".join(piece for _, _, piece in pieces)
    at = tuple(Link(place(link.start), place(link.end), link.url) for link in links)
    return replace(paragraph, text=text, links=at)


def _paragraphs(paragraphs: Iterable[Paragraph]) -> tuple[Paragraph, ...]:
    return tuple(map(_paragraph, paragraphs))


def _section(section: Section) -> Section:
    paragraphs = _paragraphs(section.paragraphs)
    return replace(section, title=inert_text(section.title), paragraphs=paragraphs)


def _resource(resource: Resource) -> Resource:
    after = resource.successor
    return replace(
        resource,
        title=inert_text(resource.title),
        short=inert_text(resource.short),
        url=inert_address(resource.url),
        current_url=inert_address(resource.current_url),
        length=inert_text(resource.length) if resource.length else resource.length,
        status_note=inert_text(resource.status_note),
        successor=Successor(inert_text(after.title), inert_address(after.url), after.resource)
        if after
        else None,
        paragraphs=_paragraphs(resource.paragraphs),
        sources=tuple(map(inert_address, resource.sources)),
    )


def _credit(credit: Credit | None) -> Credit | None:
    if credit is None:
        return None
    author = inert_text(credit.author) if credit.author else credit.author
    url = inert_address(credit.url) if credit.url else credit.url
    return replace(credit, title=inert_text(credit.title), author=author, url=url)


def _about(about: About) -> About:
    return replace(
        about,
        subject=inert_text(about.subject),
        goals=tuple(replace(goal, label=inert_text(goal.label)) for goal in about.goals),
        backgrounds=tuple(replace(stage, label=inert_text(stage.label)) for stage in about.backgrounds),
        labels={id: inert_text(text) for id, text in about.labels.items()},
        asks={id: inert_text(text) for id, text in about.asks.items()},
        starters=tuple(map(inert_text, about.starters)),
    )
