"""Is Slack set up? Asks Slack itself, and says what is missing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from assistant.channels.slack.manifest import scopes
from assistant.channels.slack.plans import can_paint
from assistant.channels.slack.reply import SLACK_FAILED, reason
from assistant.settings import Settings

_SECONDS = 10
_APPS = "https://api.slack.com/apps"
_SIGNING_SECRET = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    well: bool
    """Whether it is as it must be."""
    what: str
    """What was found; no secret."""
    cure: str = ""
    """What to do about it."""


async def check_slack(settings: Settings) -> list[Finding]:
    """Look at everything that the bot needs. Never raises for a fault that it can name."""
    findings = [_mode(settings)]
    if settings.slack_client_id:
        findings.append(_secret(settings, "slack_client_secret", "from Basic Information"))
    else:
        findings += await _bot(settings)
    if settings.slack_signing_secret:
        findings.append(_signing(settings.slack_signing_secret))
    if settings.slack_app_token:
        findings.append(await _app_token(settings))
    if not can_paint():
        findings.append(
            Finding(
                True,
                "plans come without their picture: there is no font",
                "apt-get install fonts-dejavu-core",
            )
        )
    return findings


def _mode(settings: Settings) -> Finding:
    if settings.slack_signing_secret:
        also = "; Socket Mode too, with `dlstart slack`" if settings.slack_app_token else ""
        return Finding(True, f"HTTP: `dlstart serve` has POST /slack/events{also}")
    if settings.slack_app_token:
        return Finding(True, "Socket Mode: start it with `dlstart slack`")
    cure = "set DLSTART_SLACK_APP_TOKEN for Socket Mode, or DLSTART_SLACK_SIGNING_SECRET for HTTP"
    return Finding(False, "neither Socket Mode nor HTTP is set up", cure)


async def _bot(settings: Settings) -> list[Finding]:
    token = settings.slack_bot_token
    if not token:
        return [_secret(settings, "slack_bot_token", f"install the app at {_APPS}")]
    if not token.startswith("xoxb-"):
        return [
            Finding(
                False, "DLSTART_SLACK_BOT_TOKEN is not a bot token", "take the one that begins with xoxb-"
            )
        ]
    try:
        who = await _client(settings, token).auth_test()
    except SLACK_FAILED as error:
        cure = f"reinstall the app at {_APPS} and copy the token again"
        return [Finding(False, f"Slack refuses the bot token ({reason(error)})", cure)]
    granted = {scope.strip() for scope in str(who.headers.get("x-oauth-scopes") or "").split(",")} - {""}
    followed = set(settings.slack_replies.values()) != {"mention"}
    needed = set(scopes(followed))
    found = [Finding(True, f"the bot token works: {who.get('user')} in {who.get('team')}")]
    if missing := sorted(needed - granted):
        cure = f"add them under OAuth & Permissions at {_APPS}, then reinstall the app"
        found.append(Finding(False, f"scopes are missing: {', '.join(missing)}", cure))
    else:
        found.append(Finding(True, f"all {len(needed)} scopes are granted"))
    if extra := sorted(granted - needed):
        found.append(
            Finding(True, f"scopes that the bot does not use: {', '.join(extra)}", "they can be removed")
        )
    return found


def _signing(secret: str) -> Finding:
    if _SIGNING_SECRET.fullmatch(secret):
        return Finding(True, "the signing secret has the right form; only Slack's first request proves it")
    cure = "copy Signing Secret, not Client Secret, from Basic Information"
    return Finding(False, "DLSTART_SLACK_SIGNING_SECRET is not 32 hexadecimal digits", cure)


async def _app_token(settings: Settings) -> Finding:
    if not settings.slack_app_token.startswith("xapp-"):
        cure = "make one under Basic Information, App-Level Tokens"
        return Finding(False, "DLSTART_SLACK_APP_TOKEN is not an app token", cure)
    try:
        await _client(settings, "").apps_connections_open(app_token=settings.slack_app_token)
    except SLACK_FAILED as error:
        cure = "give it the scope connections:write, and turn Socket Mode on"
        return Finding(False, f"Slack refuses the app token ({reason(error)})", cure)
    return Finding(True, "the app token works: Socket Mode can connect")


def _secret(settings: Settings, name: str, where: str) -> Finding:
    if settings.values[name]:
        return Finding(True, f"DLSTART_{name.upper()} is set")
    return Finding(False, f"DLSTART_{name.upper()} is not set", where)


def _client(settings: Settings, token: str) -> AsyncWebClient:
    return AsyncWebClient(token or None, base_url=settings.slack_api_url, timeout=_SECONDS)
