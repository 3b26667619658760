"""The engines behind the store seam that live in a database, and the one that the settings choose."""

from __future__ import annotations

from assistant.settings import Settings
from assistant.store import ForgivingStore, MemoryStore, Store


async def open_store(settings: Settings, shared: bool = False) -> Store:
    """The store of the settings: a database, or, with storing switched off, this process's memory.

    `shared`: other processes of the service use it too. Raises UsageError for a database address that can't be used.
    """
    if not settings.store_questions:
        return MemoryStore()
    from assistant.stores.sql import SqlStore, database_url

    return ForgivingStore(await SqlStore.open(database_url(settings), settings.retention_days, shared))
