"""The same bot over a WebSocket."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from assistant.channels.slack.socket_mode import SocketMode
from assistant.errors import UsageError
from assistant.service import Assistant
from assistant.settings import Settings
from tests.slack.stub import StubSlack
from tests.slack.workspace import envelope, mention, until

QUESTION = "I don't know linear algebra"


@pytest.fixture
async def socket(fresh: Assistant, slack_settings: Settings, slack: StubSlack) -> AsyncIterator[SocketMode]:
    """A bot that is connected."""
    socket = SocketMode(fresh, slack_settings)
    await socket.connect()
    await slack.connected()
    yield socket
    await socket.close()


async def test_an_event_is_answered_and_acknowledged(socket: SocketMode, slack: StubSlack) -> None:
    event = mention(QUESTION)
    await slack.send_socket("events_api", envelope(event), "e1")
    await until(lambda: "e1" in slack.acknowledged)
    [shown] = slack.thread("C1", event["ts"])
    assert "[1]" in shown.words


async def test_a_retry_over_the_socket_changes_nothing(socket: SocketMode, slack: StubSlack) -> None:
    event = mention(QUESTION)
    for attempt in range(3):
        await slack.send_socket("events_api", envelope(event, "Ev1"), f"e{attempt}", attempt)
    await until(lambda: len(slack.acknowledged) == 3)
    assert len(slack.thread("C1", event["ts"])) == 1


async def test_the_command_is_answered_over_the_socket(socket: SocketMode, slack: StubSlack) -> None:
    fields = {
        "command": "/learn-dl",
        "text": QUESTION,
        "team_id": "T1",
        "user_id": "U1",
        "channel_id": "C1",
        "trigger_id": "t1",
        "response_url": f"{slack.url}response/1",
    }
    await slack.send_socket("slash_commands", fields, "e1")
    await until(lambda: "e1" in slack.acknowledged and slack.responses)
    assert "[1]" in slack.responses[0]["blocks"][1]["text"]


async def test_a_token_that_slack_refuses_is_said_at_once(fresh: Assistant, slack_settings: Settings) -> None:
    with pytest.raises(UsageError, match="refuses DLSTART_SLACK_APP_TOKEN"):
        await SocketMode(fresh, slack_settings.replace(slack_app_token="xapp-old")).connect()


def test_a_missing_token_is_named(fresh: Assistant, slack_settings: Settings) -> None:
    with pytest.raises(UsageError, match="DLSTART_SLACK_APP_TOKEN"):
        SocketMode(fresh, slack_settings.replace(slack_app_token=""))
