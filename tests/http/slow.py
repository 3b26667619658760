"""A service whose answers take their time: the real application and server over an assistant that waits.

Run as a program: DELTAS SECONDS, on a free port that it prints. Each delta comes after so many seconds.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import uvicorn

from assistant.channels.http import events
from assistant.channels.http.app import make_app
from assistant.channels.http.serve import Server, listen
from assistant.service import Ask, Assistant, Event
from assistant.settings import read_settings
from assistant.store import MemoryStore


class Slow:
    """Speaks slowly, and notes what became of it."""

    def __init__(self, assistant: Assistant, deltas: int, seconds: float) -> None:
        self.corpus, self.searcher, self.store = assistant.corpus, assistant.searcher, MemoryStore()
        self._deltas = deltas
        self._seconds = seconds

    async def stream(self, ask: Ask) -> AsyncGenerator[Event, None]:
        """An answer in so many pieces."""
        whole: dict[str, Any] = {
            "id": "ans_slow", "conversation_id": "con_slow", "outcome": "answered", "profile": {}, "citations": [],
            "text": "word " * self._deltas, "timings_ms": {},
        }  # fmt: skip
        try:
            yield Event("meta", {key: whole[key] for key in ("id", "conversation_id", "outcome", "profile")})
            for _ in range(self._deltas):
                await asyncio.sleep(self._seconds)
                yield Event("delta", {"text": "word "})
            yield Event("done", whole)
        except asyncio.CancelledError:
            print("stopped", flush=True)
            raise


def main() -> None:
    """Serve until a signal."""
    events.ALIVE_EVERY = 0.15
    settings = read_settings().replace(rate_limit="off", drain=20.0)
    slow: Any = Slow(Assistant.open(settings), int(sys.argv[1]), float(sys.argv[2]))
    config = uvicorn.Config(
        make_app(settings, slow),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=20,
    )
    listener = listen("127.0.0.1", 0)
    print(listener.getsockname()[1], flush=True)
    Server(config, 20.0).run([listener])


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    main()
