"""Puts answers into words: what was ranked and found becomes a draft, a gap becomes a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.answering.case import Ranked
from assistant.answering.choose import choose
from assistant.answering.frames import frame_of
from assistant.answering.say import say
from assistant.answering.sentences import Sentences
from assistant.answering.suggestions import suggest
from assistant.cite import Draft
from assistant.dialogue.request import Request
from assistant.evidence import Evidence
from assistant.types import Citation, Outcome, Profile, Related
from index.search import Found

Plan = Callable[[Profile, Sequence[str], Sequence[str]], Draft]
"""Writes a study plan for a learner, what the message wants of it, and the resources that it must lead to."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer in words."""

    draft: Draft
    """Text and sources; without sources where there was nothing to say."""
    gaps: tuple[str, ...] = ()
    """What was asked and the corpus does not tell."""
    items: tuple[str, ...] = ()
    """Ids of the resources that it recommends or describes, in order; none of a plan."""


class Speaker:
    """The last two stages of the line, over one corpus."""

    def __init__(self, evidence: Evidence, plan: Plan | None = None) -> None:
        self.sentences = Sentences(evidence)
        self._plan = plan
        self._chunks = evidence.index.chunk_by_id

    def say(
        self, request: Request, alone: Found, context: Found, ranked: Sequence[Ranked], partly: bool = False
    ) -> Spoken:
        """Answer a request.

        `alone`: found for the message; `context`: for the message with its topic; `ranked`: every candidate, best
        first; `partly`: whether the corpus answers only a part of it.
        """
        if request.act == "plan" and self._plan is not None:
            times = (f"time:{value}" for value in request.reading.says_of("time"))
            return Spoken(self._plan(request.learner, (*request.wants, *times), request.refs))
        content = choose(request, ranked, alone, context, self.sentences, partly)
        return Spoken(say(content, self.sentences.corpus, self._chunks), content.gaps, content.items)

    def decline(self, request: Request, outcome: Outcome, related: Sequence[Related] = ()) -> str:
        """What is said where there is nothing to quote; `related`: the sections that come nearest."""
        frame, corpus = frame_of(request.reading.language), self.sentences.corpus
        if outcome == "off_topic":
            return frame.text("gap", "off_topic", guide=corpus.title)
        if outcome == "refused":
            return frame.text("gap", "refused", subject=corpus.about.subject or f"“{corpus.title}”")
        text = frame.text("gap", "nothing")
        titles = [f"“{place.title}”" for place in related if place.kind == "section"][:2]
        return f"{text} {frame.text('gap', 'near', what=frame.join(titles))}" if titles else text

    def suggest(
        self, request: Request, citations: Sequence[Citation], related: Sequence[Related] = ()
    ) -> tuple[str, ...]:
        """Two or three questions to ask next, each of which has an answer."""
        return suggest(self.sentences, frame_of(request.reading.language), request, citations, related)
