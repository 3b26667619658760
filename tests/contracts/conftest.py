"""A real PostgreSQL in a temporary directory, started once for the run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    return (
        next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)), Path()).parent
        or None
    )


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a server, without a database; skips where PostgreSQL is not installed."""
    programs = _programs()
    if programs is None or not (programs / "initdb").is_file():
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    # A socket's path must be short, and the server refuses to run as root.
    place = Path(mkdtemp(prefix="pg-", dir="/tmp"))
    become = (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    )
    if become:
        shutil.chown(place, "postgres", "postgres")

    def run(*command: str) -> None:
        subprocess.run([*become, *command], check=True, capture_output=True, timeout=60, cwd=place)

    data = place / "data"
    run(str(programs / "initdb"), "-D", str(data), "-U", "dlstart", "-A", "trust", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={place} -c fsync=off"
    run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(place / "log"), "-o", options, "start")
    yield str(place)
    run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-m", "immediate", "stop")
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql: str, request: pytest.FixtureRequest) -> str:
    """The address of a new, empty database."""
    import psycopg

    name = f"test_{abs(hash(request.node.nodeid)):x}"
    with psycopg.connect(f"host={postgresql} user=dlstart dbname=postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"postgresql+psycopg://dlstart@/{name}?host={postgresql}"
