"""The desk in front of the assistant: one turn for each question, no endless queue, no endless wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from assistant.errors import BadRequest, Loading, NotKept, Overloaded, TookTooLong
from assistant.metrics import Metrics
from assistant.plan.wishes import check_goals, check_wishes
from assistant.service import Ask, Assistant, Event
from assistant.settings import Settings
from assistant.types import Answer, Plan, Profile
from index.search import Found

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer


class Desk:
    """Takes questions for one assistant, as many at a time as the settings allow."""

    def __init__(
        self, settings: Settings, assistant: Assistant | None = None, tracer: Tracer | None = None
    ) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.draining = False
        self.url = ""
        """Where the service listens, for its log."""
        self._tracer = tracer
        self._assistant: Assistant | None = None
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._waiting = 0
        if assistant is not None:
            self.open(assistant)

    def open(self, assistant: Assistant) -> None:
        """Begin to take questions for an assistant that is loaded."""
        self._assistant = assistant
        self.count_index()

    def count_index(self) -> None:
        """Tell the counters which index is in use; it may have changed since."""
        manifest = self.assistant.searcher.index.manifest
        self.metrics.count_index(manifest.corpus_hash[:12], manifest.encoder_id, manifest.built_at)

    @property
    def guide(self) -> str:
        """What the guide is called inside a sentence; without its title while it is being loaded."""
        return "the guide" if self._assistant is None else f"the guide “{self._assistant.corpus.title}”"

    @property
    def assistant(self) -> Assistant:
        """The assistant. Raises Loading while there is none yet."""
        if self._assistant is None:
            raise Loading("the service is still loading", "try again in a moment")
        return self._assistant

    @property
    def loaded(self) -> bool:
        """Whether there is an assistant."""
        return self._assistant is not None

    async def answer(self, ask: Ask) -> Answer:
        """Answer one question in its turn. Raises Overloaded, TookTooLong, and what Assistant.answer raises."""
        try:
            async with self._turn():
                self._check(ask)
                answer = await self.assistant.answer(ask)
        except Exception as error:
            self._count_error(ask, error)
            raise
        self.metrics.count_answer(ask.channel, answer.outcome, len(answer.citations), answer.timings_ms)
        if self._tracer is not None:
            self._trace(ask, answer.as_dict())
        return answer

    async def stream(self, ask: Ask) -> AsyncGenerator[Event, None]:
        """The same in pieces; the time limit holds for each piece."""
        began = asyncio.get_running_loop().time()
        silent = True
        events = cast(AsyncGenerator[Event, None], self.assistant.stream(ask))
        try:
            async with self._place():
                self._check(ask)
                while True:
                    async with self._limit():
                        event = await anext(events, None)
                    if event is None:
                        return
                    if event.name == "delta" and silent:
                        silent = False
                        self.metrics.first_words.observe(asyncio.get_running_loop().time() - began)
                    if event.name == "done":
                        whole = event.data
                        self.metrics.count_answer(
                            ask.channel, whole["outcome"], len(whole["citations"]), whole["timings_ms"]
                        )
                        self._trace(ask, whole)
                    yield event
        except Exception as error:
            self._count_error(ask, error)
            raise
        finally:
            await events.aclose()

    async def search(self, question: str, k: int) -> Found:
        """Search in turn."""
        async with self._turn():
            return await self.assistant.search(question, k)

    async def plan(self, profile: Profile, wishes: Profile) -> Plan:
        """Make a study plan in turn. `wishes`: the part of the profile whose words must name something (BadRequest).

        Raises BadRequest for a goal that the guide lacks, too.
        """
        async with self._turn():
            check_goals(profile.goal, self.assistant.corpus.about, "goal")
            await asyncio.to_thread(check_wishes, self.assistant.corpus, wishes)
            return await asyncio.to_thread(self.assistant.plan, profile)

    def _check(self, ask: Ask) -> None:
        if ask.profile is not None:
            check_goals(ask.profile.goal, self.assistant.corpus.about, "profile.goal")

    def _trace(self, ask: Ask, answer: dict[str, Any]) -> None:
        if self._tracer is not None:
            from assistant.traces import trace_answer

            trace_answer(self._tracer, answer, ask.channel, self.assistant.searcher.index.manifest.encoder_id)

    def _count_error(self, ask: Ask, error: Exception) -> None:
        if not isinstance(error, (BadRequest, NotKept)):
            self.metrics.asks.labels(ask.channel, "error").inc()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        async with self._limit(), self._place():
            yield

    @asynccontextmanager
    async def _limit(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self.settings.timeout):
                yield
        except TimeoutError:
            raise TookTooLong("that took too long", "try again in a moment") from None

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        if self._slots.locked() and self._waiting >= self.settings.queue:
            raise Overloaded("too many questions at once", "try again in a moment")
        self._waiting += 1
        try:
            async with self._limit():
                await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._slots.release()
