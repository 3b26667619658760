"""Parsing what was written gives what was written; no text crashes a parser."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Corpus, Link, Paragraph, Resource, Section, Successor
from corpus.errors import Problem
from corpus.inline import neutralise
from corpus.markdown import read_blocks
from corpus.parse import FORMATS, parse_concepts, parse_guide, parse_resource
from corpus.plain import parse_plain_guide
from corpus.sentences import split_sentences
from corpus.types import Credit
from corpus.write import blank_addition, write_guide, write_resource

# One line without control characters or outer space: what a parser can return.
lines = (
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Co", "Cn")), min_size=1, max_size=60)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: text and text == text.strip() and "\ufeff" not in text and "\ufffe" not in text)
    .filter(lambda text: text == neutralise(text))
)
slugs = st.from_regex(re.compile(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", re.ASCII), fullmatch=True)
urls = st.from_regex(re.compile(r"https?://[a-z]{1,8}\.org/[a-z0-9/_.()~-]{0,12}", re.ASCII), fullmatch=True)
texts = st.lists(lines, max_size=3).map(tuple)


def placeless(paragraph: Paragraph) -> Paragraph:
    return replace(paragraph, path="", line=0, span=(0, 0))


@st.composite
def paragraphs(draw: st.DrawFn) -> Paragraph:
    words, start = draw(lines), 0
    links = []
    if draw(st.booleans()):
        words, label = f"{words} and", draw(slugs)
        links = [Link(len(words) + 1, len(words) + 1 + len(label), draw(urls))]
        words = f"{words} {label}"
    del start
    return Paragraph(words, draw(st.sampled_from(["guide", "today"])), "", 0, (0, 0), tuple(links))


@st.composite
def resources(draw: st.DrawFn) -> Resource:
    description = draw(st.lists(lines, min_size=1, max_size=3))
    note = draw(lines)
    return replace(
        blank_addition(draw(slugs), draw(lines), draw(urls), draw(slugs)),
        short=draw(lines),
        aliases=tuple(alias.lower() for alias in draw(texts)),
        authors=draw(texts),
        organisation=draw(st.none() | lines),
        prerequisites=tuple(draw(st.lists(slugs, max_size=2))),
        topics=draw(texts),
        format=tuple(draw(st.lists(st.sampled_from(FORMATS), max_size=3))),
        length=draw(st.none() | lines),
        cost=draw(st.none() | lines),
        status_note=note,
        status_checked=draw(st.dates(date(2000, 1, 1), date(2100, 1, 1))),
        successor=draw(
            st.none()
            | slugs.map(lambda slug: Successor("", "", slug))
            | st.builds(Successor, title=lines, url=urls)
        ),
        good_for=draw(texts),
        questions=draw(texts),
        sources=draw(texts),
        paragraphs=(
            *(Paragraph(text, "description", "", 0, (0, 0)) for text in description),
            Paragraph(note, "status", "", 0, (0, 0)),
        ),
    )


@given(resources())
def test_a_resource_survives_writing_and_parsing(resource: Resource) -> None:
    problems: list[Problem] = []
    parsed = parse_resource(write_resource(resource), "", resource.id, problems)
    assert problems == []
    assert parsed is not None
    got = replace(parsed, paragraphs=tuple(map(placeless, parsed.paragraphs)), lines={})
    assert got == resource


@given(
    st.lists(
        st.builds(
            Section,
            id=slugs,
            title=lines.filter(lambda title: not title.endswith("#")),
            paragraphs=st.lists(paragraphs(), min_size=1, max_size=3).map(tuple),
            prerequisites=st.lists(slugs, max_size=2).map(tuple),
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda section: section.id,
    ),
    st.none() | st.builds(Credit, title=lines, author=st.none() | lines, url=urls, published=st.just("2016")),
)
def test_a_guide_survives_writing_and_parsing(sections: list[Section], credit: Credit | None) -> None:
    problems: list[Problem] = []
    guide = parse_guide(write_guide("Title", credit, sections), "", problems)
    got = [
        replace(section, line=1, paragraphs=tuple(map(placeless, section.paragraphs)))
        for section in guide.sections
    ]
    assert (problems, guide.title, guide.credit, got) == ([], "Title", credit, sections)


@pytest.mark.parametrize(
    "text",
    [
        "See http://a.org or www.a.org here.",
        "A :tada: and {#id} and {.x} and {target=_blank}.",
        "Costs $a_1$ or \\(x_1\\) or ^[note] or [^1].",
        "[ ] is a box",
        "[x] is a box, [a=b] and [a_b] and [\\\\x] are not",
        "[TOC]",
        "!!! note",
        "::: tip",
        "??? tip",
        "{: .x }",
        '=== "Tab"',
        "<!-- x --> <b> a & b &amp; c",
        "| a | b |",
        "---",
        "1. One",
        "`code` ~~x~~ *y* __z__",
    ],
)
def test_a_text_that_looks_like_markup_survives_writing_and_reading(text: str) -> None:
    text = neutralise(text)
    resource = replace(
        blank_addition("x", "X", "https://x.org", "s"),
        paragraphs=(Paragraph(text, "description", "", 0, (0, 0)),),
    )
    parsed = parse_resource(write_resource(resource), "", "x", [])
    assert parsed is not None
    assert [(paragraph.text, paragraph.links) for paragraph in parsed.paragraphs] == [(text, ())]


def test_the_files_that_come_along_survive_writing_and_parsing(corpus: Corpus) -> None:
    for resource in corpus.resources:
        problems: list[Problem] = []
        parsed = parse_resource(write_resource(resource), "", resource.id, problems)
        assert (problems, parsed is not None) == ([], True)
        assert parsed is not None
        assert list(map(placeless, parsed.paragraphs)) == list(map(placeless, resource.paragraphs))


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_no_text_crashes_a_parser(text: str) -> None:
    for front in ("", "---\n"):
        parse_resource(front + text, "x.md", "x", [])
        parse_guide(front + text, "x.md", [])
        parse_plain_guide(front + text, "x.md", [])
    parse_concepts(text, "x.toml", [])


@given(st.text())
def test_a_block_points_at_its_place_in_the_file(text: str) -> None:
    for block in read_blocks(text):
        start, end = block.span
        assert 0 <= start < end <= len(text)
        assert all(0 <= link.start <= link.end <= len(block.text) for link in block.links)


@given(lines)
def test_sentences_cover_a_text_in_order(text: str) -> None:
    spans = split_sentences(text)
    kept = "".join(text[start:end] for start, end in spans)
    assert kept.replace(" ", "") == text.replace(" ", "")
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_an_abbreviation_ends_no_sentence() -> None:
    text = 'Try e.g. "Deep Learning" by G. Hinton. It costs 5.50 euros! Is it 2016? Yes.'
    assert [text[a:b] for a, b in split_sentences(text)] == [
        'Try e.g. "Deep Learning" by G. Hinton.',
        "It costs 5.50 euros!",
        "Is it 2016?",
        "Yes.",
    ]
