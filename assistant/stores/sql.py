"""State in a database: SQLite by default, PostgreSQL by one setting."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Engine, Table, and_, create_engine, delete, event, null, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    IntegrityError,
    InvalidRequestError,
    NoSuchModuleError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from assistant.errors import Unavailable, UsageError
from assistant.mask import mask, mask_record
from assistant.settings import Settings
from assistant.store import MOST_ANSWERS, Feedback, Reply, StoredAnswer, exchange_of
from assistant.stores.files import protect
from assistant.stores.migrate import NETWORK, blocking_url, migrate
from assistant.stores.tables import answers, claims, conversations, feedback, people, replies
from assistant.types import (
    ANYONE,
    Answer,
    Citation,
    Conversation,
    Exchange,
    Place,
    Profile,
    Record,
    as_values,
)

T = TypeVar("T")

log = logging.getLogger("dlstart.store")

_WAITING = 1000
"""Answers that may wait to be written; more are dropped, and that is logged."""
_KEPT_EXCHANGES = 50
"""Turns of a conversation that are read back."""
_TIDY_SECONDS = 60.0
"""Seconds after which a request with a key deletes replies that have run out."""
_GATHER_SECONDS = 0.03
"""Seconds in which answers that nobody waits for gather to be written together."""
_WRITE_SECONDS = 0.5
"""Seconds that a reply waits, where several processes share the database, until its answer is written."""
_AGAIN_SECONDS = 1.0
"""Seconds after which answers that could not be written, because the database is away, are tried again."""
_SETTLE_SECONDS = 5.0
"""Seconds that a vote or a deletion waits for what is still to be written; one while the database is away."""
_OPEN_SECONDS = 60.0
"""Seconds that a start waits for its database: a migration may take its time."""
_STATEMENT_MS = 30_000
_PURGED_TOGETHER = 500
"""Conversations that are deleted in one transaction."""
_PURGE_SECONDS = 600.0
_TRUNCATE_TRIES = 20
_TRUNCATE_PAUSE = 0.05
_REPORTED = tuple(
    answers.c[name]
    for name in (
        "id", "created_at", "channel", "question", "outcome", "citations", "confidence", "timings_ms",
    )
)  # fmt: skip


class _Refused(Unavailable):
    """The database is there, and does not take what it was given."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One answer on its way to the database."""

    conversation: Conversation
    question: str
    answer: Answer
    channel: str
    at: datetime
    written: asyncio.Event = field(default_factory=asyncio.Event)


class SqlStore:
    """Keeps conversations, feedback, claims and replies; answers are written behind the reply, in batches.

    Where several processes share the database, the reply waits for its batch, so that the next turn finds it.
    """

    def __init__(
        self, engine: AsyncEngine, retention_days: int, shared: bool, lost: Callable[[], None] | None = None
    ) -> None:
        self._engine = engine
        self._lost = lost
        self._writing = make_writer(engine.url)
        self._alone = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._tidy_at = 0.0
        self._shared = shared
        self._retention = timedelta(days=retention_days) if retention_days else None
        self._waiting: asyncio.Queue[_Entry] = asyncio.Queue(_WAITING)
        self._hurry = asyncio.Event()
        self._unwritten: dict[str, Conversation] = {}
        self._writer: asyncio.Task[None] | None = None
        self._down = False
        self._migrating = asyncio.Lock()
        self._migrated = False

    @classmethod
    async def open(
        cls, url: str, retention_days: int = 0, shared: bool = False, lost: Callable[[], None] | None = None
    ) -> SqlStore:
        """Open and migrate the database; one that is not there now is tried again at each use.

        `shared`: other processes use it too; a PostgreSQL always counts as shared. `lost` is called for each answer
        that could not be kept. Raises UsageError for an address that no database understands.
        """
        engine = make_engine(url)
        store = cls(engine, retention_days, shared or engine.dialect.name == "postgresql", lost)
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(_OPEN_SECONDS), store._connection():
                pass
        return store

    async def close(self) -> None:
        """Write what waits, and let the database go."""
        if self._writer is not None:
            with suppress(Unavailable):
                await self._settle()
            self._writer.cancel()
            with suppress(asyncio.CancelledError):
                await self._writer
        self._writing.dispose()
        await self._engine.dispose()

    async def conversation(self, id: str, owner: str = ANYONE) -> Conversation | None:
        """A conversation that is kept for an owner, or None. Raises Unavailable."""
        if (unwritten := self._unwritten.get(id)) is not None:
            return unwritten if unwritten.owner == owner else None
        async with self._connection() as connection:
            row = (await connection.execute(select(conversations).where(_is_owned(id, owner)))).first()
            if row is None:
                return None
            newest = (
                select(answers)
                .where(answers.c.conversation_id == id)
                .order_by(answers.c.created_at.desc())
                .limit(_KEPT_EXCHANGES)
            )
            rows = (await connection.execute(newest)).mappings().all()
        return Conversation(
            id, read_profile(row.profile), tuple(_exchange(dict(one)) for one in reversed(rows)), owner
        )

    async def remember(self, conversation: Conversation, question: str, answer: Answer, channel: str) -> None:
        """Keep an exchange, masked, soon; only where the database is shared, wait for it, and not for long."""
        kept = _Entry(conversation, mask(question), answer, channel, datetime.now(UTC))
        exchanges = (*conversation.exchanges, exchange_of(kept.question, answer))
        try:
            self._waiting.put_nowait(kept)
        except asyncio.QueueFull:
            self._note_lost(kept, RuntimeError("too many answers wait to be written"))
            return
        self._unwritten[conversation.id] = replace(conversation, profile=answer.profile, exchanges=exchanges)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        if self._shared and not self._down:
            try:
                async with asyncio.timeout(_WRITE_SECONDS):
                    await kept.written.wait()
            except TimeoutError as error:
                # The next replies don't wait, until something has been written.
                self._note_down(error)

    async def forget(self, conversation_id: str, owner: str = ANYONE) -> bool:
        """Delete a conversation with its answers and feedback; whether there was one. Raises Unavailable."""
        await self._settle()
        async with self._connection() as connection:
            gone = await connection.execute(delete(conversations).where(_is_owned(conversation_id, owner)))
            if gone.rowcount > 0:
                await connection.execute(delete(replies).where(replies.c.conversation_id == conversation_id))
        await self._empty_log()
        return gone.rowcount > 0

    async def add_feedback(self, given: Feedback) -> bool:
        """Keep a vote, the last one for an answer; False for an unknown answer. Raises Unavailable."""
        await self._settle()
        values = {
            "answer_id": given.answer_id,
            "value": given.value,
            "reason": mask(given.reason)[: _limit(feedback, "reason")] if given.reason else None,
            "comment": mask(given.comment) if given.comment else None,
            "created_at": datetime.now(UTC),
            "person": given.person,
        }
        async with self._connection() as connection:
            known = select(answers.c.id).join(conversations).where(answers.c.id == given.answer_id)
            if (await connection.execute(known.where(conversations.c.owner == given.owner))).first() is None:
                return False
            await connection.execute(self._upsert(feedback, "answer_id"), [values])
        return True

    async def link(self, person: str, conversation_id: str) -> None:
        """Note that somebody took part in a conversation that is kept. Raises Unavailable."""
        await self._settle()
        async with self._connection() as connection:
            kept = select(conversations.c.id).where(conversations.c.id == conversation_id)
            if (await connection.execute(kept)).first() is not None:
                row = self._insert(people).values(person=person, conversation_id=conversation_id)
                await connection.execute(row.on_conflict_do_nothing())

    async def conversations_of(self, person: str) -> list[str]:
        """Ids of somebody's conversations, newest first. Raises Unavailable."""
        query = (
            select(conversations.c.id)
            .join(people, people.c.conversation_id == conversations.c.id)
            .where(people.c.person == person)
            .order_by(conversations.c.updated_at.desc())
        )
        async with self._connection() as connection:
            return list((await connection.execute(query)).scalars())

    async def votes_of(self, person: str) -> list[StoredAnswer]:
        """The answers somebody voted on, newest first. Raises Unavailable."""
        query = (
            select(answers, feedback.c.value, feedback.c.reason, feedback.c.comment)
            .join(feedback, feedback.c.answer_id == answers.c.id)
            .where(feedback.c.person == person)
            .order_by(feedback.c.created_at.desc())
        )
        async with self._connection() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [_stored(dict(row)) for row in rows]

    async def forget_person(self, person: str) -> int:
        """Delete somebody's votes and conversations; how many of these. Raises Unavailable."""
        await self._settle()
        mine = select(people.c.conversation_id).where(people.c.person == person)
        async with self._connection() as connection:
            await connection.execute(delete(feedback).where(feedback.c.person == person))
            await connection.execute(delete(replies).where(replies.c.conversation_id.in_(mine)))
            gone = await connection.execute(delete(conversations).where(conversations.c.id.in_(mine)))
        await self._empty_log()
        return int(gone.rowcount)

    async def claim(self, key: str, seconds: float) -> bool:
        """Claim an event for that long; False while somebody else holds it. Raises Unavailable."""
        now = datetime.now(UTC)
        async with self._connection() as connection:
            await connection.execute(delete(claims).where(claims.c.expires_at <= now))
            insert = self._insert(claims).values(key=key, expires_at=now + timedelta(seconds=seconds))
            made = await connection.execute(insert.on_conflict_do_nothing().returning(claims.c.key))
            return made.first() is not None

    async def release(self, key: str) -> None:
        """Give a claim back. Raises Unavailable."""
        async with self._connection() as connection:
            await connection.execute(delete(claims).where(claims.c.key == key))

    async def begin_reply(self, key: str, fingerprint: str, seconds: float) -> Reply | None:
        """Take a key for that long: None; else what is there. Raises Unavailable."""
        now = datetime.now(UTC)
        row = {"fingerprint": fingerprint, "expires_at": now + timedelta(seconds=seconds)}
        expired = replies.c.expires_at <= now
        take = self._insert(replies).values(key=key, **row)
        take = take.on_conflict_do_update(
            index_elements=["key"], set_={**row, "body": null(), "conversation_id": null()}, where=expired
        )
        async with self._connection(alone=True) as connection:
            if monotonic() >= self._tidy_at:
                self._tidy_at = monotonic() + _TIDY_SECONDS
                await connection.execute(delete(replies).where(expired))
            if (await connection.execute(take.returning(replies.c.key))).first() is not None:
                return None
            there = (await connection.execute(select(replies).where(replies.c.key == key))).first()
        # It may have been given back between the two statements.
        return Reply(there.fingerprint, there.body) if there else Reply(fingerprint, None)

    async def keep_reply(self, key: str, body: dict[str, Any] | None, seconds: float) -> None:
        """Keep for that long what a key was answered, or that somebody works on it. Raises Unavailable."""
        mine = update(replies).where(replies.c.key == key, replies.c.body.is_(None))
        new: dict[str, Any] = {"expires_at": datetime.now(UTC) + timedelta(seconds=seconds)}
        if body is not None:
            new |= {"body": body, "conversation_id": body.get("conversation_id")}
        async with self._connection(alone=True) as connection:
            await connection.execute(mine.values(new))

    async def drop_reply(self, key: str) -> None:
        """Give a key back without an answer. Raises Unavailable."""
        async with self._connection(alone=True) as connection:
            await connection.execute(delete(replies).where(replies.c.key == key, replies.c.body.is_(None)))

    async def answers_since(self, since: datetime, most: int = MOST_ANSWERS) -> list[StoredAnswer]:
        """The newest answers from that moment on, oldest first, with their feedback. Raises Unavailable."""
        await self._settle()
        query = (
            select(*_REPORTED, feedback.c.value, feedback.c.reason, feedback.c.comment)
            .outerjoin(feedback, feedback.c.answer_id == answers.c.id)
            .where(answers.c.created_at >= since)
            .order_by(answers.c.created_at.desc())
            .limit(most)
        )
        async with self._connection() as connection:
            rows = await connection.stream(query)
            return [_stored(dict(row)) async for row in rows.mappings()][::-1]

    async def purge(self) -> int:
        """Delete conversations that nobody has touched within the retention; how many. Raises Unavailable.

        In many small transactions, and by one process at a time: nobody else waits for it.
        """
        if not await self.claim("purge", _PURGE_SECONDS):
            return 0
        gone = 0
        try:
            now = datetime.now(UTC)
            async with self._connection() as connection:
                await connection.execute(delete(replies).where(replies.c.expires_at <= now))
            if self._retention is not None:
                while deleted := await self._purge_some(now - self._retention):
                    gone += deleted
            await self._empty_log()
        finally:
            await self.release("purge")
        return gone

    async def _purge_some(self, oldest: datetime) -> int:
        some = select(conversations.c.id).where(conversations.c.updated_at < oldest).limit(_PURGED_TOGETHER)
        async with self._connection() as connection:
            gone = await connection.execute(delete(conversations).where(conversations.c.id.in_(some)))
        return int(gone.rowcount)

    async def _empty_log(self) -> None:
        """Take what was deleted out of SQLite's write-ahead log too: its pages hold it until they are written over."""
        if self._engine.dialect.name != "sqlite":
            return
        for _ in range(_TRUNCATE_TRIES):
            async with self._connection(alone=True) as connection:
                busy = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).scalar()
            if not busy:
                return
            # Somebody else is reading or writing; they take milliseconds.
            await asyncio.sleep(_TRUNCATE_PAUSE)
        log.warning("what was deleted stays in the database's write-ahead log until the next checkpoint")

    async def _settle(self) -> None:
        """Have everything that waits written now. Raises Unavailable where that takes too long."""
        self._hurry.set()
        try:
            async with asyncio.timeout(_AGAIN_SECONDS if self._down else _SETTLE_SECONDS):
                await self._waiting.join()
        except TimeoutError as error:
            raise Unavailable("what you said can't be kept right now", "try again later") from error

    async def _gather(self) -> None:
        """Let more answers come before a transaction begins, unless somebody waits for it."""
        if not self._shared:
            with suppress(TimeoutError):
                async with asyncio.timeout(_GATHER_SECONDS):
                    await self._hurry.wait()
        self._hurry.clear()

    async def _write(self) -> None:
        """Write what waits, all of it in one transaction, until nothing waits."""
        while True:
            batch = [await self._waiting.get()]
            await self._gather()
            while not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                await self._keep(batch)
            finally:
                for entry in batch:
                    self._forget_unwritten(entry)
                    self._waiting.task_done()
                    entry.written.set()

    async def _keep(self, batch: Sequence[_Entry]) -> None:
        """Write a batch, however long the database is away; where it refuses a row, all others all the same."""
        while True:
            try:
                await self._write_batch(batch)
            except _Refused as error:
                await self._keep_each(batch, error.__cause__ or error)
            except Unavailable:
                # Said once by _reaching; until then they are kept in memory.
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            except Exception as error:  # noqa: BLE001 - whatever it was, the other rows are to be kept
                await self._keep_each(batch, error)
            return

    async def _keep_each(self, batch: Sequence[_Entry], error: BaseException) -> None:
        if len(batch) == 1:
            self._note_lost(batch[0], error)
            return
        for entry in batch:
            await self._keep([entry])

    async def _write_batch(self, batch: Sequence[_Entry]) -> None:
        async with self._reaching():
            await _on_thread(partial(self._insert_batch, batch))

    def _insert_batch(self, batch: Sequence[_Entry]) -> None:
        """One transaction, from first to last on one thread.

        With the loop between its statements SQLite's only lock was held for as long as the loop had other things to do.
        """
        talks = {entry.conversation.id: _conversation_row(entry) for entry in batch}
        rows = [_answer_row(entry) for entry in batch]
        with self._writing.begin() as connection:
            connection.execute(
                self._upsert(conversations, "id", keep=("created_at", "channel", "owner")),
                list(talks.values()),
            )
            # A batch that broke off after its commit comes again.
            connection.execute(self._insert(answers).on_conflict_do_nothing(), rows)

    def _forget_unwritten(self, entry: _Entry) -> None:
        """A newer turn of the same conversation may still wait; it stays in memory until it is written."""
        kept = self._unwritten.get(entry.conversation.id)
        if kept is not None and kept.exchanges[-1].answer_id == entry.answer.id:
            del self._unwritten[entry.conversation.id]

    def _upsert(self, table: Table, key: str, keep: tuple[str, ...] = ()) -> Any:
        insert = self._insert(table)
        new: dict[str, ColumnElement[Any]] = {
            column.name: insert.excluded[column.name]
            for column in table.columns
            if column.name != key and column.name not in keep
        }
        return insert.on_conflict_do_update(index_elements=[key], set_=new)

    def _insert(self, table: Table) -> Any:
        postgresql = self._engine.dialect.name == "postgresql"
        return (postgresql_insert if postgresql else sqlite_insert)(table)

    @asynccontextmanager
    async def _connection(self, alone: bool = False) -> AsyncIterator[AsyncConnection]:
        """One transaction; `alone`: one for each statement, without the two that begin and end it."""
        opened = self._alone.connect() if alone else self._engine.begin()
        async with self._reaching(), opened as connection:
            yield connection

    @asynccontextmanager
    async def _reaching(self) -> AsyncIterator[None]:
        """Raises Unavailable where the database can't be used, logged once until it is back; _Refused for a bad row."""
        try:
            await self._migrate_once()
            yield
        except (SQLAlchemyError, OSError) as error:
            if _is_refusal(error):
                raise _Refused("this can't be kept", "try other words") from error
            self._note_down(error)
            raise Unavailable("what you said can't be kept right now", "try again later") from error
        if self._down:
            self._down = False
            log.warning("the database is back")

    async def _migrate_once(self) -> None:
        """A database that was not there at the start is migrated when it is."""
        if not self._migrated:
            async with self._migrating:
                if not self._migrated:
                    await _on_thread(partial(migrate, self._engine.url.render_as_string(hide_password=False)))
                    self._migrated = True

    def _note_lost(self, entry: _Entry, error: BaseException) -> None:
        # No text of the error either: it may repeat what was to be written.
        why = {"answer": entry.answer.id, "why": type(error.__cause__ or error).__name__}
        log.error("an answer could not be kept", extra={"data": why})
        if self._lost is not None:
            self._lost()

    def _note_down(self, error: Exception) -> None:
        if not self._down:
            self._down = True
            log.error("the database can't be used (%s); answers go on without it", type(error).__name__)


def _is_refusal(error: Exception) -> bool:
    """Whether a statement failed for what it was given; it would fail again."""
    return isinstance(error, (DataError, IntegrityError)) or type(error) is StatementError


async def _on_thread(work: Callable[[], T]) -> T:
    """Work on a thread that nobody waits for when the process ends: a database that hangs would hold it up."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def finish(result: Callable[[], None]) -> None:
        if not done.cancelled():
            result()

    def run() -> None:
        try:
            value = work()
            tell = partial(done.set_result, value)
        except Exception as error:  # noqa: BLE001 - it is raised again in the loop
            tell = partial(done.set_exception, error)
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(finish, tell)

    threading.Thread(target=run, name="database", daemon=True).start()
    return await done


def database_url(settings: Settings) -> str:
    """The address of the settings: SQLite in the data directory, unless another is given."""
    return settings.database_url or f"sqlite+aiosqlite:///{settings.data_path / 'dlstart.sqlite3'}"


def make_engine(url: str) -> AsyncEngine:
    """An engine that has not connected yet. Raises UsageError for an address that no database understands."""
    try:
        parsed = make_url(url)
        engine = create_async_engine(parsed, hide_parameters=True, **_pool(parsed))
    except (ArgumentError, InvalidRequestError, NoSuchModuleError, ImportError, ValueError) as error:
        cure = "give sqlite+aiosqlite:///FILE, or postgresql+psycopg://USER@HOST/NAME"
        cure += " after pip install 'dlstart[postgres]'"
        raise UsageError("DLSTART_DATABASE_URL can't be used", cure) from error
    if parsed.drivername.startswith("sqlite"):
        event.listen(engine.sync_engine, "connect", _set_pragmas)
        protect(engine.sync_engine)
    return engine


def make_writer(url: URL) -> Engine:
    """An engine with one connection, for whole transactions on a thread."""
    pool = _pool(url) | {"pool_size": 1, "max_overflow": 0}
    engine = create_engine(blocking_url(url), hide_parameters=True, **pool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
    return engine


def _pool(url: URL) -> dict[str, Any]:
    if url.drivername.startswith("sqlite"):
        return {"connect_args": {"timeout": 10}}
    pool = {"pool_size": 5, "max_overflow": 5, "pool_timeout": 5, "pool_pre_ping": True}
    given = url.query.get("options", "")
    options = " ".join(
        [*([given] if isinstance(given, str) else given), f"-cstatement_timeout={_STATEMENT_MS}"]
    )
    return {**pool, "connect_args": NETWORK | {"options": options.strip()}}


def _set_pragmas(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    # secure_delete: what is deleted is overwritten, not only unlinked.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _is_owned(id: str, owner: str) -> ColumnElement[bool]:
    return and_(conversations.c.id == id, conversations.c.owner == owner)


def _limit(table: Table, column: str) -> int:
    """Characters that a column takes: PostgreSQL refuses more."""
    return int(table.c[column].type.length)  # type: ignore[attr-defined]


def _conversation_row(entry: _Entry) -> dict[str, Any]:
    return {
        "id": entry.conversation.id,
        "channel": entry.channel,
        "owner": entry.conversation.owner,
        "profile": entry.answer.profile.as_dict(),
        "created_at": entry.at,
        "updated_at": entry.at,
    }


def _answer_row(entry: _Entry) -> dict[str, Any]:
    answer = entry.answer
    return {
        "id": answer.id,
        "conversation_id": entry.conversation.id,
        "created_at": entry.at,
        "channel": entry.channel,
        "question": entry.question,
        "outcome": answer.outcome,
        "text": answer.text,
        "citations": as_values(answer.citations),
        "suggestions": list(answer.suggestions),
        "clarified": answer.clarifying_question is not None,
        "confidence": answer.confidence,
        "generator": answer.generator[: _limit(answers, "generator")],
        "timings_ms": dict(answer.timings_ms),
        "record": as_values(mask_record(answer.record)) if answer.record else None,
    }


def read_profile(values: Mapping[str, Any]) -> Profile:
    """A profile from its JSON form; what this version does not know is left out."""
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in values.items()
        if name in Profile.__dataclass_fields__
    }
    return Profile(**known)


def read_citation(values: Mapping[str, Any]) -> Citation:
    """A citation from its JSON form."""
    after = values.get("successor")
    return Citation(
        **{
            **values,
            "resources": tuple(values["resources"]),
            "successor": Place(**after) if after else None,
        }
    )


def read_record(values: Mapping[str, Any] | None) -> Record | None:
    """A record from its JSON form; None for one that this version can't use."""
    if not values or "act" not in values:
        return None
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in values.items()
        if name in Record.__dataclass_fields__
    }
    return Record(**known | {"profile": read_profile(known.get("profile", {}))})


def _exchange(row: Mapping[str, Any]) -> Exchange:
    return Exchange(
        question=row["question"],
        answer_id=row["id"],
        outcome=row["outcome"],
        text=row["text"],
        citations=tuple(read_citation(citation) for citation in row["citations"]),
        clarified=row["clarified"],
        suggestions=tuple(row["suggestions"]),
        record=read_record(row["record"]),
    )


def _stored(row: Mapping[str, Any]) -> StoredAnswer:
    return StoredAnswer(
        id=row["id"],
        at=_aware(row["created_at"]),
        channel=row["channel"],
        question=row["question"],
        outcome=row["outcome"],
        cited=tuple(dict.fromkeys(c["resource"] or c["section"] for c in row["citations"])),
        confidence=row["confidence"],
        total_ms=float(row["timings_ms"].get("total", 0.0)),
        vote=row["value"],
        reason=row["reason"],
        comment=row["comment"],
    )


def _aware(moment: datetime) -> datetime:
    """SQLite gives times back without their zone; they are kept in UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
