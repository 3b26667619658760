"""One question through each channel of the real application, as its user would send it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from rich.console import Console

from assistant.channels.http.app import make_app
from assistant.channels.terminal import Chat
from assistant.service import Assistant
from assistant.settings import Settings
from tests.http.conftest import read_events
from tests.slack.stub import StubSlack
from tests.slack.workspace import Workspace

Play = Callable[[Sequence[str]], Awaitable["Reply"]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for the last of some messages."""

    text: str
    """What its user reads."""
    outcome: str | None = None
    """Kind of answer, where the channel tells it."""


@asynccontextmanager
async def open_channels(
    assistant: Assistant, settings: Settings, slack: StubSlack
) -> AsyncIterator[dict[str, Play]]:
    """Every channel by its name: a function that sends messages of one conversation, in order."""
    app = make_app(settings, assistant)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        http = await stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")
        )

        async def over_http(messages: Sequence[str]) -> Reply:
            answer: dict[str, str] = {}
            for message in messages:
                body = {"question": message} | _conversation(answer)
                answer = (await http.post("/v1/ask", json=body)).raise_for_status().json()
            return Reply(answer["text"], answer["outcome"])

        async def over_events(messages: Sequence[str]) -> Reply:
            answer: dict[str, str] = {}
            text = ""
            for message in messages:
                body = {"question": message, "stream": True} | _conversation(answer)
                events = read_events((await http.post("/v1/ask", json=body)).raise_for_status().text)
                assert [name for name, _, _ in events if name == "error"] == []
                text = "".join(data["text"] for name, _, data in events if name == "delta")
                answer = events[-1][2]
            return Reply(text, answer["outcome"])

        async def over_openai(messages: Sequence[str]) -> Reply:
            turns: list[dict[str, str]] = []
            for message in messages:
                turns.append({"role": "user", "content": message})
                body = {"model": "dlstart", "messages": turns}
                completion = (await http.post("/v1/chat/completions", json=body)).raise_for_status().json()
                turns.append({"role": "assistant", "content": completion["choices"][0]["message"]["content"]})
            return Reply(turns[-1]["content"], completion["dlstart"]["outcome"])

        async def over_mcp(messages: Sequence[str]) -> Reply:
            own = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://localhost")
            answer: dict[str, str] = {}
            async with own, Client(streamable_http_client("http://localhost/mcp", http_client=own)) as client:
                for message in messages:
                    result = await client.call_tool("ask", {"question": message} | _conversation(answer))
                    assert not result.is_error, result.content
                    answer = result.structured_content or {}
            text = next(block.text for block in result.content if block.type == "text")
            return Reply(text, answer["outcome"])

        async def in_slack(messages: Sequence[str]) -> Reply:
            workspace = Workspace(slack, http)
            shown = await workspace.ask(messages[0])
            for message in messages[1:]:
                shown = await workspace.ask(message, thread_ts=shown.thread_ts)
            return Reply(shown.words)

        async def in_the_terminal(messages: Sequence[str]) -> Reply:
            left = iter(messages)
            screen = io.StringIO()
            console = Console(file=screen, force_terminal=True, width=80, color_system=None)
            shown: list[str] = []

            def read(prompt: str) -> str:
                shown.append(screen.getvalue())
                screen.seek(0)
                screen.truncate()
                for message in left:
                    return message
                raise EOFError

            await asyncio.to_thread(Chat(assistant, console).run, read)
            return Reply(shown[-1])

        yield {
            "http": over_http,
            "events": over_events,
            "openai": over_openai,
            "mcp": over_mcp,
            "slack": in_slack,
            "terminal": in_the_terminal,
        }


def _conversation(answer: dict[str, str]) -> dict[str, str]:
    """The field that continues the conversation of an answer, if there was one."""
    return {"conversation_id": answer["conversation_id"]} if answer else {}
