"""The tools of the Model Context Protocol: ask, search, plan. All of them only read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from importlib.metadata import version
from typing import Annotated, Any, ParamSpec, Protocol

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field
from starlette.types import Receive, Scope, Send

from assistant.channels.http.bodies import (
    AnswerBody,
    ConversationId,
    Hours,
    PlanBody,
    ProfileBody,
    Question,
    SearchBody,
    Words,
)
from assistant.channels.http.shapes import describe_found
from assistant.errors import AssistantError
from assistant.service import Ask
from assistant.types import Answer, Background, Goal, Plan, Profile
from index.search import Found

log = logging.getLogger("dlstart.mcp")

_INSTRUCTIONS = (
    "Answers how to start learning deep learning, from one guide. Every sentence of an answer ends with the number "
    "of its source; keep the numbers, and name the sources by their addresses."
)
_READ_ONLY = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)

P = ParamSpec("P")


class Door(Protocol):
    """What the tools need of an assistant."""

    async def answer(self, ask: Ask) -> Answer:
        """Answer one question."""

    async def search(self, question: str, k: int) -> Found:
        """The k best hits."""

    async def plan(self, profile: Profile) -> Plan:
        """A study plan."""


def make_server(door: Door) -> MCPServer[Any]:
    """The MCP server over an assistant."""
    server: MCPServer[Any] = MCPServer(
        "dlstart", title="How to start deep learning", instructions=_INSTRUCTIONS, version=version("dlstart")
    )

    @server.tool(title="Ask the guide", annotations=_READ_ONLY)
    @_told
    async def ask(
        question: Question,
        context: Context[Any, Any],
        conversation_id: ConversationId | None = None,
        profile: ProfileBody | None = None,
    ) -> Annotated[CallToolResult, AnswerBody]:
        """Answer a question on how to start learning deep learning, with a source for every sentence."""
        known = profile.to_profile() if profile else None
        asked = Ask(question, conversation_id, (), known, "mcp", _owner(context))
        answer = (await door.answer(asked)).as_dict()
        sources = [
            f"[{one['number']}] {one['title']}: {one['url'] or 'the guide'}" for one in answer["citations"]
        ]
        return _result(answer, answer["text"], "\n".join(sources))

    @server.tool(title="Search the guide", annotations=_READ_ONLY)
    @_told
    async def search(
        question: Question, k: Annotated[int, Field(ge=1, le=50)] = 10
    ) -> Annotated[CallToolResult, SearchBody]:
        """Find the passages of the guide that fit a question best, without an answer."""
        found = describe_found(await door.search(question, k))
        return _result(found, *(f"{hit['title']}: {hit['text']}" for hit in found["hits"]))

    @server.tool(title="Make a study plan", annotations=_READ_ONLY)
    @_told
    async def plan(
        goal: Annotated[list[Goal], Field(max_length=5)] = [],  # noqa: B006 - the schema needs a plain default
        background: Background | None = None,
        prefer: Words = [],  # noqa: B006
        hours_per_week: Hours | None = None,
    ) -> Annotated[CallToolResult, PlanBody]:
        """Order what a learner should take, each step after what it needs, with the reason and its source."""
        profile = Profile(
            goal=tuple(goal), background=background, prefers=tuple(prefer), hours_per_week=hours_per_week
        )
        made = (await door.plan(profile)).as_dict()
        return _result(made, made["text"])

    return server


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
        await manager.handle_request(scope, receive, send)

    async def close(self) -> None:
        """Stop."""
        self._stopping.set()
        if self._keeper is not None:
            await self._keeper

    async def _keep(self, started: asyncio.Future[StreamableHTTPSessionManager]) -> None:
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


def _owner(context: Context[Any, Any]) -> str:
    """Whose a conversation is: the key's that was shown over HTTP; on standard input, that of this channel alone."""
    request = context.request_context.request
    return str(request.scope["owner"]) if request is not None else "mcp"


def _result(structured: dict[str, Any], *texts: str) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=text) for text in texts if text], structured_content=structured
    )


def _told(
    tool: Callable[P, Awaitable[CallToolResult]],
) -> Callable[P, Awaitable[CallToolResult]]:
    """Tell a client what it can use of an error, and nothing of the inside."""

    @wraps(tool)
    async def told(*args: P.args, **kwargs: P.kwargs) -> CallToolResult:
        try:
            return await tool(*args, **kwargs)
        except AssistantError as error:
            raise ToolError(f"{error}; {error.cure}" if error.cure else str(error)) from error
        except Exception as error:
            log.exception("a tool failed")
            raise ToolError("something went wrong; the log says what") from error

    return told
