"""Types -> files: the reverse of the parser, so that a file written by a program reads like one by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import yaml

from corpus.facts import Fact
from corpus.types import Credit, Paragraph, Resource, Section, Successor

_SPECIAL = re.compile(r"([\\`*_\[\]<>&~|{}$^]|:(?=//|[A-Za-z+-][\w+-]*:)|(?<=[Ww])\.)")
_BLOCK_START = re.compile(r"^(#|\+|-|=|!|\?|:|\d{1,9}[.)])")
_PLAIN_URL = re.compile(r"[^\s()<>\\&*_`\[\]]+")


def write_resource(resource: Resource) -> str:
    """The text of `resources/<slug>.md`; parsing it gives the same resource."""
    front: dict[str, Any] = {
        "title": resource.title,
        "short": resource.short,
        "aliases": list(resource.aliases),
        "url": resource.url,
        "kind": resource.kind,
        "authors": list(resource.authors),
        "organisation": resource.organisation,
        "section": resource.section,
        "origin": resource.origin,
        "level": resource.level,
        "prerequisites": list(resource.prerequisites),
        "topics": list(resource.topics),
        "format": list(resource.format),
        "length": resource.length,
        "cost": resource.cost,
        "status": resource.status,
        "status_note": resource.status_note,
        "status_checked": resource.status_checked,
        "current_url": resource.current_url,
        "successor": _successor(resource.successor),
        "good_for": list(resource.good_for),
        "not_for": list(resource.not_for),
        "questions": list(resource.questions),
    }
    if resource.sources:
        front["sources"] = list(resource.sources)
    if resource.facts:
        front["facts"] = {
            fact.name: {"value": _fact_value(fact), "words": fact.words} for fact in resource.facts
        }
    body = [_paragraph(paragraph) for paragraph in resource.paragraphs if paragraph.part == "description"]
    return _front_matter(front) + "\n" + "\n\n".join(body) + "\n"


def write_guide(title: str, credit: Credit | None, sections: Sequence[Section]) -> str:
    """The text of `guide.md`; parsing it gives the same sections, without their questions."""
    front: dict[str, Any] = {"title": title}
    if credit is not None:
        named = {
            "title": credit.title,
            "author": credit.author,
            "url": credit.url,
            "published": credit.published,
        }
        front["credit"] = {key: value for key, value in named.items() if value is not None}
    front["prerequisites"] = {section.id: list(section.prerequisites) for section in sections}
    blocks = [
        block
        for section in sections
        for block in (f"## {_escape(section.title)} {{#{section.id}}}", *map(_paragraph, section.paragraphs))
    ]
    return _front_matter(front) + "\n" + "\n\n".join(blocks) + "\n"


def blank_addition(slug: str, title: str, url: str, section: str) -> Resource:
    """An addition with nothing but its name: what a new file starts from."""
    return Resource(
        id=slug,
        title=title,
        short=title,
        aliases=(),
        url=url,
        kind="course",
        authors=(),
        organisation=None,
        section=section,
        origin="addition",
        level="intro",
        prerequisites=(),
        topics=(),
        format=(),
        length=None,
        cost=None,
        status="current",
        status_note="",
        status_checked=date.today(),
        current_url=url,
        successor=None,
        good_for=(),
        not_for=(),
        questions=(),
        paragraphs=(Paragraph(f"{title} is an addition to the guide.", "description", "", 1, (0, 0)),),
    )


def _front_matter(values: dict[str, Any]) -> str:
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=10_000)
    return f"---\n{text}---\n"


def _successor(successor: Successor | None) -> Any:
    if successor is None:
        return None
    return successor.resource or {"title": successor.title, "url": successor.url}


def _fact_value(fact: Fact) -> Any:
    return list(fact.value) if isinstance(fact.value, tuple) else fact.value


def _paragraph(paragraph: Paragraph) -> str:
    pieces, done = [], 0
    for link in paragraph.links:
        pieces.append(_escape(paragraph.text[done : link.start]))
        target = link.url if _PLAIN_URL.fullmatch(link.url) else f"<{link.url}>"
        pieces.append(f"[{_escape(paragraph.text[link.start : link.end])}]({target})")
        done = link.end
    text = "".join([*pieces, _escape(paragraph.text[done:])])
    text = _BLOCK_START.sub(lambda found: found[0][:-1] + "\\" + found[0][-1], text)
    return f"> {text}" if paragraph.part == "today" else text


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
