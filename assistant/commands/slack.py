"""`dlstart slack`: the Slack bot in Socket Mode."""

from __future__ import annotations

import asyncio

from assistant.errors import UsageError
from assistant.settings import read_settings


def slack() -> None:
    """Answer in Slack, in Socket Mode, until interrupted."""
    asyncio.run(_serve())


async def _serve() -> None:
    try:
        from assistant.channels.slack.socket_mode import serve_socket
    except ModuleNotFoundError as error:
        raise UsageError(f"the Slack bot needs {error.name}", "pip install 'dlstart[slack]'") from error
    from assistant.service import Assistant

    settings = read_settings()
    await serve_socket(Assistant.open(settings), settings)
