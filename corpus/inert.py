"""Texts that can't break a promise of an answer that quotes them: no markers, no markup.

`[12]` in a text would read as the marker of a source, so it becomes `(12)`, and `%5B12%5D` in the address of a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from corpus.annotations import Annotation
from corpus.types import About, Corpus, Credit, Paragraph, Resource, Section, Successor

_MARKER = re.compile(r"\[(\d+)\]")
# What a page shows as text (code, escaped marks, mistakes), and a client could take for markup.
_MARKUP = re.compile(r"<(?=[A-Za-z/!?])|\{(?=[{%])|(?<=[}%])\}|\](?=\()|\|(?=\s*:?-{3})")
_FULL_WIDTH = {"<": "＜", "{": "｛", "}": "｝", "]": "］", "|": "｜"}


def inert_text(text: str) -> str:
    """A text in which nothing can be taken for the number of a source or for markup. Its length stays.

    `[12]` becomes `(12)`; in `<b>`, `{{`, `}}` and `](` one mark becomes its full-width form.
    """
    if "[" in text:
        text = _MARKER.sub(r"(\1)", text)
    return _MARKUP.sub(lambda found: _FULL_WIDTH[found[0]], text)


def inert_address(url: str) -> str:
    """The same address, with what reads like a marker in its percent-encoded form."""
    return _MARKER.sub(r"%5B\1%5D", url)


def make_inert(corpus: Corpus) -> Corpus:
    """The corpus with texts that are safe to quote."""
    return replace(
        corpus,
        title=inert_text(corpus.title),
        credit=_credit(corpus.credit),
        sections=tuple(map(_section, corpus.sections)),
        resources=tuple(map(_resource, corpus.resources)),
        about=_about(corpus.about),
        annotations=tuple(map(_annotation, corpus.annotations)),
    )


def _annotation(one: Annotation) -> Annotation:
    short = inert_text(one.short) if one.short else None
    return replace(one, sentence=inert_text(one.sentence), short=short)


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


def _paragraph(paragraph: Paragraph) -> Paragraph:
    links = tuple(replace(link, url=inert_address(link.url)) for link in paragraph.links)
    return replace(paragraph, text=inert_text(paragraph.text), links=links)


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
