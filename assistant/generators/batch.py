"""The answers that one model writes at the same time: transformers' continuous batching behind asyncio."""

from __future__ import annotations

import asyncio
import atexit
import itertools
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any

_LOOK_S = 0.1


class BatchEnded(RuntimeError):
    """The model failed, or was told to stop; whoever was being answered is told so."""


class Batch:
    """A manager of transformers, running. An answer joins at any step, and leaves when it is done or given up.

    One error of the model ends all of it (`ended`); what has ended stays so, and a new batch takes its place.
    """

    def __init__(self, manager: Any) -> None:
        self.ended = threading.Event()
        self._manager = manager
        self._stop = threading.Event()
        self._readers: dict[str, Callable[[Any], None]] = {}
        self._numbers = itertools.count()
        # A daemon, and so is the manager's own thread, which it starts: a process that forgot to close can end.
        # That end must not come in the middle of a step, where torch would crash.
        self._thread = threading.Thread(target=self._run, name="language model", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    @property
    def room(self) -> int:
        """Tokens that its memory holds; known after the first answer."""
        config = self._manager.continuous_batching_config
        return int(config.num_blocks * config.page_size)

    async def write(self, prompt: list[int], most: int) -> AsyncGenerator[list[int]]:
        """New tokens as they come, `most` of them at most. Closing it frees the place. Raises BatchEnded."""
        loop = asyncio.get_running_loop()
        outputs: asyncio.Queue[Any] = asyncio.Queue()

        def read(output: Any) -> None:
            # The manager's own handlers end the whole batch where one loop is closed, and know one loop only.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(outputs.put_nowait, output)

        id = str(next(self._numbers))
        self._readers[id] = read
        output, known = None, 0
        try:
            if self._manager.add_request(prompt, id, most, streaming=True) is None:
                raise BatchEnded("the model is no longer running")
            while output is None or not output.is_finished():
                output = await outputs.get()
                if output is None or output.error is not None:
                    raise BatchEnded(output.error if output else "the model has stopped")
                yield output.generated_tokens[known:]
                known = len(output.generated_tokens)
        finally:
            del self._readers[id]
            if output is None or not output.is_finished():
                self._manager.cancel_request(id)

    def close(self) -> None:
        """Stop after the step at hand, and wait for that."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        self._manager.start()
        output = None
        # An error of one answer is one of the model, and comes to all: nobody is told before `ended` says so.
        while self._manager.is_running() and not self._stop.is_set() and not (output and output.error):
            self._tell(output)
            output = self._manager.get_result(timeout=_LOOK_S)
        self._manager.stop(hard_stop=True)
        self.ended.set()
        while output is not None:
            self._tell(output)
            output = self._manager.get_result(timeout=0)
        for read in list(self._readers.values()):
            read(None)
        atexit.unregister(self.close)

    def _tell(self, output: Any) -> None:
        if output is not None and (read := self._readers.get(output.request_id)):
            read(output)
