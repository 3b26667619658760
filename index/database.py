"""A connection to PostgreSQL, and what its errors mean to somebody who asks. No error repeats an address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from index.errors import IndexProblem, IndexStale, VectorsUnavailable

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg_pool import ConnectionPool

_WAIT_S = 5
_CONNECTIONS = 4
_INSTALL = "pip install 'dlstart[postgres]'"
_MEND = "start the database, or mend DLSTART_VECTORS"
GONE = "the database does not hold the vectors of this index"


@contextmanager
def connect(url: str) -> Iterator[Connection[Any]]:
    """One transaction on a connection of its own, committed at the end.

    Raises IndexStale, VectorsUnavailable or another IndexProblem.
    """
    with problems(url):
        import psycopg

        with psycopg.connect(_address(url), connect_timeout=_WAIT_S) as connection:
            yield connection


def open_pool(url: str, make_ready: Callable[[Connection[Any]], None]) -> ConnectionPool[Connection[Any]]:
    """Connections for the threads that ask; `make_ready` is called once for each."""
    with connect(url) as connection:  # a failure says its reason here; a pool only gives up
        make_ready(connection)
    with problems(url):
        from psycopg_pool import ConnectionPool

        pool: ConnectionPool[Connection[Any]] = ConnectionPool(
            _address(url),
            min_size=1,
            max_size=_CONNECTIONS,
            timeout=_WAIT_S,
            kwargs={"autocommit": True},
            configure=make_ready,
            check=ConnectionPool.check_connection,
            open=True,
        )
        pool.wait(_WAIT_S)
    return pool


@contextmanager
def problems(url: str) -> Iterator[None]:
    """The database's errors as problems of the index."""
    try:
        import pgvector
        import psycopg
        import psycopg_pool
    except ImportError:
        raise IndexProblem("vectors in PostgreSQL need its libraries", _INSTALL) from None
    del pgvector
    try:
        yield
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedObject):
        raise IndexStale(GONE) from None
    except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
        raise VectorsUnavailable(
            f"the vectors' database, {show_address(url)}, is not there", _MEND
        ) from error
    except psycopg.Error as error:
        raise IndexProblem(
            f"the vectors' database, {show_address(url)}, refused: {error.diag.message_primary or 'no reason given'}",
            "give its user the right, and the database pgvector 0.8 or newer (CREATE EXTENSION vector)",
        ) from error


def show_address(url: str) -> str:
    """Where a database is, without who asks and with which password."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        given = conninfo_to_dict(_address(url))
    except ProgrammingError:  # its words repeat the address
        raise IndexProblem(
            "DLSTART_VECTORS is no address of a database", "postgresql://user@host/database"
        ) from None
    port = f":{given['port']}" if given.get("port") else ""
    return f"{given.get('host', 'localhost')}{port}/{given.get('dbname', '')}"


def _address(url: str) -> str:
    """As libpq reads it; the form of DLSTART_DATABASE_URL will do, too."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
