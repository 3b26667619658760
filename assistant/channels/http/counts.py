"""How many requests a client has made: counted in this process, or in a Redis that several share."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from assistant.errors import Unavailable, UsageError

log = logging.getLogger("dlstart.service")

_PATIENCE = 1.0
"""Seconds that Redis may take to count a request."""
_AGAIN_AFTER = 5.0
"""Seconds after a failure in which Redis is not asked, so that no request waits for it."""


class Counts:
    """Requests in moving windows. While Redis is away each process counts for itself, and says so once."""

    def __init__(self, url: str = "") -> None:
        self._here = MovingWindowRateLimiter(MemoryStorage())
        self._pool = _open_pool(url) if url else None
        self._shared = _over(self._pool) if url else None
        self._away = False
        self._again = 0.0

    async def wait(self, limit: RateLimitItem, client: str) -> int:
        """Count a request; 0, or the whole seconds after which the next one may come."""
        if self._shared is not None and time.monotonic() >= self._again:
            try:
                async with asyncio.timeout(_PATIENCE):
                    seconds = await _count(self._shared, limit, client)
            except (StorageError, OSError) as error:
                self._note_away(error)
            else:
                self._note_back()
                return seconds
        return await _count(self._here, limit, client)

    async def close(self) -> None:
        """Let the connections go."""
        if self._pool is not None:
            await self._pool.aclose()

    def _note_away(self, error: Exception) -> None:
        self._again = time.monotonic() + _AGAIN_AFTER
        if not self._away:
            self._away = True
            name = type(error.__cause__ or error).__name__
            log.error("Redis can't be used (%s); each process counts requests for itself", name)

    def _note_back(self) -> None:
        if self._away:
            self._away = False
            log.warning("Redis is back")


async def describe_redis(url: str) -> str:
    """What a Redis says of itself. Raises UsageError, or Unavailable where it does not answer."""
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    client = Redis(connection_pool=_open_pool(url))
    try:
        async with asyncio.timeout(_PATIENCE):
            version = (await client.info("server"))["redis_version"]
    except (RedisError, OSError, TimeoutError) as error:
        cure = "see whether it runs and is reached from here, and whether DLSTART_RATE_LIMIT_STORAGE is right"
        raise Unavailable(f"it can't be used ({type(error).__name__})", cure) from error
    finally:
        await client.connection_pool.aclose()
    return f"version {version}"


async def _count(windows: MovingWindowRateLimiter, limit: RateLimitItem, client: str) -> int:
    if await windows.hit(limit, client):
        return 0
    window = await windows.get_window_stats(limit, client)
    return max(1, int(window.reset_time - time.time()) + 1)


def _open_pool(url: str) -> Any:
    """A pool that has not connected yet. Raises UsageError."""
    try:
        from redis.asyncio import ConnectionPool
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ModuleNotFoundError as error:
        raise UsageError(
            f"DLSTART_RATE_LIMIT_STORAGE needs {error.name}", "pip install 'dlstart[redis]'"
        ) from error
    try:
        # One more try at once: a connection that lay idle may have been closed.
        return ConnectionPool.from_url(url, retry=Retry(NoBackoff(), 1))
    except ValueError:
        raise UsageError("DLSTART_RATE_LIMIT_STORAGE can't be used", "give redis://HOST:6379/0") from None


def _over(pool: Any) -> MovingWindowRateLimiter:
    from limits.aio.storage.redis import RedisStorage

    storage = RedisStorage(
        "async+redis://",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix="dlstart",
        connection_pool=pool,
    )
    return MovingWindowRateLimiter(storage)
