"""The rights of the state's files: they are for the user alone that the service runs as."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

_FILE = 0o600
_FOLDER = 0o700


def protect(engine: Engine) -> None:
    """Have the file of a SQLite database made private before each connection."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:":
        return
    file = Path(database)

    def make(*_: Any) -> None:
        # Where that can't be done, SQLite says what is wrong.
        with suppress(OSError):
            make_private(file)

    event.listen(engine, "do_connect", make)


def make_private(file: Path) -> None:
    """Make SQLite's file and its folder, for this user alone whatever the umask; other folders stay as they are.

    Raises OSError.
    """
    file.parent.mkdir(_FOLDER, parents=True, exist_ok=True)
    # SQLite gives the files beside it the rights of this one.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, _FILE))
    for one in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        with suppress(FileNotFoundError):
            one.chmod(_FILE)


def close_folder(folder: Path) -> None:
    """Let nobody else into the folder of the state, if it is this user's own to close."""
    # RuntimeError: there is no home.
    with suppress(OSError, RuntimeError):
        folder.mkdir(_FOLDER, parents=True, exist_ok=True)
        found = folder.stat()
        others_use_it = found.st_mode & stat.S_ISVTX or folder.resolve() == Path.home().resolve()
        if sys.platform != "win32" and found.st_uid == os.geteuid() and not others_use_it:
            folder.chmod(_FOLDER)
