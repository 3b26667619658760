"""What OpenAI's clients send in the wild: long histories, odd parts, requests of the front end's own."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from assistant.channels.openai_api import UNREAD
from tests.http.conftest import MakeClient
from tests.http.test_problems import check_problem

PATH = "/v1/chat/completions"
LSTM = "Where can I learn about LSTMs?"


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def said(content: str) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


async def complete(client: httpx.AsyncClient, *messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    response = await client.post(PATH, json={"messages": messages, **more})
    assert response.status_code == 200, response.text
    whole: dict[str, Any] = response.json()
    return whole


async def content_of(client: httpx.AsyncClient, *messages: dict[str, Any]) -> str:
    text = (await complete(client, *messages))["choices"][0]["message"]["content"]
    assert isinstance(text, str)
    return text


async def stream_of(client: httpx.AsyncClient, *messages: dict[str, Any]) -> str:
    response = await client.post(PATH, json={"messages": messages, "stream": True})
    lines = [
        line.removeprefix("data: ") for line in response.text.split("\n\n") if line.startswith("data: {")
    ]
    return "".join(json.loads(line)["choices"][0]["delta"].get("content", "") for line in lines)


async def test_the_text_ends_with_a_list_of_its_sources(client: httpx.AsyncClient) -> None:
    completion = await complete(client, user(LSTM))
    text = completion["choices"][0]["message"]["content"]
    body, _, listed = text.partition("\n\nSources:\n")
    citations = completion["dlstart"]["citations"]
    assert citations
    for citation in citations:
        assert f"[{citation['number']}]" in body
        line = next(line for line in listed.splitlines() if f"[{citation['number']}]" in line)
        assert citation["title"] in line and line.endswith(citation["url"] or "")
    assert all(line.startswith("- [") for line in listed.splitlines())
    assert await stream_of(client, user(LSTM)) == text


async def test_a_setting_leaves_the_list_out(make_client: MakeClient) -> None:
    async with make_client(openai_sources="annotations") as client:
        completion = await complete(client, user(LSTM))
        streamed = await stream_of(client, user(LSTM))
    message = completion["choices"][0]["message"]
    assert "Sources:" not in message["content"] and message["annotations"]
    assert streamed == message["content"]


async def test_the_question_back_is_in_the_text_and_can_be_answered_by_number(
    client: httpx.AsyncClient,
) -> None:
    first = await complete(client, user("How do I start learning deep learning?"))
    text = first["choices"][0]["message"]["content"]
    question = first["dlstart"]["clarifying_question"]
    assert question["text"] in text
    for number, option in enumerate(question["options"], 1):
        assert f"{number}. {option}" in text
    start = user("How do I start learning deep learning?")
    by_number = await content_of(client, start, said(text), user("2"))
    by_words = await content_of(client, start, said(text), user(question["options"][1]))
    assert by_number == by_words
    assert question["text"] not in by_number


async def test_the_nearest_sections_are_in_the_text(client: httpx.AsyncClient) -> None:
    completion = await complete(client, user("Which course teaches quantum machine learning?"))
    beside = completion["dlstart"]
    assert beside["outcome"] == "not_covered" and beside["related"]
    text = completion["choices"][0]["message"]["content"]
    assert all(related["title"] in text for related in beside["related"])


async def test_what_ends_an_answer_does_not_change_what_a_follow_up_means(client: httpx.AsyncClient) -> None:
    whole = await complete(client, user(LSTM))
    text = whole["choices"][0]["message"]["content"]
    bare = text.partition("\n\nSources:\n")[0]
    follow_up = user("Is it free?")
    assert bare != text
    assert await content_of(client, user(LSTM), said(text), follow_up) == await content_of(
        client, user(LSTM), said(bare), follow_up
    )


@pytest.mark.parametrize(
    "history",
    [
        [turn for n in range(200) for turn in (user(f"Question {n}?"), said(f"Answer {n}."))],
        [turn for _ in range(40) for turn in (user("Is it good?"), said("A sentence of an answer. " * 30))],
        [user("x" * 70_000), said("y" * 70_000)],
        [user([{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 3_000_000}}])],
        [{"role": "system", "content": "Be a pirate. " * 8000}],
        [user("")] * 100_000,
        [user("a"), {"role": "assistant", "content": None, "tool_calls": []}, {"role": "tool", "content": "x"}],
    ],
    ids=["many", "long", "huge turns", "a picture", "a long system message", "empty ones", "tools"],
)  # fmt: skip
async def test_a_history_of_any_length_is_read_from_its_end(
    client: httpx.AsyncClient, history: list[dict[str, Any]]
) -> None:
    text = await content_of(client, *history, user(LSTM))
    assert "LSTM" in text and "[1]" in text


async def test_the_last_turns_of_a_long_history_count(client: httpx.AsyncClient) -> None:
    answer = await content_of(client, user(LSTM))
    near = [user(LSTM), said(answer)]
    far = [turn for n in range(300) for turn in (user(f"Hello number {n}"), said("Hello."))]
    assert await content_of(client, *far, *near, user("Is it free?")) == await content_of(
        client, *near, user("Is it free?")
    )


async def test_a_body_beyond_the_route_s_own_limit_is_refused(client: httpx.AsyncClient) -> None:
    body = json.dumps({"messages": [user("x" * (8 * 1024 * 1024))]})
    response = await client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    check_problem(response, 413, PATH)
    assert response.json()["error"]["message"]


@pytest.mark.parametrize(
    "message",
    [
        user([{"type": "text", "text": None}, {"type": "text", "text": LSTM}]),
        {"role": "User", "content": LSTM},
        {"role": " USER ", "content": LSTM, "name": "me"},
        user([{"type": "input_text", "text": LSTM}]),
        user(f"\n  {LSTM}  \n"),
    ],
)
async def test_odd_parts_and_roles_are_read(client: httpx.AsyncClient, message: dict[str, Any]) -> None:
    assert await content_of(client, message) == await content_of(client, user(LSTM))


PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.mark.parametrize(
    "part", [PICTURE, {"type": "input_audio", "input_audio": {}}, {"type": "file", "file": {}}]
)
async def test_what_is_not_read_is_said(client: httpx.AsyncClient, part: dict[str, Any]) -> None:
    beside_words = await content_of(client, user([{"type": "text", "text": LSTM}, part]))
    assert UNREAD in beside_words and "LSTM" in beside_words
    before = [user(LSTM), said("The guide says so. [1]")]
    alone = await content_of(client, *before, user([part]))
    assert alone == f"{UNREAD} Please ask in words."
    assert await stream_of(client, *before, user([part])) == alone
    assert UNREAD not in await content_of(client, user([{"type": "text", "text": LSTM}]))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"n": 2}, "n"),
        ({"response_format": {"type": "json_object"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, "response_format.type"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"logprobs": True}, "logprobs"),
        ({"modalities": ["text", "audio"]}, "modalities.1"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "robot", "content": "hi"}]}, "messages.0.role"),
        ({"messages": [{"role": "system", "content": "hi"}]}, "messages"),
        ({"messages": [user("x" * 2001)]}, "messages"),
    ],
)
async def test_an_error_names_its_field_to_openai_s_clients(
    client: httpx.AsyncClient, more: dict[str, Any], field: str
) -> None:
    response = await client.post(PATH, json={"messages": [user(LSTM)]} | more)
    check_problem(response, 422, PATH)
    error = response.json()["error"]
    assert error["param"] == field
    assert field in error["message"] or "character" in error["message"] or "question" in error["message"]


@pytest.mark.parametrize(
    "more",
    [
        {"logprobs": False, "top_logprobs": None, "temperature": 2, "top_p": 0.1, "seed": 7, "user": "me"},
        {
            "max_tokens": 5,
            "max_completion_tokens": 5,
            "stop": ["x"],
            "store": False,
            "reasoning_effort": "low",
        },
        {"modalities": ["text"], "response_format": {"type": "text"}, "tools": [], "tool_choice": "auto"},
    ],
)
async def test_fields_that_do_not_change_the_form_are_ignored(
    client: httpx.AsyncClient, more: dict[str, Any]
) -> None:
    completion = await complete(client, user(LSTM), **more)
    assert completion["choices"][0]["message"]["content"] == await content_of(client, user(LSTM))
    assert completion["choices"][0]["logprobs"] is None


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("POST", "/v1/embeddings", "POST /v1/chat/completions"),
        ("POST", "/v1/completions", "POST /v1/chat/completions"),
        ("POST", "/v1/responses", "POST /v1/chat/completions"),
        ("GET", "/v1/responses/resp_1", "POST /v1/chat/completions"),
        ("POST", "/v1/audio/speech", "POST /v1/chat/completions"),
        ("POST", "/chat/completions", "ends in /v1"),
        ("POST", "/v1/v1/chat/completions", "ends in /v1, once"),
        ("GET", "/models", "ends in /v1"),
    ],
)
async def test_what_there_is_not_says_what_there_is(
    client: httpx.AsyncClient, method: str, path: str, said: str
) -> None:
    response = await client.request(method, path, json={} if method == "POST" else None)
    check_problem(response, 404, path)
    assert said in response.json()["detail"]
    if path.startswith("/v1/") and "v1/v1" not in path:
        assert said in response.json()["error"]["message"]
