"""What a database says of itself, for whoever looks whether it can be used."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from assistant.errors import Unavailable
from assistant.settings import Settings
from assistant.stores import check_address
from assistant.stores.migrate import is_newer, open_blocking, read_revision
from assistant.stores.sql import database_url
from assistant.stores.tables import HEAD, conversations


def describe_database(settings: Settings) -> str:
    """Where the state is, its version, and how much is kept; nothing is changed.

    Raises UsageError for an address that no database understands, Unavailable for a database that can't be used.
    """
    check_address(settings)
    url = make_url(database_url(settings))
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        return _describe_missing(Path(url.database))
    engine = open_blocking(url)
    try:
        with engine.connect() as connection:
            return f"{_where(url)}, {_describe(connection)}"
    except (SQLAlchemyError, OSError) as error:
        raise Unavailable(f"{_where(url)} can't be used ({_reason(error)})", _cure(url)) from error
    finally:
        engine.dispose()


def _describe(connection: Connection) -> str:
    if connection.dialect.name == "sqlite":
        # Whether it can be written; nothing is.
        connection.exec_driver_sql("PRAGMA busy_timeout=2000")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    revision = read_revision(connection)
    if revision is None:
        return "empty: the tables are made by the first start"
    kept = 0
    if inspect(connection).has_table(conversations.name):
        kept = connection.execute(select(func.count(conversations.c.id))).scalar() or 0
    if is_newer(revision):
        state = f"version {revision}, which is newer than this program ({HEAD})"
    else:
        state = f"version {revision}" + (
            "" if revision == HEAD else f", which the next start brings to {HEAD}"
        )
    return f"{state}, {kept} conversations"


def _describe_missing(file: Path) -> str:
    folder = next(folder for folder in file.absolute().parents if folder.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise Unavailable(
            f"{file} can't be made: {folder} can't be written",
            "let this user write there, or set DLSTART_DATA_DIR",
        )
    return f"{file}, made by the first start"


def _where(url: URL) -> str:
    """The database without a user or a password."""
    if url.get_backend_name() == "sqlite":
        return f"SQLite {url.database}"
    return f"{url.get_backend_name()} {url.host or url.query.get('host') or 'on this machine'}/{url.database}"


def _reason(error: Exception) -> str:
    """The driver's own words, on one line: they name files, hosts and users, never a password."""
    words = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
    return words or type(error).__name__


def _cure(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return "see who locks it, whether this user may write it and its folder, and whether the disk is full"
    return "see whether the server runs and is reached from here, and whether DLSTART_DATABASE_URL is right"
