"""The corpus as it is read."""

from __future__ import annotations

from pathlib import Path

from corpus import Corpus, load_corpus


def test_the_corpus_holds_12_sections_29_guide_resources_and_22_additions(corpus: Corpus) -> None:
    origins = [resource.origin for resource in corpus.resources]
    assert (len(corpus.sections), origins.count("guide"), origins.count("addition")) == (12, 29, 22)


def test_the_original_guide_gives_12_sections_and_29_links(original_guide: Path) -> None:
    corpus = load_corpus(original_guide)
    assert (len(corpus.sections), len(corpus.resources)) == (12, 29)
