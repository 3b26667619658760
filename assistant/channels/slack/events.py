"""What Slack tells: payloads -> messages that may want an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_HUMAN_SUBTYPES = (None, "file_share", "thread_broadcast", "me_message")
_SLACKBOT = "USLACKBOT"
"""Slack's own bot, which has no bot id."""
_MAX_DEPTH = 12
_TO_SOMEBODY = re.compile(r"\s*<@(\w+)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer goes."""

    team: str
    """Workspace that the app is installed in."""
    channel: str
    """Channel or direct message."""
    root: str
    """`ts` of the message that the thread hangs on."""
    user: str
    """Who asked."""
    user_team: str
    """Workspace of who asked: in a shared channel, it can be another one."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that a person wrote."""

    place: Place
    """Where it stands, and so where its answer goes."""
    ts: str
    """Its own `ts`: with the channel, its name."""
    text: str
    """As Slack sent it, with its markup."""
    direct: bool
    """Whether it was written to the bot in a direct message."""
    mentioned: bool
    """Whether it mentions the bot."""
    to_somebody: bool
    """Whether it begins by mentioning somebody else."""

    @property
    def in_thread(self) -> bool:
        """Whether it is a reply."""
        return self.place.root != self.ts

    @property
    def key(self) -> str:
        """Names the message, whichever events tell of it: a mention in a followed channel comes twice."""
        return f"{self.place.team}:{self.place.channel}:{self.ts}"


def read_message(body: Mapping[str, Any], bot_user: str | None) -> Message | None:
    """The message of an `app_mention` or `message` event; None where no person wrote it.

    Bots (this one too), edits, deletions and joins are nobody's questions.
    """
    event = body.get("event") or {}
    if event.get("bot_id") or event.get("hidden") or event.get("subtype") not in _HUMAN_SUBTYPES:
        return None
    user, ts, text = event.get("user"), event.get("ts"), event.get("text") or read_elsewhere(event)
    team = body.get("team_id") or event.get("team")
    if not user or user in (bot_user, _SLACKBOT) or not ts or not team or not event.get("channel"):
        return None
    first = _TO_SOMEBODY.match(text)
    return Message(
        place=Place(
            team=team,
            channel=event["channel"],
            root=event.get("thread_ts") or ts,
            user=user,
            user_team=event.get("user_team") or event.get("team") or team,
        ),
        ts=ts,
        text=text,
        direct=event.get("channel_type") == "im",
        mentioned=event.get("type") == "app_mention" or f"<@{bot_user}" in text,
        to_somebody=first is not None and first.group(1) != bot_user,
    )


def read_elsewhere(event: Mapping[str, Any]) -> str:
    """The words of a message without a text: its blocks, else the transcript of a clip, else what it shares."""
    files = (file.get("transcription") or {} for file in _dicts(event.get("files")))
    sources = (
        " ".join(_words(event.get("blocks"), 0)),
        " ".join(str((found.get("preview") or {}).get("content") or "") for found in files),
        " ".join(str(shared.get("text") or "") for shared in _dicts(event.get("attachments"))),
    )
    return next((words for source in sources if (words := source.strip())), "")


def _words(block: Any, depth: int) -> Iterator[str]:
    """The words of blocks and of what is in them, with mentions as Slack writes them in a text."""
    if isinstance(block, list) and depth < _MAX_DEPTH:
        for one in block:
            yield from _words(one, depth + 1)
    elif isinstance(block, dict) and depth < _MAX_DEPTH:
        if block.get("type") == "user":
            yield f"<@{block.get('user_id')}>"
        text = block.get("text")
        yield from [text] if isinstance(text, str) else _words(text, depth + 1)
        for inside in ("elements", "fields"):
            yield from _words(block.get(inside), depth + 1)


def _dicts(values: Any) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
