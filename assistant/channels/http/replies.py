"""Idempotency-Key: a request that is sent again gets the first one's answer, whichever process it reaches."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

from fastapi import Request

from assistant.channels.http.desk import Desk
from assistant.errors import BadRequest, InProgress
from assistant.store import Store

KEPT = 600.0
"""Seconds that an answer is kept under its key."""
LEASE = 5.0
"""Seconds after which a process that went silent counts as dead, and its keys are free."""
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_FIRST_PAUSE = 0.02
_LAST_PAUSE = 0.5


class Call:
    """One request: with the answer that its key was given before, or to be given one."""

    def __init__(self, body: dict[str, Any] | None = None) -> None:
        self.body = body
        self.made: dict[str, Any] | None = None

    def keep(self, body: dict[str, Any]) -> None:
        """Say what this request was answered."""
        self.made = body


class Replies:
    """The answers of the last ten minutes, by client and key. They live in the store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @asynccontextmanager
    async def call(self, request: Request) -> AsyncIterator[Call]:
        """Take part under the request's key; one that comes meanwhile waits until this one is done.

        Raises BadRequest for a key that is unusable, or that came with another body; InProgress where the
        first request takes longer than a request may.
        """
        key = request.headers.get("idempotency-key")
        if key is None:
            yield Call()
            return
        if not _KEY.fullmatch(key):
            raise BadRequest("the key is not usable", "1 to 255 visible characters", "Idempotency-Key")
        place = sha256(f"{request.scope['owner']}\n{request.scope['path']}\n{key}".encode()).hexdigest()
        # With the key, which is not kept, nobody can guess at the question that was hashed.
        fingerprint = sha256(f"{key}\n{await _read_asked(request)}".encode()).hexdigest()
        store = self._desk.assistant.store
        made = await _begin(store, place, fingerprint, self._desk.settings.timeout)
        if made is not None:
            yield Call(made)
            return
        call = Call()
        working = asyncio.create_task(_hold(store, place))
        try:
            yield call
        finally:
            working.cancel()
            if call.made is None:
                await store.drop_reply(place)
            else:
                await store.keep_reply(place, call.made, KEPT)


async def _read_asked(request: Request) -> str:
    """What a body asks for, in one form: how the answer is sent (`stream`) is not part of it."""
    body: dict[str, Any] = await request.json()
    return json.dumps({name: value for name, value in body.items() if name != "stream"}, sort_keys=True)


async def _begin(store: Store, place: str, fingerprint: str, patience: float) -> dict[str, Any] | None:
    """What there is under a key, also if somebody is still at it; None: it is ours to answer."""
    pause = _FIRST_PAUSE
    ends = asyncio.get_running_loop().time() + patience
    while (found := await store.begin_reply(place, fingerprint, LEASE)) is not None:
        if found.fingerprint != fingerprint:
            raise BadRequest("the key came before with another body", "take a new key", "Idempotency-Key")
        if found.body is not None:
            return found.body
        if asyncio.get_running_loop().time() > ends:
            raise InProgress(
                "the first request with this key is still being answered", "try again in a moment"
            )
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LAST_PAUSE)
    return None


async def _hold(store: Store, place: str) -> None:
    """Go on saying that the key is being worked on."""
    while True:
        await asyncio.sleep(LEASE / 3)
        await store.keep_reply(place, None, LEASE)
