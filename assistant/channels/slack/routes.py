"""Slack over HTTP: one route for events, interactivity and the slash command."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from fastapi import APIRouter, Request, Response
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncBoltRequest
from slack_bolt.request.async_internals import build_async_context
from slack_sdk.signature import SignatureVerifier

from assistant.channels.slack.app import SlackBot
from assistant.errors import UsageError
from assistant.metrics import Metrics
from assistant.service import Assistant
from assistant.settings import Settings

log = logging.getLogger(__name__)

_SSL_CHECK = 1000
"""Bytes of a body that are read for it."""
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
        asked = _admit(verifier, request, body)
        if isinstance(asked, Response):
            return asked
        return to_starlette_response(await bot().dispatch(asked))

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


def _admit(verifier: SignatureVerifier, request: Request, body: bytes) -> AsyncBoltRequest | Response:
    """What Slack asks of the bot; or the answer to what is not for it."""
    if _is_ssl_check(body):
        return Response(status_code=200)
    if not _is_signed(verifier, body, request):
        return Response(status_code=401)
    asked = _parse(request, body)
    if asked is None:
        return Response(status_code=400)
    if asked.body.get("type") == "app_rate_limited":
        log.warning("Slack holds events back: the app gets more of them than Slack sends in an hour")
        return Response(status_code=200)
    return asked


def _is_ssl_check(body: bytes) -> bool:
    """Whether Slack only asks whether the certificate is good; it does so without a signature, too."""
    return body[:_SSL_CHECK].startswith(b"ssl_check=") and parse_qs(body[:_SSL_CHECK]).get(b"ssl_check") == [
        b"1"
    ]


def _parse(request: Request, body: bytes) -> AsyncBoltRequest | None:
    """The request as Bolt reads it; None for a body that is no JSON object and no form with one."""
    try:
        asked = to_async_bolt_request(request, body)
        if not asked.body and (fields := parse_qsl(body.decode())):
            # Bolt takes a form in which the word "payload" stands anywhere for one that has that field.
            asked.body = dict(fields)
            asked.context = build_async_context(asked.context, asked.body)
    except (ValueError, RecursionError, AttributeError, TypeError):
        # Bolt looks into what it has parsed: JSON that is no object fails there.
        return None
    return asked if isinstance(asked.body, dict) and asked.body else None


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
