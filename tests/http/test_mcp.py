"""The Model Context Protocol, spoken by its own client."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from assistant.channels.http.app import make_app
from assistant.channels.http.desk import Desk
from assistant.channels.mcp import Tools, make_server
from assistant.service import Ask, Assistant
from assistant.settings import Settings

START = "How do I start learning deep learning?"


Open = Callable[[], AbstractAsyncContextManager[Client]]


def text_of(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if block.type == "text")


@pytest.fixture
def over_http(assistant: Assistant, settings: Settings) -> Open:
    """Opens a client of the real application; its scopes must end in the task that began them."""

    @asynccontextmanager
    async def open_client() -> AsyncIterator[Client]:
        app = make_app(settings, assistant)
        async with app.router.lifespan_context(app):
            http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://service")
            async with (
                http,
                Client(streamable_http_client("http://service/mcp", http_client=http)) as client,
            ):
                yield client

    return open_client


async def test_the_tools_are_ask_search_and_plan_and_only_read(over_http: Open) -> None:
    async with over_http() as client:
        tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == ["ask", "search", "plan"]
    for tool in tools:
        assert tool.annotations is not None
        assert (tool.annotations.read_only_hint, tool.annotations.destructive_hint) == (True, False)
        assert tool.output_schema is not None and tool.description


async def test_ask_gives_the_answer_with_its_sources(over_http: Open, assistant: Assistant) -> None:
    expected = json.loads(json.dumps((await assistant.answer(Ask(START))).as_dict()))
    async with over_http() as client:
        result = await client.call_tool("ask", {"question": START})
    assert result.structured_content is not None and not result.is_error
    assert result.structured_content["text"] == expected["text"]
    assert result.structured_content["citations"] == expected["citations"]
    text = text_of(result)
    assert text.startswith(expected["text"])
    assert expected["clarifying_question"]["text"] in text
    last = text.rpartition("Sources:")[2]
    assert all(citation["title"] in last and citation["url"] in last for citation in expected["citations"])


async def test_a_question_that_is_not_covered_names_the_nearest_sections(over_http: Open) -> None:
    async with over_http() as client:
        result = await client.call_tool("ask", {"question": "Which course teaches quantum machine learning?"})
    assert result.structured_content is not None
    assert result.structured_content["outcome"] == "not_covered"
    related = [one["title"] for one in result.structured_content["related"]]
    assert related and all(title in text_of(result) for title in related)


@pytest.fixture
def tools(assistant: Assistant, settings: Settings) -> Tools:
    return Tools(Desk(settings, assistant))


def test_schemas_hold_no_references_and_describe_every_argument(tools: Tools) -> None:
    for tool in tools.list():
        written = json.dumps([tool.input_schema, tool.output_schema])
        assert "$ref" not in written and "$defs" not in written
        assert tool.input_schema["type"] == "object"
        assert tool.input_schema["additionalProperties"] is False
        for name, argument in tool.input_schema["properties"].items():
            assert argument.get("description"), f"{tool.name}.{name}"


def test_the_profile_is_described_in_place(tools: Tools) -> None:
    ask = tools.list()[0].input_schema["properties"]
    profile = next(one for one in ask["profile"]["anyOf"] if one["type"] == "object")
    assert {"goal", "background", "avoids"} <= set(profile["properties"])
    assert all(field["description"] for field in profile["properties"].values())


async def test_plan_takes_what_http_takes(tools: Tools) -> None:
    bare = await tools.call("plan", {"goal": "nlp", "prefer": "reading"})
    listed = await tools.call("plan", {"goal": ["nlp"], "prefer": ["reading"]})
    assert not bare.is_error and bare.structured_content == listed.structured_content
    known = await tools.call(
        "plan", {"goal": "vision", "done": ["cs231n"], "knows": ["math-background"], "avoid": ["video"]}
    )
    assert known.structured_content is not None
    assert "cs231n" not in [step["resource"] for step in known.structured_content["steps"]]
    assert known.structured_content["profile"]["avoids"] == ["video"]
    calendar = await tools.call("plan", {"goal": "nlp", "format": "ics", "start": "2027-01-04"})
    assert text_of(calendar).startswith("BEGIN:VCALENDAR") and "20270104" in text_of(calendar)


async def test_a_word_of_a_plan_that_names_nothing_is_an_error_with_what_is_near(tools: Tools) -> None:
    refused = await tools.call("plan", {"goal": "nlp", "done": ["cs231n", "nilsen-book"]})
    assert refused.is_error and "'nilsen-book' in done" in text_of(refused)
    assert "nielsen-book" in text_of(refused)


async def test_ask_takes_what_http_takes(tools: Tools) -> None:
    history = [
        {"role": "user", "content": "Where can I learn about LSTMs?"},
        {"role": "assistant", "content": "See Understanding LSTM Networks."},
    ]
    given = {"question": START, "history": history, "standalone": True, "profile": {"background": "maths"}}
    result = await tools.call("ask", given)
    assert (
        result.structured_content is not None
        and result.structured_content["profile"]["background"] == "maths"
    )


async def test_search_texts_name_their_addresses(tools: Tools) -> None:
    result = await tools.call("search", {"question": "LSTM", "k": 3})
    assert result.structured_content is not None
    for hit, block in zip(result.structured_content["hits"], result.content, strict=True):
        assert block.type == "text" and (hit["url"] or "the guide") in block.text


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("ask", {"question": "hi", "foo": 1}, "foo: There is no such field. The arguments are question"),
        ("ask", {}, "question: This field is missing"),
        ("ask", {"question": 7}, "question: It should be a valid string"),
        ("ask", {"question": "hi", "profile": {"colour": "red"}}, "profile.colour: There is no such field"),
        ("search", {"query": "hi"}, "query: There is no such field. The arguments are question, k"),
        ("search", {"question": "hi", "k": 0}, "k: It should be greater than or equal to 1"),
        (
            "plan",
            {"goal": "gardening"},
            "the goal 'gardening' is not known; expected vision, rnn, nlp, rl, general",
        ),
        ("plan", {"goal": ["gardening"]}, "goal"),
        ("plan", {"start": "9999-12-31"}, "start"),
        ("nope", {}, "There is no tool nope; there are ask, search, plan."),
    ],
)
async def test_an_error_is_told_in_plain_words(
    tools: Tools, tool: str, arguments: dict[str, object], said: str
) -> None:
    result = await tools.call(tool, arguments)
    assert result.is_error and said in text_of(result)
    for word in ("pydantic", "http", "validation error", "Input", "literal[", "list["):
        assert word not in text_of(result)


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/json, text/event-stream"])
async def test_no_accept_header_accepts_anything(
    assistant: Assistant, settings: Settings, accept: str | None
) -> None:
    app = make_app(settings, assistant)
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "search", "arguments": {"question": "LSTM", "k": 1}},
    }
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
            request = client.build_request("POST", "/mcp", json=call)
            del request.headers["accept"]
            if accept:
                request.headers["accept"] = accept
            response = await client.send(request)
    assert response.status_code == 200
    assert response.json()["result"]["structuredContent"]["hits"]


async def test_search_and_plan_work(over_http: Open) -> None:
    async with over_http() as client:
        found = await client.call_tool("search", {"question": "LSTM", "k": 2})
        plan = await client.call_tool("plan", {"goal": ["nlp"], "hours_per_week": 5})
    assert found.structured_content is not None and len(found.structured_content["hits"]) == 2
    assert plan.structured_content is not None and plan.structured_content["steps"]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("ask", {"question": ""}),
        ("ask", {"question": "x" * 2001}),
        ("ask", {}),
        ("search", {"question": "x", "k": 51}),
        ("plan", {"goal": ["gardening"]}),
    ],
)
async def test_unusable_arguments_are_an_error_of_the_tool(
    over_http: Open, tool: str, arguments: dict[str, object]
) -> None:
    async with over_http() as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error


async def test_a_fault_is_told_without_its_inside(assistant: Assistant, settings: Settings) -> None:
    desk = Desk(settings, assistant)

    async def fail(ask: Ask) -> None:
        raise RuntimeError("secret words")

    desk.answer = fail  # type: ignore[method-assign,assignment]
    async with Client(make_server(desk)) as client:
        result = await client.call_tool("ask", {"question": START})
    assert result.is_error and "secret" not in str(result.content)


async def test_a_page_of_another_site_may_not_use_it(assistant: Assistant, settings: Settings) -> None:
    app = make_app(settings, assistant)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        response = await client.post("/mcp", json={}, headers={"Origin": "https://evil.example"})
        assert (response.status_code, response.headers["content-type"]) == (403, "application/problem+json")
        assert (await client.get("/mcp")).status_code == 405


async def test_it_is_served_on_standard_input_and_output(data_dir: Path) -> None:
    environment = {"DLSTART_DATA_DIR": str(data_dir), "DLSTART_DEVICE": "cpu", "PATH": os.environ["PATH"]}
    program = StdioServerParameters(
        command=sys.executable, args=["-m", "assistant", "mcp"], env=environment, cwd=Path.cwd()
    )
    async with Client(program, read_timeout_seconds=120) as client:
        result = await client.call_tool("ask", {"question": START})
    assert result.structured_content is not None and result.structured_content["citations"]


def test_calls_that_are_open_when_the_input_ends_are_answered(data_dir: Path) -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    call = {"name": "ask", "arguments": {"question": START}}
    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        *({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": call} for number in (2, 3)),
        {"jsonrpc": "2.0", "id": 4, "method": "tools/list"},
    ]
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "mcp"],
        input="".join(json.dumps(line) + "\n" for line in lines),
        env={"DLSTART_DATA_DIR": str(data_dir), "DLSTART_DEVICE": "cpu", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    replies = {reply["id"]: reply["result"] for reply in map(json.loads, done.stdout.splitlines())}
    assert (done.returncode, set(replies)) == (0, {1, 2, 3, 4})
    assert all(replies[number]["structuredContent"]["citations"] for number in (2, 3))


async def test_a_conversation_over_mcp_is_the_keys_that_began_it(
    assistant: Assistant, settings: Settings
) -> None:
    app = make_app(settings.replace(api_keys=("key-a", "key-b")), assistant)
    said: list[str] = []
    async with app.router.lifespan_context(app):
        for key in ("key-a", "key-a", "key-b"):
            http = httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app),
                base_url="http://service",
                headers={"Authorization": f"Bearer {key}"},
            )
            async with http, Client(streamable_http_client("http://service/mcp", http_client=http)) as client:
                more = {"conversation_id": said[0]} if said else {}
                result = await client.call_tool("ask", {"question": START, **more})
                if result.structured_content:
                    said.append(str(result.structured_content["conversation_id"]))
                else:
                    said.append(str(result.content[0].text))  # type: ignore[union-attr]
    assert said[0] == said[1] and said[0].startswith("con_")
    assert "no conversation with this id is kept" in said[2]


async def test_a_server_that_fails_to_start_keeps_nobody_waiting(
    assistant: Assistant, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(door: object) -> None:
        raise RuntimeError("no luck")

    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    app = make_app(settings, assistant)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://service", timeout=10) as client:
            with monkeypatch.context() as broken:
                broken.setattr("assistant.channels.mcp.make_server", fail)
                async with asyncio.timeout(10):
                    assert (await client.post("/mcp", json=body)).status_code == 500
            assert (await client.post("/mcp", json=body)).status_code == 200
