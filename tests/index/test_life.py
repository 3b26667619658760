"""The life of an index: built, updated, killed, damaged, moved; the old one answers or the cure is named."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from corpus import Corpus, load_corpus
from corpus.write import write_resource
from index import store
from index.build import build_index
from index.encoder import Vectors
from index.encoders.hashed import HashedEncoder
from index.errors import IndexDamaged, IndexMissing, IndexProblem, IndexStale
from index.extra import Extra
from index.known import known_resources
from index.search import Searcher, open_index
from index.store import read_manifest, verify_files

ROOT = Path(__file__).parent.parent.parent
BUILD = "dlstart index build"


class Counting:
    """The deterministic encoder, which remembers what it was asked to encode."""

    id, revision, dimension, device, engine = "counting", "0" * 64, 256, "cpu", "hashed"
    files: Mapping[str, Path] = {}

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._hashed = HashedEncoder()

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return self._hashed.encode_queries(texts)

    encode_passages = encode_queries


def write_guide(path: Path, sections: int = 4, changed: int | None = None) -> Corpus:
    """A plain guide; one section of it may read differently."""
    lines = ["# A guide", ""]
    for number in range(sections):
        more = "Now it is about knitting." if number == changed else "It stays."
        lines += [
            f"## Section {number}",
            "",
            f"Learn [thing {number}](https://example.org/{number}). {more}",
            "",
        ]
    path.write_text("\n".join(lines), "utf-8")
    return load_corpus(path)


@pytest.fixture
def guide(tmp_path: Path) -> Corpus:
    return write_guide(tmp_path / "guide.md")


@pytest.fixture
def built(guide: Corpus, tmp_path: Path) -> Path:
    build_index(guide, HashedEncoder(), tmp_path / "index")
    return tmp_path / "index"


def test_a_changed_section_encodes_only_its_own_texts(guide: Corpus, tmp_path: Path) -> None:
    encoder = Counting()
    build_index(guide, encoder, tmp_path / "index")
    encoder.texts.clear()
    changed = write_guide(tmp_path / "guide.md", changed=2)
    build_index(changed, encoder, tmp_path / "index")
    assert encoder.texts
    assert [text for text in encoder.texts if "knitting" not in text and "thing 2" not in text] == []
    build_index(changed, encoder, tmp_path / "afresh")
    updated, afresh = (open_index(tmp_path / name, changed, encoder) for name in ("index", "afresh"))
    np.testing.assert_array_equal(updated.vectors.rows(), afresh.vectors.rows())


def test_an_index_that_has_not_changed_encodes_nothing(guide: Corpus, tmp_path: Path) -> None:
    encoder = Counting()
    before = build_index(guide, encoder, tmp_path / "index")
    encoder.texts.clear()
    assert build_index(guide, encoder, tmp_path / "index").files == before.files
    assert encoder.texts == []


def test_a_text_that_occurs_twice_is_encoded_once(guide: Corpus, tmp_path: Path) -> None:
    encoder = Counting()
    build_index(guide, encoder, tmp_path / "index")
    assert len(encoder.texts) == len(set(encoder.texts))


def test_progress_ends_at_the_number_of_texts(guide: Corpus, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    manifest = build_index(guide, HashedEncoder(), tmp_path / "index", lambda *step: steps.append(step))
    assert steps[0] == (0, manifest.views)
    assert steps[-1] == (manifest.views, manifest.views)


def test_files_of_the_index_before_are_removed_and_others_left_alone(
    guide: Corpus, built: Path, tmp_path: Path
) -> None:
    (built / "notes.txt").write_text("mine")
    (built / ".new-killed").write_text("half of a file")
    build_index(write_guide(tmp_path / "guide.md", changed=1), HashedEncoder(), built)
    manifest = read_manifest(built)
    assert {path.name for path in built.iterdir()} == {
        "notes.txt", ".lock", "manifest.json", *(file.name for file in manifest.files.values())
    }  # fmt: skip


def test_a_reader_keeps_the_index_that_it_has_opened(guide: Corpus, built: Path, tmp_path: Path) -> None:
    searcher = Searcher(open_index(built, guide, HashedEncoder()), HashedEncoder())
    before = searcher.search("thing 3", 3).hits
    build_index(write_guide(tmp_path / "guide.md", sections=9), HashedEncoder(), built)
    assert searcher.search("thing 3", 3).hits == before


def test_a_build_that_is_killed_leaves_an_index_that_answers(tmp_path: Path) -> None:
    guides = [write_guide(tmp_path / f"{name}.md", 40, changed) for name, changed in (("a", 1), ("b", 2))]
    build_index(guides[0], HashedEncoder(), tmp_path / "index")
    program = f"""
import sys
from pathlib import Path
from corpus import load_corpus
from index.build import build_index
from index.encoders.hashed import HashedEncoder
folder = Path({str(tmp_path)!r})
guides = [load_corpus(folder / name) for name in ("a.md", "b.md")]
print("ready", flush=True)
for turn in range(10_000):
    build_index(guides[turn % 2], HashedEncoder(), folder / "index")
"""
    chance = random.Random(4)
    for _ in range(5):
        child = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert child.stdout is not None
        with child.stdout:
            assert child.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.005, 0.3))
        child.send_signal(signal.SIGKILL)
        child.wait(timeout=30)
        manifest = read_manifest(tmp_path / "index")
        verify_files(tmp_path / "index", manifest)
        guide = next(guide for guide in guides if guide.hash == manifest.corpus_hash)
        found = Searcher(open_index(tmp_path / "index", guide, HashedEncoder()), HashedEncoder())
        assert found.search("learn thing 7", 3).hits
    build_index(guides[1], HashedEncoder(), tmp_path / "index")
    assert not list((tmp_path / "index").glob(".new-*"))


def test_builds_of_one_directory_wait_for_each_other(
    guide: Corpus, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_PATIENCE", 2)
    with store.lock(built), pytest.raises(IndexProblem, match="another build"):
        build_index(guide, HashedEncoder(), built)


@pytest.mark.parametrize("role", ["vectors", "chunks", "views"])
def test_a_flipped_bit_is_refused(guide: Corpus, built: Path, role: str) -> None:
    path = built / read_manifest(built).files[role].name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(IndexDamaged, match="not as it was written") as caught:
        open_index(built, guide, HashedEncoder())
    assert caught.value.cure == BUILD
    build_index(guide, HashedEncoder(), built)
    verify_files(built, read_manifest(built))


@pytest.fixture
def directory(corpus: Corpus, tmp_path: Path) -> Corpus:
    """A corpus of files, with one resource."""
    head = "---\ntitle: A guide\n---\n\n## Frameworks {#frameworks}\n\nLearn.\n"
    (tmp_path / "guide.md").write_text(head, "utf-8")
    resource = dataclasses.replace(corpus.resource_by_id["pytorch"], prerequisites=(), section="frameworks")
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "pytorch.md").write_text(write_resource(resource), "utf-8")
    return load_corpus(tmp_path)


def test_an_index_knows_the_resources_that_it_was_built_of(directory: Corpus, tmp_path: Path) -> None:
    build_index(directory, HashedEncoder(), tmp_path / "index")
    (resource,) = directory.resources
    assert known_resources(tmp_path / "index") == {("resources/pytorch.md", resource.digest): resource}


def test_an_index_whose_resources_are_damaged_answers_and_knows_none(
    directory: Corpus, tmp_path: Path
) -> None:
    place = tmp_path / "index"
    path = place / build_index(directory, HashedEncoder(), place).files["resources"].name
    content = path.read_bytes()
    path.write_bytes(content.replace(b"PyTorch", b"PyTorsh", 1))
    assert known_resources(place) == {}
    path.unlink()
    assert known_resources(place) == {}
    assert open_index(place, directory, HashedEncoder()).chunks
    build_index(directory, HashedEncoder(), place)
    assert path.read_bytes() == content


def test_an_index_that_is_not_there_knows_no_resources(tmp_path: Path) -> None:
    assert known_resources(tmp_path) == {}


@pytest.mark.parametrize("role", ["vectors", "chunks", "views"])
def test_a_missing_file_is_refused(guide: Corpus, built: Path, role: str) -> None:
    (built / read_manifest(built).files[role].name).unlink()
    with pytest.raises(IndexDamaged, match="missing") as caught:
        open_index(built, guide, HashedEncoder())
    assert caught.value.cure == BUILD


def test_no_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing) as caught:
        open_index(tmp_path)
    assert caught.value.cure == BUILD


def test_another_encoder_of_the_same_dimension_is_refused(guide: Corpus, built: Path) -> None:
    with pytest.raises(IndexStale, match="counting") as caught:
        open_index(built, guide, Counting())
    assert caught.value.cure == BUILD


def test_other_weights_under_the_same_name_are_refused(guide: Corpus, built: Path) -> None:
    encoder = Counting()
    encoder.id = "hashed"
    with pytest.raises(IndexStale):
        open_index(built, guide, encoder)


def test_another_corpus_is_refused(built: Path, tmp_path: Path) -> None:
    with pytest.raises(IndexStale, match="corpus has changed"):
        open_index(built, write_guide(tmp_path / "guide.md", changed=0), HashedEncoder())


@pytest.mark.parametrize("format", [store.FORMAT - 1, store.FORMAT + 1, None, "3"])
def test_another_format_is_refused(guide: Corpus, built: Path, format: object) -> None:
    path = built / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": format}))
    with pytest.raises(IndexStale, match="another format") as caught:
        open_index(built, guide, HashedEncoder())
    assert caught.value.cure == BUILD


@pytest.mark.parametrize("content", ["", "{", "[]", f'{{"format": {store.FORMAT}}}', "\x00" * 100])
def test_a_damaged_manifest_is_refused(guide: Corpus, built: Path, content: str) -> None:
    (built / "manifest.json").write_text(content)
    with pytest.raises((IndexDamaged, IndexStale)) as caught:
        open_index(built, guide, HashedEncoder())
    assert caught.value.cure == BUILD


def test_an_index_in_a_read_only_directory_answers(guide: Corpus, built: Path) -> None:
    done = _run_without_rights(
        built, 'print(len(Searcher(open_index(place, guide, encoder), encoder).search("learn").hits))', guide
    )
    assert int(done.stdout) > 0, done.stderr


def test_a_read_only_directory_is_refused_when_building(guide: Corpus, built: Path) -> None:
    before = sorted(path.name for path in built.iterdir())
    done = _run_without_rights(built, "build_index(guide, encoder, place)", guide)
    assert "IndexProblem: the index can't be written" in done.stderr
    assert sorted(path.name for path in built.iterdir()) == before


def _run_without_rights(built: Path, statement: str, guide: Corpus) -> subprocess.CompletedProcess[str]:
    """Run a statement where the index can be read and not written, even if the tests run as root."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        place = Path(folder) / "index"
        shutil.copytree(built, place)
        shutil.copy(guide.path, folder)
        program = f"""
import os
from pathlib import Path
from corpus import load_corpus
from index.build import build_index
from index.encoders.hashed import HashedEncoder
from index.extra import Extra
from index.known import known_resources
from index.search import Searcher, open_index
import faiss, zipfile  # with its alphabet, while the libraries can still be read
"".encode("cp437")
place, encoder = Path({str(place)!r}), HashedEncoder()
guide = load_corpus(place.parent / {Path(guide.path).name!r})
if os.geteuid() == 0:
    os.seteuid(65534)
{statement}
"""
        Path(folder).chmod(0o755)
        for path in place.iterdir():
            path.chmod(0o444)
        place.chmod(0o555)
        try:
            return subprocess.run(
                [sys.executable, "-W", "ignore", "-c", program],
                capture_output=True, text=True, cwd=ROOT, timeout=60,
            )  # fmt: skip
        finally:
            place.chmod(0o755)


def test_a_full_disk_is_refused_and_the_old_index_answers(guide: Corpus, built: Path, tmp_path: Path) -> None:
    bigger = write_guide(tmp_path / "guide.md", sections=60)
    program = f"""
import resource
from pathlib import Path
from corpus import load_corpus
from index.build import build_index
from index.encoders.hashed import HashedEncoder
guide = load_corpus(Path({str(bigger.path)!r}))
import faiss, zipfile  # with its alphabet, while the libraries can still be read
"".encode("cp437")
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
build_index(guide, HashedEncoder(), Path({str(built)!r}))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert "IndexProblem: the index can't be written" in done.stderr
    assert not list(built.glob(".new-*"))
    assert open_index(built, guide, HashedEncoder()).chunks


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disks need not be waited for in tests."""
    monkeypatch.setattr(os, "fsync", lambda file: None)


def count_writes(revision: str, written: list[str]) -> Extra:
    """A further file that notes when it is written."""

    def write(path: Path) -> None:
        written.append(revision)
        path.write_text(revision)

    return Extra(".txt", revision, write)


def test_a_further_file_is_written_once_for_each_version(tmp_path: Path) -> None:
    guide, place = write_guide(tmp_path / "guide.md"), tmp_path / "index"
    written: list[str] = []
    for revision in ("one", "one", "two"):
        manifest = build_index(
            guide, HashedEncoder(), place, extras={"notes": count_writes(revision, written)}
        )
        assert (place / manifest.files["notes"].name).read_text() == manifest.extras["notes"] == revision
    assert written == ["one", "two"]


def test_a_further_file_that_was_damaged_is_written_again(tmp_path: Path) -> None:
    guide, place = write_guide(tmp_path / "guide.md"), tmp_path / "index"
    extras = {"notes": count_writes("one", [])}
    path = place / build_index(guide, HashedEncoder(), place, extras=extras).files["notes"].name
    path.write_text("spoilt")
    build_index(guide, HashedEncoder(), place, extras=extras)
    assert path.read_text() == "one"
