"""From a message to everything of its answer: read, resolve, find, rank, scope, say.

One straight line. A message with several questions takes the second half of it once for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from time import perf_counter

from assistant.answering.parts import join_drafts, split_questions
from assistant.answering.ranking import Candidate
from assistant.answering.scope import Scope
from assistant.answering.speaker import Spoken
from assistant.answering.stages import Search, Stages
from assistant.cite import Draft
from assistant.dialogue.request import Request
from assistant.dialogue.state import State
from assistant.dialogue.transcript import WINDOW, Transcript, exchanges_of, state_of
from assistant.types import Clarification, Conversation, Outcome, Profile, Record, Related, Turn
from assistant.understanding.reading import Act, Aspect, Before, Reading
from corpus.types import Corpus
from index.search import Found

Find = Callable[[str], Awaitable[Found]]
_RELATED = 3
_LEAP = 4
_REMEMBERED = 500
"""Exchanges of clients' histories whose records are kept: each request sends all of them again."""
_WITHOUT_SOURCES: Mapping[str, Outcome] = {
    "off_topic": "off_topic",
    "refused": "refused",
    "smalltalk": "smalltalk",
}
_FIRST: frozenset[Act] = frozenset({"start", "find", "plan", "smalltalk", "outside", "attack"})
"""Acts that need no turn before them."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Everything of an answer but its ids."""

    outcome: Outcome
    """What kind of answer it is."""
    draft: Draft
    """Text and sources."""
    profile: Profile = field(default_factory=Profile)
    """The learner, after the message."""
    act: Act = "find"
    """What the message was taken for."""
    query: str = ""
    """What was searched for."""
    aspects: tuple[Aspect, ...] = ()
    """Facts that were asked for."""
    fallback: str = ""
    """What is said in its place, should it break a promise: no word of the corpus."""
    related: tuple[Related, ...] = ()
    """Near the question, not cited."""
    clarification: Clarification | None = None
    """Asked back."""
    suggestions: tuple[str, ...] = ()
    """What to ask next."""
    gaps: tuple[str, ...] = ()
    """What was asked and the corpus does not answer."""
    confidence: float = 0.0
    """0 to 1: how likely it is that the corpus answers the question."""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds by step: understand (with encode and search in it), compose."""


@dataclass(frozen=True, slots=True)
class _Weighed:
    """One question with what was found for it, before it is answered."""

    request: Request
    search: Search
    ranked: Sequence[Candidate]
    scope: Scope

    @property
    def is_answered(self) -> bool:
        return self.scope.outcome == "answered"


class Adviser:
    """Answers messages over one corpus."""

    def __init__(self, corpus: Corpus, stages: Stages, transcript: Transcript) -> None:
        self.corpus = corpus
        self._stages = stages
        self._transcript = transcript
        self._options: dict[str, Reading] = {}
        self._recalled: dict[bytes, Record] = {}

    async def answer(
        self,
        message: str,
        conversation: Conversation,
        find: Find,
        learner: Profile | None = None,
        standalone: bool = False,
    ) -> Advice:
        """Answer a message in its conversation.

        `find`: searches for a text; `learner`: what the client knows of them, in place of what the conversation
        knows; `standalone`: the message is complete, and leans on no turn before it.
        """
        started = perf_counter()
        state = self._state(conversation, learner)
        asked_before = any(turn.asked for turn in state.turns)
        if standalone:
            state = replace(state, turns=())
        request, search = await self._understand(message, state, find)
        understood = perf_counter()
        whole = self._weigh(request, search)
        weighed = perf_counter()
        parts = await self._parts(whole, find)
        resumed = perf_counter()
        answered = [part for part in parts if part.is_answered]
        if answered:
            advice = self._answer_parts(whole, parts, answered)
        elif whole.is_answered:
            advice = await self._answer(whole, asked_before)
        else:
            advice = self._decline(whole)
        timings = {
            **search.alone.timings_ms,
            "understand": (understood - started) * 1e3,
            "compose": (weighed - understood + perf_counter() - resumed) * 1e3,
        }
        return replace(advice, timings_ms=timings)

    def withdraw(self, advice: Advice) -> Advice:
        """The same message without a word of the corpus, for an answer that would have broken a promise."""
        return Advice(
            outcome="not_covered",
            draft=Draft(advice.fallback, ()),
            profile=advice.profile,
            act=advice.act,
            query=advice.query,
            aspects=advice.aspects,
            fallback=advice.fallback,
            confidence=advice.confidence,
            timings_ms=advice.timings_ms,
        )

    def record(self, advice: Advice, text: str) -> Record:
        """What a conversation keeps of an answer; `text`: as it was said."""
        asked = advice.clarification
        question, options = (asked.text, asked.options) if asked else ("", ())
        return self._transcript.record(
            advice.act, advice.query, text, advice.profile, advice.aspects, question, options
        )

    async def recall(self, history: Sequence[Turn], find: Find) -> Conversation:
        """The conversation that a client kept: its last messages are read again, one after the other."""
        exchanges = exchanges_of(history)
        # The first that is read changes in leaps, so that the next request finds the records of this one.
        unread = -(-max(0, len(exchanges) - WINDOW) // _LEAP) * _LEAP
        conversation, key = Conversation(""), b""
        for place, exchange in enumerate(exchanges):
            if place < unread:
                record = self._transcript.record("find", exchange.question, exchange.text, Profile())
            else:
                key = sha256(b"\0".join((key, exchange.question.encode(), exchange.text.encode()))).digest()
                known = self._recalled.get(key)
                record = known or await self._recall(exchange.question, exchange.text, conversation, find)
                self._keep(key, record)
            kept = replace(exchange, record=record)
            conversation = replace(
                conversation, profile=record.profile, exchanges=(*conversation.exchanges, kept)
            )
        return conversation

    def _keep(self, key: bytes, record: Record) -> None:
        self._recalled.pop(key, None)
        self._recalled[key] = record
        if len(self._recalled) > _REMEMBERED:
            del self._recalled[next(iter(self._recalled))]

    async def _recall(self, message: str, text: str, conversation: Conversation, find: Find) -> Record:
        state = self._state(conversation, None)
        request, search = await self._understand(message, state, find)
        asked = None
        if text and self._may_ask(request, any(turn.asked for turn in state.turns)):
            asked = await self._ask_back(request, search)
        question, options = (asked.text, asked.options) if asked else ("", ())
        return self._transcript.record(
            request.act, request.query, text, request.learner, request.aspects, question, options
        )

    def _state(self, conversation: Conversation, learner: Profile | None) -> State:
        state = state_of(conversation, self._transcript)
        return state if learner is None else replace(state, learner=learner)

    async def _understand(self, message: str, state: State, find: Find) -> tuple[Request, Search]:
        """Search for a message while it is read; the request that it is, and what was found for it."""
        message = self._stages.expand(message, state)
        texts = dict.fromkeys((message, self._stages.context(message, state)))
        found, reading = await asyncio.gather(
            asyncio.gather(*map(find, texts)), self._stages.read(message, self._before(state))
        )
        search = self._stages.look(found[0], found[-1])
        return self._stages.resolve(reading, state, search), search

    def _before(self, state: State) -> Before:
        last = state.last
        if last is None:
            return Before()
        known = [id for id in last.items if id in self.corpus.resource_by_id]
        names = tuple(self.corpus.resource_by_id[id].short for id in known)
        return Before(last.message, names, last.asked, tuple(known))

    def _weigh(self, request: Request, search: Search) -> _Weighed:
        ranked = self._stages.rank(request, search)
        return _Weighed(request, search, ranked, self._stages.decide_scope(request, search, ranked))

    async def _parts(self, whole: _Weighed, find: Find) -> list[_Weighed]:
        """The questions of a message that holds several, where they get different answers; else none."""
        texts = split_questions(whole.request.reading.text)
        if len(texts) < 2 or whole.scope.outcome == "smalltalk":
            return []
        state = State(learner=whole.request.learner, quotes=whole.request.state.quotes)
        understood = await asyncio.gather(*(self._understand(text, state, find) for text in texts))
        parts = [self._weigh(request, search) for request, search in understood]
        return parts if all(map(_stands_alone, parts)) and _differ(parts) else []

    async def _answer(self, weighed: _Weighed, asked_before: bool) -> Advice:
        said = self._stages.say(weighed.request, weighed.search, weighed.ranked, weighed.scope)
        if not said.draft.citations:
            return self._decline(weighed)
        asked = None
        if self._may_ask(weighed.request, asked_before):
            asked = await self._ask_back(weighed.request, weighed.search)
        return self._advice(weighed, said, "clarify" if asked else "answered", asked)

    def _answer_parts(
        self, whole: _Weighed, parts: Sequence[_Weighed], answered: Sequence[_Weighed]
    ) -> Advice:
        """An answer to each question that is covered; the others are named as gaps."""
        said = [self._stages.say(one.request, one.search, one.ranked, one.scope) for one in answered]
        kept = [one for one in said if one.draft.citations]
        if not kept:
            return self._decline(whole)
        missing = [part for part in parts if not part.is_answered and part.scope.outcome != "smalltalk"]
        told = [self._stages.decline(part.request, _declined(part.scope), ()) for part in missing]
        draft = join_drafts([one.draft for one in kept])
        text = "\n\n".join(dict.fromkeys((draft.text, *told)))
        gaps = (*(gap for one in kept for gap in one.gaps), *(part.request.reading.text for part in missing))
        return self._advice(whole, Spoken(replace(draft, text=text), gaps), "answered", None)

    def _advice(
        self, weighed: _Weighed, said: Spoken, outcome: Outcome, asked: Clarification | None
    ) -> Advice:
        request, draft = weighed.request, said.draft
        related = self._related(weighed.search.alone, {citation.section for citation in draft.citations})
        return Advice(
            outcome=outcome,
            draft=draft,
            profile=request.learner,
            act=request.act,
            query=request.query,
            aspects=request.aspects,
            fallback=self._stages.decline(request, "not_covered", ()),
            related=related,
            clarification=asked,
            suggestions=self._stages.suggest(request, draft.citations, related),
            gaps=said.gaps,
            confidence=weighed.scope.confidence,
        )

    def _decline(self, weighed: _Weighed) -> Advice:
        """An answer without sources."""
        request = weighed.request
        outcome = _declined(weighed.scope)
        related = self._related(weighed.search.alone, set()) if outcome == "not_covered" else ()
        text = self._stages.decline(request, outcome, related)
        return Advice(
            outcome=outcome,
            draft=Draft(text, ()),
            profile=request.learner,
            act=request.act,
            query=request.query,
            aspects=request.aspects,
            fallback=text,
            related=related,
            suggestions=self._stages.suggest(request, (), related),
            confidence=weighed.scope.confidence,
        )

    def _may_ask(self, request: Request, asked_before: bool) -> bool:
        """Whether a question back may be of use: to who wants to begin and has said nothing of what they know."""
        known = request.learner
        said = (*known.knows, *known.lacks, *known.done, *known.doing, known.background, known.level)
        return (
            request.act == "start"
            and not asked_before
            and not request.refs
            and not any(said)
            and self.corpus.about.learner_question is not None
        )

    async def _ask_back(self, request: Request, search: Search) -> Clarification | None:
        """The guide's question, where what it recommends first depends on the answer."""
        question = self.corpus.about.learner_question
        if question is None:
            return None
        firsts = {
            await self._first_after(option, question.text, request, search) for option in question.options
        }
        return Clarification(question.text, question.options) if len(firsts) > 1 else None

    async def _first_after(self, option: str, question: str, request: Request, search: Search) -> str | None:
        """What would be recommended first to who answers so."""
        if option not in self._options:
            self._options[option] = await self._stages.read(option, Before(asked=question))
        reading = request.reading
        told = replace(reading, says=(*reading.says, *self._options[option].says))
        ranked = self._stages.rank(self._stages.resolve(told, request.state, search), search)
        return next((one.id for one in ranked if not one.excluded), None)

    def _related(self, found: Found, cited: set[str | None]) -> tuple[Related, ...]:
        url = self.corpus.credit.url if self.corpus.credit else None
        nearest = (id for id, _ in found.sections if id not in cited)
        titles = self.corpus.section_by_id
        return tuple(Related(id, "section", titles[id].title, url) for id in nearest)[:_RELATED]


def _declined(scope: Scope) -> Outcome:
    return _WITHOUT_SOURCES.get(scope.outcome, "not_covered")


def _stands_alone(part: _Weighed) -> bool:
    """Whether a question leans on no other: `and how long is it?` does."""
    return part.request.act in _FIRST or bool(part.request.refs)


def _differ(parts: Sequence[_Weighed]) -> bool:
    """Whether the parts of a message get different answers: other resources first, or some none."""
    answered = [part for part in parts if part.is_answered]
    firsts = {next((one.id for one in part.ranked if not one.excluded), None) for part in answered}
    declined = any(not part.is_answered and part.scope.outcome != "smalltalk" for part in parts)
    return bool(answered) and (len(firsts) > 1 or declined)
