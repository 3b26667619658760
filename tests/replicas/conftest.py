"""What several processes share: a PostgreSQL and a Redis of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.contracts.conftest import postgresql, postgresql_url
from tests.replicas.redis_server import RedisServer

__all__ = ["postgresql", "postgresql_url", "redis"]


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A Redis; skips where it is not installed."""
    place = Path(mkdtemp(prefix="redis-", dir="/tmp"))  # A socket's path must be short.
    server = RedisServer(place)
    yield server
    server.kill()
    shutil.rmtree(place)
