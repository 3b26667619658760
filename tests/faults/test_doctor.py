"""`dlstart doctor` asks everything that the service needs, and says truthfully what is wrong with it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from assistant.cli import app
from assistant.stores.migrate import migrate, open_blocking
from assistant.stores.tables import HEAD


def run(monkeypatch: pytest.MonkeyPatch, data_dir: Path, **environment: str) -> tuple[int, dict[str, str]]:
    """The exit status, and what is said by its first word."""
    for name, value in {"DLSTART_DATA_DIR": str(data_dir), "DLSTART_DEVICE": "cpu", **environment}.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, ["doctor"])
    lines = [line for line in done.output.splitlines() if ": " in line]
    return done.exit_code, {line[3:].split(": ", 1)[0].strip(): line for line in lines}


def test_a_database_that_is_not_there_yet_is_fine_and_is_not_made(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path, tmp_path: Path
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/new/s.sqlite3"
    status, said = run(monkeypatch, data_dir, DLSTART_DATABASE_URL=url)
    assert status == 0
    assert said["database"] == f"ok  database: {tmp_path}/new/s.sqlite3, made by the first start"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "said_so"),
    [
        ("sqlite+aiosqlite:///{}/file/s.sqlite3", "can't be written"),
        ("sqlite+aiosqlite:///{}/file", "file is not a database"),
        ("sqlite+aiosqlite:///{}/locked", "locked"),
        ("postgresql+psycopg://u:a-password@127.0.0.1:9/n", "postgresql 127.0.0.1/n can't be used"),
    ],
)
def test_an_unusable_database_is_no_ok(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path, tmp_path: Path, url: str, said_so: str
) -> None:
    (tmp_path / "file").write_text("no database, but a text that is long enough to be read as one " * 20)
    with closing(sqlite3.connect(tmp_path / "locked", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        status, said = run(monkeypatch, data_dir, DLSTART_DATABASE_URL=url.format(tmp_path))
    assert status == 1
    assert said["database"].startswith("-- ") and said_so in said["database"]
    assert "a-password" not in str(said)


def test_the_version_of_the_tables_is_told(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path, tmp_path: Path
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/s.sqlite3"
    migrate(url)
    _, said = run(monkeypatch, data_dir, DLSTART_DATABASE_URL=url)
    assert said["database"] == f"ok  database: SQLite {tmp_path}/s.sqlite3, version {HEAD}, 0 conversations"
    engine = open_blocking(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    status, said = run(monkeypatch, data_dir, DLSTART_DATABASE_URL=url)
    assert status == 0 and "version 9999, which is newer than this program" in said["database"]


def test_redis_and_the_model_server_are_asked(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path, tmp_path: Path
) -> None:
    status, said = run(
        monkeypatch,
        data_dir,
        DLSTART_DATABASE_URL=f"sqlite+aiosqlite:///{tmp_path}/s.sqlite3",
        DLSTART_RATE_LIMIT_STORAGE="redis://:a-password@127.0.0.1:9/0",
        DLSTART_GENERATOR="openai:some-model",
        DLSTART_GENERATOR_URL="http://127.0.0.1:9/v1",
        DLSTART_GENERATOR_API_KEY="a-password",
    )
    assert status == 1
    assert said["Redis"].startswith("-- ") and "DLSTART_RATE_LIMIT_STORAGE" in said["Redis"]
    assert said["model server"].startswith("-- ") and "ConnectError" in said["model server"]
    assert "a-password" not in str(said)
