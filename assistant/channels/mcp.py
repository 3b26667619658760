"""The tools of the Model Context Protocol: ask, search, plan. All of them only read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Protocol

import anyio
from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.message import SessionMessage
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    JSONRPCError,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    RequestId,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import BaseModel, ValidationError
from starlette.types import Receive, Scope, Send

from assistant.channels.http.bodies import (
    AnswerBody,
    Inquiry,
    PlanBody,
    PlanRequest,
    SearchBody,
    SearchRequest,
)
from assistant.channels.http.forms import FORMS, write_form
from assistant.channels.http.problems import describe_faults
from assistant.channels.http.shapes import describe_found
from assistant.ending import write_ending
from assistant.errors import AssistantError
from assistant.service import Ask
from assistant.types import ANYONE, Answer, Plan, Profile
from index.search import Found

log = logging.getLogger("dlstart.mcp")

_INSTRUCTIONS = (
    "Answers questions from {guide}. Every sentence of an answer ends with the number of its source; keep the numbers, "
    "and name the sources by their addresses."
)
_READ_ONLY = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_ACCEPT = (b"accept", b"application/json, text/event-stream")

Reply = tuple[dict[str, Any], list[str]]
"""The structured content of a result, and its texts."""


_LAST_CALLS = 60.0
"""Seconds that open calls get after the input has ended."""


class Door(Protocol):
    """What the tools need of an assistant."""

    @property
    def guide(self) -> str:
        """What the guide is called inside a sentence."""

    async def answer(self, ask: Ask) -> Answer:
        """Answer one question."""

    async def search(self, question: str, k: int) -> Found:
        """The k best hits."""

    async def plan(self, profile: Profile, wishes: Profile) -> Plan:
        """A study plan; `wishes`: the part of the profile whose words must name something."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One tool: what it is called and takes, and what it does."""

    tool: Tool
    arguments: type[BaseModel]
    run: Callable[[Any, str], Awaitable[Reply]]


class Tools:
    """The tools over an assistant."""

    def __init__(self, door: Door) -> None:
        self._door = door
        entries = (
            _entry(
                "ask",
                "Ask the guide",
                f"Answer a question from {door.guide}, with a source for every sentence.",
                Inquiry,
                AnswerBody,
                self._ask,
            ),
            _entry(
                "search",
                "Search the guide",
                "Find the passages of the guide that fit a question best, without an answer.",
                SearchRequest,
                SearchBody,
                self._search,
            ),
            _entry(
                "plan",
                "Make a study plan",
                "Order what a learner should take, each step after what it needs, with the reason and its source.",
                PlanRequest,
                PlanBody,
                self._plan,
            ),
        )
        self._entries = {entry.tool.name: entry for entry in entries}

    def list(self) -> list[Tool]:
        """What there is."""
        return [entry.tool for entry in self._entries.values()]

    async def call(self, name: str, arguments: Mapping[str, Any], owner: str = ANYONE) -> CallToolResult:
        """Use a tool; a client is told what it can use of an error, and nothing of the inside.

        `owner`: whose its conversations are.
        """
        entry = self._entries.get(name)
        if entry is None:
            return _refusal(f"There is no tool {name}; there are {', '.join(self._entries)}.")
        try:
            structured, texts = await entry.run(entry.arguments.model_validate(dict(arguments)), owner)
        except ValidationError as error:
            return _refusal(_faults(error, entry.arguments))
        except AssistantError as error:
            return _refusal(f"{error}; {error.cure}" if error.cure else str(error))
        except Exception:
            log.exception("a tool failed")
            return _refusal("Something went wrong; the log says what.")
        return CallToolResult(content=_texts(*texts), structured_content=structured)

    async def _ask(self, given: Inquiry, owner: str) -> Reply:
        answer = (await self._door.answer(given.to_ask("mcp", owner))).as_dict()
        return answer, [answer["text"] + write_ending(answer)]

    async def _search(self, given: SearchRequest, _: str) -> Reply:
        found = describe_found(await self._door.search(given.question, given.k))
        return found, [
            f"{hit['title']}: {hit['text']}\nSource: {hit['url'] or 'the guide'}" for hit in found["hits"]
        ]

    async def _plan(self, given: PlanRequest, _: str) -> Reply:
        made = await self._door.plan(given.to_profile(), given.wishes())
        form = FORMS[given.format or "markdown"]
        text = (
            made.text
            if form == FORMS["json"]
            else await asyncio.to_thread(write_form, made, form, given.start)
        )
        return made.as_dict(), [text]


def make_server(door: Door) -> Server[Any]:
    """The MCP server over an assistant."""
    tools = Tools(door)

    async def list_tools(*_: object) -> ListToolsResult:
        return ListToolsResult(tools=tools.list())

    async def call_tool(
        context: ServerRequestContext[Any, Any], asked: CallToolRequestParams
    ) -> CallToolResult:
        return await tools.call(asked.name, asked.arguments or {}, _owner(context))

    # There are none; clients that ask nevertheless get an empty list and no error.
    async def list_resources(*_: object) -> ListResourcesResult:
        return ListResourcesResult(resources=[])

    async def list_templates(*_: object) -> ListResourceTemplatesResult:
        return ListResourceTemplatesResult(resource_templates=[])

    async def list_prompts(*_: object) -> ListPromptsResult:
        return ListPromptsResult(prompts=[])

    return Server(
        "dlstart",
        title=f"Ask {door.guide}",
        instructions=_INSTRUCTIONS.format(guide=door.guide),
        version=version("dlstart"),
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_list_prompts=list_prompts,
    )


async def serve_stdio(door: Door) -> None:
    """Serve on standard input and output until it ends."""
    server = make_server(door)
    async with stdio_server() as (read, write), anyio.create_task_group() as tasks:
        # The library drops calls that are open when its input ends; here it ends for the library after them.
        pending: set[RequestId] = set()
        answered = anyio.Event()
        into, reader = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        writer, out = anyio.create_memory_object_stream[SessionMessage](0)

        async def take() -> None:
            async with into:
                async for message in read:
                    sent = message.message if isinstance(message, SessionMessage) else None
                    if isinstance(sent, JSONRPCRequest):
                        pending.add(sent.id)
                    elif isinstance(sent, JSONRPCNotification) and sent.method == "notifications/cancelled":
                        pending.discard((sent.params or {}).get("requestId", ""))
                    await into.send(message)
                with anyio.move_on_after(_LAST_CALLS):
                    while pending:
                        await answered.wait()

        async def give() -> None:
            nonlocal answered
            async with write:
                async for message in out:
                    await write.send(message)
                    if isinstance(message.message, JSONRPCResponse | JSONRPCError):
                        pending.discard(message.message.id)
                        answered.set()
                        answered = anyio.Event()

        tasks.start_soon(take)
        tasks.start_soon(give)
        await server.run(reader, writer, server.create_initialization_options())
        tasks.cancel_scope.cancel()


class McpEndpoint:
    """The server over streamable HTTP, without sessions; it begins with the first request."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._started: asyncio.Future[StreamableHTTPSessionManager] | None = None
        self._stopping = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if self._started is None:
            self._started = asyncio.get_running_loop().create_future()
            self._keeper = asyncio.create_task(self._keep(self._started))
        manager = await asyncio.shield(self._started)
        if not any(name == _ACCEPT[0] for name, _ in scope["headers"]):
            # Without the header a client accepts anything (RFC 9110, 12.5.1); the library takes it for nothing.
            scope = {**scope, "headers": [*scope["headers"], _ACCEPT]}
        await manager.handle_request(scope, receive, send)

    async def close(self) -> None:
        """Stop."""
        self._stopping.set()
        if self._keeper is not None:
            await self._keeper

    async def _keep(self, started: asyncio.Future[StreamableHTTPSessionManager]) -> None:
        try:
            server = make_server(self._door)
            # Hosts and origins are the gate's matter, for every route alike.
            server.streamable_http_app(
                json_response=True,
                stateless_http=True,
                transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            )
            async with server.session_manager.run():
                started.set_result(server.session_manager)
                await self._stopping.wait()
        except Exception as error:
            # Whoever waits for it must not wait for ever, and the next request may try again.
            log.exception("the MCP server ended")
            self._started = None
            if not started.done():
                started.set_exception(error)


def _owner(context: ServerRequestContext[Any, Any]) -> str:
    """Whose a conversation is: the key's that was shown over HTTP; on standard input, that of this channel alone."""
    request = context.request
    return str(request.scope["owner"]) if request is not None else "mcp"


def _entry(
    name: str,
    title: str,
    description: str,
    arguments: type[BaseModel],
    result: type[BaseModel],
    run: Callable[[Any, str], Awaitable[Reply]],
) -> _Entry:
    tool = Tool(
        name=name,
        title=title,
        description=description,
        input_schema=inline(arguments.model_json_schema()),
        output_schema=inline(result.model_json_schema(mode="serialization")),
        annotations=_READ_ONLY,
    )
    return _Entry(tool, arguments, run)


def inline(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema without references: many clients, and the models behind them, don't follow any."""
    definitions: dict[str, Any] = schema.get("$defs", {})

    def resolve(value: Any) -> Any:
        if isinstance(value, list):
            return [resolve(one) for one in value]
        if not isinstance(value, dict):
            return value
        beside = {name: resolve(one) for name, one in value.items() if name not in ("$ref", "$defs")}
        if "$ref" in value:
            return resolve(definitions[value["$ref"].rpartition("/")[2]]) | beside
        return beside

    resolved: dict[str, Any] = resolve(schema)
    return resolved


def _faults(error: ValidationError, arguments: type[BaseModel]) -> str:
    """Which arguments are wrong, and how."""
    told = "; ".join(
        f"{fault['field']}: {fault['message'].rstrip('.')}" for fault in describe_faults(error.errors())
    )
    return f"These arguments are not usable: {told}. The arguments are {', '.join(arguments.model_fields)}."


def _refusal(text: str) -> CallToolResult:
    return CallToolResult(content=_texts(text), is_error=True)


def _texts(*texts: str) -> list[Any]:
    return [TextContent(type="text", text=text) for text in texts if text]
