"""Files -> types, with file and line for every fault."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, get_args

from corpus.addresses import is_address
from corpus.context import keep_antecedents, keep_lead_ins
from corpus.errors import Problem
from corpus.frontmatter import FrontMatter, read_front_matter
from corpus.inline import neutralise
from corpus.markdown import Block, read_blocks
from corpus.types import (
    Concept,
    Credit,
    Kind,
    Level,
    Origin,
    Paragraph,
    Part,
    Resource,
    Section,
    Status,
    Successor,
)
from corpus.unread import Unread, report_unread

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
FORMATS = (
    "video",
    "text",
    "notes",
    "slides",
    "assignments",
    "code",
    "notebooks",
    "quizzes",
    "exams",
    "exercises",
    "labs",
    "software",
    "service",
)
_TEXT, _TEXT_OR_NULL, _LIST, _DATE, _SUCCESSOR = (
    "a text",
    "a text or null",
    "a list of texts",
    "a date",
    "a successor",
)
_KEYS: Mapping[str, str | tuple[str, ...]] = {
    "title": _TEXT,
    "short": _TEXT,
    "aliases": _LIST,
    "url": _TEXT,
    "kind": tuple(kind for kind in get_args(Kind) if kind != "link"),
    "authors": _LIST,
    "organisation": _TEXT_OR_NULL,
    "section": _TEXT,
    "origin": get_args(Origin),
    "level": get_args(Level),
    "prerequisites": _LIST,
    "topics": _LIST,
    "format": _LIST,
    "length": _TEXT_OR_NULL,
    "cost": _TEXT_OR_NULL,
    "status": get_args(Status),
    "status_note": _TEXT,
    "status_checked": _DATE,
    "current_url": _TEXT,
    "successor": _SUCCESSOR,
    "good_for": _LIST,
    "not_for": _LIST,
    "questions": _LIST,
    "sources": _LIST,
}
_OPTIONAL = frozenset({"short", "aliases", "sources"})
_GUIDE_KEYS = ("title", "credit", "prerequisites", "layout")


@dataclass(frozen=True, slots=True)
class Guide:
    """What `guide.md` holds."""

    title: str
    """The guide's title."""
    credit: Credit | None
    """The original post."""
    sections: tuple[Section, ...]
    """In order."""
    lines: Mapping[str, int]
    """1-based line of each front matter key."""


def parse_guide(text: str, path: str, problems: list[Problem]) -> Guide:
    """Read the text of `guide.md`: front matter, then a level-2 heading for each section."""
    head = read_front_matter(text, path, problems)
    _refuse_unknown(head, _GUIDE_KEYS, path, problems)
    prerequisites = _read_prerequisites(head, path, problems)
    sections: list[Section] = []
    heading: Block | None = None
    blocks: list[Block] = []
    unread: Unread = {}

    def close() -> None:
        if heading is not None and heading.id:
            sections.append(
                Section(
                    id=heading.id,
                    title=heading.text,
                    paragraphs=read_paragraphs(blocks, path),
                    prerequisites=prerequisites.get(heading.id, ()),
                    line=heading.line,
                )
            )
            if not blocks:
                problems.append(
                    Problem(path, heading.line, f"section `{heading.id}` is empty", "write its advice")
                )

    seen: dict[str, int] = {}
    for block in read_blocks(head.body, first_line=head.body_line, offset=head.body_offset, unread=unread):
        if block.kind == "heading" and block.level == 2:
            close()
            heading, blocks = block, []
            _check_heading(block, path, seen, problems)
        elif block.kind == "paragraph" and heading is not None:
            blocks.append(block)
    close()
    problems += report_unread(unread, path)
    if not sections:
        mend = "start each section with a line such as `## Title {#its-id}`"
        problems.append(Problem(path, head.body_line, "the guide has no section", mend))
    for name in prerequisites:
        if name not in seen:
            line = head.lines.get("prerequisites", 1)
            problems.append(
                Problem(path, line, f"`prerequisites` names no section `{name}`", _nearest(name, seen))
            )
    title = head.values.get("title")
    if not isinstance(title, str) or not title.strip():
        problems.append(Problem(path, 1, "the guide has no `title`", "add `title: …` to its front matter"))
        title = ""
    return Guide(title, _read_credit(head, path, problems), tuple(sections), head.lines)


def parse_resource(
    text: str, path: str, slug: str, problems: list[Problem], digest: str = ""
) -> Resource | None:
    """Read the text of one resource file; None when a fault keeps it from being a resource."""
    before = len(problems)
    head = read_front_matter(text, path, problems)
    _refuse_unknown(head, tuple(_KEYS), path, problems)
    for key in _KEYS:
        if key not in head.values and key not in _OPTIONAL:
            problems.append(Problem(path, 1, f"`{key}` is missing", f"add `{key}: …` to the front matter"))
    values = {
        key: _read_value(key, head.values[key], head.lines.get(key, 1), path, problems)
        for key in _KEYS
        if key in head.values
    }
    if not SLUG.fullmatch(slug):
        problems.append(
            Problem(path, 1, f"`{slug}` is no slug", "name the file in lower case, with dashes, `.md`")
        )
    unread: Unread = {}
    blocks = read_blocks(head.body, first_line=head.body_line, offset=head.body_offset, unread=unread)
    described = [block for block in blocks if block.kind == "paragraph"]
    paragraphs = list(read_paragraphs(described, path, "description"))
    problems += report_unread(unread, path)
    if not paragraphs:
        problems.append(
            Problem(path, head.body_line, "the description is empty", "write it below the front matter")
        )
    if any(problem.level == "error" for problem in problems[before:]):
        return None
    if values["status_note"].strip():
        paragraphs.append(_status_paragraph(text, values["status_note"], head.lines["status_note"], path))
    values.setdefault("short", values["title"])
    values.setdefault("aliases", ())
    return Resource(
        id=slug, paragraphs=tuple(paragraphs), path=path, digest=digest, lines=head.lines, **values
    )


def parse_concepts(text: str, path: str, problems: list[Problem]) -> tuple[Concept, ...]:
    """Read the text of `concepts.toml`."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = int(found[1]) if (found := re.search(r"line (\d+)", str(error))) else 1
        problems.append(Problem(path, line, "it is not TOML", "see docs/corpus-format.md for its form"))
        return ()
    concepts = []
    for id, table in tables.items():
        line = _line_of(text, rf"^\[{re.escape(id)}\]")
        if (
            not isinstance(table, dict)
            or set(table) != {"names", "taught_in"}
            or not all(map(_is_texts, table.values()))
        ):
            mend = 'give it `names = ["…"]` and `taught_in = ["…"]`, nothing else'
            problems.append(Problem(path, line, f"concept `{id}` is not in form", mend))
            continue
        concepts.append(
            Concept(id, tuple(name.lower() for name in table["names"]), tuple(table["taught_in"]))
        )
    return tuple(concepts)


def parse_questions(text: str) -> tuple[str, ...]:
    """Read a file of questions, one a line; blank lines and repeated ones are skipped."""
    return tuple(dict.fromkeys(line.strip() for line in text.split("\n") if line.strip()))


def read_paragraphs(
    blocks: Sequence[Block], path: str, part: Part | None = None, about: tuple[str, ...] = ()
) -> tuple[Paragraph, ...]:
    """The paragraphs of a section or description, each with the words that it can't be read without.

    `part`: `guide`, or `today` for what is quoted, where it is not given. `about`: addresses of the heading above them.
    """
    return tuple(
        Paragraph(
            block.text,
            part or ("today" if block.quoted else "guide"),
            path,
            block.line,
            block.span,
            block.links,
            block.row,
            block.about or about,
        )
        for block in keep_antecedents(keep_lead_ins(blocks))
    )


def nearest(name: str, names: Iterable[str]) -> str:
    """Say which valid name was probably meant."""
    return _nearest(name, names)


def _check_heading(block: Block, path: str, seen: dict[str, int], problems: list[Problem]) -> None:
    if not block.id:
        mend = "end it with `{#its-id}`"
        problems.append(Problem(path, block.line, f"the heading `{block.text}` has no id", mend))
    elif not SLUG.fullmatch(block.id):
        problems.append(
            Problem(path, block.line, f"`{block.id}` is no slug", "use lower case, digits and dashes")
        )
    elif block.id in seen:
        what = f"section `{block.id}` is given twice, first on line {seen[block.id]}"
        problems.append(Problem(path, block.line, what, "give one of them another id"))
    if block.id:
        seen.setdefault(block.id, block.line)


def _status_paragraph(text: str, note: str, line: int, path: str) -> Paragraph:
    note = " ".join(note.split())
    start = text.find(note)
    # A note that YAML folded or escaped is not in the file letter by letter; its key's line still is.
    span = (start, start + len(note)) if start >= 0 else (0, 0)
    return Paragraph(note, "status", path, line, span)


def _refuse_unknown(head: FrontMatter, known: tuple[str, ...], path: str, problems: list[Problem]) -> None:
    for key in head.values:
        if key not in known:
            problems.append(
                Problem(path, head.lines.get(key, 1), f"unknown key `{key}`", _nearest(key, known))
            )


def _nearest(name: str, names: Iterable[str]) -> str:
    names = sorted(names)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"use one of {', '.join(f'`{known}`' for known in names[:30])}" if names else "remove it"


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)


def _read_value(key: str, value: Any, line: int, path: str, problems: list[Problem]) -> Any:
    form = _KEYS[key]

    def fault(what: str, mend: str) -> None:
        problems.append(Problem(path, line, what, mend))

    if isinstance(form, tuple):
        if value not in form:
            fault(f"`{key}: {value}` is not allowed", _nearest(str(value), form))
        return value
    if form == _DATE:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        fault(f"`{key}` is not a date", "write it as 2026-11-22")
        return None
    if form == _LIST:
        if not _is_texts(value):
            if value != []:
                fault(
                    f"`{key}` is not a list of texts", f"write `{key}: [one, two]`, with quotes where needed"
                )
            return ()
        if key == "format":
            for item in value:
                if item not in FORMATS:
                    fault(f"`{item}` is no format", _nearest(item, FORMATS))
        texts = tuple(map(neutralise, value))
        return tuple(text.lower() for text in texts) if key == "aliases" else texts
    if form == _SUCCESSOR:
        return _read_successor(value, fault)
    if value is None and form == _TEXT_OR_NULL:
        return None
    if not isinstance(value, str) or (not value.strip() and key != "status_note"):
        fault(f"`{key}` is not {form}", f"write `{key}: …`, with quotes where needed")
        return ""
    if key in ("url", "current_url") and not is_address(value):
        fault(f"`{key}` is no address", "start it with https:// or http://")
    return neutralise(" ".join(value.split()))


def _read_successor(value: Any, fault: Any) -> Successor | None:
    if value is None:
        return None
    if isinstance(value, str) and SLUG.fullmatch(value):
        # Title and address come from that resource, once all of them are read.
        return Successor(title="", url="", resource=value)
    if isinstance(value, dict) and set(value) == {"title", "url"} and _is_texts(list(value.values())):
        if not is_address(value["url"]):
            fault("the successor's `url` is no address", "start it with https:// or http://")
        return Successor(title=neutralise(value["title"]), url=value["url"])
    fault(
        "`successor` is not in form", 'write the id of a resource, or {title: "…", url: "https://…"}, or null'
    )
    return None


def _read_prerequisites(head: FrontMatter, path: str, problems: list[Problem]) -> dict[str, tuple[str, ...]]:
    value = head.values.get("prerequisites") or {}
    if not isinstance(value, dict) or not all(ids == [] or _is_texts(ids) for ids in value.values()):
        line = head.lines.get("prerequisites", 1)
        problems.append(
            Problem(path, line, "`prerequisites` is not in form", "write `section-id: [other-id]` lines")
        )
        return {}
    return {str(id): tuple(ids) for id, ids in value.items()}


def _read_credit(head: FrontMatter, path: str, problems: list[Problem]) -> Credit | None:
    value = head.values.get("credit")
    if value is None:
        return None
    if (
        not isinstance(value, dict)
        or not set(value) <= {"title", "author", "url", "published"}
        or "title" not in value
    ):
        mend = "give it `title`, and `author`, `url`, `published` where they are known"
        problems.append(Problem(path, head.lines.get("credit", 1), "`credit` is not in form", mend))
        return None
    texts = {key: None if item is None else str(item) for key, item in value.items()}
    if texts.get("url") and not is_address(str(texts["url"])):
        problems.append(
            Problem(
                path,
                head.lines.get("credit", 1),
                "the credit's `url` is no address",
                "start it with https://",
            )
        )
    return Credit(str(texts["title"]), texts.get("author"), texts.get("url"), texts.get("published"))


def _line_of(text: str, pattern: str) -> int:
    found = re.search(pattern, text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1
