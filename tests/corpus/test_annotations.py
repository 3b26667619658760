"""Annotations of sentences: what they are read as, and what is said of those that fit no sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corpus import Corpus, load_corpus
from corpus.annotations import Annotation, Ask, parse_annotations
from corpus.check import find_warnings
from corpus.errors import CorpusError, Problem
from corpus.sentences import split_quotes

GUIDE = (
    "---\ntitle: Bread\n---\n\n## Start {#start}\n\nKnead for ten minutes. This makes it soft. Bake it hot.\n"
)


def test_a_line_is_read_with_its_questions_and_verdicts() -> None:
    problems: list[Problem] = []
    line = '{"sentence": "Bake it hot.", "asks": ["how hot", ["cold oven ok?", "no"]], "tells": ["content"]}'
    assert parse_annotations(line, "annotations.jsonl", problems) == (
        Annotation("Bake it hot.", (Ask("how hot"), Ask("cold oven ok?", "no")), None, ("content",)),
    )
    assert problems == []


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "[]",
        '{"asks": []}',
        '{"sentence": "A.", "verdict": "yes"}',
        '{"sentence": "A.", "asks": [["q", "maybe"]]}',
        '{"sentence": "A.", "short": 3}',
        '{"sentence": "A.", "stands": "no"}',
        '{"sentence": "A.", "asks": 3}',
        '{"sentence": "A.", "tells": "cost"}',
    ],
)
def test_a_line_that_is_not_in_form_is_an_error_with_its_line(line: str) -> None:
    problems: list[Problem] = []
    assert parse_annotations(f"\n{line}", "annotations.jsonl", problems) == ()
    assert [(problem.line, problem.level) for problem in problems] == [(2, "error")]


def _write(folder: Path, annotations: str) -> Path:
    (folder / "guide.md").write_text(GUIDE, "utf-8")
    (folder / "annotations.jsonl").write_text(annotations, "utf-8")
    return folder


def test_an_annotation_whose_sentence_is_gone_is_a_warning(tmp_path: Path) -> None:
    lines = '{"sentence": "Knead it."}\n{"sentence": "Bake it hot."}\n{"sentence": "Bake it hot."}\n'
    warnings = [w for w in find_warnings(load_corpus(_write(tmp_path, lines))) if "annotations" in w.path]
    assert [(w.line, w.level) for w in warnings] == [(1, "warning"), (3, "warning")]
    assert "Knead it." in warnings[0].what


def test_a_sentence_that_leans_on_the_one_before_is_annotated_with_it(tmp_path: Path) -> None:
    corpus = load_corpus(_write(tmp_path, '{"sentence": "Knead for ten minutes. This makes it soft."}\n'))
    assert not [warning for warning in find_warnings(corpus) if "annotations" in warning.path]


def test_a_broken_file_keeps_the_corpus_from_being_used(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"annotations\.jsonl:1"):
        load_corpus(_write(tmp_path, "{\n"))


def test_every_annotation_of_the_guide_belongs_to_a_sentence(corpus: Corpus) -> None:
    paragraphs = [p for section in corpus.sections for p in section.paragraphs]
    paragraphs += [p for resource in corpus.resources for p in resource.paragraphs]
    quotes = {p.text[start:end] for p in paragraphs for start, end in split_quotes(p.text)}
    assert len(corpus.annotations) > 900
    assert {one.sentence for one in corpus.annotations} <= quotes


def test_short_forms_are_shorter_and_hold_no_number_of_their_own(corpus: Corpus) -> None:
    for one in corpus.annotations:
        if one.short:
            assert len(one.short.split()) <= min(16, len(one.sentence.split()))
            assert set(re.findall(r"\d+", one.short)) <= set(re.findall(r"\d+", one.sentence)), one.short
