"""`dlstart slack`: the Slack bot in Socket Mode."""

from __future__ import annotations

import asyncio

import typer

from assistant.channels.slack import need_slack
from assistant.commands.progress import BUILDING, ONCE, show_progress
from assistant.settings import read_settings


def slack() -> None:
    """Answer in Slack, in Socket Mode, until interrupted."""
    asyncio.run(_serve())


async def _serve() -> None:
    with need_slack():
        from assistant.channels.slack.socket_mode import SocketMode, serve_socket
    from assistant.live import LiveAssistant
    from assistant.stores import open_store

    settings = read_settings()
    SocketMode.check(settings)
    with show_progress(BUILDING, ONCE) as progress:
        assistant = await asyncio.to_thread(LiveAssistant.open, settings, progress)
    assistant.store = await open_store(settings)
    try:
        await serve_socket(assistant, settings, lambda: typer.echo("dlstart: connected to Slack", err=True))
    finally:
        await assistant.store.close()
