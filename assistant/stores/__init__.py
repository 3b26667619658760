"""The engines behind the store seam that live in a database, and the one that the settings choose."""

from __future__ import annotations

from collections.abc import Callable

from assistant.settings import Settings
from assistant.store import ForgivingStore, MemoryStore, Store

_NETWORK_SECONDS = 0.5
_FILE_SECONDS = 5.0
"""Seconds that a request waits for a conversation: a file is there or not, a server may hang."""


async def open_store(
    settings: Settings, shared: bool = False, lost: Callable[[], None] | None = None
) -> Store:
    """The store of the settings: a database, or, with storing switched off, this process's memory.

    `shared`: other processes of the service use it too. `lost` is called for each answer that could not be kept.
    Raises UsageError for a database address that can't be used.
    """
    if not settings.store_questions:
        return MemoryStore()
    from assistant.stores.files import close_folder
    from assistant.stores.sql import SqlStore, database_url

    url = database_url(settings)
    if not settings.database_url:
        close_folder(settings.data_path)
    store = await SqlStore.open(url, settings.retention_days, shared, lost)
    return ForgivingStore(store, _FILE_SECONDS if url.startswith("sqlite") else _NETWORK_SECONDS)


def check_address(settings: Settings) -> None:
    """Whether the address of the settings is one that a database understands. Raises UsageError."""
    if settings.store_questions:
        from assistant.stores.sql import database_url, make_engine

        make_engine(database_url(settings))
