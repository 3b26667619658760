"""Slack over HTTP: one route for events, interactivity and the slash command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Request, Response
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_sdk.signature import SignatureVerifier

from assistant.channels.slack.app import SlackBot
from assistant.errors import UsageError
from assistant.service import Assistant
from assistant.settings import Settings

MAX_BODY = 1 << 20
"""Bytes. Slack's largest payloads, views with their whole state, stay well below."""


def slack_routes(assistant: Assistant, settings: Settings) -> APIRouter:
    """`POST /slack/events`. Raises UsageError where the settings are not enough for it."""
    if not settings.slack_signing_secret:
        raise UsageError("Slack over HTTP needs DLSTART_SLACK_SIGNING_SECRET", "see docs/slack.md")
    if not settings.slack_bot_token:
        raise UsageError("Slack needs DLSTART_SLACK_BOT_TOKEN", "see docs/slack.md")
    bot = SlackBot(assistant, settings)
    verifier = SignatureVerifier(settings.slack_signing_secret)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        await bot.open()
        yield
        await bot.close()

    router = APIRouter(lifespan=lifespan)

    @router.post("/slack/events", include_in_schema=False)
    async def events(request: Request) -> Response:
        body = await _read(request)
        if body is None:
            return Response(status_code=413)
        if not _is_signed(verifier, body, request):
            return Response(status_code=401)
        return to_starlette_response(await bot.dispatch(to_async_bolt_request(request, body)))

    return router


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
