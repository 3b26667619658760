"""From a message to a draft answer: who asks, what is meant, which outcome, which sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from assistant.cite import Draft
from assistant.clarify import ask_back, meant_by
from assistant.compose import Composer
from assistant.evidence import Evidence
from assistant.focus import Focus, focus_of, rebuild
from assistant.follow_up import Need, resolve, with_wishes
from assistant.lexicon import Lexicon, Reading
from assistant.plan.study_plan import make_plan, plan_draft
from assistant.profile import Said, cue_words, merge, read_profile
from assistant.replies import reply
from assistant.scope import Scope, courtesy_of, decide_in_context, decide_scope
from assistant.suggest import ask_of, suggest
from assistant.types import Clarification, Conversation, Outcome, Plan, Profile, Related, Step, Turn
from assistant.wording import asks_to_start, has, parts_of, points_back, strip_openings
from assistant.words import plain, stems
from corpus.types import Corpus
from index.search import Found, Index

_PARTLY = "The guide does not answer the {which} part of your question."
_PLACES = ("first", "second", "third")
_STANDS_ALONE = 0.2
_FEWEST_WORDS = 4
_LIKE_A_QUESTION = 0.72
"""Cosine to the nearest authored question: complete questions had 0.74 and more, follow-ups rarely above 0.7."""
_SURELY = 0.95
_NEAR = 0.7
"""Nearness of a sentence from which it is the answer to who wants to begin, wherever it stands."""
_ANYWHERE = ""
_ONLY_NEEDED = re.compile(
    r"\b(?:optional|only what|minimum|must have|essentials?|bare|shortest|nice to have)\b"
)


@dataclass(frozen=True, slots=True)
class Message:
    """A message that has been read, before anything is searched."""

    reading: Reading
    """Its words and what they name."""
    said: Said
    """What it says about its writer."""
    profile: Profile
    """The learner, after it."""
    focus: Focus
    """What the conversation is about."""
    need: Need
    """What it asks."""
    parts: tuple[str, ...] = ()
    """The questions in it, where there are several that stand alone."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of several questions in a message."""

    text: str
    """As it was written."""
    found: Found
    """What was found for it."""


@dataclass(frozen=True, slots=True)
class Search:
    """What was found for a message."""

    found: Found
    """For what is needed."""
    alone: Found
    """For the message as it was written."""
    parts: tuple[Part, ...] = ()
    """For each of several questions in it."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Everything of an answer but its ids and timings."""

    outcome: Outcome
    """What kind of answer it is."""
    draft: Draft
    """Text and sources."""
    related: tuple[Related, ...] = ()
    """Near the question, not cited."""
    clarification: Clarification | None = None
    """Asked back."""
    suggestions: tuple[str, ...] = ()
    """What to ask next."""
    gaps: tuple[str, ...] = ()
    """Questions in the message that are not covered."""


class Adviser:
    """Reads messages and writes drafts, over one corpus and one index."""

    def __init__(self, corpus: Corpus, index: Index) -> None:
        self.corpus = corpus
        self.lexicon = Lexicon(corpus, cue_words(corpus.about))
        self.evidence = Evidence(corpus, index, self.lexicon)
        self.composer = Composer(self.evidence)
        titles = [section.title for section in corpus.sections] + [
            resource.title for resource in corpus.resources
        ]
        self._words = frozenset().union(*(quote.stems for quote in self.evidence.quotes), *map(stems, titles))
        asks = {plain(ask_of(corpus, section.id)): section.id for section in corpus.sections}
        self._offered = dict.fromkeys(map(plain, corpus.about.starters), _ANYWHERE) | asks

    def rebuild(self, history: tuple[Turn, ...]) -> Conversation:
        """The conversation that a client kept itself."""
        kept = rebuild(history, self.evidence, self.lexicon)
        last = kept.exchanges[-1:]
        if not (last and last[0].citations) or any(exchange.clarified for exchange in kept.exchanges):
            return kept
        # A client may keep the text alone: then it is asked again whether a question back went with it.
        before = replace(kept, exchanges=kept.exchanges[:-1])
        asked = self._ask_back(self.read(last[0].question, before, None))
        return replace(before, exchanges=(*before.exchanges, replace(last[0], clarified=asked is not None)))

    def meant(self, question: str, conversation: Conversation) -> str:
        """A message as it is to be read: a bare `no` to the question back is the option that it picks."""
        return meant_by(question, conversation, self.corpus.about)

    def _ask_back(self, message: Message) -> Clarification | None:
        text, about = message.reading.text, self.corpus.about
        return ask_back(text, message.profile, message.focus, message.need, about)

    def read(
        self, question: str, conversation: Conversation, profile: Profile | None, standalone: bool = False
    ) -> Message:
        """Read a message in its conversation; a profile that the client sends replaces the kept one.

        `standalone`: the message is complete, and leans on no turn before it.
        """
        reading = self.lexicon.read(question)
        said = read_profile(reading, question)
        known = merge(profile if profile is not None else conversation.profile, said)
        focus = focus_of(conversation, self.corpus)
        if standalone:
            focus = Focus(clarified=focus.clarified)
        need = resolve(reading, said, focus, self.evidence, self.lexicon)
        if need.query == reading.text:
            need = replace(need, query=question)
        need = with_wishes(need, known if asks_to_start(reading.text) else said.profile)
        several = need.form == "topic" and not need.follow_up
        return Message(reading, said, known, focus, need, parts_of(question, self.lexicon) if several else ())

    def _read_alone(self, question: str, message: Message) -> Message:
        """The message as if no turn came before it."""
        need = resolve(message.reading, message.said, Focus(), self.evidence, self.lexicon)
        return replace(message, need=with_wishes(replace(need, query=question), message.profile))

    def advise(self, question: str, message: Message, search: Search) -> Advice:
        """Decide the outcome, and write the draft."""
        text = message.reading.text
        towards = bool(message.profile.goal) and asks_to_start(text)
        complete = text in self._offered or (not towards and _is_complete(text, search.alone))
        if message.need.follow_up and complete:
            message, found = self._read_alone(question, message), search.alone
        else:
            message, found = _stand_alone(question, message, search)
        need = message.need
        scope = decide_in_context(question, need, search.alone, search.found)
        scope, need = self._lean(scope, question, need, search.alone)
        message = replace(message, need=need)
        covered, missing = self._covered(scope, search)
        if scope != "answered" and not covered:
            return self._without_sources(scope, question, message, search.alone)
        if covered and (missing or len({part.found.sections[0][0] for part in covered}) > 1):
            draft = self._on_parts(covered, missing, message)
        elif need.form == "order":
            draft = self._plan(message)
        else:
            reading = message.reading if need.query == question else None
            near = self.evidence.nearness(need.query, found.cosines, reading)
            draft = self.composer.compose([(need, found, near)], message.profile)
        if not draft.citations:
            return self._without_sources("not_covered", question, message, found)
        clarification = self._ask_back(message)
        return Advice(
            gaps=tuple(search.parts[n].text for n in missing),
            outcome="clarify" if clarification else "answered",
            draft=draft,
            related=self._related(found, {citation.section for citation in draft.citations}),
            clarification=clarification,
            suggestions=suggest(self.evidence, question, draft.citations, message.focus),
        )

    def _lean(self, scope: Scope, question: str, need: Need, alone: Found) -> tuple[Scope, Need]:
        """The kind of a message, and what it needs, by the words of the guide where it has no learners' questions.

        A question that the guide itself offers is answered, in every guide.
        """
        if scope not in ("answered", "not_covered", "off_topic") or need.form != "topic" or need.follow_up:
            return scope, need
        plainly = self.evidence.index.ranker.kind == "plain"
        section = self._beginning(need, alone) if plainly else None
        if section is None and (plainly or scope != "answered"):
            section = self._offered.get(plain(question))
        if section == _ANYWHERE:
            section = next((id for id, _ in alone.sections), None)
        if section:
            return "answered", replace(need, sections=(section,))
        if plainly and scope != "answered":
            words = stems(question)
            shares = alone.scope
            likely = shares["covered"] >= max(shares["not_covered"], shares["off_topic"])
            scope = "answered" if likely or (words and words <= self._words) else scope
        return scope, need

    def _beginning(self, need: Need, alone: Found) -> str | None:
        """Where a plain guide begins, for who asks how to and is near to nothing that it says."""
        if self.corpus.about.sections("start") or need.sections or not need.bare:
            return None
        if not has("begins", need.question):
            return None
        near = self.evidence.nearness(need.query, alone.cosines)
        far = near.max(initial=0.0) < _NEAR
        return next((id for id in self.evidence.of_section if far), None)

    def _covered(self, scope: Scope, search: Search) -> tuple[list[Part], list[int]]:
        """Of several questions in one message: those that the corpus answers, and the places of the others."""
        if scope not in ("answered", "not_covered", "off_topic"):
            return [], []
        outcomes = [decide_scope(part.text, part.found) for part in search.parts]
        covered = [part for part, one in zip(search.parts, outcomes, strict=True) if one == "answered"]
        missing = [n for n, one in enumerate(outcomes) if one in ("not_covered", "off_topic")]
        return (covered, missing) if covered else ([], [])

    def _on_parts(self, covered: list[Part], missing: list[int], message: Message) -> Draft:
        """An answer to the questions that are covered, which says which are not."""
        needs = []
        for part in covered:
            reading = self.lexicon.read(part.text)
            need = resolve(reading, message.said, Focus(), self.evidence, self.lexicon)
            near = self.evidence.nearness(part.text, part.found.cosines, reading)
            needs.append((replace(need, query=part.text), part.found, near))
        draft = self.composer.compose(needs, message.profile)
        if not missing or not draft.citations:
            return draft
        which = " and the ".join(_PLACES[n] for n in missing)
        return replace(draft, text=f"{draft.text}\n\n{_PARTLY.format(which=which)}")

    def _plan(self, message: Message) -> Draft:
        """The study plan for this learner; where it is asked for, without the steps that can be left out."""
        plan = make_plan(self.corpus, self.evidence.index.chunks, message.profile)
        if _ONLY_NEEDED.search(message.reading.text):
            plan = self._needed_only(plan)
        return plan_draft(self.corpus, plan)

    def _needed_only(self, plan: Plan) -> Plan:
        """A plan without its optional steps, its steps and sources numbered anew."""
        steps: list[Step] = []
        count = 0
        for step in plan.steps:
            if step.optional:
                continue
            citations = tuple(replace(c, number=count + n) for n, c in enumerate(step.citations, 1))
            count += len(citations)
            why = " ".join(f"{c.quote} [{c.number}]" for c in citations)
            steps.append(replace(step, number=len(steps) + 1, citations=citations, why=why))
        return Plan(
            tuple(steps),
            plan.profile,
            "\n".join(step.why for step in steps),
            evidence=self.evidence.index.chunk_by_id,
            addresses=self.corpus.urls,
        )

    def _without_sources(self, scope: Scope, question: str, message: Message, found: Found) -> Advice:
        related = self._related(found, set()) if scope == "not_covered" else ()
        return Advice(
            outcome=scope,
            draft=Draft(reply(self.corpus, scope, courtesy_of(question), related), ()),
            related=related,
            suggestions=suggest(self.evidence, question, (), message.focus, related),
        )

    def decline(self, question: str, message: Message) -> Advice:
        """That there is no answer, without a word of the corpus in its text."""
        text = reply(self.corpus, "not_covered", "greeting")
        suggestions = suggest(self.evidence, question, (), message.focus)
        return Advice(outcome="not_covered", draft=Draft(text, ()), suggestions=suggestions)

    def _related(self, found: Found, cited: set[str | None]) -> tuple[Related, ...]:
        nearest = [id for id, _ in found.sections]
        url = self.corpus.credit.url if self.corpus.credit else None
        return tuple(
            Related(id, "section", self.corpus.section_by_id[id].title, url)
            for id in nearest
            if id not in cited
        )[:3]


def _is_complete(text: str, alone: Found) -> bool:
    """Whether a message reads like a question that the corpus's authors wrote to stand alone, and points nowhere."""
    if len(text.split()) < _FEWEST_WORDS or points_back(text) or strip_openings(text)[1]:
        return False
    likeliest = alone.sections[0][1] if alone.sections else 0.0
    near = alone.nearest.get("covered", 0.0)
    return near >= _LIKE_A_QUESTION and min(likeliest, alone.confidence) >= _SURELY


def _stand_alone(question: str, message: Message, search: Search) -> tuple[Message, Found]:
    """An unclear message leans on the turns before, unless it fits clearly better alone."""
    need = message.need
    if (
        need.form != "context"
        or need.bare
        or search.alone.confidence <= search.found.confidence + _STANDS_ALONE
    ):
        return message, search.found
    alone = replace(need, form="topic", query=question, resources=(), sections=(), follow_up=False)
    return replace(message, need=alone), search.alone
