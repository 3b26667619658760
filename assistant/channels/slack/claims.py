"""Each event is worked on once, across processes; one that died with its process is taken up by the retry."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from assistant.store import Store

LEASE = 90.0
"""Seconds that a worker holds an event: longer than any answer may take."""
KEPT = 86_400.0
"""Seconds that an event counts as answered: Slack retries within an hour."""


@dataclass(slots=True)
class Claims:
    """Claims on events, in the store.

    Two keys for each event: one is held while somebody works on it, the other says that it is done. Only
    the holder of the first touches the second, so there is no moment at which two can work.
    """

    store: Store
    """Where claims are kept. It goes on claiming, in this process alone, while its database is down."""
    lease: float = LEASE
    """Seconds after which a silent worker counts as dead."""

    async def once(self, key: str, work: Callable[[], Awaitable[None]]) -> bool:
        """Do the work unless it is done; whether this call did it.

        While somebody else works on it, this waits: if they finish, it returns; if their lease runs out,
        they died and the work is done here. Work that raises, or is cancelled, gives its claim back.
        """
        if not await self._take(key):
            return False
        try:
            await work()
            await self.store.claim(_done(key), KEPT)
        finally:
            await self.store.release(_working(key))
        return True

    async def _take(self, key: str) -> bool:
        loop = asyncio.get_running_loop()
        until = loop.time() + self.lease * 1.1 + 1
        while not await self.store.claim(_working(key), self.lease):
            if loop.time() > until:
                return False
            await asyncio.sleep(min(1.0, self.lease / 10))
        if not await self.store.claim(_done(key), 1.0):
            await self.store.release(_working(key))
            return False
        await self.store.release(_done(key))
        return True


def _working(key: str) -> str:
    return f"slack:working:{key}"


def _done(key: str) -> str:
    return f"slack:done:{key}"
