"""The corpus of the settings, read with what the index knows of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import IndexUnusable
from assistant.settings import read_settings
from assistant.texts import open_corpus
from corpus import Corpus, load, load_corpus
from index.build import build_index
from index.encoders.hashed import HashedEncoder
from tests.index.test_life import directory

__all__ = ["directory"]


def test_files_that_the_index_knows_are_not_parsed_again(
    directory: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(directory, HashedEncoder(), tmp_path / "index")
    settings = read_settings().replace(corpus=Path(directory.path), index_dir=tmp_path / "index")
    monkeypatch.setattr(load, "parse_resource", None)
    assert open_corpus(settings) == directory
    with pytest.raises(TypeError):
        load_corpus(directory.path)


def test_a_corpus_with_a_fault_is_refused_with_its_place(directory: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "resources" / "pytorch.md"
    path.write_text(path.read_text("utf-8").replace("level: ", "lvel: ", 1), "utf-8")
    settings = read_settings().replace(corpus=Path(directory.path), index_dir=tmp_path / "index")
    with pytest.raises(IndexUnusable, match="resources/pytorch.md:.*`lvel`") as caught:
        open_corpus(settings)
    assert caught.value.cure == "dlstart corpus check"
