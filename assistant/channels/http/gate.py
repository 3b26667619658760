"""The gate: which requests come in at all, and with how much."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.channels.http.clients import Keys, Rate
from assistant.channels.http.desk import Desk
from assistant.channels.http.hosts import Hosts
from assistant.channels.http.origins import Origins
from assistant.channels.http.problems import allowed_methods, problem
from assistant.settings import normalise_origin

MAX_BODY = 64 * 1024
_DRAINED = 1024 * 1024
_NOT_OURS = "The service is not called by this name (Host); DLSTART_ALLOWED_HOSTS lists those that it may be called by."
_LARGER = {"/slack/events": 1024 * 1024, "/v1/chat/completions": 8 * 1024 * 1024}
"""Slack sends views with their whole state; OpenAI's clients send the whole conversation, with its pictures."""


class Gate:
    """Answers OPTIONS, and refuses what is not allowed, too often, too big, too slow, or not JSON."""

    def __init__(self, app: ASGIApp, api: FastAPI, desk: Desk, rate: Rate) -> None:
        self._app = app
        self._api = api
        self._desk = desk
        self._keys = Keys(desk.settings.api_keys)
        self._rate = rate
        self._hosts = Hosts(desk.settings)
        self._origins = Origins(desk.settings.allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._origins and "origin" in headers:
            # The edge puts them on whatever goes out, failures of the inside as well.
            scope["cors"] = self._origins.answer(headers["origin"])
        methods = allowed_methods(self._api, scope["path"], scope)
        if not self._hosts.allow(scope, headers):
            response: Response | None = problem(scope, 421, _NOT_OURS)
        elif scope["method"] == "OPTIONS":
            response = self._options(scope, headers, methods)
        else:
            response = await self._refuse(scope, headers)
        if response is None and scope["method"] in methods - {"GET"}:
            read = await self._read(scope, headers, receive)
            if isinstance(read, Response):
                response = read
            else:
                receive = _replay(read, receive)
        await (response or self._app)(scope, receive, send)

    async def _refuse(self, scope: Scope, headers: Headers) -> Response | None:
        path: str = scope["path"]
        guarded = path.startswith("/v1/") or path == "/mcp"
        if not guarded:
            return None
        if self._desk.draining:
            return problem(
                scope,
                503,
                "The service is stopping.",
                {"Retry-After": "5", "Connection": "close"},
                reason="stopping",
            )
        owner = self._keys.owner(headers)
        seconds = await self._rate.wait(scope, owner)
        if seconds:
            return problem(scope, 429, "Too many requests.", {"Retry-After": str(seconds)})
        if owner is None:
            return problem(scope, 401, "A valid key is needed.", {"WWW-Authenticate": "Bearer"})
        scope["owner"] = owner
        if path == "/mcp" and not self._may_come(headers):
            return problem(scope, 403, "Pages of this origin may not use this address.")
        return None

    def _may_come(self, headers: Headers) -> bool:
        """Whether a browser's page may use MCP: one of ours or an allowed one. Others send no Origin."""
        origin = headers.get("origin")
        if origin is None:
            return True
        own = {normalise_origin(f"{scheme}://{headers.get('host', '')}") for scheme in ("http", "https")}
        return normalise_origin(origin) in own or self._origins.allows(origin)

    async def _read(self, scope: Scope, headers: Headers, receive: Receive) -> bytes | Response:
        """The whole body, or the refusal of it."""
        limit = _LARGER.get(scope["path"], MAX_BODY)
        length = headers.get("content-length", "0")
        size = int(length) if length.isdigit() and len(length) < 20 else 0
        body = bytearray()
        try:
            async with asyncio.timeout(self._desk.settings.timeout):
                more = True
                while more:
                    message = await receive()
                    if message["type"] != "http.request":
                        return Response(status_code=499)
                    more = message.get("more_body", False)
                    size = max(size, len(body))
                    if size <= limit:
                        body += message.get("body", b"")
                    else:
                        # Read on for a while: a client that is still sending would never see the answer.
                        size += len(message.get("body", b""))
                        more = more and size < limit + _DRAINED
        except TimeoutError:
            return problem(scope, 408, "The request body did not come in time.", {"Connection": "close"})
        if max(size, len(body)) > limit:
            return problem(
                scope, 413, f"The request body is larger than {limit} bytes.", {"Connection": "close"}
            )
        return self._check_json(scope, headers, bytes(body)) or bytes(body)

    def _check_json(self, scope: Scope, headers: Headers, body: bytes) -> Response | None:
        if not body or not scope["path"].startswith("/v1/"):
            return None
        media = headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
            return problem(
                scope,
                415,
                "Send JSON, with the header Content-Type: application/json.",
                {"Accept": "application/json"},
            )
        if headers.get("content-encoding", "identity") != "identity":
            return problem(scope, 415, "Send the body as it is, without Content-Encoding.")
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            return problem(scope, 400, "The request body is not UTF-8.")
        return None

    def _options(self, scope: Scope, headers: Headers, methods: set[str]) -> Response:
        if not methods:
            return problem(scope, 404, "There is nothing at this address.")
        response = Response(status_code=204, headers={"Allow": ", ".join(sorted(methods))})
        if "access-control-request-method" in headers:
            response.headers.update(
                self._origins.answer_preflight(
                    headers.get("origin", ""),
                    response.headers["Allow"],
                    ", ".join(headers.getlist("access-control-request-headers")),
                )
            )
        return response


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body once, in one piece; after it what the connection says."""
    pending = True

    async def again() -> Message:
        nonlocal pending
        if pending:
            pending = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return again
