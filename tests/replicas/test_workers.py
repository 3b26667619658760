"""The workers of one machine are one service: whichever gets a request knows what the other was told."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.http.server import running
from tests.http.test_serve import serve_once
from tests.replicas.balancer import wait_until
from tests.replicas.redis_server import RedisServer

ASK = {"question": "Where can I learn about LSTMs?"}


@contextmanager
def only(worker: int, workers: list[int]) -> Iterator[None]:
    """The others stand still, so that this one takes every connection."""
    others = [pid for pid in workers if pid != worker]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)


def test_both_workers_know_the_key_the_conversation_and_the_rate_and_end_with_their_keeper(
    data_dir: Path, tmp_path: Path, redis: RedisServer
) -> None:
    environment = {
        "DLSTART_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 's.sqlite3'}",
        "DLSTART_RATE_LIMIT": "6/minute",
        "DLSTART_RATE_LIMIT_STORAGE": redis.url,
    }
    with running(data_dir, "--workers", "2", **environment) as server:
        server.wait_for("ready", 2)
        workers = server.workers()
        assert len(workers) == 2

        def post(path: str, **body: str) -> httpx.Response:
            headers = {"Idempotency-Key": "one-key", "Connection": "close"}
            return httpx.post(f"{server.url}{path}", json=body, headers=headers, timeout=60)

        with only(workers[0], workers):
            first = post("/v1/ask", **ASK)
        with only(workers[1], workers):
            assert post("/v1/ask", **ASK).json() == first.json()
            assert post("/v1/ask", question="Something else").status_code == 422
            id = first.json()["conversation_id"]
            kept = httpx.get(f"{server.url}/v1/conversations/{id}").json()
            assert [one["answer_id"] for one in kept["exchanges"]] == [first.json()["id"]]
        with only(workers[0], workers):
            assert post("/v1/feedback", answer_id=first.json()["id"], value="up").status_code == 200
            assert httpx.delete(f"{server.url}/v1/conversations/{id}").status_code == 204
            assert httpx.get(f"{server.url}/v1/conversations/{id}").status_code == 429
        with only(workers[1], workers):
            assert post("/v1/ask", **ASK).status_code == 429
        server.process.kill()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_a_setting_that_no_worker_could_use_is_one_line_without_its_password(data_dir: Path) -> None:
    url = "redis://:a-password@host:port/0"
    done = serve_once(data_dir, "--port", "0", "--workers", "2", DLSTART_RATE_LIMIT_STORAGE=url)
    assert done.returncode == 2
    last = done.stderr.strip().split("\n")[-1]
    assert last == "dlstart: DLSTART_RATE_LIMIT_STORAGE can't be used; give redis://HOST:6379/0"
    assert "a-password" not in done.stderr
