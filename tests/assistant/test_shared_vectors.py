"""The whole way from a built index to an answer, with the vectors in PostgreSQL."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from assistant.errors import IndexUnusable
from assistant.service import Ask, Assistant
from assistant.settings import Settings
from index.encoders.hashed import HashedEncoder
from index.postgres import PostgresVectors
from tests.index.test_life import write_guide

QUESTIONS = (
    "How do I start deep learning?",
    "do I need a gpu?",
    "I never understood derivatives, is there a video?",
    "tensorflow oder pytorch?",
    "CS231n or fast.ai for somebody who can program?",
    "what is the capital of France?",
    "how do I fix a CUDA out of memory error?",
    "a book about reinforcement learning, and is it free?",
)


async def test_the_same_question_gets_the_same_answer(
    assistant: Assistant, settings: Settings, tmp_path: Path, vectors_url: str
) -> None:
    shutil.copytree(settings.index_path, tmp_path / "index")
    # The index in files is stale for these settings: it is built anew, and nothing is encoded for it.
    shared = Assistant.open(settings.replace(index_dir=tmp_path / "index", vectors=vectors_url))
    vectors = shared.searcher.index.vectors
    assert isinstance(vectors, PostgresVectors)
    assert len(vectors) == len(assistant.searcher.index.vectors)
    for question in QUESTIONS:
        ours, theirs = [await one.answer(Ask(question)) for one in (shared, assistant)]
        assert (ours.outcome, ours.text) == (theirs.outcome, theirs.text)
        assert ours.citations == theirs.citations


async def test_while_the_database_is_away_a_question_is_refused_and_later_answered(
    settings: Settings, tmp_path: Path, vectors_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.database._WAIT_S", 1)
    write_guide(tmp_path / "guide.md")
    here = {"corpus": tmp_path / "guide.md", "index_dir": tmp_path / "index", "encoder": HashedEncoder.id}
    assistant = Assistant.open(settings.replace(**here, vectors=vectors_url))
    assert (await assistant.search("learn thing 2")).hits
    allow_connections(vectors_url, False)
    with pytest.raises(IndexUnusable, match="is not there") as caught:
        await assistant.answer(Ask("learn thing 2"))
    assert caught.value.cure == "start the database, or mend DLSTART_VECTORS"
    allow_connections(vectors_url, True)
    deadline = time.monotonic() + 60
    while True:
        try:
            found = await assistant.search("learn thing 2")
            break
        except IndexUnusable:
            assert time.monotonic() < deadline
    assert found.hits


def allow_connections(url: str, allowed: bool) -> None:
    """Let a database take connections, or none, and end those that there are."""
    name = conninfo_to_dict(url)["dbname"]
    with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
        statement = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        connection.execute(statement.format(sql.Identifier(str(name)), sql.Literal(allowed)))
        if not allowed:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
