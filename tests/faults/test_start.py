"""A start that fails, in whatever way, ends with a line that says why and what to do."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from assistant.channels.http import serve
from assistant.channels.http.app import make_app
from assistant.errors import AssistantError
from assistant.service import Assistant
from assistant.settings import Settings
from tests.http.server import ROOT, running
from tests.http.test_serve import serve_once

BAD_DATABASES = [
    "sqlite:///x.db",
    "mysql+aiomysql://h/n",
    "postgresql+asyncpg://h/n",
    "oracle://h/n",
    "no address",
]


@pytest.mark.parametrize("url", BAD_DATABASES)
def test_an_address_of_no_database_ends_the_service_with_status_2(data_dir: Path, url: str) -> None:
    done = serve_once(data_dir, "--port", "0", DLSTART_DATABASE_URL=url, DLSTART_LOG_FORMAT="json")
    assert done.returncode == 2
    last = done.stderr.strip().split("\n")[-1]
    assert last.startswith("dlstart: DLSTART_DATABASE_URL") and "sqlite+aiosqlite://" in last
    assert "Traceback" not in done.stderr


def test_several_workers_end_the_same_way(data_dir: Path) -> None:
    done = serve_once(data_dir, "--port", "0", "--workers", "2", DLSTART_DATABASE_URL=BAD_DATABASES[0])
    assert done.returncode == 2
    assert done.stderr.strip().split("\n")[-1].startswith("dlstart: DLSTART_DATABASE_URL")


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["ask", "hello"], ["doctor"]])
def test_without_a_home_the_setting_that_is_needed_is_named(command: list[str]) -> None:
    # What a container with a user id that is in no list of users finds.
    code = (
        "import pwd, sys\n"
        "def nobody(_):\n    raise KeyError('uid not found')\n"
        "pwd.getpwuid = nobody\n"
        f"sys.argv = ['dlstart', *{command!r}]\n"
        "from assistant.cli import main\n"
        "main()\n"
    )
    environment = {"PATH": os.environ["PATH"], "DLSTART_LOG_FORMAT": "json"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    said = done.stdout + done.stderr
    assert "no home directory" in said and "DLSTART_DATA_DIR" in said
    assert done.returncode == 2
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "error", [RuntimeError("no luck"), KeyError("x"), MemoryError(), OSError(28, "No space")]
)
async def test_whatever_loading_raises_is_told_and_logged(
    settings: Settings, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def load() -> Assistant:
        raise error

    told: list[AssistantError] = []
    app = make_app(settings, load=load, failed=told.append)
    async with app.router.lifespan_context(app), asyncio.timeout(10):
        await app.state.loading
    (only,) = told
    assert (only.exit_status, type(error).__name__ in str(only), "doctor" in only.cure) == (1, True, True)
    assert "loading failed" in caplog.text


async def test_a_store_that_can_not_be_opened_is_told_too(
    settings: Settings, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("assistant.channels.http.app.open_store", broken)
    told: list[AssistantError] = []
    app = make_app(settings, load=lambda: assistant, failed=told.append)
    async with app.router.lifespan_context(app), asyncio.timeout(10):
        await app.state.loading
    assert [error.exit_status for error in told] == [1]


class FakeWorker:
    """A worker without a process."""

    made: list[FakeWorker]
    loads = True

    def __init__(self, _: object) -> None:
        self.alive, self.loaded = True, type(self).loads
        self.process = type("Process", (), {"exitcode": 3, "pid": 1})
        self.made.append(self)

    @property
    def serves(self) -> bool:
        return self.alive and self.loaded


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[FakeWorker]:
    FakeWorker.made, FakeWorker.loads = [], True
    monkeypatch.setattr(serve, "Worker", FakeWorker)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    return FakeWorker.made


def test_a_worker_that_dies_while_nobody_serves_ends_the_service_with_its_status(
    workers: list[FakeWorker],
) -> None:
    FakeWorker.loads = False
    with socket.socket() as listener:
        supervisor = serve.Supervisor(listener, 2)
    workers[0].alive = False
    with pytest.raises(SystemExit, match="3"):
        supervisor.look()


def test_beside_a_worker_that_serves_the_next_try_waits_longer_each_time(
    workers: list[FakeWorker], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = 100.0
    monkeypatch.setattr("assistant.channels.http.serve.time.monotonic", lambda: now)
    with socket.socket() as listener:
        supervisor = serve.Supervisor(listener, 2)
    FakeWorker.loads = False
    workers[1].alive = False
    (tmp_path / "gauge_livesum_1.db").touch()
    supervisor.look()
    assert not (tmp_path / "gauge_livesum_1.db").exists()
    tries = []
    for _ in range(300):
        workers[-1].alive = False
        before = len(workers)
        supervisor.look()
        if len(workers) > before:
            tries.append(now)
        now += 1
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_new_worker_takes_no_connection_before_it_is_ready_and_the_counters_forget_the_dead(
    data_dir: Path,
) -> None:
    import httpx

    with running(data_dir, "--workers", "2") as server:
        server.wait_for("ready", 2)
        os.kill(server.workers()[0], signal.SIGKILL)
        statuses: list[int] = []
        ends = time.monotonic() + 60
        while len([line for line in server.log if line["event"] == "ready"]) < 3 and time.monotonic() < ends:
            # A connection that the dead worker had taken is broken; no other may fail.
            try:
                statuses.append(httpx.get(f"{server.url}/readyz", timeout=10).status_code)
            except httpx.TransportError:
                statuses.append(0)
            time.sleep(0.05)
        assert set(statuses[5:]) == {200}
        text = httpx.get(f"{server.url}/metrics").text
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        # The request for the counters is open itself.
        assert float(values["http_requests_open"]) == 1
        assert float(values["process_resident_memory_bytes"]) > 2e8
        assert sum(name.startswith("index_info") for name in values) == 1
        assert server.noise == []
        assert server.stop() == 0
        assert json.dumps(server.log)
