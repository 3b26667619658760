"""A file that has not changed is not parsed again, and nothing else is different."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from corpus import Corpus, Resource, default_corpus_path, known, load, load_corpus
from corpus.errors import Problem
from corpus.known import dump_resources, read_resources
from corpus.load import read_corpus
from corpus.parse import parse_resource
from corpus.write import write_resource
from tests.corpus.test_faults import FAULTS, Edit, copy
from tests.corpus.test_write import resources

__all__ = ["copy"]
TORCH = "resources/torch.md"


def parsed_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths of the resources that are parsed from now on."""
    parsed: list[str] = []

    def parse(text: str, path: str, slug: str, problems: list[Problem], digest: str) -> Resource | None:
        parsed.append(path)
        return parse_resource(text, path, slug, problems, digest)

    monkeypatch.setattr(load, "parse_resource", parse)
    return parsed


@given(resources())
def test_any_resource_survives_writing_and_reading(resource: Resource) -> None:
    parsed = parse_resource(write_resource(resource), "resources/x.md", resource.id, [], "0" * 64)
    assert parsed is not None and parsed.lines["title"] == 2
    assert read_resources(dump_resources([parsed])) == {("resources/x.md", "0" * 64): parsed}


def test_a_corpus_that_is_known_is_the_same_and_nothing_is_parsed(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = parsed_files(monkeypatch)
    assert load_corpus(known=read_resources(dump_resources(corpus.resources))) == corpus
    assert parsed == []


def test_a_changed_and_a_renamed_file_are_parsed_and_no_other(
    corpus: Corpus, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_resources(dump_resources(corpus.resources))
    (copy / TORCH).write_text((copy / TORCH).read_text("utf-8") + "\nTorch has a logo.\n", "utf-8")
    shutil.copy(copy / "resources" / "theano.md", copy / "resources" / "theano-again.md")
    parsed = parsed_files(monkeypatch)
    now = load_corpus(copy, before)
    assert parsed == ["resources/theano-again.md", TORCH]
    assert now == load_corpus(copy)
    assert now.resource_by_id["torch"].paragraphs[-2].text == "Torch has a logo."


def test_a_new_title_reaches_those_that_name_it_as_their_successor(corpus: Corpus, copy: Path) -> None:
    before = read_resources(dump_resources(corpus.resources))
    path = copy / "resources" / "pytorch.md"
    path.write_text(path.read_text("utf-8").replace("title: PyTorch", "title: PyTorch anew"), "utf-8")
    now = load_corpus(copy, before)
    assert now == load_corpus(copy)
    successor = now.resource_by_id["torch"].successor
    assert successor is not None and successor.title.startswith("PyTorch anew")


def remove_pytorch(root: Path) -> None:
    (root / "resources" / "pytorch.md").unlink()


@pytest.mark.parametrize("edit", [*(fault[1] for fault in FAULTS), remove_pytorch])
def test_faults_are_the_same_with_and_without_what_is_known(corpus: Corpus, copy: Path, edit: Edit) -> None:
    edit(copy)
    _, problems = read_corpus(copy, read_resources(dump_resources(corpus.resources)))
    assert problems
    assert problems == read_corpus(copy)[1]


def altered(corpus: Corpus, **values: object) -> bytes:
    """What is known of a corpus, with other values in its first resource."""
    record = json.loads(dump_resources(corpus.resources))
    record["resources"][0] |= values
    return json.dumps(record).encode()


@pytest.mark.parametrize("values", [{"kind": "coarse"}, {"paragraphs": "x"}, {"lines": [1]}, {"title": None}])
def test_values_of_another_form_are_not_trusted(corpus: Corpus, values: dict[str, object]) -> None:
    assert read_resources(altered(corpus))
    assert read_resources(altered(corpus, **values)) == {}


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b"\x80\x04]\x94.", b'{"reader": "x", "resources": []}']
)
def test_other_data_is_ignored(data: bytes) -> None:
    assert read_resources(data) == {}


def test_what_another_reader_knows_is_ignored(
    corpus: Corpus, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = dump_resources(corpus.resources)
    for path in default_corpus_path().glob("*.py"):
        shutil.copy(path, copy)
    monkeypatch.setattr(known, "__file__", str(copy / "known.py"))
    known._reader.cache_clear()
    try:
        assert read_resources(data)
        with (copy / "markdown.py").open("a") as file:
            file.write("# changed\n")
        known._reader.cache_clear()
        assert read_resources(data) == {}
    finally:
        known._reader.cache_clear()


def test_a_link_of_a_plain_guide_is_no_file(original_guide: Path) -> None:
    links = load_corpus(original_guide).resources
    assert len(links) == 29
    assert read_resources(dump_resources([*links, replace(links[0], path="a.md", digest="1")])).keys() == {
        ("a.md", "1")
    }
