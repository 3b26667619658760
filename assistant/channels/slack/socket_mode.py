"""Slack over a WebSocket that the bot opens: no public address is needed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from time import time

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncBoltRequest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from assistant.channels.slack.app import SlackBot
from assistant.channels.slack.reply import SLACK_FAILED, reason
from assistant.errors import Unavailable, UsageError
from assistant.service import Assistant
from assistant.settings import Settings

_BAD_TOKEN = ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "not_allowed_token_type")


class SocketMode:
    """One connection to Slack, and the bot behind it."""

    def __init__(self, assistant: Assistant, settings: Settings) -> None:
        self.check(settings)
        self._token = settings.slack_app_token
        self._bot = SlackBot(assistant, settings)
        self._handler: _Handler | None = None

    @staticmethod
    def check(settings: Settings) -> None:
        """Raises UsageError where the settings are not enough."""
        for name in ("slack_bot_token", "slack_app_token"):
            if not settings.values[name]:
                raise UsageError(f"Socket Mode needs DLSTART_{name.upper()}", "see docs/slack.md")

    async def connect(self) -> None:
        """Connect; later breaks of the connection mend themselves.

        Raises UsageError for a token that Slack refuses, Unavailable where Slack can't be reached.
        """
        await self._bot.open()
        try:
            opened = await self._bot.client.apps_connections_open(app_token=self._token)
        except SLACK_FAILED as error:
            await self._bot.close()
            if reason(error) in _BAD_TOKEN:
                raise UsageError("Slack refuses DLSTART_SLACK_APP_TOKEN", "dlstart doctor --slack") from error
            raise Unavailable("Slack can't be reached", "try again later") from error
        self._handler = _Handler(self._bot, self._token)
        self._handler.client.wss_uri = str(opened["url"])
        await self._handler.connect_async()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """Take no more events, end the answers that are being written, and hang up."""
        await self._bot.close()
        if self._handler is not None:
            await self._handler.close_async()  # type: ignore[no-untyped-call]


class _Handler(AsyncSocketModeHandler):
    """Bolt's handler, with the acknowledgement that HTTP has too: when the work is done, or after two seconds."""

    def __init__(self, bot: SlackBot, token: str) -> None:
        super().__init__(bot.app, token, web_client=bot.client)
        self._bot = bot

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        started = time()
        request = AsyncBoltRequest(mode="socket_mode", body=req.payload, headers=build_headers(req))
        await send_async_response(client, req, await self._bot.dispatch(request), started)


async def serve_socket(assistant: Assistant, settings: Settings, connected: Callable[[], None]) -> None:
    """Answer until the process is told to end; `connected` is called once Slack can be heard."""
    socket = SocketMode(assistant, settings)
    await socket.connect()
    connected()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        await ended.wait()
    finally:
        await socket.close()
