"""The seam for state: conversations, feedback, claims on events, replies. The memory engine is in this file."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TypeVar

from assistant.errors import Unavailable
from assistant.mask import mask, mask_record
from assistant.types import ANYONE, Answer, Conversation, Exchange, Outcome

Vote = Literal["up", "down"]
T = TypeVar("T")

log = logging.getLogger("dlstart.store")

_KEPT = 1000
_KEPT_REPLIES = 2000
_AGAIN_AFTER = 5.0
"""Seconds after a store did not answer in time in which it is not asked, so that no request waits for it."""
_PATIENCE = 10.0
"""Seconds that a store may take for what somebody waits for: a vote, a deletion, a report of somebody's own."""
MOST_ANSWERS = 50_000
"""Answers that a report is made of."""


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
    person: str | None = None
    """Whose vote it is, where the channel knows: an id that nobody can read a name from."""
    owner: str = ANYONE
    """Owner of the conversation that the answer belongs to; another one's answer is not there."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request was answered, so that the same request gets it again."""

    fingerprint: str
    """Hash of the request; another one does not belong here."""
    body: dict[str, Any] | None
    """The answer as JSON; None while somebody works on it."""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as a report sees it."""

    id: str
    """`ans_…`."""
    at: datetime
    """When it was given, UTC."""
    channel: str
    """Through which face."""
    question: str
    """What was asked, masked."""
    outcome: Outcome
    """What kind of answer it was."""
    cited: tuple[str, ...]
    """Ids of the resources, else sections, that it cites."""
    confidence: float
    """0 to 1."""
    total_ms: float
    """Milliseconds it took."""
    vote: Vote | None
    """What somebody thought of it."""
    reason: str | None
    """Why, masked."""
    comment: str | None
    """In their words, masked."""


class Store(Protocol):
    """Where state lives. Every method may raise Unavailable; an answer never depends on it."""

    async def conversation(self, id: str, owner: str = ANYONE) -> Conversation | None:
        """A conversation that is kept for an owner, or None."""

    async def remember(self, conversation: Conversation, question: str, answer: Answer, channel: str) -> None:
        """Add an exchange, and the profile that it left, to a conversation (a new one, if need be)."""

    async def forget(self, conversation_id: str, owner: str = ANYONE) -> bool:
        """Delete an owner's conversation with its answers and feedback; whether there was one."""

    async def add_feedback(self, feedback: Feedback) -> bool:
        """Keep a vote; False for an answer that is not kept."""

    async def claim(self, key: str, seconds: float) -> bool:
        """Claim an event for that long; False while somebody else holds it. Atomic across processes."""

    async def release(self, key: str) -> None:
        """Give a claim back, so that a retry can take it."""

    async def begin_reply(self, key: str, fingerprint: str, seconds: float) -> Reply | None:
        """Take a key for that long, to answer under it: None. Or what is there. Atomic across processes."""

    async def keep_reply(self, key: str, body: dict[str, Any] | None, seconds: float) -> None:
        """Keep for that long what a key was answered; None: somebody still works on it."""

    async def drop_reply(self, key: str) -> None:
        """Give a key back without an answer."""

    async def link(self, person: str, conversation_id: str) -> None:
        """Note that somebody took part in a conversation that is kept, so that they can delete it."""

    async def conversations_of(self, person: str) -> list[str]:
        """Ids of the conversations somebody took part in, newest first."""

    async def votes_of(self, person: str) -> list[StoredAnswer]:
        """The answers somebody voted on, newest first."""

    async def forget_person(self, person: str) -> int:
        """Delete somebody's votes and the conversations they took part in; how many of these."""

    async def answers_since(self, since: datetime, most: int = MOST_ANSWERS) -> list[StoredAnswer]:
        """The newest answers from that moment on, oldest first, with their feedback."""

    async def purge(self) -> int:
        """Delete what is older than the retention; how many conversations."""

    async def close(self) -> None:
        """Write what waits, and let go of everything."""


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
        record=mask_record(answer.record) if answer.record else None,
    )


class MemoryStore:
    """Keeps the last thousand conversations of this process."""

    def __init__(self) -> None:
        self._conversations: OrderedDict[str, Conversation] = OrderedDict()
        self._answers: dict[str, StoredAnswer] = {}
        self._owners: dict[str, str] = {}
        self._claims: dict[str, float] = {}
        self._people: dict[str, list[str]] = {}
        self._voters: dict[str, str | None] = {}
        self._replies: OrderedDict[str, tuple[Reply, float]] = OrderedDict()

    async def conversation(self, id: str, owner: str = ANYONE) -> Conversation | None:
        """A conversation that is kept for an owner, or None."""
        kept = self._conversations.get(id)
        return kept if kept is not None and kept.owner == owner else None

    async def remember(self, conversation: Conversation, question: str, answer: Answer, channel: str) -> None:
        """Add an exchange to a conversation; the oldest conversation makes room."""
        question = mask(question)
        exchanges = (*conversation.exchanges, exchange_of(question, answer))
        self._conversations[conversation.id] = replace(
            conversation, profile=answer.profile, exchanges=exchanges
        )
        self._conversations.move_to_end(conversation.id)
        self._owners[answer.id] = conversation.owner
        self._answers[answer.id] = StoredAnswer(
            id=answer.id,
            at=datetime.now(UTC),
            channel=channel,
            question=question,
            outcome=answer.outcome,
            cited=tuple(dict.fromkeys(str(c.resource or c.section) for c in answer.citations)),
            confidence=answer.confidence,
            total_ms=answer.timings_ms.get("total", 0.0),
            vote=None,
            reason=None,
            comment=None,
        )
        while len(self._conversations) > _KEPT:
            oldest = next(iter(self._conversations.values()))
            await self.forget(oldest.id, oldest.owner)

    async def forget(self, conversation_id: str, owner: str = ANYONE) -> bool:
        """Delete an owner's conversation with its answers and feedback."""
        conversation = await self.conversation(conversation_id, owner)
        if conversation is None:
            return False
        del self._conversations[conversation_id]
        for exchange in conversation.exchanges:
            self._answers.pop(exchange.answer_id, None)
            self._owners.pop(exchange.answer_id, None)
        for key, (reply, _) in list(self._replies.items()):
            if reply.body and reply.body.get("conversation_id") == conversation_id:
                del self._replies[key]
        return True

    async def add_feedback(self, feedback: Feedback) -> bool:
        """Keep a vote, the last one for an answer; False for an answer that is not kept."""
        answer = self._answers.get(feedback.answer_id)
        if answer is None or self._owners[answer.id] != feedback.owner:
            return False
        reason, comment = (mask(words) if words else None for words in (feedback.reason, feedback.comment))
        self._answers[answer.id] = replace(answer, vote=feedback.value, reason=reason, comment=comment)
        self._voters[answer.id] = feedback.person
        return True

    async def link(self, person: str, conversation_id: str) -> None:
        """Note that somebody took part."""
        if conversation_id in self._conversations:
            others = [id for id in self._people.get(person, ()) if id != conversation_id]
            self._people[person] = [conversation_id, *others]

    async def conversations_of(self, person: str) -> list[str]:
        """Ids, newest first."""
        return [id for id in self._people.get(person, ()) if id in self._conversations]

    async def votes_of(self, person: str) -> list[StoredAnswer]:
        """Answers with this person's vote, newest first."""
        mine = [answer for id, answer in self._answers.items() if self._voters.get(id) == person]
        return mine[::-1]

    async def forget_person(self, person: str) -> int:
        """Delete what somebody said."""
        for answer in await self.votes_of(person):
            self._answers[answer.id] = replace(answer, vote=None, reason=None, comment=None)
            del self._voters[answer.id]
        mine = [self._conversations.get(id) for id in self._people.pop(person, ())]
        return sum([await self.forget(one.id, one.owner) for one in mine if one is not None])

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

    async def begin_reply(self, key: str, fingerprint: str, seconds: float) -> Reply | None:
        """Take a key, or what is there; the oldest make room."""
        reply, until = self._replies.get(key, (None, 0.0))
        if reply is not None and until > time.monotonic():
            return reply
        self._replies[key] = Reply(fingerprint, None), time.monotonic() + seconds
        self._replies.move_to_end(key)
        while len(self._replies) > _KEPT_REPLIES:
            self._replies.popitem(last=False)
        return None

    async def keep_reply(self, key: str, body: dict[str, Any] | None, seconds: float) -> None:
        """Keep what a key was answered, or that somebody still works on it."""
        if key in self._replies:
            begun = self._replies[key][0]
            self._replies[key] = replace(begun, body=body or begun.body), time.monotonic() + seconds

    async def drop_reply(self, key: str) -> None:
        """Give a key back."""
        self._replies.pop(key, None)

    async def answers_since(self, since: datetime, most: int = MOST_ANSWERS) -> list[StoredAnswer]:
        """The newest answers from that moment on, oldest first."""
        return [answer for answer in self._answers.values() if answer.at >= since][-most:]

    async def purge(self) -> int:
        """Nothing: the process's end is the retention."""
        return 0

    async def close(self) -> None:
        """Nothing is open."""


class ForgivingStore:
    """Another store, whose failures never keep an answer from being given, nor keep it waiting.

    Writing is skipped while the store is down, and claims and replies are this process's meanwhile; everything else
    says so (Unavailable). A store that does not answer in time counts as down, for some seconds without being asked.
    """

    def __init__(self, store: Store, patience: float = _PATIENCE) -> None:
        """`patience`: seconds that a request waits for what its answer can do without."""
        self._store = store
        self._here = MemoryStore()
        self._patience = patience
        self._again = 0.0
        self._late: set[asyncio.Task[Any]] = set()

    async def conversation(self, id: str, owner: str = ANYONE) -> Conversation | None:
        """A conversation that is kept for an owner, or None. Raises Unavailable."""
        return await self._in_time(self._store.conversation(id, owner), self._patience)

    async def remember(self, conversation: Conversation, question: str, answer: Answer, channel: str) -> None:
        """Add an exchange, if the store can."""
        with suppress(Unavailable):
            await self._store.remember(conversation, question, answer, channel)

    async def forget(self, conversation_id: str, owner: str = ANYONE) -> bool:
        """Delete a conversation. Raises Unavailable: nobody is told that it is gone while it is not."""
        await self._here.forget(conversation_id, owner)
        return await self._in_time(self._store.forget(conversation_id, owner))

    async def add_feedback(self, feedback: Feedback) -> bool:
        """Keep a vote. Raises Unavailable."""
        return await self._in_time(self._store.add_feedback(feedback))

    async def link(self, person: str, conversation_id: str) -> None:
        """Note that somebody took part, if the store can."""
        with suppress(Unavailable):
            await self._in_time(self._store.link(person, conversation_id))

    async def conversations_of(self, person: str) -> list[str]:
        """Ids, newest first. Raises Unavailable."""
        return await self._in_time(self._store.conversations_of(person))

    async def votes_of(self, person: str) -> list[StoredAnswer]:
        """Answers with this person's vote. Raises Unavailable."""
        return await self._in_time(self._store.votes_of(person))

    async def forget_person(self, person: str) -> int:
        """Delete what somebody said. Raises Unavailable: nobody is told that it is gone while it is not."""
        return await self._in_time(self._store.forget_person(person))

    async def claim(self, key: str, seconds: float) -> bool:
        """Claim an event, in this process alone while the store is down."""
        try:
            return await self._in_time(self._store.claim(key, seconds), self._patience)
        except Unavailable:
            return await self._here.claim(key, seconds)

    async def release(self, key: str) -> None:
        """Give a claim back."""
        await self._here.release(key)
        with suppress(Unavailable):
            await self._in_time(self._store.release(key), self._patience)

    async def begin_reply(self, key: str, fingerprint: str, seconds: float) -> Reply | None:
        """Take a key, in this process alone while the store is down."""
        try:
            return await self._in_time(self._store.begin_reply(key, fingerprint, seconds), self._patience)
        except Unavailable:
            return await self._here.begin_reply(key, fingerprint, seconds)

    async def keep_reply(self, key: str, body: dict[str, Any] | None, seconds: float) -> None:
        """Keep what a key was answered, where it was taken."""
        await self._here.keep_reply(key, body, seconds)
        with suppress(Unavailable):
            await self._in_time(self._store.keep_reply(key, body, seconds), self._patience)

    async def drop_reply(self, key: str) -> None:
        """Give a key back."""
        await self._here.drop_reply(key)
        with suppress(Unavailable):
            await self._in_time(self._store.drop_reply(key), self._patience)

    async def answers_since(self, since: datetime, most: int = MOST_ANSWERS) -> list[StoredAnswer]:
        """The newest answers from that moment on. Raises Unavailable."""
        return await self._store.answers_since(since, most)

    async def purge(self) -> int:
        """Delete what is older than the retention. Raises Unavailable."""
        return await self._store.purge()

    async def close(self) -> None:
        """Close the store."""
        if self._late:
            await asyncio.wait(self._late, timeout=self._patience)
        await self._store.close()

    async def _in_time(self, asked: Coroutine[Any, Any, T], seconds: float = _PATIENCE) -> T:
        """What the store says. Raises Unavailable when it is not soon, and at once for a while after that.

        What is late is left to end by itself: to stop it would take a word with a server that says none.
        """
        if time.monotonic() < self._again:
            asked.close()
            raise _not_now()
        task = asyncio.ensure_future(asked)
        try:
            await asyncio.wait({task}, timeout=seconds)
        finally:
            if not task.done():
                self._late.add(task)
                task.add_done_callback(self._drop_late)
        if task.done():
            return task.result()
        if time.monotonic() >= self._again:
            log.error("the store gave no answer in %g s; it is asked again in %g s", seconds, _AGAIN_AFTER)
        self._again = time.monotonic() + _AGAIN_AFTER
        raise _not_now()

    def _drop_late(self, task: asyncio.Task[Any]) -> None:
        self._late.discard(task)
        if not task.cancelled():
            task.exception()  # It has been told; unasked, the loop would log it.


def _not_now() -> Unavailable:
    return Unavailable("what you said can't be kept right now", "try again later")
