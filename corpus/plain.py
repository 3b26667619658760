"""A plain Markdown guide with links -> Corpus: its headings or bold lead-ins are the sections."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from corpus.errors import Problem
from corpus.frontmatter import read_front_matter
from corpus.markdown import Block, read_blocks
from corpus.parse import is_address
from corpus.types import Credit, Paragraph, Resource, Section

_WORDS_IN_SLUG = 6
_INTRO = "intro"


def parse_plain_guide(
    text: str, path: str, problems: list[Problem]
) -> tuple[str, Credit, tuple[Section, ...], tuple[Resource, ...]]:
    """Read any Markdown guide: (title, credit, sections, resources), in the text's order.

    A text before the first heading or lead-in is the section `intro`. Links that are no web address
    are left as text. A file without a single section or link is no guide: that is added to `problems`.
    """
    head = read_front_matter(text, path, problems)
    blocks = list(read_blocks(head.body, first_line=head.body_line, offset=head.body_offset))
    stated = head.values.get("title")
    title, blocks = _take_title(blocks, stated if isinstance(stated, str) and stated.strip() else None)
    groups = _group(blocks)
    sections, resources = [], []
    taken_sections: set[str] = set()
    taken_resources: set[str] = set()
    seen_urls: set[str] = set()
    for name, members in groups:
        id = _unique(_slug(name) or _INTRO, taken_sections)
        paragraphs = tuple(Paragraph(b.text, "guide", path, b.line, b.span, b.links) for b in members)
        sections.append(Section(id=id, title=name or title, paragraphs=paragraphs, line=members[0].line))
        for paragraph in paragraphs:
            for link in paragraph.links:
                if link.url not in seen_urls and is_address(link.url):
                    seen_urls.add(link.url)
                    words = paragraph.text[link.start : link.end].strip() or link.url
                    resources.append(_resource(words, link.url, id, taken_resources, path))
    if not sections or not resources:
        what = "no text" if not sections else "no link"
        mend = "give a Markdown text that recommends resources by links, or a corpus directory"
        problems.append(Problem(path, 1, f"it is no guide: there is {what} in it", mend))
    return title, Credit(title, None, None, None), tuple(sections), tuple(resources)


def _take_title(blocks: list[Block], stated: str | None) -> tuple[str, list[Block]]:
    """The stated title, else a single level-1 heading, which then starts no section."""
    tops = [block for block in blocks if block.kind == "heading" and block.level == 1]
    if len(tops) == 1:
        return stated or tops[0].text, [block for block in blocks if block is not tops[0]]
    return stated or "Guide", blocks


def _group(blocks: Sequence[Block]) -> list[tuple[str, list[Block]]]:
    """Paragraphs by the heading, or, where there is no heading, by the bold words that open one."""
    by_heading = any(block.kind == "heading" for block in blocks)
    groups: list[tuple[str, list[Block]]] = [("", [])]
    for block in blocks:
        if block.kind == "heading":
            groups.append((block.text, []))
            continue
        if not by_heading and block.lead:
            groups.append((block.lead.rstrip(" :."), []))
            if block.text == block.lead:
                continue
        groups[-1][1].append(block)
    return [(name, members) for name, members in groups if members]


def _resource(words: str, url: str, section: str, taken: set[str], path: str) -> Resource:
    return Resource(
        id=_unique(_slug(words) or "link", taken),
        title=words,
        short=words,
        aliases=(),
        url=url,
        kind="link",
        authors=(),
        organisation=None,
        section=section,
        origin="guide",
        level="intro",
        prerequisites=(),
        topics=(),
        format=(),
        length=None,
        cost=None,
        status="current",
        status_note="",
        status_checked=None,
        current_url=url,
        successor=None,
        good_for=(),
        not_for=(),
        questions=(),
        paragraphs=(),
        path=path,
    )


def _slug(words: str) -> str:
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain)[:_WORDS_IN_SLUG])


def _unique(slug: str, taken: set[str]) -> str:
    name, n = slug, 2
    while name in taken:
        name, n = f"{slug}-{n}", n + 1
    taken.add(name)
    return name
