"""The engines behind the store seam that live in a database, and the one that the settings choose."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from assistant.settings import Settings
from assistant.store import ForgivingStore, MemoryStore, Store

_NETWORK_SECONDS = 0.5
_FILE_SECONDS = 5.0
"""Seconds that a request waits for a conversation: a file is there or not, a server may hang."""
_PRIVATE_FOLDER = 0o700


async def open_store(
    settings: Settings, shared: bool = False, lost: Callable[[], None] | None = None
) -> Store:
    """The store of the settings: a database, or, with storing switched off, this process's memory.

    `shared`: other processes of the service use it too. `lost` is called for each answer that could not be kept.
    Raises UsageError for a database address that can't be used.
    """
    if not settings.store_questions:
        return MemoryStore()
    from assistant.stores.sql import SqlStore, database_url

    url = database_url(settings)
    if not settings.database_url:
        _close_folder(settings.data_path)
    store = await SqlStore.open(url, settings.retention_days, shared, lost)
    return ForgivingStore(store, _FILE_SECONDS if url.startswith("sqlite") else _NETWORK_SECONDS)


def check_address(settings: Settings) -> None:
    """Whether the address of the settings is one that a database understands. Raises UsageError."""
    if settings.store_questions:
        from assistant.stores.sql import database_url, make_engine

        make_engine(database_url(settings))


def _close_folder(folder: Path) -> None:
    """Let nobody else into the folder of the state, if it is this user's own to close."""
    # RuntimeError: there is no home.
    with suppress(OSError, RuntimeError):
        folder.mkdir(_PRIVATE_FOLDER, parents=True, exist_ok=True)
        found = folder.stat()
        others_use_it = found.st_mode & stat.S_ISVTX or folder.resolve() == Path.home().resolve()
        if sys.platform != "win32" and found.st_uid == os.geteuid() and not others_use_it:
            folder.chmod(_PRIVATE_FOLDER)
