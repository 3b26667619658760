"""What to ask next: questions whose answers are in the corpus, varied by what was cited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.answering.case import DEAD
from assistant.answering.facts import FACTS_OF
from assistant.answering.frames import Frame
from assistant.answering.sentences import Sentences
from assistant.dialogue.request import Request
from assistant.types import Citation, Related
from assistant.words import stems
from corpus.types import Corpus, Resource, Role

_COUNT = 3
_ROLES: tuple[Role, ...] = ("equipment", "tools", "books", "foundations")
"""Whose sections are worth a look from anywhere."""


def suggest(
    sentences: Sentences,
    frame: Frame,
    request: Request,
    citations: Sequence[Citation],
    related: Sequence[Related] = (),
) -> tuple[str, ...]:
    """Two or three follow-ups, each checked to have an answer; none that was asked or offered before."""
    corpus = sentences.corpus
    state = request.state
    before = {
        *(turn.message for turn in state.turns),
        *(text for turn in state.turns for text in turn.suggestions),
    }
    before.add(request.reading.text)
    said = {citation.quote for citation in citations} | state.quotes
    if citations:
        found = _after(sentences, frame, request, citations, said)
    else:
        near = [ask_of(corpus, place.id) for place in related if place.kind == "section"]
        found = iter((*near[:2], *starters(corpus)))
    known = [stems(text) for text in before]
    fresh = dict.fromkeys(text for text in found if stems(text) not in known)
    return tuple(fresh)[:_COUNT]


def starters(corpus: Corpus) -> tuple[str, ...]:
    """First questions to offer: the guide's own, else one for each of its first sections."""
    return corpus.about.starters or tuple(ask_of(corpus, section.id) for section in corpus.sections[:_COUNT])


def ask_of(corpus: Corpus, section: str) -> str:
    """A question that a section answers: the guide's own, else its title."""
    return corpus.about.asks.get(section) or corpus.section_by_id[section].title


def _after(
    sentences: Sentences, frame: Frame, request: Request, citations: Sequence[Citation], said: set[str]
) -> Iterator[str]:
    """Two questions on the first living resource, then sections that were not cited, then the rest on it."""
    corpus = sentences.corpus
    named = (corpus.resource_by_id[one.resource] for one in citations if one.resource)
    main = next((resource for resource in named if resource.status not in DEAD), None)
    on_main = list(_on(sentences, frame, main, request, said)) if main else []
    section = next((one.section for one in citations if one.section), None)
    following = [one.id for one in corpus.sections if section in one.prerequisites]
    others = corpus.about.sections(*_ROLES) or tuple(one.id for one in corpus.sections)
    cited = {one.section for one in citations}
    yield from on_main[:2]
    yield from (ask_of(corpus, id) for id in dict.fromkeys((*following, *others)) if id not in cited)
    yield from on_main[2:]


def _on(
    sentences: Sentences, frame: Frame, resource: Resource, request: Request, said: set[str]
) -> Iterator[str]:
    """Questions on a resource that it answers with a sentence which nobody has read yet."""
    for aspect, text in frame.texts["suggest"].items():
        if aspect in request.aspects:
            continue
        telling = [quote for quote in sentences.on(resource.id) if aspect in sentences.tells(quote)]
        facts = [fact for name in FACTS_OF.get(aspect, ()) if (fact := resource.fact(name))]
        carriers = (sentences.carrier(resource, fact.words) for fact in facts)
        answers = [*telling, *(quote for quote in carriers if quote)]
        if answers and not any(quote.text in said for quote in answers):
            yield text.format(name=resource.short)
