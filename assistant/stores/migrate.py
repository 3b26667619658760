"""Bring a database to the newest tables."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from assistant.stores.tables import HEAD

_TRIES = 3
_PAUSE_SECONDS = 0.2
_LOCK = 0x646C7374
"""Key of the advisory lock in PostgreSQL: "dlst"."""


def blocking_url(url: str | URL) -> URL:
    """The same database by a driver that blocks; psycopg does both."""
    parsed = make_url(url)
    return parsed.set(drivername="sqlite") if parsed.drivername == "sqlite+aiosqlite" else parsed


def migrate(url: str) -> bool:
    """Migrate the database of an address; whether anything had to be done.

    Safe from several processes at once: one migrates, the others wait. Raises SQLAlchemyError.
    """
    for _ in range(_TRIES):
        with suppress(OperationalError):
            return _migrate(url)
        # SQLite does not wait its turn while another process switches the file to write-ahead logging.
        time.sleep(_PAUSE_SECONDS)
    return _migrate(url)


def _migrate(url: str) -> bool:
    engine = create_engine(blocking_url(url), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            if _revision(connection) == HEAD:
                return False
            _lock(connection)
            if _revision(connection) == HEAD:
                return False
            _upgrade(connection)
            connection.commit()
            return True
    finally:
        engine.dispose()


def _lock(connection: Connection) -> None:
    connection.rollback()
    if connection.dialect.name == "sqlite":
        # Write-ahead logging stays with the file; readers are never kept waiting by a writer.
        connection.exec_driver_sql("PRAGMA busy_timeout=10000")
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.commit()
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _revision(connection: Connection) -> str | None:
    try:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError:
        # A database without the table is a new one.
        connection.rollback()
        return None
    return str(found) if found else None


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
