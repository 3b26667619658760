"""Idempotency-Key: a request that is sent again gets the first one's answer."""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from fastapi import Request

from assistant.errors import BadRequest

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT = 2000
_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What the first request with a key was answered."""

    fingerprint: str
    """SHA-256 of its route and body."""
    body: dict[str, Any]
    """The answer as JSON."""
    until: float
    """Moment of `time.monotonic` after which the key is free again."""


@dataclass(slots=True)
class _Running:
    """Requests with one key that are being served."""

    fingerprint: str
    """Of all of them."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by the one at work."""
    callers: int = 0
    """How many there are."""


class Call:
    """One request with its key: replays the reply that is there, or keeps the one that is made."""

    def __init__(self, replies: Replies, place: str, fingerprint: str, body: dict[str, Any] | None) -> None:
        self.body = body
        self._replies = replies
        self._place = place
        self._fingerprint = fingerprint

    def keep(self, body: dict[str, Any]) -> None:
        """Keep what this request was answered."""
        if self._place:
            self._replies.put(self._place, Reply(self._fingerprint, body, time.monotonic() + _SECONDS))


class Replies:
    """The replies of the last ten minutes, by client and key. They live in this process."""

    def __init__(self) -> None:
        self._replies: OrderedDict[str, Reply] = OrderedDict()
        self._running: dict[str, _Running] = {}

    @asynccontextmanager
    async def call(self, request: Request) -> AsyncIterator[Call]:
        """Take part under the request's key; a second request with it waits until the first one is done.

        Raises BadRequest for a key that is unusable, or that came with another body.
        """
        key = request.headers.get("idempotency-key")
        if key is None:
            yield Call(self, "", "", None)
            return
        if not _KEY.fullmatch(key):
            raise BadRequest("the key is not usable", "1 to 255 visible characters", "Idempotency-Key")
        route = request.scope["path"]
        owner = request.scope.get("owner", "anyone")
        place = sha256(f"{owner}\n{route}\n{key}".encode()).hexdigest()
        fingerprint = sha256(await request.body()).hexdigest()
        running = self._running.setdefault(place, _Running(fingerprint))
        if running.fingerprint != fingerprint:
            raise _reused()
        running.callers += 1
        try:
            async with running.lock:
                yield Call(self, place, fingerprint, self._find(place, fingerprint))
        finally:
            running.callers -= 1
            if not running.callers:
                del self._running[place]

    def put(self, place: str, reply: Reply) -> None:
        """Keep a reply; the oldest make room."""
        self._replies[place] = reply
        self._replies.move_to_end(place)
        while len(self._replies) > _KEPT:
            self._replies.popitem(last=False)

    def forget(self, conversation_id: str) -> None:
        """Drop what belongs to a conversation that is deleted."""
        for place in [
            place
            for place, reply in self._replies.items()
            if reply.body.get("conversation_id") == conversation_id
        ]:
            del self._replies[place]

    def _find(self, place: str, fingerprint: str) -> dict[str, Any] | None:
        reply = self._replies.get(place)
        if reply is None or reply.until < time.monotonic():
            self._replies.pop(place, None)
            return None
        if reply.fingerprint != fingerprint:
            raise _reused()
        return reply.body


def _reused() -> BadRequest:
    return BadRequest("the key came before with another body", "take a new key", "Idempotency-Key")
