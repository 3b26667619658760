"""A process of its own that serves the Slack routes: python -m tests.slack.server JSON

The JSON gives `environment` (of the settings), `seconds` (an answer takes), `lease` and `ack`. It prints its port.
"""

from __future__ import annotations

import asyncio
import json
import sys

import uvicorn
from fastapi import FastAPI

from assistant.channels.slack import app as bot
from assistant.channels.slack import claims
from assistant.channels.slack.routes import slack_routes
from assistant.service import Ask, Assistant
from assistant.settings import read_settings
from assistant.stores import open_store
from assistant.types import Answer


class Slow(Assistant):
    """Takes its time."""

    seconds = 0.0

    async def answer(self, ask: Ask) -> Answer:
        await asyncio.sleep(self.seconds)
        return await super().answer(ask)


async def serve(order: dict[str, object]) -> None:
    """Serve until the process is killed."""
    environment = dict(order["environment"])  # type: ignore[call-overload]
    settings = read_settings(environment)
    bot.ACK_SECONDS = float(str(order["ack"]))
    claims.Claims.__init__.__defaults__ = (order["lease"],)
    assistant = Slow.open(settings)
    assistant.store = await open_store(settings)
    Slow.seconds = float(str(order["seconds"]))
    app = FastAPI()
    app.include_router(slack_routes(assistant, settings))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await running


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
