"""Bring a database to the newest tables."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from assistant.stores.files import protect
from assistant.stores.tables import HEAD

log = logging.getLogger("dlstart.store")

NETWORK = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""How psycopg notices that a server is gone: seconds, and milliseconds for what it sent without an answer."""
_SCRIPTS = Path(__file__).parent / "migrations"
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

    Safe from several processes at once: one migrates, the others wait. A database that a newer version has migrated
    is left as it is: migrations only add. Raises SQLAlchemyError.
    """
    for _ in range(_TRIES):
        with suppress(OperationalError):
            return _migrate(url)
        # SQLite does not wait its turn while another process switches the file to write-ahead logging.
        time.sleep(_PAUSE_SECONDS)
    return _migrate(url)


def _migrate(url: str) -> bool:
    engine = open_blocking(url)
    try:
        with engine.connect() as connection:
            if _serves(read_revision(connection)):
                return False
            _lock(connection)
            if _serves(read_revision(connection)):
                return False
            _upgrade(connection)
            connection.commit()
            return True
    finally:
        engine.dispose()


def open_blocking(url: str | URL) -> Engine:
    """An engine without a pool, for a few statements on a thread."""
    parsed = blocking_url(url)
    arguments: dict[str, Any] = NETWORK if parsed.get_backend_name() == "postgresql" else {}
    engine = create_engine(parsed, poolclass=NullPool, connect_args=arguments)
    protect(engine)
    return engine


def is_newer(revision: str | None) -> bool:
    """Whether a database was migrated by a version of the program that is newer than this one."""
    if revision is None or revision == HEAD:
        return False
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}
    return revision not in known


def _serves(revision: str | None) -> bool:
    if not is_newer(revision):
        return revision == HEAD
    log.warning(
        "the database was migrated by a newer version (%s, this one knows %s); it is served as it is",
        revision,
        HEAD,
    )
    return True


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


def read_revision(connection: Connection) -> str | None:
    """The newest migration that a database has had; None for a new one."""
    # No query that could fail: the rollback after it would give the lock away.
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found else None


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
