"""A Slack of our own on loopback: the Web API methods that the bot calls, Socket Mode, and response addresses.

It refuses what Slack refuses, and fails on order.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import WSMsgType, web

from tests.slack.block_kit import InvalidBlocks, check_message, check_view, size

BOT_TOKEN = "xoxb-test"
APP_TOKEN = "xapp-test"
BOT_USER = "UBOT"
BOT_ID = "BBOT"
TEAM = "T1"
SCOPES = "app_mentions:read,assistant:write,chat:write,commands,files:write,im:history"


@dataclass(slots=True)
class Posted:
    """A message as the workspace shows it in the end."""

    channel: str
    ts: str
    thread_ts: str | None
    text: str = ""
    markdown: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)
    streaming: bool = False
    recipient: str | None = None

    @property
    def words(self) -> str:
        """The answer's text: what was streamed, or else the markdown blocks."""
        whole = self.markdown + "".join(block["text"] for block in self.blocks if block["type"] == "markdown")
        return whole or self.text


@dataclass(frozen=True, slots=True)
class Order:
    """How a call is to go."""

    error: str | None = None
    retry_after: int | None = None
    status: int = 200
    delay: float = 0.0
    hang_up: bool = False


class Refusal(Exception):
    """`{"ok": false, "error": …}`"""


class StubSlack:
    """One workspace, or several where tokens say so."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.used: list[tuple[str, str]] = []
        self.messages: dict[str, Posted] = {}
        self.statuses: dict[tuple[str, str], str] = {}
        self.prompts: list[dict[str, Any]] = []
        self.views: list[dict[str, Any]] = []
        self.homes: dict[str, dict[str, Any]] = {}
        self.files: list[dict[str, Any]] = []
        self.responses: list[dict[str, Any]] = []
        self.tokens: dict[str, dict[str, str]] = {
            BOT_TOKEN: {"team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT_ID}
        }
        self.scopes = SCOPES
        self.not_in: set[str] = set()
        self.acknowledged: dict[str, Any] = {}
        self.per_second: dict[str, int] = {}
        self._taken: dict[tuple[str, str, int], int] = defaultdict(int)
        self._orders: dict[str, deque[Order]] = defaultdict(deque)
        self._always: dict[str, Order] = {}
        self._clock = 1_700_000_000.0
        self._sockets: list[web.WebSocketResponse] = []
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self, port: int = 0) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_post("/api/{method}", self._api)
        app.router.add_get("/api/{method}", self._api)
        app.router.add_post("/response/{name}", self._response)
        app.router.add_post("/upload/{name}", self._upload)
        app.router.add_get("/link", self._link)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/"

    async def stop(self) -> None:
        """Hang up."""
        for socket in self._sockets:
            await socket.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def order(self, method: str, *orders: Order, always: bool = False) -> None:
        """Have the next calls of a method, or all, go that way."""
        if always:
            self._always[method] = orders[0]
        else:
            self._orders[method].extend(orders)

    def called(self, method: str) -> list[dict[str, Any]]:
        """The arguments of each call of a method."""
        return [arguments for name, arguments in self.calls if name == method]

    def thread(self, channel: str, root: str) -> list[Posted]:
        """The replies in a thread, oldest first."""
        return [m for m in self.messages.values() if (m.channel, m.thread_ts) == (channel, root)]

    def status(self, channel: str, root: str) -> str:
        """The status that a thread shows."""
        return self.statuses.get((channel, root), "")

    async def send_socket(self, kind: str, payload: dict[str, Any], envelope: str, attempt: int = 0) -> None:
        """Send an envelope to the newest Socket Mode connection."""
        data = {"envelope_id": envelope, "type": kind, "payload": payload, "accepts_response_payload": True}
        if kind == "events_api":
            data |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
        await self._sockets[-1].send_str(json.dumps(data))

    async def connected(self) -> None:
        """Wait for a Socket Mode connection."""
        async with asyncio.timeout(10):
            while not self._sockets:
                await asyncio.sleep(0.01)

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        self.calls.append((method, arguments))
        order = self._orders[method].popleft() if self._orders[method] else self._always.get(method, Order())
        await asyncio.sleep(order.delay)
        if order.hang_up and request.transport is not None:
            request.transport.close()
        limited = self._limited(method, arguments)
        if order.retry_after is not None or limited:
            wait = order.retry_after if order.retry_after is not None else 1
            body = {"ok": False, "error": "ratelimited"}
            return web.json_response(body, status=429, headers={"Retry-After": str(wait)})
        try:
            if order.error is not None:
                raise Refusal(order.error)
            result = await self._do(method, arguments, request.headers.get("Authorization", ""))
        except Refusal as refusal:
            return web.json_response({"ok": False, "error": str(refusal)}, status=order.status)
        except InvalidBlocks as fault:
            detail = {"ok": False, "error": "invalid_blocks", "response_metadata": {"messages": [str(fault)]}}
            return web.json_response(detail)
        return web.json_response({"ok": True, **result}, headers={"X-OAuth-Scopes": self.scopes})

    def _limited(self, method: str, arguments: dict[str, Any]) -> bool:
        allowed = self.per_second.get(method)
        if allowed is None:
            return False
        slot = (method, arguments.get("channel", ""), int(asyncio.get_running_loop().time()))
        self._taken[slot] += 1
        return self._taken[slot] > allowed

    async def _do(self, method: str, a: dict[str, Any], authorization: str) -> dict[str, Any]:
        if method == "apps.connections.open":
            if authorization != f"Bearer {APP_TOKEN}":
                raise Refusal("invalid_auth")
            return {"url": self.url.replace("http", "ws") + "link"}
        if method == "oauth.v2.access":
            return self._install(a, authorization)
        self.used.append((authorization.removeprefix("Bearer "), method))
        who = self.tokens.get(authorization.removeprefix("Bearer "))
        if who is None:
            raise Refusal("invalid_auth")
        handler = getattr(self, "_" + re.sub(r"\W", "_", method), None)
        if handler is None:
            raise Refusal("unknown_method")
        if a.get("channel") in self.not_in:
            raise Refusal("not_in_channel")
        if method == "auth.test":
            return {"ok": True, "user": "dlstart", "team": "Test", "url": "https://test.slack.com/", **who}
        result: dict[str, Any] = handler(a)
        return result

    def _install(self, a: dict[str, Any], authorization: str) -> dict[str, Any]:
        token = f"xoxb-{a.get('code')}"
        if token not in self.tokens or not authorization.startswith("Basic "):
            raise Refusal("invalid_code")
        return {
            "access_token": token,
            "app_id": "A1",
            "scope": self.scopes,
            "bot_user_id": BOT_USER,
            "team": {"id": a["code"], "name": "Test"},
            "authed_user": {"id": "U9"},
            "token_type": "bot",
        }

    def _auth_test(self, a: dict[str, Any]) -> dict[str, Any]:
        return {}

    def _chat_postMessage(self, a: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        check_message(a.get("text") or "", a.get("blocks") or [])
        posted = Posted(
            a["channel"], self._now(), a.get("thread_ts"), a.get("text") or "", "", a.get("blocks") or []
        )
        return self._keep(posted)

    def _chat_update(self, a: dict[str, Any]) -> dict[str, Any]:
        message = self._message(a)
        check_message(a.get("text") or "", a.get("blocks") or [])
        message.text, message.blocks, message.markdown = a.get("text") or "", a.get("blocks") or [], ""
        message.streaming = False
        return {"channel": message.channel, "ts": message.ts}

    def _chat_startStream(self, a: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if not a.get("thread_ts"):
            raise Refusal("invalid_arguments")
        if not a["channel"].startswith("D") and not (
            a.get("recipient_user_id") and a.get("recipient_team_id")
        ):
            raise Refusal("missing_recipient_user_id")
        message = Posted(
            a["channel"], self._now(), a["thread_ts"], streaming=True, recipient=a["recipient_user_id"]
        )
        self._append(message, a)
        return self._keep(message)

    def _chat_appendStream(self, a: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        message = self._message(a)
        if not message.streaming:
            raise Refusal("message_not_in_streaming_state")
        self._append(message, a)
        return {"channel": message.channel, "ts": message.ts}

    def _chat_stopStream(self, a: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        message = self._message(a)
        if not message.streaming:
            raise Refusal("message_not_in_streaming_state")
        check_message("", a.get("blocks") or [], message.markdown + (a.get("markdown_text") or "") or "-")
        self._append(message, a)
        message.blocks, message.streaming = a.get("blocks") or [], False
        return {"channel": message.channel, "ts": message.ts}

    def _assistant_threads_setStatus(self, a: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if len(a.get("loading_messages") or []) > 10:
            raise Refusal("invalid_arguments")
        self.statuses[(a["channel_id"], a["thread_ts"])] = a["status"]
        return {}

    def _assistant_threads_setSuggestedPrompts(self, a: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if "thread_ts" in a or not 1 <= len(a["prompts"]) <= 4:
            raise Refusal("invalid_arguments")
        self.prompts.append(a)
        return {}

    def _views_open(self, a: dict[str, Any]) -> dict[str, Any]:
        if not a.get("trigger_id"):
            raise Refusal("invalid_trigger_id")
        check_view(a["view"])
        self.views.append(a["view"])
        return {"view": {"id": f"V{len(self.views)}"}}

    def _views_publish(self, a: dict[str, Any]) -> dict[str, Any]:
        if a["view"]["type"] != "home":
            raise Refusal("invalid_arguments")
        check_view(a["view"])
        self.homes[a["user_id"]] = a["view"]
        return {}

    def _files_getUploadURLExternal(self, a: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if "files:write" not in self.scopes:
            raise Refusal("missing_scope")
        self.files.append(a)
        return {"upload_url": f"{self.url}upload/{len(self.files) - 1}", "file_id": f"F{len(self.files) - 1}"}

    def _files_completeUploadExternal(self, a: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        for done in a["files"]:
            self.files[int(done["id"][1:])]["thread_ts"] = a["thread_ts"]
        return {"files": a["files"]}

    def _append(self, message: Posted, a: dict[str, Any]) -> None:
        text = a.get("markdown_text") or ""
        if size(text) > 12_000:
            raise Refusal("msg_too_long")
        message.markdown += text
        if re.search(r"<[@!#]", message.markdown):
            raise InvalidBlocks("the stream makes a mention")

    def _message(self, a: dict[str, Any]) -> Posted:
        if a.get("ts") not in self.messages:
            raise Refusal("message_not_found")
        return self.messages[a["ts"]]

    def _keep(self, message: Posted) -> dict[str, Any]:
        self.messages[message.ts] = message
        return {"channel": message.channel, "ts": message.ts}

    def _now(self) -> str:
        self._clock += 1
        return f"{self._clock:.6f}"

    async def _response(self, request: web.Request) -> web.Response:
        message = await request.json()
        self.calls.append(("response_url", message))
        order = self._orders["response_url"].popleft() if self._orders["response_url"] else Order()
        await asyncio.sleep(order.delay)
        if order.error is not None:
            return web.Response(status=400, text=order.error)
        if order.retry_after is not None:
            return web.Response(status=429, headers={"Retry-After": str(order.retry_after)})
        try:
            check_message(message.get("text") or "", message.get("blocks") or [])
        except InvalidBlocks as fault:
            return web.Response(status=400, text=f"invalid_blocks: {fault}")
        self.responses.append(message)
        return web.Response(text="ok")

    async def _upload(self, request: web.Request) -> web.Response:
        self.files[int(request.match_info["name"])]["bytes"] = await request.read()
        return web.Response(text="OK")

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(json.dumps({"type": "hello", "num_connections": 1}))
        self._sockets.append(socket)
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                data = json.loads(message.data)
                self.acknowledged[data["envelope_id"]] = data.get("payload")
        return socket


async def _arguments(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        body = await request.json()
        return dict(body) if isinstance(body, dict) else {}
    text = await request.text()
    pairs = [*parse_qsl(text), *request.query.items()]
    return {name: _decoded(value) for name, value in pairs}


def _decoded(value: str) -> Any:
    return json.loads(value) if value[:1] in "[{" else value
