"""What to ask next: questions whose answers are in the corpus, varied by what was cited."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.evidence import Evidence
from assistant.focus import Focus
from assistant.types import Citation, Related
from assistant.words import stems
from corpus.types import Corpus, Role

_ON_RESOURCE = {
    "cost": "Is {name} free?",
    "prerequisites": "What do I need to know before {name}?",
    "length": "How long does {name} take?",
    "suits": "Who is {name} for?",
    "assignments": "Does {name} have exercises?",
    "next": "What comes after {name}?",
    "state": "Is {name} still up to date?",
}
_ON_PLURAL = {
    "cost": "Are {name} free?",
    "prerequisites": "What do I need to know before {name}?",
    "length": "How long are {name}?",
    "suits": "Who are {name} for?",
    "next": "What comes after {name}?",
    "state": "Are {name} still up to date?",
}
_PLURAL = frozenset({"notes", "tutorials", "Notebooks"})
_WITH_ARTICLE = ("Hugging Face",)
_COUNT = 3


_ALIVE = frozenset({"current", "updated", "moved"})
_ROLES: tuple[Role, ...] = ("equipment", "tools", "books", "foundations")
"""Whose sections are worth a look from anywhere."""


def suggest(
    evidence: Evidence,
    asked: str,
    citations: Sequence[Citation],
    focus: Focus,
    related: Sequence[Related] = (),
) -> tuple[str, ...]:
    """Two or three follow-ups, each checked to have a sentence that answers it, none that was just asked."""
    if citations:
        found = _after(evidence, citations, focus)
    else:
        near = [ask_of(evidence.corpus, place.id) for place in related if place.kind == "section"]
        found = [*near[:2], *starters(evidence.corpus)]
    return tuple(dict.fromkeys(words for words in found if stems(words) != stems(asked)))[:_COUNT]


def starters(corpus: Corpus) -> tuple[str, ...]:
    """First questions to offer: the guide's own, else one for each of its first sections."""
    return corpus.about.starters or tuple(ask_of(corpus, section.id) for section in corpus.sections[:_COUNT])


def ask_of(corpus: Corpus, section: str) -> str:
    """A question that a section answers: the guide's own, else its title."""
    return corpus.about.asks.get(section) or corpus.section_by_id[section].title


def _after(evidence: Evidence, citations: Sequence[Citation], focus: Focus) -> list[str]:
    """What to ask after an answer: on its main resource, then on the sections that follow."""
    corpus = evidence.corpus
    on_main = _on_resource(evidence, citations, focus)
    section = next((c.section for c in citations if c.section), None)
    following = [s.id for s in corpus.sections if section in s.prerequisites]
    others = corpus.about.sections(*_ROLES) or tuple(s.id for s in corpus.sections)
    cited = {citation.section for citation in citations}
    wanted = [id for id in dict.fromkeys((*following, *others)) if id not in cited]
    return [*on_main[:2], *(ask_of(corpus, id) for id in wanted), *on_main[2:]]


def _on_resource(evidence: Evidence, citations: Sequence[Citation], focus: Focus) -> list[str]:
    """What to ask about the first cited resource that can still be taken."""
    by_id = evidence.corpus.resource_by_id
    named = (by_id[citation.resource] for citation in citations if citation.resource)
    main = next((resource for resource in named if resource.status in _ALIVE), None)
    if main is None:
        return []
    said = {citation.quote for citation in citations} | focus.said
    name = f"the {main.short}" if main.short.startswith(_WITH_ARTICLE) else main.short
    found: list[str] = []
    for aspect, words in (_ON_PLURAL if name.split()[-1] in _PLURAL else _ON_RESOURCE).items():
        telling = [quote for quote in evidence.of_resource.get(main.id, []) if aspect in quote.tells]
        if telling and not any(quote.text in said for quote in telling):
            found.append(words.format(name=name))
    return found
