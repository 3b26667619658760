"""`dlstart slack`: the Slack bot in Socket Mode."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.errors import UsageError
from assistant.settings import read_settings


def slack() -> None:
    """Answer in Slack, in Socket Mode, until interrupted."""
    asyncio.run(_serve())


@contextmanager
def need_slack() -> Iterator[None]:
    """Import what comes with the extra. Raises UsageError where it is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(f"the Slack bot needs {error.name}", "pip install 'dlstart[slack]'") from error


async def _serve() -> None:
    with need_slack():
        from assistant.channels.slack.socket_mode import SocketMode, serve_socket
    from assistant.service import Assistant
    from assistant.stores import open_store

    settings = read_settings()
    SocketMode.check(settings)
    assistant = await asyncio.to_thread(Assistant.open, settings)
    assistant.store = await open_store(settings)
    try:
        await serve_socket(assistant, settings)
    finally:
        await assistant.store.close()
