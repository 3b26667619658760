"""A database that is gone, full or old takes nothing but itself down."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import replace
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
from assistant.stores.tables import HEAD, conversations, metadata, replies
from assistant.types import Answer, Conversation, Profile


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
    with pytest.raises(Unavailable):
        await store.conversation("con_1")
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
            with pytest.raises(Unavailable):
                await ForgivingStore(store).conversation(f"con_{n}")
    assert [record.message.split(" (")[0] for record in caplog.records] == ["the database can't be used"]
    caplog.clear()
    place.unlink()
    place.mkdir()
    with caplog.at_level(logging.WARNING, "dlstart.store"):
        await store.conversation("con_1")
    assert [record.message for record in caplog.records] == ["the database is back"]
    await store.close()


async def test_while_the_database_is_full_answers_wait_in_memory_and_votes_are_told_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.stores.sql._AGAIN_SECONDS", 0.1)
    store = await SqlStore.open(f"sqlite+aiosqlite:///{tmp_path / 's.sqlite3'}")
    await store.remember(Conversation("con_1"), "q", answer(), "http")
    assert await store.add_feedback(Feedback("ans_1", "up")) is True
    with store._writing.begin() as connection:  # the page limit plays the full disk
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    for n in range(30):
        await store.remember(Conversation(f"con_{n}x"), "q" * 2000, answer(f"ans_{n}x"), "http")
    await asyncio.sleep(0.3)
    with pytest.raises(Unavailable):
        await store.add_feedback(Feedback("ans_29x", "up"))
    kept = await store.conversation("con_29x")
    assert kept is not None and len(kept.exchanges) == 1
    assert sum("can't be used" in record.message for record in caplog.records) == 1
    with store._writing.begin() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1073741823")
    await asyncio.sleep(0.3)
    assert await store.add_feedback(Feedback("ans_29x", "up")) is True
    assert len(await store.answers_since(datetime.now(UTC) - timedelta(hours=1))) == 31
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


TELLING = "zebrafish"


def leaves_traces(path: Path) -> list[str]:
    """The files of a database that still hold the telling word, in UTF-8 or in JSON."""
    return [file.name for file in path.parent.glob(f"{path.name}*") if TELLING.encode() in file.read_bytes()]


async def tell(store: SqlStore, id: str) -> None:
    """Say the telling word in everything that is kept of a conversation, masked and long parts too."""
    said = f"{TELLING} a@b.org " + TELLING * 500
    told = replace(answer(f"ans_{id}"), conversation_id=f"con_{id}", text=said, suggestions=(said,))
    told = replace(told, profile=Profile(avoids=(TELLING,), hardware=TELLING))
    await store.remember(Conversation(f"con_{id}"), said, told, "http")
    assert await store.add_feedback(Feedback(f"ans_{id}", "down", TELLING, said, "per_1")) is True
    assert await store.add_feedback(Feedback(f"ans_{id}", "down", TELLING, f"no, {TELLING}", "per_1")) is True
    await store.link("per_1", f"con_{id}")
    await store.begin_reply(id, "print", 60)
    await store.keep_reply(id, {"text": said, "conversation_id": f"con_{id}"}, 60)


@pytest.mark.parametrize("how", ["forget", "forget_person", "purge"])
async def test_nothing_that_was_deleted_is_left_in_any_file_while_the_service_runs(
    tmp_path: Path, how: str
) -> None:
    path = tmp_path / "s.sqlite3"
    store = await SqlStore.open(f"sqlite+aiosqlite:///{path}", retention_days=30, shared=True)
    await store.remember(Conversation("con_0"), "kept", answer("ans_0"), "http")
    await tell(store, "1")
    assert leaves_traces(path) != []
    if how == "forget":
        assert await store.forget("con_1") is True
    elif how == "forget_person":
        assert await store.forget_person("per_1") == 1
    else:
        async with store._engine.begin() as connection:
            long_ago = datetime.now(UTC) - timedelta(days=31)
            old = update(conversations).where(conversations.c.id == "con_1").values(updated_at=long_ago)
            await connection.execute(old)
            await connection.execute(update(replies).values(expires_at=long_ago))
        assert await store.purge() == 1
    assert leaves_traces(path) == []
    assert await store.conversation("con_1") is None
    await store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
async def test_the_database_and_its_folder_are_its_users_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(0o755)
    (data / "dlstart.sqlite3").touch(0o644)
    settings = read_settings({"DLSTART_DATA_DIR": str(data)})
    before = os.umask(0)
    try:
        store = await open_store(settings)
        await store.remember(Conversation("con_1"), "q", answer(), "http")
        assert await store.add_feedback(Feedback("ans_1", "up")) is True
        rights = {file.name: stat.S_IMODE(file.stat().st_mode) for file in [data, *data.iterdir()]}
        await store.close()
    finally:
        os.umask(before)
    assert rights == {
        "data": 0o700, "dlstart.sqlite3": 0o600, "dlstart.sqlite3-wal": 0o600, "dlstart.sqlite3-shm": 0o600,
    }  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
async def test_a_folder_that_others_use_stays_as_it_is(tmp_path: Path) -> None:
    for name, rights, environment in (
        ("shared", 0o1777, {"DLSTART_DATA_DIR": str(tmp_path / "shared")}),
        ("given", 0o755, {"DLSTART_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/given/s.sqlite3"}),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(rights)
        await (await open_store(read_settings(environment))).close()
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == rights


async def test_a_locked_database_loses_no_conversation_and_a_vote_is_told_to_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.stores.sql._SETTLE_SECONDS", 0.3)
    path = tmp_path / "s.sqlite3"
    store = await SqlStore.open(f"sqlite+aiosqlite:///{path}")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        await store.remember(Conversation("con_1"), "q", answer(), "http")
        with pytest.raises(Unavailable):
            await store.add_feedback(Feedback("ans_1", "up"))
        assert await store.conversation("con_1") is not None
        other.execute("ROLLBACK")
    monkeypatch.setattr("assistant.stores.sql._SETTLE_SECONDS", 15)
    assert await store.add_feedback(Feedback("ans_1", "up")) is True
    await store.close()


async def test_a_purge_is_done_by_one_process_in_small_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.stores.sql._PURGED_TOGETHER", 2)
    url = f"sqlite+aiosqlite:///{tmp_path / 's.sqlite3'}"
    stores = [await SqlStore.open(url, retention_days=30) for _ in range(2)]
    for n in range(5):
        given = replace(answer(f"ans_{n}"), conversation_id=f"con_{n}")
        await stores[0].remember(Conversation(f"con_{n}"), "q", given, "http")
    await stores[0]._waiting.join()
    async with stores[0]._engine.begin() as connection:
        await connection.execute(update(conversations).values(updated_at=datetime(2000, 1, 1, tzinfo=UTC)))
    steps = []
    purge = stores[0]._purge_some

    async def counted(oldest: datetime) -> int:
        steps.append(await purge(oldest))
        assert await stores[1].purge() == 0
        return steps[-1]

    monkeypatch.setattr(stores[0], "_purge_some", counted)
    assert await stores[0].purge() == 5
    assert steps == [2, 2, 1, 0]
    for store in stores:
        await store.close()


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
