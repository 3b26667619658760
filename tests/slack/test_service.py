"""The Slack routes in the whole service."""

from __future__ import annotations

import httpx
import pytest

from assistant.channels.http.app import make_app
from assistant.errors import UsageError
from assistant.service import Assistant
from assistant.settings import Settings
from tests.slack.stub import StubSlack
from tests.slack.workspace import Workspace, mention

QUESTION = "I don't know linear algebra"


async def test_the_service_answers_slack_as_it_answers_http_and_counts_it(
    fresh: Assistant, slack_settings: Settings, slack: StubSlack
) -> None:
    app = make_app(slack_settings, fresh)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://bot") as http,
    ):
        workspace = Workspace(slack, http)
        event = mention(QUESTION)
        for retry in range(2):
            assert (await workspace.happen(event, "Ev1", retry)).status_code == 200
        [shown] = slack.thread("C1", event["ts"])
        asked = (await http.post("/v1/ask", json={"question": QUESTION})).json()
        metrics = (await http.get("/metrics")).text
    assert shown.words == asked["text"]
    listed = shown.blocks[0]["elements"][0]["text"]
    assert all(f"[{citation['number']}]" in listed for citation in asked["citations"])
    assert 'ask_requests_total{channel="slack",outcome="answered"} 1.0' in metrics
    assert "slack_duplicate_events_total 1.0" in metrics


async def test_while_it_loads_slack_is_asked_to_come_again(
    slack_settings: Settings, slack: StubSlack
) -> None:
    app = make_app(slack_settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as http:
        assert (await Workspace(slack, http).happen(mention(QUESTION))).status_code == 503


async def test_without_a_signing_secret_there_is_no_such_address(
    fresh: Assistant, slack_settings: Settings, slack: StubSlack
) -> None:
    app = make_app(slack_settings.replace(slack_signing_secret=""), fresh)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as http:
        assert (await Workspace(slack, http).happen(mention(QUESTION))).status_code == 404


def test_a_half_configured_bot_stops_the_service_with_the_name_of_what_is_missing(
    fresh: Assistant, slack_settings: Settings
) -> None:
    with pytest.raises(UsageError, match="DLSTART_SLACK_BOT_TOKEN"):
        make_app(slack_settings.replace(slack_bot_token=""), fresh)
