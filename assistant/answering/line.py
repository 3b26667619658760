"""The stages of an answer over one corpus and one index, with the learned reader; see `stages.Stages`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from assistant.answering.frames import languages
from assistant.answering.learner import Judge
from assistant.answering.pipeline import Adviser
from assistant.answering.ranking import Candidate, ResourceRanker
from assistant.answering.replies import greet
from assistant.answering.safety import asks_deletion, is_in_distress, is_refused
from assistant.answering.scope import Scope, decide_scope
from assistant.answering.speaker import Speaker, Spoken
from assistant.answering.stages import Search
from assistant.answering.suggestions import ask_of
from assistant.cite import Draft
from assistant.dialogue.look import Looker
from assistant.dialogue.request import Request
from assistant.dialogue.resolve import Resolver, context_of, expand
from assistant.dialogue.state import State
from assistant.dialogue.transcript import Transcript
from assistant.evidence import Evidence, Quote
from assistant.lexicon import Lexicon
from assistant.lexicon import Reading as Names
from assistant.plan.study_plan import make_plan, plan_draft
from assistant.types import Citation, Outcome, Profile, Related
from assistant.understanding.courtesy import COURTESIES, Courtesy, courtesy_of
from assistant.understanding.model_reader import ModelReader
from assistant.understanding.reading import Before, Reading
from assistant.words import plain
from corpus.types import Corpus
from index.search import Found, Index


class Reader(Protocol):
    """Reads messages."""

    def read(self, text: str, before: Before, names: Names) -> Reading:
        """What a message means, after the turn before it; `names`: what the lexicon finds in it."""


class Line:
    """Reads, resolves, ranks, decides and speaks."""

    def __init__(
        self, corpus: Corpus, index: Index, reader: Reader, model_reader: ModelReader | None = None
    ) -> None:
        """`model_reader`: reads again what `reader` has read."""
        self._corpus, self._chunks = corpus, index.chunks
        self._reader, self._model_reader = reader, model_reader
        self.lexicon = Lexicon(corpus)
        self.evidence = Evidence(corpus, index, self.lexicon)
        self._looker = Looker(corpus, index)
        self._resolver = Resolver(corpus, self.lexicon)
        self._ranker = ResourceRanker(corpus, Judge(corpus))
        self._speaker = Speaker(self.evidence, self._plan)
        offered = (*corpus.about.starters, *(ask_of(corpus, section.id) for section in corpus.sections))
        self._offered = frozenset(map(plain, offered))

    def expand(self, text: str, state: State) -> str:
        """A message as it is to be read."""
        return expand(text, state)

    async def read(self, text: str, before: Before) -> Reading:
        """What a message means."""
        learned = self._reader.read(text, before, self.lexicon.read(text))
        # A reply that nobody gave, to see what it would change: an option is the guide's own text.
        is_imagined = bool(before.asked) and not before.message
        if self._model_reader is None or is_imagined:
            return learned
        return await self._model_reader.read(learned, before)

    def context(self, text: str, state: State) -> str:
        """A message with the topic of the turns before."""
        return context_of(text, state)

    def look(self, alone: Found, context: Found) -> Search:
        """What was found, as columns over the corpus."""
        first = self._looker.look(alone)
        return Search(alone, context, first, first if context is alone else self._looker.look(context))

    def resolve(self, reading: Reading, state: State, search: Search) -> Request:
        """The request as it stands."""
        return self._resolver.resolve(reading, state, search.look)

    def rank(self, request: Request, search: Search) -> tuple[Candidate, ...]:
        """Every resource, the most useful first."""
        return self._ranker.rank(request, search.look, search.context_look)

    def decide_scope(self, request: Request, search: Search, ranked: Sequence[Candidate]) -> Scope:
        """Which kind of answer it gets; who may hurt themselves gets the reply of their own, whatever they ask."""
        text = request.reading.text
        if is_in_distress(text) or asks_deletion(text):
            return Scope("smalltalk", 0.0)
        scope = decide_scope(request, search.look, search.context_look, ranked)
        if is_refused(text, search.alone):
            return replace(scope, outcome="refused")
        if plain(text) in self._offered:
            # What the guide itself offers to be asked has an answer.
            return replace(scope, outcome="answered")
        return _without_refusal(scope) if scope.outcome == "refused" else scope

    def say(self, request: Request, search: Search, ranked: Sequence[Candidate], scope: Scope) -> Spoken:
        """The answer in words."""
        return self._speaker.say(request, search.alone, search.context, ranked, scope.partly)

    def decline(self, request: Request, outcome: Outcome, related: Sequence[Related]) -> str:
        """What is said where there is nothing to quote."""
        if outcome == "smalltalk":
            reading = request.reading
            return greet(_courtesy_of(reading.text), reading.language, self._corpus.title)
        return self._speaker.decline(request, outcome, related)

    def suggest(
        self, request: Request, citations: Sequence[Citation], related: Sequence[Related]
    ) -> tuple[str, ...]:
        """Two or three questions to ask next."""
        return self._speaker.suggest(request, citations, related)

    def transcript(self) -> Transcript:
        """Reads what this line has said."""
        return Transcript(self.evidence, self.lexicon, self._short_forms(), dict(self._replies()))

    def _plan(self, learner: Profile, wants: Sequence[str], refs: Sequence[str]) -> Draft:
        plan = make_plan(self._corpus, self._chunks, learner, tuple(wants), refs=tuple(refs))
        return plan_draft(self._corpus, plan)

    def _short_forms(self) -> Iterator[tuple[str, Quote]]:
        for note in self._corpus.annotations:
            quote = self.evidence.by_text.get(note.sentence)
            if note.short and quote:
                yield note.short, quote

    def _replies(self) -> Iterator[tuple[str, Outcome]]:
        for language in languages():
            request = Request(Reading("", language=language), "find", "", "")
            for outcome in ("off_topic", "refused"):
                yield self._speaker.decline(request, outcome), outcome
            for kind in COURTESIES:
                yield greet(kind, language, self._corpus.title), "smalltalk"


def open_adviser(
    corpus: Corpus, index: Index, reader: Reader, model_reader: ModelReader | None = None
) -> Adviser:
    """The adviser over a corpus and its index."""
    line = Line(corpus, index, reader, model_reader)
    return Adviser(corpus, line, line.transcript())


def _courtesy_of(text: str) -> Courtesy:
    """The kind of a small message; who may hurt themselves, and who asks for deletion, are told by rules."""
    if is_in_distress(text):
        return "distress"
    if asks_deletion(text):
        return "deletion"
    kind = courtesy_of(text)
    return "chatter" if kind == "distress" else kind


def _without_refusal(scope: Scope) -> Scope:
    """The likeliest kind but a refusal."""
    others = [(share, kind) for kind, share in (scope.kinds or {}).items() if kind != "refused"]
    return replace(scope, outcome=max(others)[1] if others else "answered")
