"""Small guides in the forms of real ones, read as a reader of their pages sees them.

`NAME.json` holds what is read of `NAME.md`: title, sections, resources, and every sentence that can be quoted, with its
line and the resources that it names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corpus import Corpus, load_corpus
from corpus.addresses import find_addresses
from index.chunk import cut

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.md"))


def describe(corpus: Corpus) -> dict[str, Any]:
    return {
        "title": corpus.title,
        "sections": [f"{section.id}: {section.title}" for section in corpus.sections],
        "resources": {resource.id: f"{resource.title} <{resource.url}>" for resource in corpus.resources},
        "sentences": [
            " ".join((f"{chunk.line}: {chunk.quote(sentence)}", *(f"<{id}>" for id in sentence.resources)))
            for chunk in cut(corpus)
            for sentence in chunk.sentences
        ],
    }


@pytest.mark.parametrize("path", SAMPLES, ids=[path.stem for path in SAMPLES])
def test_a_guide_is_read_as_its_page_shows_it(path: Path) -> None:
    assert describe(load_corpus(path)) == json.loads(path.with_suffix(".json").read_text("utf-8"))


@pytest.mark.parametrize("path", SAMPLES, ids=[path.stem for path in SAMPLES])
def test_every_paragraph_points_at_its_lines_and_shows_known_addresses_only(path: Path) -> None:
    corpus = load_corpus(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        text = file.read()
    for section in corpus.sections:
        for paragraph in section.paragraphs:
            start, end = paragraph.span
            source = text[start:end]
            assert text.count("\n", 0, start) <= paragraph.line - 1 <= text.count("\n", 0, end)
            last_word = paragraph.text.rstrip(".").split()[-1].strip("()$;:")
            assert last_word in source or any(c in source for c in "[{<\\")
            shown = {paragraph.text[a:b] for a, b in find_addresses(paragraph.text)}
            assert shown | {link.url for link in paragraph.links} <= corpus.urls
