"""Server-sent events: pieces as they come, a sign of life meanwhile, and an end when the client leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable
from contextlib import suppress
from typing import Any, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from assistant.service import Event

ALIVE_EVERY = 10.0
"""Seconds of silence after which a comment is sent."""
FIRST_WAIT = 2.0
"""Seconds in which a failure still becomes a status of its own, before the stream begins with 200."""
_LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}

T = TypeVar("T")


def event(name: str, id: str, data: dict[str, Any]) -> bytes:
    """One event on the wire."""
    return f"event: {name}\nid: {id}\ndata: {write_line(data)}\n\n".encode()


def write_line(data: dict[str, Any]) -> str:
    """JSON on one line, for readers too that end a line at U+2028, U+2029 or U+0085."""
    return json.dumps(data, ensure_ascii=False).translate(_LINE_ENDS)


async def replay(answer: dict[str, Any]) -> AsyncGenerator[Event, None]:
    """A whole answer as the events of a stream."""
    yield Event("meta", {key: answer[key] for key in ("id", "conversation_id", "outcome", "profile")})
    yield Event("delta", {"text": answer["text"]})
    for citation in answer["citations"]:
        yield Event("citation", citation)
    yield Event("done", answer)


class EventStream(Response):
    """Sends pieces of bytes as an event stream."""

    media_type = "text/event-stream"

    def __init__(
        self,
        first: asyncio.Task[bytes | None],
        pieces: AsyncGenerator[bytes, None],
        patience: float,
        finish: float,
    ) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._step = first
        self._pieces = pieces
        self._patience = patience
        self._finish = finish

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the pieces end or the client leaves; a client that stops reading has left too."""
        gone = asyncio.ensure_future(_left(receive))
        try:
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            )
            while True:
                await asyncio.wait(
                    {self._step, gone}, timeout=ALIVE_EVERY, return_when=asyncio.FIRST_COMPLETED
                )
                if gone.done():
                    scope["notes"]["outcome"] = "disconnected"
                    await self._drain()
                    return
                piece = self._step.result() if self._step.done() else b": alive\n\n"
                if piece is None:
                    break
                if self._step.done():
                    self._step = _next(self._pieces)
                async with asyncio.timeout(self._patience):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (OSError, TimeoutError):
            scope["notes"]["outcome"] = "disconnected"
        finally:
            await _stop(gone, self._step)
            await self._pieces.aclose()

    async def _drain(self) -> None:
        """Let an answer that is all but ready become whole, so that it is there when its client asks again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._finish):
                while await self._step is not None:
                    self._step = _next(self._pieces)


async def open_stream(
    pieces: AsyncGenerator[bytes, None], patience: float, finish: float = 0.0
) -> EventStream:
    """Begin a stream; what fails at once is raised here, so that it gets the status it deserves.

    `patience`: seconds that a client may take to read on; `finish`: seconds of work after it has left.
    """
    first = _next(pieces)
    try:
        await asyncio.wait({first}, timeout=FIRST_WAIT)
        if first.done():
            first.result()
    except BaseException:
        await _stop(first)
        await pieces.aclose()
        raise
    return EventStream(first, pieces, patience, finish)


async def while_connected(request: Request, work: Awaitable[T]) -> T:
    """Do the work of a request; when its client leaves, stop the work and raise ClientDisconnect."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_left(request.receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        await _stop(task, gone)


def _next(pieces: AsyncGenerator[bytes, None]) -> asyncio.Task[bytes | None]:
    async def step() -> bytes | None:
        return await anext(pieces, None)

    return asyncio.ensure_future(step())


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stop(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
