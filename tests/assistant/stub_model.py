"""A server that speaks OpenAI's chat completions and misbehaves in every way that one can."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def event(text: str) -> bytes:
    """One event of a stream."""
    return b"data: " + json.dumps({"choices": [{"delta": {"content": text}}]}).encode() + b"\n\n"


class StubModel:
    """Answers every request as `play` says; keeps what it was asked."""

    def __init__(self) -> None:
        self.play: Callable[[str, asyncio.StreamWriter], object] = self.say("")
        self.bodies: list[dict[str, object]] = []
        self.headers: list[str] = []
        self.url = ""

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[StubModel]:
        """Listen on a free port of this machine."""
        server = await asyncio.start_server(self._handle, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        try:
            yield self
        finally:
            server.close()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = re.search(r"content-length: (\d+)", head, re.I)
            body = json.loads(await reader.readexactly(int(length[1]) if length else 0))
            self.headers.append(head)
            self.bodies.append(body)
            await self.play(body["messages"][1]["content"], writer)  # type: ignore[misc]
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def say(self, *pieces: str) -> Callable[[str, asyncio.StreamWriter], object]:
        """Stream these pieces."""

        async def play(prompt: str, writer: asyncio.StreamWriter) -> None:
            writer.write(OK + b"".join(event(piece) for piece in pieces) + b"data: [DONE]\n\n")

        return play

    def echo(self) -> Callable[[str, asyncio.StreamWriter], object]:
        """Say the whole prompt again."""

        async def play(prompt: str, writer: asyncio.StreamWriter) -> None:
            writer.write(OK + event(prompt) + b"data: [DONE]\n\n")

        return play

    def evidence(self, *extra: str) -> Callable[[str, asyncio.StreamWriter], object]:
        """Reword faithfully: each piece of evidence in small pieces, marker last; then what else is given."""

        async def play(prompt: str, writer: asyncio.StreamWriter) -> None:
            writer.write(OK)
            for number, quote in re.findall(r"^\[(\d+)\] (.+)$", prompt, re.M):
                for word in quote.split():
                    writer.write(event(f"{word} "))
                writer.write(event(f"[{number}] "))
            for text in extra:
                writer.write(event(text))
            writer.write(b"data: [DONE]\n\n")

        return play

    def raw(self, answer: bytes, then_wait: float = 0.0) -> Callable[[str, asyncio.StreamWriter], object]:
        """Send these bytes, then stay silent for so many seconds."""

        async def play(prompt: str, writer: asyncio.StreamWriter) -> None:
            writer.write(answer)
            await writer.drain()
            await asyncio.sleep(then_wait)

        return play

    def endless(self, text: str) -> Callable[[str, asyncio.StreamWriter], object]:
        """Never stop."""

        async def play(prompt: str, writer: asyncio.StreamWriter) -> None:
            writer.write(OK)
            for _ in range(200_000):
                writer.write(event(text))
                await writer.drain()

        return play
