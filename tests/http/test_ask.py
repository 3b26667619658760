"""POST /v1/ask: JSON and events, conversations."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from assistant.service import Ask, Assistant
from tests.http.conftest import MakeClient, read_events
from tests.http.test_problems import check_problem

START = {"question": "Where can I learn about LSTMs?"}


async def test_an_answer_has_every_field_of_the_contract(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/v1/ask", json=START)).json()
    assert answer["outcome"] == "answered"
    assert answer["id"].startswith("ans_") and answer["conversation_id"].startswith("con_")
    assert set(answer) >= {
        "id", "conversation_id", "outcome", "text", "citations", "related", "clarifying_question", "suggestions",
        "profile", "confidence", "generator", "timings_ms",
    }  # fmt: skip
    assert set(answer["citations"][0]) >= {
        "number", "chunk_id", "kind", "section", "resource", "resources", "title", "url", "quote", "status",
        "status_note", "successor",
    }  # fmt: skip
    assert set(answer["timings_ms"]) >= {"encode", "search", "compose", "total"}


@pytest.mark.parametrize(
    ("body", "headers"), [(START | {"stream": True}, {}), (START, {"Accept": "text/event-stream"})]
)
async def test_the_stream_tells_the_same_answer_in_events(
    client: httpx.AsyncClient, body: dict[str, Any], headers: dict[str, str]
) -> None:
    whole = (await client.post("/v1/ask", json=START)).json()
    response = await client.post("/v1/ask", json=body, headers=headers)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["cache-control"].startswith("no-cache")
    events = read_events(response.text)
    names = [name for name, _, _ in events]
    assert names[0] == "meta" and names[-1] == "done"
    done = events[-1][2]
    assert set(events[0][2]) == {"id", "conversation_id", "outcome", "profile"}
    assert (
        "".join(data["text"] for name, _, data in events if name == "delta") == done["text"] == whole["text"]
    )
    assert [data for name, _, data in events if name == "citation"] == done["citations"] == whole["citations"]
    assert [id for _, id, _ in events] == [f"{done['id']}-{number}" for number in range(len(events))]


async def test_a_conversation_is_continued_shown_and_forgotten(client: httpx.AsyncClient) -> None:
    first = (await client.post("/v1/ask", json=START)).json()
    id = first["conversation_id"]
    second = (await client.post("/v1/ask", json={"question": "Is it free?", "conversation_id": id})).json()
    assert second["conversation_id"] == id
    kept = (await client.get(f"/v1/conversations/{id}")).json()
    assert [exchange["answer_id"] for exchange in kept["exchanges"]] == [first["id"], second["id"]]
    assert kept["exchanges"][0]["citations"] == first["citations"]
    assert (await client.delete(f"/v1/conversations/{id}")).status_code == 204
    assert (await client.get(f"/v1/conversations/{id}")).status_code == 404
    assert (await client.delete(f"/v1/conversations/{id}")).status_code == 404
    vote = {"answer_id": first["id"], "value": "up"}
    assert (await client.post("/v1/feedback", json=vote)).status_code == 404


async def test_a_vote_on_a_kept_answer_is_taken(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/v1/ask", json=START)).json()
    vote = {"answer_id": answer["id"], "value": "down", "reason": "too long", "comment": "shorter, please"}
    response = await client.post("/v1/feedback", json=vote)
    assert response.json() == {"answer_id": answer["id"], "value": "down"}


async def test_search_gives_each_chunk_once_and_the_best_first(client: httpx.AsyncClient) -> None:
    found = (await client.post("/v1/search", json={"question": "LSTM explained", "k": 5})).json()
    hits = found["hits"]
    assert len(hits) == 5 and len({hit["chunk_id"] for hit in hits}) == 5
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    assert set(hits[0]) == {
        "chunk_id", "section", "resource", "kind", "title", "url", "text", "view", "score",
    }  # fmt: skip


async def test_resources_come_with_status_and_successor(
    client: httpx.AsyncClient, assistant: Assistant
) -> None:
    listed = (await client.get("/v1/resources")).json()["resources"]
    assert [one["id"] for one in listed] == [resource.id for resource in assistant.corpus.resources]
    old = next(one for one in listed if one["successor"])
    assert old["status"] != "current" or old["successor"]["url"]
    assert (await client.get(f"/v1/resources/{old['id']}")).json() == old
    sections = (await client.get("/v1/sections")).json()["sections"]
    assert [one["id"] for one in sections] == [section.id for section in assistant.corpus.sections]


async def test_an_unchanged_list_is_not_sent_twice(client: httpx.AsyncClient) -> None:
    first = await client.get("/v1/resources")
    again = await client.get("/v1/resources", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("image/svg+xml", "image/svg+xml"),
        ("text/markdown", "text/markdown; charset=utf-8"),
        ("text/calendar", "text/calendar; charset=utf-8"),
        ("text/html, image/*;q=0.5", "image/svg+xml"),
        ("text/calendar;q=0.2, text/markdown;q=0.9, */*;q=0.1", "text/markdown; charset=utf-8"),
    ],
)
async def test_a_plan_comes_in_the_form_that_is_accepted(
    client: httpx.AsyncClient, accept: str, media: str
) -> None:
    body = {"goal": ["vision"], "background": "some-maths", "prefer": ["video"], "hours_per_week": 5}
    response = await client.post("/v1/plan", json=body, headers={"Accept": accept})
    assert (response.status_code, response.headers["content-type"]) == (200, media)


async def test_the_forms_of_a_plan_are_what_they_say(client: httpx.AsyncClient) -> None:
    plan = (await client.post("/v1/plan", json={"goal": "nlp"})).json()
    assert set(plan) >= {"steps", "profile", "text"} and plan["profile"]["goal"] == ["nlp"]
    markdown = (await client.post("/v1/plan", json={"goal": "nlp", "format": "markdown"})).text
    assert markdown == plan["text"]
    assert "<svg" in (await client.post("/v1/plan", json={"format": "svg"})).text
    calendar = (await client.post("/v1/plan", json={"format": "ics", "start": "2027-01-04"})).text
    assert calendar.startswith("BEGIN:VCALENDAR") and "20270104" in calendar


@pytest.mark.parametrize(
    ("field", "word"),
    [("prefer", "singing"), ("avoid", "nope"), ("knows", "quantum gravity"), ("done", "nope")],
)
async def test_a_word_of_a_plan_that_names_nothing_is_refused_by_its_field(
    client: httpx.AsyncClient, field: str, word: str
) -> None:
    response = await client.post("/v1/plan", json={"goal": "nlp", field: [word]})
    problem = check_problem(response, 422, "/v1/plan")
    (error,) = problem["errors"]
    assert error["field"] == field and repr(word) in error["message"]
    # A profile may come from a conversation over another corpus.
    profile = {field + "s" if field in ("prefer", "avoid") else field: [word]}
    for path, body in (("/v1/plan", {}), ("/v1/ask", {"question": "How do I start?"})):
        assert (await client.post(path, json=body | {"profile": profile})).status_code == 200


async def test_a_client_that_leaves_stops_the_work(assistant: Assistant, make_client: MakeClient) -> None:
    stopped = asyncio.Event()

    class Slow:
        corpus, searcher, store = assistant.corpus, assistant.searcher, assistant.store

        async def answer(self, ask: Ask) -> None:
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                stopped.set()
                raise

    async with make_client(serve=Slow()) as client:
        await asyncio.wait_for(_call_and_leave(client.app), 5)
    assert stopped.is_set()


async def test_a_streamed_answer_with_a_key_is_whole_for_a_client_that_left(
    client: httpx.AsyncClient,
) -> None:
    app = client.app  # type: ignore[attr-defined]
    key = (b"idempotency-key", b"left")
    await _call_and_leave(app, stream=True, header=key)
    before = await _counted(client)
    again = await client.post(
        "/v1/ask",
        content=_BODY % b"true",
        headers={"Idempotency-Key": "left", "Content-Type": "application/json"},
    )
    assert read_events(again.text)[-1][0] == "done"
    assert before and await _counted(client) == before


async def _counted(client: httpx.AsyncClient) -> list[str]:
    text = (await client.get("/metrics")).text
    return [line for line in text.splitlines() if line.startswith("ask_requests_total{")]


_BODY = b'{"question": "How do I start?", "stream": %s}'


async def _call_and_leave(
    app: Any, stream: bool = False, header: tuple[bytes, bytes] = (b"x-request-id", b"left")
) -> None:
    """An ASGI client that hangs up: after its request, or with the first bytes of a stream."""
    body = _BODY % (b"true" if stream else b"false")
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    started = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        await (started.wait() if stream else asyncio.sleep(0.05))
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            started.set()
            await asyncio.sleep(0.02)

    scope = {
        "type": "http", "method": "POST", "path": "/v1/ask", "raw_path": b"/v1/ask", "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"host", b"service"), header],
        "client": ("127.0.0.1", 1), "server": ("service", 80), "scheme": "http", "http_version": "1.1",
        "asgi": {"version": "3.0"},
    }  # fmt: skip
    await app(scope, receive, send)


async def test_what_one_key_kept_is_not_there_for_another(make_client: MakeClient) -> None:
    a, b = ({"Authorization": f"Bearer key-{name}", "Idempotency-Key": "same"} for name in "ab")
    async with make_client(api_keys=("key-a", "key-b")) as client:
        first = (await client.post("/v1/ask", json=START, headers=a)).json()
        place = f"/v1/conversations/{first['conversation_id']}"
        follow_up = {"question": "Is it free?", "conversation_id": first["conversation_id"]}
        vote = {"answer_id": first["id"], "value": "up"}
        other = (await client.post("/v1/ask", json=START, headers=b)).json()
        assert other["conversation_id"] != first["conversation_id"]
        del a["Idempotency-Key"], b["Idempotency-Key"]
        check_problem(await client.get(place, headers=b), 404, place)
        check_problem(await client.post("/v1/ask", json=follow_up, headers=b), 404, "/v1/ask")
        streamed = await client.post("/v1/ask", json=follow_up | {"stream": True}, headers=b)
        check_problem(streamed, 404, "/v1/ask")
        check_problem(await client.post("/v1/feedback", json=vote, headers=b), 404, "/v1/feedback")
        check_problem(await client.delete(place, headers=b), 404, place)
        kept = (await client.get(place, headers=a)).json()
        assert [one["answer_id"] for one in kept["exchanges"]] == [first["id"]]
        assert "owner" not in kept and "key" not in str(kept["profile"])
        assert (await client.post("/v1/ask", json=follow_up, headers=a)).status_code == 200
        assert (await client.post("/v1/feedback", json=vote, headers=a)).status_code == 200
        assert (await client.delete(place, headers=a)).status_code == 204
        check_problem(await client.post("/v1/ask", json=follow_up, headers=a), 404, "/v1/ask")


@pytest.mark.parametrize("id", ["1", "con_x", "con_" + "0" * 24, "home"])
async def test_an_id_that_a_client_chose_is_no_conversation(client: httpx.AsyncClient, id: str) -> None:
    for more in ({}, {"stream": True}, {"history": [{"role": "user", "content": "hello"}]}):
        response = await client.post("/v1/ask", json=START | {"conversation_id": id} | more)
        assert "history" in check_problem(response, 404, "/v1/ask")["detail"]
    assert (await client.get(f"/v1/conversations/{id}")).status_code == 404


async def test_text_that_no_database_keeps_is_answered_and_kept_without_it(client: httpx.AsyncClient) -> None:
    asked = await client.post("/v1/ask", json={"question": "Where can I learn\0 about LSTMs?"})
    assert asked.status_code == 200
    kept = (await client.get(f"/v1/conversations/{asked.json()['conversation_id']}")).json()
    assert kept["exchanges"][0]["question"] == "Where can I learn about LSTMs?"
    vote = {"answer_id": asked.json()["id"], "value": "down", "reason": "a\0b", "comment": "c\0d"}
    assert (await client.post("/v1/feedback", json=vote)).status_code == 200
    broken = await client.post(
        "/v1/ask", content=b'{"question": "gpu \\ud800?"}', headers={"Content-Type": "application/json"}
    )
    assert broken.status_code in (200, 422)
    check_problem(await client.post("/v1/ask", json={"question": "\0 \0"}), 422, "/v1/ask")
