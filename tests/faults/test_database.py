"""A database that is gone, full or old takes nothing but itself down."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, update

from assistant.errors import Unavailable, UsageError
from assistant.settings import read_settings
from assistant.store import Feedback, ForgivingStore, MemoryStore
from assistant.stores import open_store
from assistant.stores.migrate import migrate
from assistant.stores.sql import SqlStore
from assistant.stores.tables import HEAD, conversations, metadata
from assistant.types import Answer, Conversation


def answer(id: str = "ans_1") -> Answer:
    return Answer(id=id, conversation_id="con_1", outcome="smalltalk", text="Hello!")


@pytest.fixture
async def broken(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """A store whose directory can't be made: a file stands in its place."""
    (tmp_path / "file").write_text("")
    store = await SqlStore.open(f"sqlite+aiosqlite:///{tmp_path / 'file' / 'state.sqlite3'}")
    yield store
    await store.close()


async def test_answers_go_on_while_the_database_is_gone(broken: SqlStore) -> None:
    store = ForgivingStore(broken)
    assert await store.conversation("con_1") is None
    await store.remember(Conversation("con_1"), "q", answer(), "http")
    assert await store.claim("event", 60) is True
    assert await store.claim("event", 60) is False


async def test_feedback_says_that_it_can_not_be_kept(broken: SqlStore) -> None:
    with pytest.raises(Unavailable, match="can't be kept right now"):
        await ForgivingStore(broken).add_feedback(Feedback("ans_1", "up"))


async def test_deleting_never_pretends(broken: SqlStore) -> None:
    with pytest.raises(Unavailable):
        await ForgivingStore(broken).forget("con_1")


async def test_an_outage_is_logged_once_and_its_end_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = tmp_path / "state"
    place.write_text("")
    store = await SqlStore.open(f"sqlite+aiosqlite:///{place / 'state.sqlite3'}")
    with caplog.at_level(logging.WARNING, "dlstart.store"):
        for n in range(5):
            await ForgivingStore(store).conversation(f"con_{n}")
    assert [record.message.split(" (")[0] for record in caplog.records] == ["the database can't be used"]
    caplog.clear()
    place.unlink()
    place.mkdir()
    with caplog.at_level(logging.WARNING, "dlstart.store"):
        await store.conversation("con_1")
    assert [record.message for record in caplog.records] == ["the database is back"]
    await store.close()


async def test_a_full_database_loses_no_answer_and_says_so_for_feedback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = await SqlStore.open(f"sqlite+aiosqlite:///{tmp_path / 's.sqlite3'}")
    await store.remember(Conversation("con_1"), "q", answer(), "http")
    assert await store.add_feedback(Feedback("ans_1", "up")) is True
    with store._writing.begin() as connection:  # the page limit plays the full disk
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    for n in range(30):
        await store.remember(Conversation(f"con_{n}x"), "q" * 2000, answer(f"ans_{n}x"), "http")
    await store._waiting.join()
    assert sum("can't be used" in record.message for record in caplog.records) == 1
    await store.close()


async def test_answers_are_written_together_unless_somebody_waits_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.stores.sql._GATHER_SECONDS", 60)
    store = await SqlStore.open(f"sqlite+aiosqlite:///{tmp_path / 's.sqlite3'}")
    batches = []
    insert = store._insert_batch

    def counted(batch: Sequence[Any]) -> None:
        batches.append(len(batch))
        insert(batch)

    monkeypatch.setattr(store, "_insert_batch", counted)
    for n in range(3):
        await store.remember(Conversation(f"con_{n}x"), "q", answer(f"ans_{n}x"), "http")
        await asyncio.sleep(0.01)
    async with asyncio.timeout(10):
        assert await store.add_feedback(Feedback("ans_2x", "up")) is True
    assert batches == [3]
    await store.close()


async def test_conversations_are_deleted_after_the_retention(tmp_path: Path) -> None:
    store = await SqlStore.open(f"sqlite+aiosqlite:///{tmp_path / 's.sqlite3'}", retention_days=30)
    for id in ("old", "new"):
        await store.remember(Conversation(f"con_{id}"), "q", answer(f"ans_{id}"), "http")
    await store._waiting.join()
    async with store._engine.begin() as connection:
        long_ago = datetime.now(UTC) - timedelta(days=31)
        await connection.execute(
            update(conversations).where(conversations.c.id == "con_old").values(updated_at=long_ago)
        )
    assert await store.purge() == 1
    assert await store.conversation("con_old") is None
    assert await store.conversation("con_new") is not None
    await store.close()


async def test_what_was_deleted_is_not_left_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite3"
    store = await SqlStore.open(f"sqlite+aiosqlite:///{path}")
    await store.remember(Conversation("con_1"), "a very telling question", answer(), "http")
    assert await store.forget("con_1") is True
    await store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"very telling" not in path.read_bytes()


async def test_several_processes_claim_an_event_once(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 's.sqlite3'}"
    code = (
        "import asyncio\n"
        "from assistant.stores.sql import SqlStore\n"
        "async def main():\n"
        f"    store = await SqlStore.open({url!r})\n"
        "    print(sum([await store.claim(f'event-{n}', 60) for n in range(20)]))\n"
        "    await store.close()\n"
        "asyncio.run(main())\n"
    )
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    counts = [int((await process.communicate())[0]) for process in processes]
    assert sum(counts) == 20


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite+nonsense:///x"])
async def test_an_address_of_no_database_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(UsageError, match="DLSTART_DATABASE_URL"):
        await SqlStore.open(url)


async def test_with_storing_switched_off_nothing_is_written(tmp_path: Path) -> None:
    settings = read_settings({"DLSTART_STORE_QUESTIONS": "no", "DLSTART_DATA_DIR": str(tmp_path)})
    assert isinstance(await open_store(settings), MemoryStore)
    assert list(tmp_path.iterdir()) == []


def test_the_migrations_make_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    url = f"sqlite:///{tmp_path / 's.sqlite3'}"
    assert migrate(url) is True
    assert migrate(url) is False
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() == HEAD
        assert compare_metadata(context, metadata) == []
    engine.dispose()
