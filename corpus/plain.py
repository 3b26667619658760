"""A plain Markdown guide with links -> Corpus: its headings or bold lead-ins are the sections."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from corpus.addresses import address_host, is_address, with_scheme
from corpus.errors import Problem
from corpus.frontmatter import read_any_front_matter
from corpus.inline import neutralise
from corpus.markdown import Block, read_blocks
from corpus.parse import read_paragraphs
from corpus.sentences import split_sentences
from corpus.types import Credit, Link, Resource, Section
from corpus.unread import Unread, report_unread

_WORDS_IN_SLUG = 6
_LONGEST_SLUG = 60
_WORDS_IN_NAME = 8
_INTRO = "intro"
_UNTITLED = "Guide"
_SEPARATORS = ":：-–—(（|"
_SCHEME = re.compile(r"https?://", re.IGNORECASE)


def parse_plain_guide(
    text: str, path: str, problems: list[Problem]
) -> tuple[str, Credit, tuple[Section, ...], tuple[Resource, ...]]:
    """Read any Markdown guide: (title, credit, sections, resources), in the text's order.

    A text before the first heading or lead-in is the section `intro`. Every web address that a reader can follow is a
    resource; other links are left as text. A file without a single section or link is no guide: that is added to
    `problems`, and so are warnings on what was not read.
    """
    head = read_any_front_matter(text, path, problems)
    unread: Unread = {}
    blocks = list(read_blocks(head.body, first_line=head.body_line, offset=head.body_offset, unread=unread))
    stated = head.values.get("title")
    title, blocks = _take_title(blocks, stated if isinstance(stated, str) else "")
    groups = _group(blocks)
    names = _unique_names(groups)
    sections = []
    taken: dict[str, int] = {}
    resources = _Resources(path, unread)
    for group, name in zip(groups, names, strict=True):
        id = _unique(_slug(name) or ("section" if name else _INTRO), taken)
        about = tuple(link.url for link in group.heading.links) if group.heading else ()
        paragraphs = read_paragraphs(group.members, path, "guide", about)
        line = group.heading.line if group.heading else group.members[0].line
        sections.append(Section(id=id, title=name or title, paragraphs=paragraphs, line=line))
        if group.heading:
            resources.add(group.heading, id)
        for block in group.members:
            resources.add(block, id)
    if not sections or not resources.found:
        what = "no text" if not sections else "no link"
        mend = "give a Markdown text that recommends resources by links, or a corpus directory"
        problems.append(Problem(path, 1, f"it is no guide: there is {what} in it", mend))
    problems += report_unread(unread, path)
    return title, Credit(title, None, None, None), tuple(sections), tuple(resources.found)


@dataclass
class _Group:
    """What becomes a section."""

    heading: Block | None
    """The heading, or the paragraph that opens with bold words; None for what stands before the first."""
    name: str
    """Its words."""
    parents: tuple[str, ...] = ()
    """The headings above it, the nearest first."""
    members: list[Block] = field(default_factory=list)
    """Its paragraphs."""


def _take_title(blocks: list[Block], stated: str) -> tuple[str, list[Block]]:
    """The stated title, else that of a level-1 heading. A single one then starts no section."""
    tops = [block for block in blocks if block.kind == "heading" and block.level == 1]
    title = neutralise(" ".join(stated.split())) or (tops[0].text if tops else _UNTITLED)
    if len(tops) != 1:
        return title, blocks
    top = tops[0]
    # A title that is a link is followed like any other.
    kept = [replace(top, kind="paragraph", level=0)] if top.links else []
    at = blocks.index(top)
    return title, [*blocks[:at], *kept, *blocks[at + 1 :]]


def _group(blocks: Sequence[Block]) -> list[_Group]:
    """Paragraphs by the heading, or, where there is no heading, by the bold words that open one."""
    by_heading = any(block.kind == "heading" for block in blocks)
    groups = [_Group(None, "")]
    above: list[Block] = []
    for block in blocks:
        if block.kind == "heading":
            above = [heading for heading in above if heading.level < block.level]
            groups.append(_Group(block, block.text, tuple(heading.text for heading in reversed(above))))
            above.append(block)
            continue
        if not by_heading and block.lead:
            groups.append(_Group(None, block.lead.rstrip(" :.：")))
            if block.text == block.lead:
                continue
        groups[-1].members.append(block)
    for group in groups:
        if group.heading and group.heading.links and not group.members:
            group.members.append(replace(group.heading, kind="paragraph", level=0))
    return [group for group in groups if group.members]


def _unique_names(groups: Sequence[_Group]) -> list[str]:
    """The names of sections; one that is given twice has the headings above it before it: `Fish › Tools`."""
    names = [group.name for group in groups]
    for depth in range(max((len(group.parents) for group in groups), default=0)):
        count = Counter(name.casefold() for name in names)
        names = [
            f"{group.parents[depth]} › {name}"
            if count[name.casefold()] > 1 and depth < len(group.parents)
            else name
            for group, name in zip(groups, names, strict=True)
        ]
    return names


class _Resources:
    """The links of a guide, each address once."""

    def __init__(self, path: str, unread: Unread) -> None:
        self.found: list[Resource] = []
        """In the order of the text."""
        self._path = path
        self._unread = unread
        self._urls: set[str] = set()
        self._ids: dict[str, int] = {}

    def add(self, block: Block, section: str) -> None:
        """Make resources of the links of a block."""
        for link in block.links:
            if not is_address(link.url):
                if not link.url.startswith("#"):
                    self._unread.setdefault("link to no web address", []).append(block.line)
            elif link.url not in self._urls:
                self._urls.add(link.url)
                title = _title(block, link)
                id = _unique(_slug(title) or _slug(address_host(link.url)) or "link", self._ids)
                self.found.append(_resource(id, title, link.url, section, self._path))


def _title(block: Block, link: Link) -> str:
    """The words of a link; for a bare address the name before it, else the address without its scheme."""
    words = block.text[link.start : link.end].strip()
    if len(words) > 2 and words[0] == "[" and words[-1] == "]":
        words = words[1:-1].strip()
    if not is_address(with_scheme(words)):
        return words or link.url
    before = f"{block.subject}:" if block.row else block.text[: link.start].rstrip(" <\"'")
    name = before.rstrip(_SEPARATORS + " ")
    if name != before and 0 < len(name.split()) <= _WORDS_IN_NAME and len(split_sentences(name)) == 1:
        return name
    return _SCHEME.sub("", words).rstrip("/")


def _resource(id: str, title: str, url: str, section: str, path: str) -> Resource:
    return Resource(
        id=id,
        title=title,
        short=title,
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
    """Lower case with dashes. Letters of all scripts stay; those of Latin lose their accents."""
    plain, base = [], ""
    for char in unicodedata.normalize("NFKD", words).lower():
        mark = unicodedata.category(char).startswith("M")
        if not mark:
            base = char
        if char.isalnum() or (mark and not base.isascii()):
            plain.append(char)
        elif not mark:
            plain.append(" ")
    kept = unicodedata.normalize("NFC", "".join(plain)).split()[:_WORDS_IN_SLUG]
    return "-".join(kept)[:_LONGEST_SLUG].strip("-")


def _unique(slug: str, taken: dict[str, int]) -> str:
    """The slug, with the next free number behind it where it is taken."""
    name, n = slug, taken.get(slug, 0)
    while name in taken:
        n += 1
        name = f"{slug}-{n}"
    taken[slug] = max(n, 1)
    taken.setdefault(name, 1)
    return name
