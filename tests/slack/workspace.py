"""People in a workspace: what they do becomes signed requests to the real app."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.slack.stub import BOT_USER, TEAM, Posted, StubSlack

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
_serial = itertools.count(1)


def sign(body: bytes, secret: str = SECRET, timestamp: int | None = None) -> dict[str, str]:
    """The headers with which Slack signs a body."""
    stamp = str(int(time.time()) if timestamp is None else timestamp)
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def new_ts() -> str:
    """A `ts` that no message has."""
    return f"{1_600_000_000 + next(_serial)}.000100"


def mention(text: str, channel: str = "C1", user: str = "U1", **more: Any) -> dict[str, Any]:
    """An `app_mention` event."""
    return {
        "type": "app_mention",
        "user": user,
        "text": f"<@{BOT_USER}> {text}",
        "ts": new_ts(),
        "channel": channel,
        "team": TEAM,
        **more,
    }


def message(text: str, channel: str = "C1", user: str = "U1", **more: Any) -> dict[str, Any]:
    """A `message` event: in a direct message where the channel begins with D."""
    kind = "im" if channel.startswith("D") else "channel"
    return {
        "type": "message",
        "user": user,
        "text": text,
        "ts": new_ts(),
        "channel": channel,
        "channel_type": kind,
        "team": TEAM,
        **more,
    }


def envelope(event: dict[str, Any], event_id: str | None = None, team: str = TEAM) -> dict[str, Any]:
    """An Events API body."""
    return {
        "token": "unused",
        "team_id": team,
        "api_app_id": "A1",
        "type": "event_callback",
        "event_id": event_id or f"Ev{next(_serial)}",
        "event_time": int(time.time()),
        "authorizations": [{"team_id": team, "user_id": BOT_USER, "is_bot": True}],
        "event": event,
    }


class Workspace:
    """A workspace with the bot in it, over HTTP."""

    def __init__(self, slack: StubSlack, http: httpx.AsyncClient) -> None:
        self.slack = slack
        self.http = http

    async def send(self, body: bytes, kind: str, **headers: str) -> httpx.Response:
        """A signed request."""
        return await self.http.post(
            "/slack/events", content=body, headers={"Content-Type": kind, **sign(body), **headers}
        )

    async def happen(
        self, event: dict[str, Any], event_id: str | None = None, retry: int = 0, team: str = TEAM
    ) -> httpx.Response:
        """An event."""
        body = json.dumps(envelope(event, event_id, team)).encode()
        headers = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"} if retry else {}
        return await self.send(body, "application/json", **headers)

    async def ask(self, text: str, channel: str = "C1", **more: Any) -> Posted:
        """Mention the bot (or write to it), and read its last reply when it is whole."""
        event = (message if channel.startswith("D") else mention)(text, channel, **more)
        root = more.get("thread_ts") or event["ts"]
        before = len(self.slack.thread(channel, root))
        response = await self.happen(event)
        assert response.status_code == 200
        await until(lambda: len(self.slack.thread(channel, root)) > before and self.is_quiet)
        return self.slack.thread(channel, root)[-1]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is being written."""
        writing = any(shown.streaming for shown in self.slack.messages.values())
        return not writing and not any(self.slack.statuses.values())

    async def command(self, text: str, user: str = "U1", channel: str = "C1") -> httpx.Response:
        """`/learn-dl …`"""
        fields = {
            "command": "/learn-dl",
            "text": text,
            "team_id": TEAM,
            "user_id": user,
            "channel_id": channel,
            "trigger_id": f"trigger{next(_serial)}",
            "response_url": f"{self.slack.url}response/1",
            "api_app_id": "A1",
        }
        return await self.send(urlencode(fields).encode(), "application/x-www-form-urlencoded")

    async def interact(self, payload: dict[str, Any]) -> httpx.Response:
        """A button, a modal or a shortcut."""
        body = urlencode({"payload": json.dumps(payload)}).encode()
        return await self.send(body, "application/x-www-form-urlencoded")

    async def press(
        self, shown: Posted | dict[str, Any], action_id: str, value: str | None = None, user: str = "U1"
    ) -> httpx.Response:
        """Press a button of a message; a dict is one that only its user sees."""
        blocks = shown.blocks if isinstance(shown, Posted) else shown["blocks"]
        found = find_element(blocks, action_id)
        payload = person(user) | {
            "type": "block_actions",
            "trigger_id": f"trigger{next(_serial)}",
            "response_url": f"{self.slack.url}response/2",
            "channel": {"id": shown.channel if isinstance(shown, Posted) else "C1"},
            "actions": [
                {
                    "type": found["type"],
                    "action_id": action_id,
                    "value": value or found["value"],
                    "action_ts": new_ts(),
                }
            ],
        }
        if isinstance(shown, Posted):
            payload["container"] = {"type": "message", "message_ts": shown.ts, "is_ephemeral": False}
            payload["message"] = {"ts": shown.ts, "thread_ts": shown.thread_ts, "blocks": blocks}
        else:
            payload["container"] = {"type": "message", "message_ts": new_ts(), "is_ephemeral": True}
        return await self.interact(payload)

    async def open_home(self, user: str = "U1") -> dict[str, Any]:
        """Open the App Home, and see it."""
        await self.happen({"type": "app_home_opened", "tab": "home", "user": user, "channel": "D1"})
        return self.slack.homes[user]

    async def press_at_home(self, action_id: str, user: str = "U1") -> httpx.Response:
        """Press a button of the App Home."""
        found = find_element(self.slack.homes[user]["blocks"], action_id)
        payload = {
            "type": "block_actions",
            "trigger_id": f"trigger{next(_serial)}",
            "container": {"type": "view", "view_id": "V1"},
            "view": self.slack.homes[user],
            "actions": [
                {"type": "button", "action_id": action_id, "value": found["value"], "action_ts": new_ts()}
            ],
        }
        return await self.interact(person(user) | payload)

    async def vote(self, shown: Posted, value: str, user: str = "U1") -> httpx.Response:
        """Press a thumb, up or down."""
        buttons = find_element(shown.blocks, "feedback")
        name = "positive_button" if value == "up" else "negative_button"
        return await self.press(shown, "feedback", buttons[name]["value"], user)

    async def submit(self, view: dict[str, Any], values: dict[str, Any], user: str = "U1") -> httpx.Response:
        """Send a modal."""
        return await self.interact(
            person(user) | {"type": "view_submission", "view": {**view, "state": {"values": values}}}
        )


def person(user: str) -> dict[str, Any]:
    """Who does something interactive."""
    return {
        "user": {"id": user, "team_id": TEAM},
        "team": {"id": TEAM, "domain": "test"},
        "api_app_id": "A1",
    }


def find_element(blocks: list[dict[str, Any]], action_id: str) -> dict[str, Any]:
    """The element of a message with that action."""
    for block in blocks:
        for element in block.get("elements", ()):
            if element.get("action_id") == action_id:
                return dict(element)
    raise AssertionError(f"no {action_id} in {blocks}")


async def until(holds: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.02)
