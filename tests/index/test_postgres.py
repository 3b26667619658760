"""An index whose vectors are in PostgreSQL: built, shared, swapped, and refused with the cure."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psycopg
import pytest

from corpus import Corpus
from index.build import build_index
from index.encoders.hashed import HashedEncoder
from index.errors import IndexProblem, IndexStale, VectorsUnavailable
from index.postgres import Line, PostgresVectors
from index.search import Searcher, open_index
from index.store import read_manifest
from tests.index.test_life import ROOT, Counting, write_guide

BUILD = "dlstart index build"


@pytest.fixture
def guide(tmp_path: Path) -> Corpus:
    return write_guide(tmp_path / "guide.md")


def builds(url: str) -> list[str]:
    """What the database holds, the newest build first."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE tablename LIKE 'dlstart_vectors_%'"
        )
        held = {name for (name,) in tables}
        rows = connection.execute(
            "SELECT b.name FROM dlstart_builds b LEFT JOIN dlstart_current c USING (name) ORDER BY c.one NULLS LAST"
        )
        named = [name for (name,) in rows]
    assert set(named) == held
    return named


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_an_index_in_the_database_ranks_like_one_in_files(
    guide: Corpus, tmp_path: Path, vectors_url: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.postgres.EXACT_UP_TO", 50_000 if kind == "flat" else 1)
    encoder = HashedEncoder()
    build_index(guide, encoder, tmp_path / "files")
    manifest = build_index(guide, encoder, tmp_path / "shared", database=vectors_url)
    assert (manifest.vector_engine, manifest.vector_index) == ("postgresql", kind)
    inside = Searcher(open_index(tmp_path / "shared", guide, encoder, vectors_url), encoder)
    outside = Searcher(open_index(tmp_path / "files", guide, encoder), encoder)
    for question in ("learn thing 2", "what stays?", "nothing of the kind"):
        ours, theirs = inside.search(question), outside.search(question)
        assert [hit.chunk.id for hit in ours.hits] == [hit.chunk.id for hit in theirs.hits]
        assert ours.confidence == pytest.approx(theirs.confidence, abs=1e-4)
        assert ours.cosines is not None and theirs.cosines is not None
        np.testing.assert_allclose(ours.cosines, theirs.cosines, atol=1e-6)


def test_a_changed_section_encodes_only_its_own_texts(
    guide: Corpus, tmp_path: Path, vectors_url: str
) -> None:
    encoder = Counting()
    build_index(guide, encoder, tmp_path / "index", database=vectors_url)
    encoder.texts.clear()
    changed = write_guide(tmp_path / "guide.md", changed=2)
    build_index(changed, encoder, tmp_path / "index", database=vectors_url)
    assert encoder.texts
    assert [text for text in encoder.texts if "knitting" not in text and "thing 2" not in text] == []


def test_another_machine_and_an_index_from_files_encode_nothing(
    guide: Corpus, tmp_path: Path, vectors_url: str
) -> None:
    encoder = Counting()
    build_index(guide, encoder, tmp_path / "index")
    encoder.texts.clear()
    before = build_index(guide, encoder, tmp_path / "index", database=vectors_url)
    elsewhere = build_index(guide, encoder, tmp_path / "elsewhere", database=vectors_url)
    assert encoder.texts == []
    assert elsewhere.files == before.files
    assert len(builds(vectors_url)) == 1


def test_what_is_read_stays_until_nobody_reads_it(guide: Corpus, tmp_path: Path, vectors_url: str) -> None:
    encoder = HashedEncoder()
    build_index(guide, encoder, tmp_path / "index", database=vectors_url)
    (old,) = builds(vectors_url)
    reader = Searcher(open_index(tmp_path / "index", guide, encoder, vectors_url), encoder)
    before = reader.search("thing 3", 3).hits
    build_index(
        write_guide(tmp_path / "guide.md", changed=1), encoder, tmp_path / "index", database=vectors_url
    )
    newest, kept = builds(vectors_url)
    assert kept == old
    assert reader.search("thing 3", 3).hits == before
    vectors = reader.index.vectors
    assert isinstance(vectors, PostgresVectors)
    vectors.close()
    build_index(
        write_guide(tmp_path / "guide.md", changed=2), encoder, tmp_path / "index", database=vectors_url
    )
    assert old not in builds(vectors_url)
    assert newest != builds(vectors_url)[0]


def test_a_build_that_is_killed_leaves_no_table(guide: Corpus, tmp_path: Path, vectors_url: str) -> None:
    build_index(guide, HashedEncoder(), tmp_path / "index", database=vectors_url)
    before = builds(vectors_url)
    program = f"""
import numpy as np
from index.postgres import Line, PostgresVectors
class Lines(list):
    def __iter__(self):
        yield from [Line()] * 5
        print("half", flush=True)
        input()
import index.postgres
index.postgres._name = lambda *_: "dlstart_vectors_half"
PostgresVectors.of(np.ones((9, 4), np.float32), {vectors_url!r}, Lines([Line()] * 9))
"""
    command = [sys.executable, "-W", "ignore", "-c", program]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    with child:
        assert child.stdout is not None and child.stdout.readline() == "half\n"
        child.kill()
    deadline = time.monotonic() + 30
    while _others(vectors_url) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert builds(vectors_url) == before
    assert open_index(tmp_path / "index", guide, HashedEncoder(), vectors_url).chunks


def _others(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    return int(row[0]) if row else 0


def test_vectors_elsewhere_than_the_settings_say_are_refused(
    guide: Corpus, tmp_path: Path, vectors_url: str
) -> None:
    encoder = HashedEncoder()
    build_index(guide, encoder, tmp_path / "shared", database=vectors_url)
    with pytest.raises(IndexProblem, match="are in PostgreSQL") as caught:
        open_index(tmp_path / "shared", guide, encoder)
    assert caught.value.cure == f"set DLSTART_VECTORS, or {BUILD}"
    build_index(guide, encoder, tmp_path / "files")
    with pytest.raises(IndexStale, match="in a file") as stale:
        open_index(tmp_path / "files", guide, encoder, vectors_url)
    assert stale.value.cure == BUILD


def test_a_build_that_the_database_lost_is_refused(guide: Corpus, tmp_path: Path, vectors_url: str) -> None:
    build_index(guide, HashedEncoder(), tmp_path / "index", database=vectors_url)
    with psycopg.connect(vectors_url) as connection:
        connection.execute(f"DROP TABLE {builds(vectors_url)[0]}".encode())
    with pytest.raises(IndexStale, match="does not hold the vectors") as caught:
        open_index(tmp_path / "index", guide, HashedEncoder(), vectors_url)
    assert caught.value.cure == BUILD


def test_neither_index_nor_errors_hold_the_password(
    guide: Corpus, tmp_path: Path, vectors_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    secret = vectors_url.replace("dlstart@", "dlstart:pss-wrd@")
    build_index(guide, HashedEncoder(), tmp_path / "index", database=secret)
    told = "".join(path.read_text("utf-8", "replace") for path in (tmp_path / "index").glob("*.json"))
    assert read_manifest(tmp_path / "index").vector_engine == "postgresql"
    nowhere = "postgresql://dlstart:pss-wrd@127.0.0.1:1/none"
    with pytest.raises(VectorsUnavailable, match="127.0.0.1:1/none, is not there") as caught:
        open_index(tmp_path / "index", guide, HashedEncoder(), nowhere)
    assert caught.value.cure == "start the database, or mend DLSTART_VECTORS"
    with pytest.raises(IndexProblem, match="no address") as unreadable:
        open_index(
            tmp_path / "index", guide, HashedEncoder(), "postgresql://dlstart:pss-wrd@host:port:9/x?y=z"
        )
    chain: BaseException | None = caught.value
    while chain is not None:
        told += str(chain)
        chain = chain.__cause__ or chain.__context__
    told += str(unreadable.value) + str(unreadable.value.__cause__) + caplog.text
    assert "pss-wrd" not in told


def test_a_database_that_went_away_is_said_and_asked_again(vectors_url: str) -> None:
    rows = np.eye(4, dtype=np.float32)
    store = PostgresVectors.of(rows, vectors_url)
    with psycopg.connect(vectors_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()"
        )
    _, positions = store.search(rows[2:3], 1)
    assert positions.tolist() == [[2]]


def test_hybrid_search_fuses_both_lists_by_rank_within_a_filter(vectors_url: str) -> None:
    rows = np.array([[1, 0], [0.9, 0.1], [0.5, 0.5], [0, 1], [1, 0.01]], np.float32)
    lines = [
        Line(chunk="a", kind="title", owners=("maths",), text="linear algebra for everyone"),
        Line(chunk="b", kind="sentence", owners=("maths",), text="calculus, and more calculus"),
        Line(chunk="b", kind="title", owners=("maths",), text="derivatives"),
        Line(chunk="c", kind="question", owners=("vision",), text="which calculus do I need for vision?"),
        Line(kind="example", owners=("off_topic",), text="calculus calculus calculus"),
    ]
    store = PostgresVectors.of(rows, vectors_url, lines)
    found = store.hybrid("what is calculus?", np.array([1, 0], np.float32), 5)
    # By meaning a, b, b, c; by words b and c: the example is in neither.
    by_words = [match.chunk for match in store.hybrid("calculus", np.array([0, -1], np.float32), 5)]
    assert [match.chunk for match in found] == ["b", "c", "a"]
    assert found[0].kind == "sentence" and found[0].score == pytest.approx(1 / 62 + 1 / 61)
    assert found[1].score == pytest.approx(1 / 64 + 1 / 62)
    assert found[2].score == pytest.approx(1 / 61)
    assert by_words[0] in ("b", "c")
    only = store.hybrid("what is calculus?", np.array([1, 0], np.float32), 5, owners=["vision"])
    assert [match.chunk for match in only] == ["c"]


def test_a_row_count_decides_between_exact_search_and_a_graph(
    vectors_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.postgres.EXACT_UP_TO", 100)
    chance = np.random.default_rng(3)
    rows = chance.standard_normal((101, 8)).astype(np.float32)
    assert PostgresVectors.of(rows[:100], vectors_url).kind == "flat"
    graph = PostgresVectors.of(rows, vectors_url)
    assert graph.kind == "hnsw"
    with psycopg.connect(vectors_url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_indexes WHERE tablename = %s AND indexdef LIKE '%%hnsw%%'",
            [graph.build.name],
        ).fetchone()
    assert row == (1,)
    _, positions = graph.search(rows[:1], 101)
    assert sorted(positions[0].tolist()) == list(range(101))


def test_a_reference_says_nothing_but_which_build(guide: Corpus, tmp_path: Path, vectors_url: str) -> None:
    manifest = build_index(guide, HashedEncoder(), tmp_path / "index", database=vectors_url)
    told = json.loads((tmp_path / "index" / manifest.files["vectors"].name).read_text())
    assert told == {"name": builds(vectors_url)[0], "kind": "flat", "rows": manifest.views, "dimension": 256}
