"""A workspace with the real bot in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from assistant.channels.slack import app as bot
from assistant.channels.slack.routes import slack_routes
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.store import MemoryStore
from tests.slack.stub import APP_TOKEN, BOT_TOKEN, StubSlack
from tests.slack.workspace import SECRET, Workspace


@pytest.fixture(autouse=True)
def acknowledged_when_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine work takes seconds; only tests of the acknowledgement itself want it early."""
    monkeypatch.setattr(bot, "ACK_SECONDS", 30.0)


@pytest.fixture
async def slack() -> AsyncIterator[StubSlack]:
    """A Slack on loopback."""
    stub = StubSlack()
    await stub.start()
    yield stub
    await stub.stop()


@pytest.fixture
def slack_settings(settings: Settings, slack: StubSlack) -> Settings:
    """Settings for that Slack."""
    return Settings(
        {
            **settings.values,
            "slack_bot_token": BOT_TOKEN,
            "slack_signing_secret": SECRET,
            "slack_app_token": APP_TOKEN,
            "slack_api_url": f"{slack.url}api/",
        }
    )


@pytest.fixture
def fresh(assistant: Assistant) -> Assistant:
    """The shared index with a store of its own."""
    return Assistant(assistant.corpus, assistant.searcher, assistant.reader, MemoryStore())


@asynccontextmanager
async def open_workspace(
    assistant: Assistant, settings: Settings, slack: StubSlack
) -> AsyncIterator[Workspace]:
    """A running app with the Slack routes."""
    app = FastAPI()
    app.include_router(slack_routes(assistant, settings))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://bot") as http,
    ):
        yield Workspace(slack, http)


@pytest.fixture
async def workspace(fresh: Assistant, slack_settings: Settings, slack: StubSlack) -> AsyncIterator[Workspace]:
    """The workspace with default settings."""
    async with open_workspace(fresh, slack_settings, slack) as workspace:
        yield workspace
