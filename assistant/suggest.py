"""What to ask next: questions whose answers are in the corpus, varied by what was cited."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.evidence import Evidence
from assistant.focus import Focus
from assistant.types import Citation, Profile, Related

_FIRST = ("How do I start deep learning?", "What if I don't know the maths?", "Do I need a GPU?")
_BY_SECTION = {
    "intro": "How do I start deep learning?",
    "have-basics": "How do I start deep learning?",
    "math-background": "Which maths do I need first?",
    "machine-learning": "Should I learn machine learning first?",
    "other-courses": "Which other deep learning courses are there?",
    "reading": "What can I read instead of watching videos?",
    "computer-vision": "What do I take for computer vision?",
    "rnn": "Where do I learn about recurrent networks?",
    "nlp": "How do I start with natural language processing?",
    "reinforcement-learning": "How do I start with reinforcement learning?",
    "frameworks": "Which framework should I use today?",
    "hardware": "Do I need a GPU?",
}
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
_COUNT = 3


def suggest(
    evidence: Evidence,
    citations: Sequence[Citation],
    profile: Profile,
    focus: Focus,
    related: Sequence[Related] = (),
) -> tuple[str, ...]:
    """Two or three follow-ups, each checked to have a sentence that answers it."""
    if not citations:
        near = [_BY_SECTION[section.id] for section in related if section.id in _BY_SECTION]
        return tuple(dict.fromkeys((*near[:2], *_FIRST)))[:_COUNT]
    found: list[str] = []
    said = {citation.quote for citation in citations} | focus.said
    main = next((c.resource for c in citations if c.resource), None)
    if main is not None:
        name = evidence.corpus.resource_by_id[main].short
        name = f"the {name}" if name.startswith("Hugging Face") else name
        many = name.split()[-1] in _PLURAL
        for aspect, words in (_ON_PLURAL if many else _ON_RESOURCE).items():
            telling = [q for q in evidence.of_resource.get(main, []) if aspect in q.tells]
            if telling and not any(quote.text in said for quote in telling):
                found.append(words.format(name=name))
    section = next((c.section for c in citations if c.section), None)
    following = [s.id for s in evidence.corpus.sections if section in s.prerequisites and s.id in _BY_SECTION]
    others = ("hardware", "frameworks", "reading", "math-background")
    wanted = [id for id in (*following, *others) if id in evidence.resources_of and id != section]
    cited = {citation.section for citation in citations}
    sections = [_BY_SECTION[id] for id in wanted if id not in cited]
    return tuple(dict.fromkeys((*found[:2], *sections, *found[2:])))[:_COUNT]
