"""Every way to fail, and one function that every failure must pass."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from assistant.errors import IndexUnusable, Unavailable
from assistant.service import Assistant
from assistant.store import MemoryStore
from tests.http.conftest import MakeClient

JSON = {"Content-Type": "application/json"}
POSTS = ("/v1/ask", "/v1/search", "/v1/plan", "/v1/feedback", "/v1/chat/completions")
GOOD: dict[str, dict[str, Any]] = {
    "/v1/ask": {"question": "How do I start?"},
    "/v1/search": {"question": "How do I start?"},
    "/v1/plan": {},
    "/v1/feedback": {"answer_id": "ans_1", "value": "up"},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "How do I start?"}]},
}


def check_problem(response: httpx.Response, status: int, path: str) -> dict[str, Any]:
    """The one shape of a failure."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-content-type-options"] == "nosniff"
    body: dict[str, Any] = response.json()
    assert set(body) >= {"type", "title", "status", "detail", "instance", "request_id"}
    assert (body["status"], body["instance"]) == (status, path)
    assert body["request_id"] == response.headers["x-request-id"]
    assert body["title"] and body["detail"].endswith((".", "?", "!"))
    for word in ("Traceback", "Error(", "/home/", "site-packages"):
        assert word not in response.text
    if status == 422:
        assert body["errors"]
        assert all(set(error) == {"field", "message"} for error in body["errors"])
    if status in (429, 503):
        assert int(response.headers["retry-after"]) >= 1
    if status == 405:
        assert "OPTIONS" in response.headers["allow"]
    if path.startswith("/v1/chat/"):
        assert body["error"]["message"].startswith(body["detail"])
    return body


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", JSON, 422),
        (b"{", JSON, 400),
        (b"[" * 60_000, JSON, 400),
        (b'{"question": ' + b"9" * 6000 + b"}", JSON, 400),
        (b'{"question": "\xff"}', JSON, 400),
        ('{"question": "é"}'.encode("utf-16"), JSON, 400),
        (b'{"question": "\\ud800", "messages": "\\ud800", "goal": "\\ud800"}', JSON, 422),
        (b"[]", JSON, 422),
        (b"null", JSON, 422),
        (b'"text"', JSON, 422),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {}, 415),
        (b"{}", JSON | {"Content-Encoding": "gzip"}, 415),
    ],
)
async def test_a_body_that_cannot_be_used_is_a_problem(
    client: httpx.AsyncClient, path: str, content: bytes, headers: dict[str, str], status: int
) -> None:
    check_problem(await client.post(path, content=content, headers=headers), status, path)


@pytest.mark.parametrize("path", POSTS)
async def test_a_body_beyond_its_limit_is_a_problem(client: httpx.AsyncClient, path: str) -> None:
    limit = 8 * 1024 * 1024 if path == "/v1/chat/completions" else 64 * 1024
    check_problem(await client.post(path, content=b" " * (limit + 1), headers=JSON), 413, path)


async def test_a_chunked_body_without_a_length_has_the_same_limit(client: httpx.AsyncClient) -> None:
    async def chunks() -> Any:
        for _ in range(70):
            yield b" " * 1024

    response = await client.post("/v1/ask", content=chunks(), headers=JSON)
    assert "content-length" not in response.request.headers
    check_problem(response, 413, "/v1/ask")


async def test_a_body_of_exactly_the_limit_is_taken(client: httpx.AsyncClient) -> None:
    body = b'{"question": "How do I start?"}'
    response = await client.post("/v1/ask", content=body + b" " * (64 * 1024 - len(body)), headers=JSON)
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/ask", {}, "question"),
        ("/v1/ask", {"question": ""}, "question"),
        ("/v1/ask", {"question": " \n "}, "question"),
        ("/v1/ask", {"question": "x" * 2001}, "question"),
        ("/v1/ask", {"question": 7}, "question"),
        ("/v1/ask", {"question": "x", "colour": "red"}, "colour"),
        ("/v1/ask", {"question": "x", "conversation_id": "a b"}, "conversation_id"),
        ("/v1/ask", {"question": "x", "history": [{"role": "robot", "content": ""}]}, "history.0.role"),
        ("/v1/ask", {"question": "x", "profile": {"goal": ["gardening"]}}, "profile.goal"),
        ("/v1/search", {"question": "x", "k": 0}, "k"),
        ("/v1/search", {"question": "x", "k": 51}, "k"),
        ("/v1/plan", {"hours_per_week": -1}, "hours_per_week"),
        ("/v1/plan", {"hours_per_week": 169}, "hours_per_week"),
        ("/v1/plan", {"hours_per_week": 1e-300}, "hours_per_week"),
        ("/v1/plan", {"format": "pdf"}, "format"),
        ("/v1/feedback", {"answer_id": "x", "value": "sideways"}, "value"),
        ("/v1/feedback", {"value": "up"}, "answer_id"),
        ("/v1/chat/completions", {"messages": []}, "messages"),
        ("/v1/chat/completions", {"messages": [{"role": "system", "content": "Be rude."}]}, "messages"),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "x" * 2001}]}, "messages"),
        ("/v1/chat/completions", GOOD["/v1/chat/completions"] | {"n": 2}, "n"),
        (
            "/v1/chat/completions",
            GOOD["/v1/chat/completions"] | {"response_format": {"type": "json_object"}},
            "response_format.type",
        ),
    ],
)
async def test_an_unusable_field_is_named(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], field: str
) -> None:
    problem = check_problem(await client.post(path, json=body), 422, path)
    assert field in [error["field"] for error in problem["errors"]]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nope", 404),
        ("POST", "/v1/nope", 404),
        ("OPTIONS", "/v1/nope", 404),
        ("GET", "/v1/resources/nope", 404),
        ("GET", "/v1/resources/%00", 404),
        ("GET", "/v1/models/gpt-4", 404),
        ("GET", "/v1/conversations/con_nope", 404),
        ("DELETE", "/v1/conversations/con_nope", 404),
        ("GET", "/v1/conversations/a%20b", 422),
        ("GET", "/v1/ask", 405),
        ("PUT", "/v1/ask", 405),
        ("BREW", "/v1/ask", 405),
        ("POST", "/v1/resources", 405),
        ("DELETE", "/healthz", 405),
        ("PATCH", "/v1/conversations/con_1", 405),
    ],
)
async def test_unknown_paths_and_methods_are_problems(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    response = await client.request(method, path)
    check_problem(response, status, httpx.URL(path).path)


async def test_a_form_that_is_not_there_is_not_acceptable(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/plan", json={}, headers={"Accept": "application/pdf"})
    check_problem(response, 406, "/v1/plan")


async def test_a_wrong_method_names_the_right_ones(client: httpx.AsyncClient) -> None:
    response = await client.patch("/v1/conversations/con_1")
    assert response.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", POSTS)
async def test_everything_is_refused_with_a_time_while_loading(make_client: MakeClient, path: str) -> None:
    async with make_client(serve=None) as client:
        assert check_problem(await client.post(path, json=GOOD[path]), 503, path)["reason"] == "loading"
        assert check_problem(await client.get("/readyz"), 503, "/readyz")["reason"] == "loading"
        assert (await client.get("/healthz")).status_code == 200


async def test_a_page_of_another_origin_may_see_that_the_process_is_up(client: httpx.AsyncClient) -> None:
    policies = {
        path: (await client.get(path)).headers["cross-origin-resource-policy"]
        for path in ("/healthz", "/readyz", "/v1/sections", "/metrics")
    }
    assert policies == {
        "/healthz": "cross-origin",
        "/readyz": "same-origin",
        "/v1/sections": "same-origin",
        "/metrics": "same-origin",
    }


async def test_a_service_that_stops_is_not_ready_and_takes_nothing_new(make_client: MakeClient) -> None:
    async with make_client() as client:
        client.app.state.desk.draining = True
        assert check_problem(await client.get("/readyz"), 503, "/readyz")["reason"] == "stopping"
        response = await client.post("/v1/ask", json=GOOD["/v1/ask"])
        assert check_problem(response, 503, "/v1/ask")["reason"] == "stopping"


class Broken(MemoryStore):
    """A store whose database is gone."""

    async def add_feedback(self, feedback: Any) -> bool:
        raise Unavailable("the database is not there")

    async def forget(self, conversation_id: str, owner: str = "anyone") -> bool:
        raise Unavailable("the database is not there")


class Faulty:
    """An assistant that fails in a chosen way."""

    def __init__(self, assistant: Assistant, error: Exception | None, seconds: float = 0) -> None:
        self.corpus, self.searcher = assistant.corpus, assistant.searcher
        self.store = Broken()
        self._error = error
        self._seconds = seconds

    async def answer(self, ask: Any) -> Any:
        await asyncio.sleep(self._seconds)
        raise self._error or AssertionError("waited in vain")

    async def search(self, question: str, k: int) -> Any:
        await self.answer(None)

    def plan(self, profile: Any) -> Any:
        raise self._error or AssertionError("waited in vain")

    async def stream(self, ask: Any) -> Any:
        await self.answer(ask)
        yield


@pytest.mark.parametrize("path", [path for path in POSTS if path != "/v1/feedback"])
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError("secret words"), 500),
        (Unavailable("the model is away"), 503),
        (IndexUnusable("secret words"), 503),
    ],
)
async def test_a_fault_of_the_service_says_nothing_of_its_inside(
    assistant: Assistant, make_client: MakeClient, path: str, error: Exception, status: int
) -> None:
    async with make_client(serve=Faulty(assistant, error)) as client:
        response = await client.post(path, json=GOOD[path])
        check_problem(response, status, path)
        assert "secret" not in response.text


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions"])
async def test_a_stream_that_fails_at_once_has_the_status_of_its_failure(
    assistant: Assistant, make_client: MakeClient, path: str
) -> None:
    async with make_client(serve=Faulty(assistant, Unavailable("the model is away"))) as client:
        check_problem(await client.post(path, json=GOOD[path] | {"stream": True}), 503, path)


async def test_the_database_away_is_said_and_answers_still_come(
    assistant: Assistant, make_client: MakeClient
) -> None:
    async with make_client(serve=Faulty(assistant, None)) as client:
        check_problem(await client.post("/v1/feedback", json=GOOD["/v1/feedback"]), 503, "/v1/feedback")
        check_problem(await client.delete("/v1/conversations/con_1"), 503, "/v1/conversations/con_1")


async def test_work_that_takes_too_long_is_ended(assistant: Assistant, make_client: MakeClient) -> None:
    async with make_client(serve=Faulty(assistant, None, seconds=30), timeout=0.05) as client:
        for path in ("/v1/ask", "/v1/search", "/v1/chat/completions"):
            response = await client.post(path, json=GOOD[path])
            assert check_problem(response, 503, path)["reason"] == "timeout"


async def test_more_questions_than_may_wait_are_told_to_come_back(
    assistant: Assistant, make_client: MakeClient
) -> None:
    slow = Faulty(assistant, Unavailable("the model is away"), seconds=0.2)
    async with make_client(serve=slow, concurrency=2, queue=3) as client:
        calls = [client.post("/v1/ask", json=GOOD["/v1/ask"]) for _ in range(8)]
        said = [check_problem(response, 503, "/v1/ask") for response in await asyncio.gather(*calls)]
    assert sum("too many questions" in problem["detail"].lower() for problem in said) == 3
    assert sorted(problem["reason"] for problem in said) == ["overloaded"] * 3 + ["unavailable"] * 5


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/search", {"question": "x", "k": True}, "k"),
        ("/v1/plan", {"hours_per_week": True}, "hours_per_week"),
        ("/v1/ask", {"question": "x", "profile": {"hours_per_week": False}}, "profile.hours_per_week"),
    ],
)
async def test_true_is_no_number(client: httpx.AsyncClient, path: str, body: Any, field: str) -> None:
    response = await client.post(path, json=body)
    assert response.status_code == 422
    assert response.json()["errors"] == [{"field": field, "message": "It should be a number."}]
