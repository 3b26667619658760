"""Assistant.answer(question, …): the one door of every channel."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from assistant.answering.line import Reader, open_adviser
from assistant.answering.pipeline import Advice
from assistant.cite import Draft, report_broken
from assistant.errors import BadRequest, NotKept, Unavailable, index_problems
from assistant.generate import Generator, open_generator
from assistant.mask import mask_profile, storable
from assistant.plan.study_plan import make_plan
from assistant.reword import Rewriter
from assistant.settings import Settings
from assistant.store import MemoryStore, Store
from assistant.texts import open_corpus
from assistant.types import (
    ANYONE,
    MAX_QUESTION,
    Answer,
    BrokenPromise,
    Conversation,
    Plan,
    Profile,
    Turn,
    as_values,
)
from assistant.understanding.model_reader import ModelReader, open_model_reader
from assistant.understanding.reader import open_reader
from assistant.verify import Verifier
from corpus import Corpus
from index.build import Progress, build_index
from index.encoder import Encoder, open_encoder
from index.errors import IndexMissing, IndexStale
from index.search import Found, Index, Searcher, open_index
from index.store import MANIFEST

_NO_HITS = 0
"""An answer is made of what its question is about, and needs no hits."""
_COMPOSER = "composer"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question, and what came with it."""

    question: str
    """1 to 2000 characters."""
    conversation_id: str | None = None
    """Continues a conversation that the service keeps."""
    history: tuple[Turn, ...] = ()
    """The turns before, from a client that keeps them itself."""
    profile: Profile | None = None
    """What the client knows of the learner."""
    channel: str = "python"
    """Which face it came through: http, openai, mcp, slack, terminal, …"""
    owner: str = ANYONE
    """Who asks, as in Conversation.owner: another one's conversation is not there."""
    begins: bool = False
    """Whether `conversation_id` may be new: for a channel whose ids nobody else can choose."""
    standalone: bool = False
    """Whether the question is complete (a starter, a suggestion, a button): the turns before do not count."""


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of a streamed answer."""

    name: str
    """meta, delta, citation, done."""
    data: dict[str, Any]
    """What the contract says for that name."""


class Assistant:
    """Answers questions from one corpus and its index."""

    def __init__(
        self,
        corpus: Corpus,
        searcher: Searcher,
        reader: Reader,
        store: Store,
        rewriter: Rewriter | None = None,
        model_reader: ModelReader | None = None,
    ) -> None:
        self.corpus = corpus
        self.searcher = searcher
        self.reader = reader
        self.store = store
        self.rewriter = rewriter
        self.model_reader = model_reader
        self.adviser = open_adviser(corpus, searcher.index, reader, model_reader)

    @classmethod
    def open(cls, settings: Settings, progress: Progress | None = None) -> Assistant:
        """Open the corpus and its index; an index that is missing or stale is built first.

        `progress(0, 0)` says that a build begins. Raises IndexUnusable with the command that mends it.
        """
        if progress is not None and not (settings.index_path / MANIFEST).is_file():
            progress(0, 0)
        corpus = open_corpus(settings)
        with index_problems():
            index, encoder, reader = _open_or_build(corpus, settings, progress)
            generator = open_generator(settings)
            model_reader = open_model_reader(settings, generator)
            return assemble(corpus, index, encoder, reader, generator, settings.encoder_threads, model_reader)

    async def search(self, question: str, k: int = 10) -> Found:
        """The k best hits for a question. Raises IndexUnusable where its vectors' database is gone."""
        question = check_question(question)
        with index_problems():
            return await self.searcher.find(question, k)

    def plan(self, profile: Profile) -> Plan:
        """An ordered, cited study plan for a profile; it takes milliseconds."""
        return make_plan(self.corpus, self.searcher.index.chunks, profile)

    async def warm(self) -> None:
        """Get the language model ready, if there is one. Raises UsageError where its weights are not here."""
        if self.rewriter is not None:
            await self.rewriter.warm()

    async def answer(self, ask: Ask) -> Answer:
        """Answer a question. Raises BadRequest for one that is not usable, NotKept for an unknown conversation."""
        return await self._answer(ask)

    async def _answer(self, ask: Ask, show: Callable[[Event], None] | None = None) -> Answer:
        """The same; `show` gets the events of a language model's answer while it is written."""
        started = perf_counter()
        asked = check_question(ask.question)
        conversation = await self._conversation(ask)
        profile = mask_profile(ask.profile) if ask.profile is not None else None
        with index_problems():
            advice = await self.adviser.answer(asked, conversation, self._find, profile, ask.standalone)
        total = (perf_counter() - started) * 1e3
        id = f"ans_{secrets.token_hex(12)}"
        if show is not None:
            told = {"id": id, "conversation_id": conversation.id, "outcome": advice.outcome}
            show(Event("meta", told | {"profile": advice.profile.as_dict()}))
        draft, generator = await self._reword(asked, advice.draft, advice.profile, show)

        def build(said: Advice, text: Draft, generator: str) -> Answer:
            return Answer(
                id=id,
                conversation_id=conversation.id,
                outcome=said.outcome,
                text=text.text,
                citations=text.citations,
                related=said.related,
                clarifying_question=said.clarification,
                suggestions=said.suggestions,
                profile=said.profile,
                gaps=said.gaps,
                generator=generator,
                confidence=said.confidence,
                timings_ms={**said.timings_ms, "total": total},
                record=self.adviser.record(said, text.text),
                evidence=self.searcher.index.chunk_by_id,
                addresses=self.corpus.urls,
            )

        try:
            answer = build(advice, draft, generator)
        except BrokenPromise as broken:
            # A text that breaks a promise costs its own words, never the answer.
            report_broken(broken)
            answer = self._without(build, advice, self.adviser.withdraw(advice))
        await self.store.remember(conversation, asked, answer, ask.channel)
        return answer

    @staticmethod
    def _without(build: Callable[[Advice, Draft, str], Answer], composed: Advice, declined: Advice) -> Answer:
        """The composed answer where a language model's words broke a promise, else that there is none, in few words."""
        try:
            return build(composed, composed.draft, _COMPOSER)
        except BrokenPromise:
            return build(declined, declined.draft, _COMPOSER)

    async def _reword(
        self,
        question: str,
        draft: Draft,
        profile: Profile,
        show: Callable[[Event], None] | None,
    ) -> tuple[Draft, str]:
        """The draft in the language model's words, where there is one and they pass; and who worded it."""
        rewording = self.rewriter.start(draft, self.searcher.index.chunks) if self.rewriter else None
        if rewording is None:
            return draft, _COMPOSER
        async with aclosing(rewording.pieces(question, profile)) as pieces:
            async for piece in pieces:
                if show is not None:
                    show(Event("delta", {"text": piece.text}))
                    for citation in piece.citations:
                        show(Event("citation", as_values(citation)))
        return rewording.draft, rewording.generator

    def picks_up(self) -> bool:
        """Whether another index on disk is about to be used: never by this one, which does not look."""
        return False

    async def _find(self, text: str, prior: Mapping[str, float] | None = None) -> Found:
        return await self.searcher.find(text, _NO_HITS, prior)

    async def _conversation(self, ask: Ask) -> Conversation:
        id = f"con_{secrets.token_hex(12)}"
        if ask.conversation_id:
            # While the store is away a new conversation begins: nobody knows whose the given id is.
            with suppress(Unavailable):
                kept = await self.store.conversation(ask.conversation_id, ask.owner)
                if kept is not None:
                    return kept
                if not ask.begins:
                    raise NotKept(
                        "no conversation with this id is kept", "begin a new one, or send `history`"
                    )
            id = ask.conversation_id if ask.begins else id
        begun = Conversation(id)
        if ask.history:
            with index_problems():
                begun = await self.adviser.recall(ask.history, self._find)
        return replace(begun, id=id, owner=ask.owner)

    async def stream(self, ask: Ask) -> AsyncIterator[Event]:
        """The same answer in pieces: meta, then deltas and citations, then done with the whole answer."""
        if self.rewriter is not None:
            async for event in self._follow(ask):
                yield event
            return
        answer = await self.answer(ask)
        whole = answer.as_dict()
        yield Event("meta", {key: whole[key] for key in ("id", "conversation_id", "outcome", "profile")})
        for piece in _pieces(whole):
            yield piece
        yield Event("done", whole)

    async def _follow(self, ask: Ask) -> AsyncIterator[Event]:
        """Events while a language model writes; leaving stops it."""
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        task = asyncio.create_task(self._answer(ask, events.put_nowait))
        task.add_done_callback(lambda _: events.put_nowait(None))
        streamed = False
        try:
            while (event := await events.get()) is not None:
                streamed = streamed or event.name == "delta"
                yield event
            whole = (await task).as_dict()
        finally:
            task.cancel()
        if not streamed:
            for piece in _pieces(whole):
                yield piece
        yield Event("done", whole)


def _pieces(whole: dict[str, Any]) -> Iterator[Event]:
    for line in whole["text"].splitlines(keepends=True):
        yield Event("delta", {"text": line})
    for citation in whole["citations"]:
        yield Event("citation", citation)


def assemble(
    corpus: Corpus,
    index: Index,
    encoder: Encoder,
    reader: Reader,
    generator: Generator | None,
    threads: int = 0,
    model_reader: ModelReader | None = None,
) -> Assistant:
    """An assistant of parts that are open; it keeps conversations in memory. `threads`: see `Searcher`."""
    rewriter = Rewriter(corpus, Verifier(corpus, encoder), generator) if generator else None
    searcher = Searcher(index, encoder, threads)
    return Assistant(corpus, searcher, reader, MemoryStore(), rewriter, model_reader)


def check_question(question: str) -> str:
    """The question without the space around it, and without what can't be stored. Raises BadRequest."""
    question = storable(question).strip()
    if not question:
        raise BadRequest("the question is empty", "write at least one word")
    if len(question) > MAX_QUESTION:
        raise BadRequest(f"the question has {len(question)} characters", f"keep it to {MAX_QUESTION}")
    return question


def _open_or_build(
    corpus: Corpus, settings: Settings, progress: Progress | None
) -> tuple[Index, Encoder, Reader]:
    encoder = open_encoder(settings.encoder, settings.device, settings.index_path)
    try:
        return _open(corpus, encoder, settings)
    except (IndexMissing, IndexStale):
        from assistant.understanding.graph import reader_files

        build_index(corpus, encoder, settings.index_path, progress, settings.vectors, reader_files())
    # The index carries its encoder now. What built it may be another engine, with other last digits.
    return _open(corpus, open_encoder(settings.encoder, settings.device, settings.index_path), settings)


def _open(corpus: Corpus, encoder: Encoder, settings: Settings) -> tuple[Index, Encoder, Reader]:
    index = open_index(settings.index_path, corpus, encoder, settings.vectors)
    return index, encoder, open_reader(settings.index_path)
