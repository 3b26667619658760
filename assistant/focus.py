"""What a conversation is about: the sources of its last answer, as kept here or found in a client's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.evidence import Evidence
from assistant.lexicon import Lexicon
from assistant.profile import merge, read_profile
from assistant.types import Citation, Conversation, Exchange, Profile, Turn
from corpus.types import About, Corpus

_LOOK_BACK = 3


@dataclass(frozen=True, slots=True)
class Focus:
    """What the last answer was about."""

    resources: tuple[str, ...] = ()
    """Ids of the resources that it showed, in order."""
    sections: tuple[str, ...] = ()
    """Ids of the sections that it cited, most cited first."""
    question: str = ""
    """What was asked."""
    said: frozenset[str] = frozenset()
    """Quotes of the whole conversation."""
    suggestions: tuple[str, ...] = ()
    """What it offered to be asked next."""
    clarified: bool = False
    """Whether a question was ever asked back."""

    def __bool__(self) -> bool:
        return bool(self.resources or self.sections or self.question)


def rebuild(history: Sequence[Turn], evidence: Evidence, lexicon: Lexicon) -> Conversation:
    """A conversation from what a client kept: its sources are found by the sentences that the answers quote."""
    back = evidence.corpus.about.learner_question
    profile = Profile()
    exchanges: list[Exchange] = []
    question = ""
    for turn in history:
        if turn.role == "user":
            question = turn.content
            profile = merge(profile, read_profile(lexicon.read(question), question))
            exchanges.append(Exchange(question=question, answer_id="", outcome="not_covered", text=""))
            continue
        quotes = evidence.cited_in(turn.content)
        citations = tuple(
            Citation(
                n, q.chunk.id, q.chunk.kind, q.section, q.about, q.resources, q.chunk.title, None, q.text
            )
            for n, q in enumerate(quotes, 1)
        )
        kept = Exchange(
            question=question,
            answer_id="",
            outcome="answered" if citations else "not_covered",
            text=turn.content,
            citations=citations,
            clarified=back is not None and back.text in turn.content,
        )
        if exchanges and not exchanges[-1].text:
            exchanges[-1] = kept
        else:
            exchanges.append(kept)
    return Conversation("", profile, tuple(exchanges))


def focus_of(conversation: Conversation, corpus: Corpus) -> Focus:
    """What a conversation is about now: its last answer with sources, at most three turns back.

    What the corpus no longer has, since it was edited meanwhile, is left out.
    """
    said = frozenset(c.quote for exchange in conversation.exchanges for c in exchange.citations)
    clarified = any(exchange.clarified for exchange in conversation.exchanges)
    recent = conversation.exchanges[-_LOOK_BACK:]
    for exchange in reversed(recent):
        if exchange.citations:
            return replace(
                _focus_on(exchange, corpus),
                said=said,
                clarified=clarified,
                suggestions=recent[-1].suggestions,
            )
    for exchange in reversed(recent):
        if exchange.outcome in ("not_covered", "clarify") and exchange.question:
            goals = sections_of(conversation.profile.goal, corpus.about)
            return Focus((), goals, exchange.question, said, clarified=clarified)
    return Focus(clarified=clarified)


def sections_of(goals: Sequence[str], about: About) -> tuple[str, ...]:
    """Ids of the sections that goals lead to; a goal that the guide does not have leads nowhere."""
    return tuple(about.goal_sections[goal] for goal in goals if goal in about.goal_sections)


def _focus_on(exchange: Exchange, corpus: Corpus) -> Focus:
    resources: list[str] = []
    sections: dict[str, int] = {}
    for citation in exchange.citations:
        resources += [citation.resource] if citation.resource else []
        resources += citation.resources if citation.kind == "guide" else ()
        if citation.section:
            weight = 2 if citation.kind == "guide" else 1
            sections[citation.section] = sections.get(citation.section, 0) + weight
    ordered = sorted(sections, key=lambda id: -sections[id])
    return Focus(
        tuple(id for id in dict.fromkeys(resources) if id in corpus.resource_by_id),
        tuple(id for id in ordered if id in corpus.section_by_id),
        exchange.question,
    )
