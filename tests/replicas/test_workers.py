"""The workers of one machine are one service: whichever gets a request knows what the other was told."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import httpx
import psutil

from index.device import count_cores
from tests.http.server import running
from tests.http.test_serve import serve_once
from tests.replicas.balancer import wait_until
from tests.replicas.redis_server import RedisServer

ASK = {"question": "Where can I learn about LSTMs?"}


def connected_to(worker: int, url: str) -> httpx.Client:
    """A client whose kept connection this worker took: they are dealt out by chance."""
    for _ in range(200):
        client = httpx.Client(base_url=url, timeout=60, headers={"Idempotency-Key": "one-key"})
        _, port = client.get("/healthz").extensions["network_stream"].get_extra_info("client_addr")
        if any(held.raddr and held.raddr.port == port for held in psutil.Process(worker).net_connections()):
            return client
        client.close()
    raise AssertionError("this worker gets no connection")


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
        share = str(max(1, count_cores() // 2))
        assert {psutil.Process(pid).environ()["DLSTART_ENCODER_THREADS"] for pid in workers} == {share}

        with (
            closing(connected_to(workers[0], server.url)) as one,
            closing(connected_to(workers[1], server.url)) as other,
        ):
            first = one.post("/v1/ask", json=ASK)
            assert other.post("/v1/ask", json=ASK).json() == first.json()
            assert other.post("/v1/ask", json={"question": "Something else"}).status_code == 422
            id = first.json()["conversation_id"]
            kept = other.get(f"/v1/conversations/{id}").json()
            assert [exchange["answer_id"] for exchange in kept["exchanges"]] == [first.json()["id"]]
            vote = {"answer_id": first.json()["id"], "value": "up"}
            assert one.post("/v1/feedback", json=vote).status_code == 200
            assert one.delete(f"/v1/conversations/{id}").status_code == 204
            assert one.get(f"/v1/conversations/{id}").status_code == 429
            assert other.post("/v1/ask", json=ASK).status_code == 429
        server.process.kill()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_a_setting_that_no_worker_could_use_is_one_line_without_its_password(data_dir: Path) -> None:
    url = "redis://:a-password@host:port/0"
    done = serve_once(data_dir, "--port", "0", "--workers", "2", DLSTART_RATE_LIMIT_STORAGE=url)
    assert done.returncode == 2
    last = done.stderr.strip().split("\n")[-1]
    assert last == "dlstart: DLSTART_RATE_LIMIT_STORAGE can't be used; give redis://HOST:6379/0"
    assert "a-password" not in done.stderr
