"""Two machines behind a balancer are one service: conversations move, one may die, rates hold, streams finish."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.stores.sql import SqlStore
from tests.http.conftest import read_events
from tests.http.server import Server
from tests.replicas.balancer import balanced, replicas, served, wait_until
from tests.replicas.redis_server import RedisServer

QUESTIONS = (
    "Where can I learn about LSTMs?",
    "Is it free?",
    "I don't know linear algebra.",
    "What comes after that?",
)
CALLERS = [f"key-{number}" for number in range(8)]
RATE = 40


class Service:
    """Two servers over one database and one Redis, and the address in front of them."""

    def __init__(self, url: str, one: Server, two: Server, database: str) -> None:
        self.url, self.one, self.two, self.database = url, one, two, database

    def ask(self, server: Server, **body: Any) -> dict[str, Any]:
        """Ask one of the servers, past the balancer."""
        response = httpx.post(f"{server.url}/v1/ask", json=body, headers=bearer("direct"), timeout=60)
        assert response.status_code == 200, response.text
        return dict(response.json())


@pytest.fixture
def service(data_dir: Path, tmp_path: Path, postgresql_url: str, redis: RedisServer) -> Iterator[Service]:
    environment = {
        "DLSTART_DATABASE_URL": postgresql_url,
        "DLSTART_RATE_LIMIT": f"{RATE}/minute",
        "DLSTART_RATE_LIMIT_STORAGE": redis.url,
        "DLSTART_TRUSTED_PROXIES": "1",
        "DLSTART_API_KEYS": ",".join(["direct", "greedy", *CALLERS]),
    }
    with ExitStack() as stack:
        one, two = stack.enter_context(replicas((data_dir, data_dir), **environment))
        url = stack.enter_context(balanced(tmp_path, one, two))
        yield Service(url, one, two, postgresql_url)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_a_conversation_moves_between_machines_and_one_rate_holds_for_both(service: Service) -> None:
    id = service.ask(service.one, question=QUESTIONS[0])["conversation_id"]
    for turn, question in enumerate(QUESTIONS[1:]):
        server = (service.two, service.one)[turn % 2]
        service.ask(server, question=question, conversation_id=id)
        kept = httpx.get(f"{server.url}/v1/conversations/{id}", headers=bearer("direct")).json()
        assert [one["question"] for one in kept["exchanges"]] == list(QUESTIONS[: turn + 2])
    async with httpx.AsyncClient(base_url=service.url, headers=bearer("greedy"), timeout=60) as http:
        ids = [f"rate-{number}" for number in range(RATE + 10)]
        got = await asyncio.gather(*(http.get("/v1/models", headers={"X-Request-ID": id}) for id in ids))
    assert sorted(one.status_code for one in got) == [200] * RATE + [429] * 10
    for server in (service.one, service.two):
        wait_until(lambda server=server: any(served(server, id) for id in ids))


async def test_one_machine_is_killed_and_nothing_is_lost(service: Service) -> None:
    first = service.ask(service.one, question=QUESTIONS[0])
    vote = {"answer_id": first["id"], "value": "up"}
    voted = httpx.post(f"{service.one.url}/v1/feedback", json=vote, headers=bearer("direct"), timeout=60)
    assert voted.status_code == 200
    done = 0
    failed: list[str] = []

    async def caller(key: str) -> None:
        nonlocal done
        async with httpx.AsyncClient(base_url=service.url, headers=bearer(key), timeout=60) as http:
            for number in range(RATE // 2):
                stream = {"Accept": "text/event-stream"} if number % 2 else {}
                headers = stream | {"Idempotency-Key": f"{key}-{number}"}
                if not await whole(http, headers):
                    failed.append(key)
                    assert await whole(http, headers), "a second try failed too"
                done += 1

    calling = asyncio.gather(*(caller(key) for key in CALLERS))
    while done < len(CALLERS) * 4:
        await asyncio.sleep(0.01)
        assert not calling.done()
    service.one.process.kill()
    async with asyncio.timeout(120):
        await calling
    assert len(failed) <= len(CALLERS)
    conversation = f"{service.url}/v1/conversations/{first['conversation_id']}"
    kept = httpx.get(conversation, headers=bearer("direct")).json()
    assert [one["answer_id"] for one in kept["exchanges"]] == [first["id"]]
    again = service.ask(service.two, question=QUESTIONS[1], conversation_id=first["conversation_id"])
    assert again["conversation_id"] == first["conversation_id"]
    store = await SqlStore.open(service.database)
    answers = await store.answers_since(datetime.now(UTC) - timedelta(hours=1))
    await store.close()
    assert [one.vote for one in answers if one.id == first["id"]] == ["up"]
    assert len(answers) >= len(CALLERS) * (RATE // 2) + 2


async def whole(http: httpx.AsyncClient, headers: dict[str, str]) -> bool:
    """Whether a question got a whole answer."""
    try:
        response = await http.post("/v1/ask", json={"question": QUESTIONS[0]}, headers=headers)
    except httpx.TransportError:
        return False
    if response.status_code != 200:
        return False
    if "Accept" not in headers or "event-stream" not in headers["Accept"]:
        return bool(response.json()["citations"])
    return bool(read_events(response.text)[-1][0] == "done")
