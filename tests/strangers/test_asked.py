"""Inputs of people who had never seen the program, played through every channel."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from assistant.service import Assistant
from assistant.settings import Settings
from assistant.store import MemoryStore
from corpus import load_corpus
from index.build import build_index
from index.encoder import Encoder
from index.search import Searcher, open_index
from tests.slack.stub import APP_TOKEN, BOT_TOKEN, StubSlack
from tests.slack.workspace import SECRET
from tests.strangers.channels import Play, open_channels

FOLDER = Path(__file__).parent
GUIDES = FOLDER.parent / "guides"
ROWS: list[dict[str, Any]] = tomllib.loads((FOLDER / "asked.toml").read_text("utf-8"))["row"]
CHANNELS = ("http", "events", "openai", "mcp", "slack", "terminal")


@pytest.fixture(scope="module")
def assistants(
    assistant: Assistant, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Assistant]:
    """An assistant of each guide that a row names, by the file's name; "" is the built-in one."""
    opened = {"": assistant}
    for name in sorted({row["guide"] for row in ROWS if "guide" in row}):
        corpus = load_corpus(GUIDES / name)
        folder = tmp_path_factory.mktemp("index")
        build_index(corpus, encoder, folder)
        index = open_index(folder, corpus, encoder)
        opened[name] = Assistant(corpus, Searcher(index, encoder), assistant.reader, MemoryStore())
    return opened


@pytest.fixture
async def play(
    request: pytest.FixtureRequest, assistants: dict[str, Assistant], settings: Settings
) -> AsyncIterator[dict[str, Play]]:
    """Every channel over the guide of the test's row, with a store of its own."""
    own = assistants[request.param]
    slack = StubSlack()
    await slack.start()
    configured = settings.replace(
        slack_bot_token=BOT_TOKEN,
        slack_signing_secret=SECRET,
        slack_app_token=APP_TOKEN,
        slack_api_url=f"{slack.url}api/",
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(slack.stop)
        fresh = Assistant(own.corpus, own.searcher, own.reader, MemoryStore())
        yield await stack.enter_async_context(open_channels(fresh, configured, slack))


@pytest.mark.parametrize(
    ("play", "row"),
    [pytest.param(row.get("guide", ""), row, id=row["finding"].replace(" ", "_")) for row in ROWS],
    indirect=["play"],
)
async def test_every_channel_gives_the_right_kind_of_answer(
    play: dict[str, Play], row: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.channels.slack.app.ACK_SECONDS", 30.0)
    assert tuple(play) == CHANNELS
    for channel, send in play.items():
        reply = await send(row["messages"])
        where = f"{channel}: {reply.text[:300]}"
        if "outcome" in row and reply.outcome is not None:
            assert reply.outcome in row["outcome"], where
        text = reply.text.lower()
        assert text.strip(), where
        assert [words for words in row.get("must", ()) if words not in text] == [], where
        assert [words for words in row.get("must_not", ()) if words in text] == [], where
