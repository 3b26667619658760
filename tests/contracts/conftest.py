"""A real PostgreSQL in a temporary directory, started once for the run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import installed, make_database, serve


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a server, without a database; skips where PostgreSQL is not installed."""
    programs = installed()
    if programs is None:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    with serve(programs) as place:
        yield str(place)


@pytest.fixture
def postgresql_url(postgresql: str, request: pytest.FixtureRequest) -> str:
    """The address of a new, empty database."""
    return make_database(postgresql).replace("postgresql://", "postgresql+psycopg://")
