"""Questions that are asked at the same time are encoded together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

_MOST = 32
_WAIT_S = 0.002
T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Waiting(Generic[T]):
    question: str
    row: asyncio.Future[T]


@dataclass(slots=True)
class _Queue(Generic[T]):
    """What one event loop has to encode."""

    waiting: list[_Waiting[T]] = field(default_factory=list)
    running: set[asyncio.Task[None]] = field(default_factory=set)
    timer: asyncio.TimerHandle | None = None


class Batcher(Generic[T]):
    """Encodes up to 32 questions together, on threads of its own.

    A question that comes alone starts at once. One that comes while others are being encoded waits for those that
    come with it, for 2 ms at most; then they start, as soon as a core is free.
    """

    def __init__(self, encode: Callable[[Sequence[str]], Iterable[T]], threads: int) -> None:
        """`encode` gives one row a question, in order; `threads`: how many batches may run at the same time."""
        self._encode = encode
        self._workers = threads
        self._pool = ThreadPoolExecutor(self._workers, "encode")
        # Futures belong to a loop, and a program may run one loop after another over the same index.
        self._queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue[T]] = WeakKeyDictionary()

    async def encode(self, question: str) -> T:
        """The question's row. Raises what `encode` raises for this question."""
        loop = asyncio.get_running_loop()
        queue = self._queues.setdefault(loop, _Queue[T]())
        own = _Waiting[T](question, loop.create_future())
        queue.waiting.append(own)
        if not queue.running or len(queue.waiting) >= _MOST:
            self._start(queue)
        elif queue.timer is None:
            queue.timer = loop.call_later(_WAIT_S, self._start, queue)
        try:
            return await own.row
        finally:
            if own in queue.waiting:
                queue.waiting.remove(own)

    def _start(self, queue: _Queue[T]) -> None:
        """Start what waits, where a core is free; otherwise the next batch that ends starts it."""
        if queue.timer is not None:
            queue.timer.cancel()
            queue.timer = None
        if not queue.waiting or len(queue.running) >= self._workers:
            return
        batch, queue.waiting = queue.waiting[:_MOST], queue.waiting[_MOST:]
        task = asyncio.get_running_loop().create_task(self._run(batch))
        queue.running.add(task)
        task.add_done_callback(lambda done: self._end(queue, done))

    def _end(self, queue: _Queue[T], task: asyncio.Task[None]) -> None:
        queue.running.discard(task)
        self._start(queue)

    async def _run(self, batch: list[_Waiting[T]]) -> None:
        """Encode a batch; where that fails, each question alone, so that only its own caller sees an error."""
        loop = asyncio.get_running_loop()
        batch = [one for one in batch if not one.row.done()]
        if not batch:
            return
        try:
            rows = await loop.run_in_executor(self._pool, self._encode, [one.question for one in batch])
        except Exception as error:  # noqa: BLE001 - whatever an engine raises belongs to who asked
            if len(batch) > 1:
                for one in batch:
                    await self._run([one])
            elif not batch[0].row.done():
                batch[0].row.set_exception(error)
            return
        for one, row in zip(batch, rows, strict=True):
            if not one.row.done():
                one.row.set_result(row)
