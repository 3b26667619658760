"""Idempotency-Key: one answer for one request, however often it is sent and whoever gets it."""

from __future__ import annotations

import asyncio
from typing import cast

import httpx
import pytest

from assistant.channels.http import replies
from assistant.service import Ask, Assistant
from assistant.store import Reply
from assistant.types import Answer
from tests.http.conftest import MakeClient, read_events
from tests.http.test_problems import check_problem

START = {"question": "Where can I learn about LSTMs?"}


async def test_the_same_key_and_body_get_the_same_answer_as_json_and_as_events(
    client: httpx.AsyncClient,
) -> None:
    headers = {"Idempotency-Key": "one"}
    first = (await client.post("/v1/ask", json=START, headers=headers)).json()
    second = (await client.post("/v1/ask", json=START, headers=headers)).json()
    streamed = await client.post("/v1/ask", json=START, headers=headers | {"Accept": "text/event-stream"})
    assert first == second == read_events(streamed.text)[-1][2]


async def test_a_streamed_answer_is_kept_under_its_key(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "two"}
    streamed = await client.post("/v1/ask", json=START, headers=headers | {"Accept": "text/event-stream"})
    again = (await client.post("/v1/ask", json=START, headers=headers)).json()
    assert again == read_events(streamed.text)[-1][2]


@pytest.mark.parametrize("order", [(True, None, False), (None, True, False), (False, True, None)])
async def test_stream_in_the_body_does_not_make_it_another_body(
    client: httpx.AsyncClient, order: tuple[bool | None, ...]
) -> None:
    headers = {"Idempotency-Key": "-".join(map(str, order))}
    answers = []
    for stream in order:
        body = START if stream is None else {"stream": stream} | START
        response = await client.post("/v1/ask", json=body, headers=headers)
        assert response.status_code == 200
        answers.append(read_events(response.text)[-1][2] if stream else response.json())
    assert answers == [answers[0]] * 3


async def test_the_same_key_with_another_body_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "three"}
    await client.post("/v1/ask", json=START, headers=headers)
    response = await client.post("/v1/ask", json={"question": "What is an RNN?"}, headers=headers)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_duplicates_at_the_same_time_make_one_answer(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "four"}
    answers = await asyncio.gather(*(client.post("/v1/ask", json=START, headers=headers) for _ in range(5)))
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_retry_that_reaches_another_process_gets_the_same_answer(make_client: MakeClient) -> None:
    headers = {"Idempotency-Key": "elsewhere"}
    async with make_client() as one, make_client() as two:
        first = (await one.post("/v1/ask", json=START, headers=headers)).json()
        assert (await two.post("/v1/ask", json=START, headers=headers)).json() == first
        vote = {"answer_id": first["id"], "value": "up"}
        assert (await one.post("/v1/feedback", json=vote, headers=headers)).json() == vote
        other = await two.post("/v1/feedback", json=vote | {"value": "down"}, headers=headers)
        assert check_problem(other, 422, "/v1/feedback")["errors"][0]["field"] == "Idempotency-Key"


async def test_a_request_whose_twin_takes_too_long_elsewhere_is_told_to_come_back(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Idempotency-Key": "twin"}
    monkeypatch.setattr(replies, "LEASE", 0.3)
    async with make_client(timeout=0.5) as client, asyncio.timeout(20):
        desk = client.app.state.desk
        answered, asked, go = desk.answer, asyncio.Event(), asyncio.Event()

        async def answer(ask: Ask) -> Answer:
            asked.set()
            await go.wait()
            return cast(Answer, await answered(ask))

        desk.answer = answer
        first = asyncio.create_task(client.post("/v1/ask", json=START, headers=headers))
        await asked.wait()
        second = await client.post("/v1/ask", json=START, headers=headers)
        assert "still being answered" in check_problem(second, 409, "/v1/ask")["detail"]
        assert second.headers["retry-after"] == "2"
        go.set()
        made = (await first).json()
        assert (await client.post("/v1/ask", json=START, headers=headers)).json() == made


async def test_a_key_whose_process_died_is_free_after_seconds(
    make_client: MakeClient, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "LEASE", 0.3)
    seen: list[str] = []
    begin = assistant.store.begin_reply

    async def dead(key: str, fingerprint: str, seconds: float) -> Reply | None:
        if not seen:
            await begin(key, fingerprint, seconds)
        seen.append(key)
        return await begin(key, fingerprint, seconds)

    monkeypatch.setattr(assistant.store, "begin_reply", dead)
    async with make_client() as client:
        answer = await client.post("/v1/ask", json=START, headers={"Idempotency-Key": "dead"})
    assert answer.status_code == 200 and len(seen) > 2


async def test_without_a_key_no_reply_is_read_or_kept(
    client: httpx.AsyncClient, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("begin_reply", "keep_reply", "drop_reply"):
        monkeypatch.setattr(assistant.store, name, None)
    assert (await client.post("/v1/ask", json=START)).status_code == 200


async def test_the_key_of_one_client_means_nothing_for_another(make_client: MakeClient) -> None:
    async with make_client(api_keys=("a-key-of-one", "a-key-of-two")) as client:
        ids = set()
        for key in ("a-key-of-one", "a-key-of-two"):
            headers = {"Idempotency-Key": "five", "Authorization": f"Bearer {key}"}
            ids.add((await client.post("/v1/ask", json=START, headers=headers)).json()["id"])
        assert len(ids) == 2


async def test_a_deleted_conversation_is_not_replayed(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "six"}
    first = (await client.post("/v1/ask", json=START, headers=headers)).json()
    await client.delete(f"/v1/conversations/{first['conversation_id']}")
    second = (await client.post("/v1/ask", json=START, headers=headers)).json()
    assert second["id"] != first["id"]
