"""A PostgreSQL that hangs, that is new, or that a newer version has changed."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from assistant.errors import Unavailable
from assistant.settings import read_settings
from assistant.store import Feedback, ForgivingStore, Store
from assistant.stores import open_store
from assistant.stores.migrate import migrate, open_blocking, read_revision
from assistant.stores.sql import SqlStore
from assistant.stores.tables import HEAD
from assistant.types import Answer, Conversation
from tests.postgres import installed, make_database, serve


def answer(id: str, conversation: str) -> Answer:
    return Answer(id=id, conversation_id=conversation, outcome="smalltalk", text="Hello!")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database of each kind."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return f"sqlite+aiosqlite:///{tmp_path / 's.sqlite3'}"


async def test_a_row_that_is_refused_costs_no_other_and_is_logged_without_its_words(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    lost = []
    store = await SqlStore.open(url, lost=lambda: lost.append(1))
    refused = "a question that the database refuses"
    async with store._engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(
                text(f"ALTER TABLE answers ADD CHECK (question <> '{refused}')"),
            )
        else:
            await connection.execute(
                text(
                    f"CREATE TRIGGER t BEFORE INSERT ON answers WHEN new.question = '{refused}' "
                    "BEGIN SELECT RAISE(ABORT, 'refused'); END"
                )
            )
    questions = ["one", "two", refused, "four", "five"]
    await asyncio.gather(
        *(
            store.remember(Conversation(f"con_{n}"), question, answer(f"ans_{n}", f"con_{n}"), "http")
            for n, question in enumerate(questions)
        )
    )
    kept = await store.answers_since(datetime.now(UTC) - timedelta(minutes=5))
    assert sorted(one.question for one in kept) == ["five", "four", "one", "two"]
    assert len(lost) == 1
    assert await store.conversation("con_0") is not None
    why = "CheckViolation" if store._engine.dialect.name == "postgresql" else "IntegrityError"
    said = [(record.message, getattr(record, "data", {})) for record in caplog.records]
    assert said == [("an answer could not be kept", {"answer": "ans_2", "why": why})]
    await store.close()


def _migrate(url: str) -> bool:
    return migrate(url)


def test_a_new_database_is_migrated_once_by_eight_processes_at_once(postgresql_url: str) -> None:
    with multiprocessing.get_context("spawn").Pool(8) as pool:
        assert sorted(pool.map(_migrate, [postgresql_url] * 8, chunksize=1)) == [False] * 7 + [True]


async def test_a_database_of_a_newer_version_is_served_with_a_warning(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert migrate(url) is True
    engine = open_blocking(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("ALTER TABLE answers ADD COLUMN newer TEXT"))
    store = await SqlStore.open(url)
    await store.remember(Conversation("con_1"), "q", answer("ans_1", "con_1"), "http")
    assert await store.add_feedback(Feedback("ans_1", "up")) is True
    await store.close()
    assert "newer version (9999, this one knows " + HEAD in caplog.text
    with engine.connect() as connection:
        assert read_revision(connection) == "9999"
    engine.dispose()


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    """A PostgreSQL of this file's own: it is stopped."""
    programs = installed()
    if programs is None:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    with serve(programs) as place:
        yield place


@contextmanager
def stopped(place: Path) -> Iterator[None]:
    """Every process of a server stopped, as by a network that loses its packets."""
    keeper = psutil.Process(int((place / "data" / "postmaster.pid").read_text().split()[0]))
    processes = [keeper, *keeper.children(recursive=True)]
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in (keeper, *keeper.children(recursive=True)):
            process.send_signal(signal.SIGCONT)


@pytest.fixture
async def store(server: Path) -> AsyncIterator[Store]:
    url = make_database(str(server)).replace("postgresql://", "postgresql+psycopg://")
    opened = await open_store(read_settings({"DLSTART_DATABASE_URL": url, "DLSTART_DATA_DIR": os.devnull}))
    yield opened
    await opened.close()


async def test_a_server_that_hangs_costs_half_a_second_once_and_is_used_again_when_it_wakes(
    store: Store, server: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(store, ForgivingStore)
    monkeypatch.setattr("assistant.store._AGAIN_AFTER", 1.0)
    monkeypatch.setattr("assistant.store._PATIENCE", 1.0)
    for n in (1, 2):
        await store.remember(Conversation(f"con_{n}"), "q", answer(f"ans_{n}", f"con_{n}"), "http")
    with stopped(server):
        began = time.monotonic()
        failures = await asyncio.gather(
            *(store.conversation("con_1") for _ in range(20)), return_exceptions=True
        )
        assert {type(one) for one in failures} == {Unavailable}
        assert time.monotonic() - began < 3
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(Unavailable):
                await store.conversation("con_1")
            await store.begin_reply("key", "print", 60)
        assert time.monotonic() - began < 0.5
        began = time.monotonic()
        for n in range(3, 13):
            await store.remember(Conversation(f"con_{n}"), "q", answer(f"ans_{n}", f"con_{n}"), "http")
        assert time.monotonic() - began < 3
        with pytest.raises(Unavailable):
            await store.add_feedback(Feedback("ans_1", "up"))
    assert sum("gave no answer" in record.message for record in caplog.records) <= 3
    for _ in range(200):
        await asyncio.sleep(0.1)
        try:
            if await store.conversation("con_12") is not None and await store.add_feedback(
                Feedback("ans_12", "up")
            ):
                break
        except Unavailable:
            continue
    else:
        raise AssertionError("the server was not used again")
    assert len(await store.answers_since(datetime.now(UTC) - timedelta(hours=1))) == 12


def test_a_process_ends_though_its_database_hangs(server: Path) -> None:
    url = make_database(str(server)).replace("postgresql://", "postgresql+psycopg://")
    code = (
        "import asyncio, sys\n"
        "from assistant.settings import read_settings\n"
        "from assistant.stores import open_store\n"
        "from assistant.types import Answer, Conversation\n"
        "async def main():\n"
        f"    store = await open_store(read_settings({{'DLSTART_DATABASE_URL': {url!r}}}))\n"
        "    print('open', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    given = Answer(id='ans_1', conversation_id='con_1', outcome='smalltalk', text='Hello!')\n"
        "    await store.remember(Conversation('con_1'), 'q', given, 'http')\n"
        "    await store.close()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        with stopped(server):
            process.communicate(b"\n", timeout=30)
        assert process.returncode == 0
