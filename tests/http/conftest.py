"""The real application in this process, and clients that speak to it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.channels.http.app import make_app
from assistant.service import Assistant
from assistant.settings import Settings
from tests.http.server import Server, running

MakeClient = Callable[..., Any]


@pytest.fixture
def make_client(assistant: Assistant, settings: Settings) -> MakeClient:
    """A function that opens a client of an application with other settings, such as rate_limit="3/minute"."""

    @asynccontextmanager
    async def make(
        *, serve: Assistant | None = assistant, peer: str = "127.0.0.1", **values: Any
    ) -> AsyncIterator[httpx.AsyncClient]:
        app = make_app(settings.replace(**values), serve)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(peer, 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            client.app = app  # type: ignore[attr-defined]
            yield client

    return make


@pytest.fixture
async def client(make_client: MakeClient) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application with the default settings."""
    async with make_client() as opened:
        yield opened


def read_events(text: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Server-sent events as (name, id, data); comments are left out."""
    events = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if fields:
            events.append((fields["event"], fields["id"], json.loads(fields["data"])))
    return events


@pytest.fixture(scope="package")
def server(data_dir: Path) -> Iterator[Server]:
    """One real server for all tests that only ask it."""
    with running(data_dir) as opened:
        yield opened
