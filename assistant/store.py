"""The seam for state: conversations, feedback, and claims on events. The memory engine is in this file."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from assistant.types import Answer, Conversation, Exchange

Vote = Literal["up", "down"]
_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody thought of an answer. The last one for an answer wins."""

    answer_id: str
    """`ans_…` that it is about."""
    value: Vote
    """up or down."""
    reason: str | None = None
    """Short reason, from a list or free."""
    comment: str | None = None
    """Free words."""


class Store(Protocol):
    """Where state lives. Every method may raise Unavailable; an answer never depends on it."""

    async def conversation(self, id: str) -> Conversation | None:
        """A conversation that is kept, or None."""

    async def remember(self, conversation: Conversation, question: str, answer: Answer, channel: str) -> None:
        """Add an exchange, and the profile that it left, to a conversation (a new one, if need be)."""

    async def forget(self, conversation_id: str) -> bool:
        """Delete a conversation with its answers and feedback; whether there was one."""

    async def add_feedback(self, feedback: Feedback) -> bool:
        """Keep a vote; False for an answer that is not kept."""

    async def claim(self, key: str, seconds: float) -> bool:
        """Claim an event for that long; False while somebody else holds it. Atomic across processes."""

    async def release(self, key: str) -> None:
        """Give a claim back, so that a retry can take it."""


def exchange_of(question: str, answer: Answer) -> Exchange:
    """What a conversation keeps of one answer."""
    return Exchange(
        question=question,
        answer_id=answer.id,
        outcome=answer.outcome,
        text=answer.text,
        citations=answer.citations,
        clarified=answer.clarifying_question is not None,
        suggestions=answer.suggestions,
    )


class MemoryStore:
    """Keeps the last thousand conversations of this process."""

    def __init__(self) -> None:
        self._conversations: OrderedDict[str, Conversation] = OrderedDict()
        self._feedback: dict[str, Feedback] = {}
        self._claims: dict[str, float] = {}

    async def conversation(self, id: str) -> Conversation | None:
        """A conversation that is kept, or None."""
        return self._conversations.get(id)

    async def remember(self, conversation: Conversation, question: str, answer: Answer, channel: str) -> None:
        """Add an exchange to a conversation; the oldest conversation makes room."""
        exchanges = (*conversation.exchanges, exchange_of(question, answer))
        self._conversations[conversation.id] = replace(
            conversation, profile=answer.profile, exchanges=exchanges
        )
        self._conversations.move_to_end(conversation.id)
        while len(self._conversations) > _KEPT:
            self._drop(next(iter(self._conversations)))

    async def forget(self, conversation_id: str) -> bool:
        """Delete a conversation with its feedback."""
        return self._drop(conversation_id)

    async def add_feedback(self, feedback: Feedback) -> bool:
        """Keep a vote; False for an answer that is not kept."""
        known = any(
            exchange.answer_id == feedback.answer_id
            for conversation in self._conversations.values()
            for exchange in conversation.exchanges
        )
        if known:
            self._feedback[feedback.answer_id] = feedback
        return known

    async def claim(self, key: str, seconds: float) -> bool:
        """Claim an event; False while somebody else holds it."""
        now = time.monotonic()
        self._claims = {key: until for key, until in self._claims.items() if until > now}
        if key in self._claims:
            return False
        self._claims[key] = now + seconds
        return True

    async def release(self, key: str) -> None:
        """Give a claim back."""
        self._claims.pop(key, None)

    def _drop(self, id: str) -> bool:
        conversation = self._conversations.pop(id, None)
        for exchange in conversation.exchanges if conversation else ():
            self._feedback.pop(exchange.answer_id, None)
        return conversation is not None
