"""`dlstart doctor --slack` says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.channels.slack.doctor import check_slack
from assistant.channels.slack.manifest import read_manifest, scopes
from assistant.settings import Settings
from tests.slack.stub import Order, StubSlack

GOOD_SECRET = "0123456789abcdef" * 2


async def faults(settings: Settings) -> str:
    """Everything that is wrong, with its cure."""
    findings = await check_slack(settings)
    assert all(finding.cure for finding in findings if not finding.well)
    return "; ".join(finding.what for finding in findings if not finding.well)


async def test_a_workspace_that_is_set_up_has_no_faults(slack_settings: Settings) -> None:
    assert await faults(slack_settings.replace(slack_signing_secret=GOOD_SECRET)) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"slack_bot_token": ""}, "DLSTART_SLACK_BOT_TOKEN is not set"),
        ({"slack_bot_token": "xoxp-1"}, "is not a bot token"),
        ({"slack_bot_token": "xoxb-old"}, "refuses the bot token (invalid_auth)"),
        ({"slack_signing_secret": "abc"}, "not 32 hexadecimal digits"),
        ({"slack_app_token": "xapp-old"}, "refuses the app token (invalid_auth)"),
        ({"slack_app_token": "xoxb-test"}, "is not an app token"),
        ({"slack_app_token": "", "slack_signing_secret": ""}, "neither Socket Mode nor HTTP"),
        ({"slack_replies": {"": "followed"}}, "scopes are missing: channels:history, groups:history"),
        ({"slack_client_id": "1.2", "slack_client_secret": ""}, "DLSTART_SLACK_CLIENT_SECRET is not set"),
        ({"slack_api_url": "http://127.0.0.1:9/api/"}, "refuses the bot token (ClientConnectorError)"),
    ],
)
async def test_a_fault_is_named(slack_settings: Settings, changes: dict[str, object], words: str) -> None:
    good = slack_settings.replace(slack_signing_secret=GOOD_SECRET)
    assert words in await faults(good.replace(**changes))


async def test_missing_scopes_are_listed(slack_settings: Settings, slack: StubSlack) -> None:
    slack.scopes = "chat:write,users:read"
    settings = slack_settings.replace(slack_signing_secret=GOOD_SECRET)
    assert "app_mentions:read, assistant:write, commands, files:write, im:history" in await faults(settings)
    unused = [finding.what for finding in await check_slack(settings) if "does not use" in finding.what]
    assert unused == ["scopes that the bot does not use: users:read"]


async def test_no_secret_is_in_what_it_says(slack_settings: Settings, slack: StubSlack) -> None:
    slack.order("auth.test", Order(error="invalid_auth"))
    said = " ".join(finding.what + finding.cure for finding in await check_slack(slack_settings))
    for name in ("slack_bot_token", "slack_signing_secret", "slack_app_token"):
        assert slack_settings.values[name] not in said


def test_the_manifest_is_for_an_agent_with_least_scopes_and_a_listener_for_each_event() -> None:
    manifest = read_manifest()
    assert len(manifest["features"]["agent_view"]["agent_description"]) <= 300
    assert len(manifest["features"]["agent_view"]["suggested_prompts"]) <= 4
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == [
        "app_home_opened",
        "app_mention",
        "message.im",
    ]
    assert manifest["oauth_config"]["scopes"]["bot"] == [
        "app_mentions:read", "assistant:write", "chat:write", "commands", "files:write", "im:history",
    ]  # fmt: skip


def test_the_page_explains_each_scope_and_no_other() -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "slack.md").read_text("utf-8")
    table = page.split("## Scopes", 1)[1].split("## ", 1)[0]
    explained = {word for line in table.splitlines() for word in line.partition(" | ")[0].split("`")[1::2]}
    assert explained == set(scopes(followed=True))
