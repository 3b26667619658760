"""The old answer core behind the calls of the new one, until it is deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Protocol

from assistant.adviser import Advice as OldAdvice
from assistant.adviser import Adviser, Message, Part, Search
from assistant.answering.pipeline import Advice
from assistant.cite import Draft
from assistant.types import Conversation, Profile, Record, Turn
from index.search import Found

_HERE = 3.0
"""How much likelier the sections of the last answer are for a message that leans on it."""


class Find(Protocol):
    """Searches for a text, some sections being likelier."""

    def __call__(self, text: str, prior: dict[str, float] | None = None) -> Awaitable[Found]:
        """What is found."""


class OldAdviser(Adviser):
    """The old adviser with the new one's calls."""

    async def answer(
        self,
        message: str,
        conversation: Conversation,
        find: Find,
        learner: Profile | None = None,
        standalone: bool = False,
    ) -> Advice:
        """As `answering.pipeline.Adviser.answer`."""
        question = message if standalone else self.meant(message, conversation)
        read = self.read(question, conversation, learner, standalone)
        search = await _find(question, read, find)
        searched = perf_counter()
        advice = self.advise(question, read, search)
        timings = {**search.found.timings_ms, "compose": (perf_counter() - searched) * 1e3}
        return _advice(advice, read, search, self.decline(question, read), timings)

    def withdraw(self, advice: Advice) -> Advice:
        """As `answering.pipeline.Adviser.withdraw`."""
        return replace(
            advice,
            outcome="not_covered",
            draft=Draft(advice.fallback, ()),
            related=(),
            clarification=None,
            gaps=(),
        )

    def record(self, advice: Advice, text: str) -> Record | None:
        """Nothing: the old core reads the texts."""
        return None

    async def recall(self, history: Sequence[Turn], find: Find) -> Conversation:
        """As `answering.pipeline.Adviser.recall`."""
        return self.rebuild(tuple(history))


def _advice(
    advice: OldAdvice, read: Message, search: Search, declined: OldAdvice, timings: dict[str, float]
) -> Advice:
    return Advice(
        outcome=advice.outcome,
        draft=advice.draft,
        profile=read.profile,
        fallback=declined.draft.text,
        related=advice.related,
        clarification=advice.clarification,
        suggestions=advice.suggestions,
        gaps=advice.gaps,
        confidence=search.found.confidence,
        timings_ms=timings,
    )


async def _find(question: str, message: Message, find: Find) -> Search:
    """Search for what is needed; a message that leans on the turns before is searched alone, too."""
    need = message.need
    prior = dict.fromkeys(need.sections, _HERE) if need.follow_up else None
    texts = (*message.parts, *(() if need.query == question else (question,)))
    found, *others = await asyncio.gather(find(need.query, prior), *(find(text) for text in texts))
    alone = found if need.query == question else others.pop()
    return Search(found, alone, tuple(map(Part, message.parts, others)))
