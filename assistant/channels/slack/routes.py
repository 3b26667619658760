"""Slack over HTTP: one route for events, interactivity and the slash command."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import APIRouter, Request, Response
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_sdk.signature import SignatureVerifier

from assistant.channels.slack.app import SlackBot
from assistant.errors import UsageError
from assistant.metrics import Metrics
from assistant.service import Assistant
from assistant.settings import Settings

MAX_BODY = 1 << 20
"""Bytes. Slack's largest payloads, views with their whole state, stay well below."""


def slack_routes(
    assistant: Assistant | Callable[[], Assistant], settings: Settings, metrics: Metrics | None = None
) -> APIRouter:
    """`POST /slack/events`, and with a client id the pages that install the app.

    `assistant` may be a function that gives it when it is loaded, and raises until then: Slack is refused
    meanwhile, and sends everything again. Raises UsageError where the settings are not enough.
    """
    check_settings(settings)
    verifier = SignatureVerifier(settings.slack_signing_secret)

    @cache
    def bot() -> SlackBot:
        return SlackBot(assistant if isinstance(assistant, Assistant) else assistant(), settings, metrics)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        if bot.cache_info().currsize:
            await bot().close()

    router = APIRouter(lifespan=lifespan)

    @router.post("/slack/events", include_in_schema=False)
    async def events(request: Request) -> Response:
        body = await _read(request)
        if body is None:
            return Response(status_code=413)
        if not _is_signed(verifier, body, request):
            return Response(status_code=401)
        return to_starlette_response(await bot().dispatch(to_async_bolt_request(request, body)))

    if settings.slack_client_id:

        @router.get("/slack/install", include_in_schema=False)
        async def install(request: Request) -> Response:
            return to_starlette_response(await bot().install(to_async_bolt_request(request, b"")))

        @router.get("/slack/oauth_redirect", include_in_schema=False)
        async def installed(request: Request) -> Response:
            return to_starlette_response(await bot().installed(to_async_bolt_request(request, b"")))

    return router


def check_settings(settings: Settings) -> None:
    """Raises UsageError where the settings are not enough for Slack over HTTP."""
    needed = ["slack_signing_secret"]
    needed += ["slack_client_secret"] if settings.slack_client_id else ["slack_bot_token"]
    for name in needed:
        if not settings.values[name]:
            raise UsageError(f"Slack over HTTP needs DLSTART_{name.upper()}", "see docs/slack.md")


async def _read(request: Request) -> bytes | None:
    """The body, or None where it is larger than MAX_BODY."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def _is_signed(verifier: SignatureVerifier, body: bytes, request: Request) -> bool:
    """Whether Slack sent these very bytes in the last five minutes; before anything reads them."""
    try:
        return verifier.is_valid(
            body,
            request.headers.get("x-slack-request-timestamp"),
            request.headers.get("x-slack-signature"),
        )
    except (ValueError, TypeError):
        # a timestamp that is no number, a signature that is not ASCII, a body that is not UTF-8
        return False
