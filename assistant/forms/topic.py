"""What the guide advises on a topic, then what has been added since."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from assistant.case import CLEARLY, ON_RESOURCES, Case
from assistant.evidence import Quote
from assistant.fit import is_refused
from assistant.layout import LISTED_FROM, Block
from assistant.profile import describe

TOPICAL = frozenset({"brand", "rent", "speed", "cost", "easier", "assignments"})
"""Aspects that sections tell, too."""
_ASKS_ONE = re.compile(
    r"(?:is|are|was|were|does|do|did|has|have|can|could|how (?:long|much|many|hard|big)|who|what does)\b"
)
_MEANT = 0.7
_SENTENCES = 4
_RESOURCES = 3
_GOOD = 0.85
"""A resource is named beside the best one from this part of its score on."""
_SOME = 0.5
"""The same where a whole field is asked for."""
_ANSWERS = 0.95
"""A sentence without a resource is said first where it is about as near as the best with one."""
_COMPANION = 0.6
"""The sentence after a recommendation is said where it is more than half as near."""
_NEAR = 0.7
_NEAR_ENOUGH = 0.5
"""A sentence of a plain guide answers from here on: 0.42 was the nearest to a question on something else."""
_SPECIFIC = 1.15
"""A further sentence on a good resource is said where it is clearly nearer than its recommendation."""


def topic(case: Case) -> list[Block]:
    """The guide's advice on what was found, then what has been added since."""
    taught = _taught(case)
    if taught:
        return _on_concept(case, taught)
    sections = case.sections()
    if not sections:
        return []
    section = sections[0]
    ranked = _ranked(case, section)
    fact = _asked_fact(case, section, ranked)
    if fact and _ASKS_ONE.match(case.need.question):
        return [Block(fact)]
    quotes = _advice(case, section, ranked)
    main = next((id for quote in quotes for id in quote.resources if id in ranked), None)
    blocks = [Block(quotes, "list" if _is_list(quotes) else "text")]
    blocks.append(Block(fact or _why(case, main, quotes)))
    blocks.append(Block(_additions(case, section, ranked, quotes)))
    return [block for block in blocks if block.quotes]


def _asked_fact(case: Case, section: str, ranked: Sequence[str]) -> list[Quote]:
    """What is asked about a resource that is meant and not named: `is the coursera ml class free`."""
    aspects = [aspect for aspect in case.need.aspects if aspect in ON_RESOURCES]
    if not aspects or case.need.bare or not case.found.resources or not ranked:
        return []
    id, likely = case.found.resources[0]
    if likely < _MEANT or id not in ranked:
        return []
    return [q for q in case.facts(id, aspects, 1) if q.tells & set(aspects)]


def _taught(case: Case) -> list[str]:
    """Ids of what teaches the concepts that are named, the best first; none where a whole field is meant."""
    if case.is_broad() or case.need.sections:
        return []
    taught = {concept.id: concept.taught_in for concept in case.corpus.concepts}
    ids = dict.fromkeys(id for concept in case.need.concepts for id in taught[concept])
    known = [id for id in ids if id in case.corpus.resource_by_id]
    usable = [id for id in known if not is_refused(case.corpus.resource_by_id[id], case.profile)]
    return sorted(usable, key=lambda id: -case.score(id))


def _on_concept(case: Case, taught: Sequence[str]) -> list[Block]:
    """Where one idea is taught: the guide's resources with what they say on it, then additions."""
    origin = {id: case.corpus.resource_by_id[id].origin for id in taught}
    guide = [id for id in taught if origin[id] == "guide"]
    good = [id for id in guide if case.score(id) >= _GOOD * case.score(guide[0])][:2]
    quotes = _guide_on_it(case)
    for id in good:
        section = case.corpus.resource_by_id[id].section
        told = [q for q in case.evidence.guide_on[id] if q.recommends and q.about == id]
        here = [q for q in told if q.section == section] or told
        quotes += case.best_of(here, 1, wanted=id)
        quotes += _on_it(case, id)
    if not good and case.found.sections and case.found.sections[0][1] > CLEARLY:
        quotes += case.recommendation(case.found.sections[0][0], None)
    added = [id for id in taught if origin[id] == "addition"][: 1 if good else 2]
    quotes += [quote for id in added for quote in (*case.addition(id), *(() if good else _on_it(case, id)))]
    return [Block(quotes)]


def _guide_on_it(case: Case) -> list[Quote]:
    """What the guide itself says on the concept, where the question is near to it."""
    wanted = {f"concept {concept}" for concept in case.need.concepts}
    said = [q for q in case.evidence.quotes if q.part == "guide" and not q.resources and q.stems & wanted]
    return [q for q in case.best_of(said, 1) if case.near[q.position] > _NEAR]


def _on_it(case: Case, id: str) -> list[Quote]:
    """The sentence in which a resource speaks of the concept."""
    wanted = {f"concept {concept}" for concept in case.need.concepts}
    said = [q for q in case.own(id) if q.stems & wanted and q.part == "description"]
    return case.best_of([q for q in said if not q.tells & {"not_for"}], 1)


def _ranked(case: Case, section: str) -> list[str]:
    """The section's resources for this question and this learner, the best first."""
    ids = case.evidence.resources_of[section]
    scores = {id: case.score(id) for id in ids}
    usable = [id for id in ids if not is_refused(case.corpus.resource_by_id[id], case.profile)]
    return sorted(usable or ids, key=lambda id: -scores[id])


def _advice(case: Case, section: str, ranked: Sequence[str]) -> list[Quote]:
    """The guide's advice on a topic: what answers the question as such, then the best resources."""
    refused = {r.id for r in case.corpus.resources if is_refused(r, case.profile)}
    pool = [
        quote
        for quote in case.evidence.of_section[section]
        if quote.part == "guide" and not set(quote.resources) & refused
    ]
    if not pool:
        return []
    told = {quote.about for quote in pool if quote.recommends}
    guide = [id for id in ranked if id in told]
    scores = {id: case.score(id) for id in guide}
    enough = _SOME if case.is_general() or case.need.sections else _GOOD
    good = [id for id in guide if scores[id] >= enough * scores[guide[0]]][:_RESOURCES]
    named = [q for id in good for q in case.best_of((q for q in pool if id in q.resources), 1, wanted=id)]
    if not any(quote.recommends for quote in case.evidence.of_section[section]) and (
        said := _said(case, pool)
    ):
        return said
    top = max((case.near[quote.position] for quote in named), default=0.0)
    general = [q for q in pool if not q.resources and case.near[q.position] > _ANSWERS * top]
    asked = [aspect for aspect in case.need.aspects if aspect in TOPICAL]
    general.sort(key=lambda quote: (_place(asked, quote.tells), -case.near[quote.position]))
    chosen = list(dict.fromkeys((*general[:2], *named, *_companion(case, named[:1], pool))))
    specific = [q for q in pool if q not in chosen and q.resources]
    chosen += [
        q for q in specific if case.near[q.position] > _SPECIFIC * top and set(q.resources) & set(good)
    ][:1]
    return _by_paragraph(dict.fromkeys(chosen))[:_SENTENCES]


def _said(case: Case, pool: Sequence[Quote]) -> list[Quote]:
    """The nearest of a section in which the guide recommends nothing in so many words; empty if that is far off."""
    best = case.best_of(pool, 1)[0]
    least = float(case.near[best.position])
    if least < _NEAR_ENOUGH and not case.need.sections:
        return []
    near = [quote for quote in pool if case.near[quote.position] >= _NEAR * least]
    return case.best_of(near, _RESOURCES)


def _companion(case: Case, main: Sequence[Quote], pool: Sequence[Quote]) -> list[Quote]:
    """The next sentence of the same paragraph, where it is about the question too and names nothing else."""
    return [
        quote
        for quote in pool
        for other in main
        if quote.position == other.position + 1
        and quote.chunk.id == other.chunk.id
        and not quote.resources
        and case.near[quote.position] > _COMPANION * case.near[other.position]
    ]


def _why(case: Case, main: str | None, chosen: Sequence[Quote]) -> list[Quote]:
    """Why the first resource fits what the learner said, in the corpus's words."""
    words = describe(case.profile, case.corpus.about)
    if main is None or not words:
        return []
    wanted = case.evidence.nearness(words)
    suits = [q for q in case.own(main) if q.tells & {"suits"}]
    best = max(suits, key=lambda q: wanted[q.position], default=None)
    return [best] if best is not None and wanted[best.position] > 0.35 and best not in chosen else []


def _additions(case: Case, section: str, ranked: Sequence[str], chosen: Sequence[Quote]) -> list[Quote]:
    """What is not in the guide and suits the question: at most two."""
    additions = [id for id in ranked if case.corpus.resource_by_id[id].origin == "addition"]
    if not additions:
        return []
    top = max(case.score(id) for id in ranked)
    good = [id for id in additions if case.score(id) > 0.6 * top][:2] or additions[:1]
    quotes = [quote for id in good for quote in case.addition(id, section)]
    return list(dict.fromkeys(quotes))[:2]


def _is_list(quotes: Sequence[Quote]) -> bool:
    return len(quotes) >= LISTED_FROM and sum(quote.recommends for quote in quotes) >= LISTED_FROM


def _place(asked: Sequence[str], tells: frozenset[str]) -> int:
    """Position of the first asked aspect that a sentence tells; past the last for none."""
    return next((n for n, aspect in enumerate(asked) if aspect in tells), len(asked))


def _by_paragraph(quotes: Iterable[Quote]) -> list[Quote]:
    """The same sentences, those of one paragraph together and in reading order."""
    quotes = list(quotes)
    first = {quote.chunk.id: n for n, quote in reversed(list(enumerate(quotes)))}
    return sorted(quotes, key=lambda quote: (first[quote.chunk.id], quote.position))
