"""What comes next, what else was not said, and what there is instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.case import Case
from assistant.evidence import Quote
from assistant.fit import fits, is_refused
from assistant.focus import sections_of
from assistant.follow_up import unshown
from assistant.forms.topic import topic
from assistant.layout import AFTER, LISTED_FROM, Block
from assistant.wording import wanted_kinds, wants_newer

_CHEAP = re.compile(r"\b(?:free|afford\w*|cheap\w*|rent\w*)\b")


def follow(case: Case) -> list[Block]:
    """What the corpus names after a resource, then the guide's next steps."""
    main = case.need.resources[0] if case.need.resources else None
    blocks: list[Block] = []
    if main is not None:
        named = [q for q in case.own(main) if "next" in q.tells and q.part == "description"]
        blocks.append(Block(case.best_of(named, 1)))
    section = _section_of(case, main)
    steps = _next_sections(case, section)
    quotes = [q for id in steps for q in case.recommendation(id, main)]
    lead = AFTER if blocks and blocks[0].quotes else ""
    blocks.append(Block(quotes, "list" if len(quotes) >= LISTED_FROM else "text", lead))
    blocks = [block for block in blocks if block.quotes]
    return blocks or topic(case)


def _section_of(case: Case, main: str | None) -> str | None:
    if main is not None:
        return case.corpus.resource_by_id[main].section
    return case.need.sections[0] if case.need.sections else None


def _next_sections(case: Case, section: str | None) -> list[str]:
    about = case.corpus.about
    start = about.sections("start")
    wanted = [id for id in sections_of(case.profile.goal, about) if id not in start]
    after = [s.id for s in case.corpus.sections if section in s.prerequisites]
    if section in about.sections("alternatives", "neighbours"):
        after = [s.id for s in case.corpus.sections if set(start) & set(s.prerequisites)]
    if section in wanted:
        return []
    return [id for id in wanted if id in after] or after


def more(case: Case) -> list[Block]:
    """What was not said yet: further sentences on the same sources, then further sources."""
    fresh = [q for id in case.need.shown[:1] for q in case.own(id) if q.text not in case.need.said]
    blocks = [Block(case.best_of([q for q in fresh if q.tells & {"content", "suits", "assignments"}], 2))]
    section = case.need.sections[0] if case.need.sections else None
    if section is not None:
        others = unshown(case.evidence.resources_of[section], case.need.shown)
        blocks += _offer(case, others, section, 2)
    return [block for block in blocks if block.quotes] or topic(case)


def other(case: Case) -> list[Block]:
    """Another resource of the same sections that meets what is asked."""
    replaced = _successor(case) if "alternative" in case.need.aspects else []
    if replaced:
        return replaced
    sections = case.need.sections[:1] or case.sections()[:1]
    ids = [id for section in sections for id in case.evidence.resources_of[section]]
    ids = [id for id in ids if not is_refused(case.corpus.resource_by_id[id], case.profile)]
    aspects = [a for a in case.need.aspects if a not in ("next", "alternative", "where", "who")]
    if "cost" in aspects or "rent" in aspects:
        return _cheap(case, sections, ids)
    ids = _narrowed(case, ids)
    keep_main = bool(aspects) and bool(set(aspects) & {"assignments", "format", "language"})
    pool = ids if keep_main else list(unshown(ids, case.need.shown[:1])) or ids
    scored = sorted(pool, key=lambda id: -_meets(case, id, aspects))
    return _offer(case, scored[:2] if scored else [], sections[0] if sections else None, 1, aspects) or topic(
        case
    )


def _successor(case: Case) -> list[Block]:
    """What took the place of the resource that was shown, where it has been replaced."""
    main = case.corpus.resource_by_id.get(case.need.resources[0]) if case.need.resources else None
    after = main.successor if main is not None else None
    if main is None or after is None or after.resource is None or main.status == "current":
        return []
    if is_refused(case.corpus.resource_by_id[after.resource], case.profile):
        return []
    return [Block(list(case.evidence.state_of[main.id][:1])), Block(case.addition(after.resource))]


def _narrowed(case: Case, ids: list[str]) -> list[str]:
    """Those that teach the concept that is named, are of the kind that is asked for, or are newer."""
    resources = case.corpus.resource_by_id
    taught = {concept.id: concept.taught_in for concept in case.corpus.concepts}
    kinds = wanted_kinds(case.need.question)
    for narrower in (
        [id for id in ids if any(id in taught[concept] for concept in case.need.concepts)],
        [id for id in ids if resources[id].kind in kinds],
        [id for id in ids if resources[id].origin == "addition" and wants_newer(case.need.question)],
    ):
        fresh = unshown(narrower, case.need.shown[:1])
        ids = list(fresh) if fresh else ids
    return ids


def _cheap(case: Case, sections: Sequence[str], ids: Sequence[str]) -> list[Block]:
    pool = [q for s in sections for q in case.evidence.of_section[s] if _CHEAP.search(q.text)]
    quotes = case.best_of([q for q in pool if q.part == "guide"], 3) + case.best_of(
        [q for q in pool if q.part == "today" and "free" in q.text], 1
    )
    if quotes:
        return [Block([q for q in quotes if q.part == part]) for part in ("guide", "today")]
    facts = [q for id in ids[:3] for q in case.facts(id, ["cost"], 1)]
    return [Block(facts)]


def _meets(case: Case, id: str, aspects: Sequence[str]) -> float:
    resource = case.corpus.resource_by_id[id]
    pool = [*case.evidence.guide_on[id], *case.own(id)]
    best = max((case.near[q.position] for q in pool), default=0.0)
    telling = max(
        (
            case.near[q.position] + 0.3 * (q.part == "guide")
            for q in pool
            if q.tells & set(aspects) and "lacks" not in q.tells
        ),
        default=0.0,
    )
    return best + telling + fits(resource, case.profile) + 0.15 * (resource.origin == "guide")


def _offer(
    case: Case, ids: Sequence[str], section: str | None, count: int, aspects: Sequence[str] = ()
) -> list[Block]:
    """Recommend these resources: the guide's in its words, additions as additions."""
    guide: list[Quote] = []
    additions: list[Quote] = []
    for resource in case.evidence.levels(ids):
        if is_refused(resource, case.profile):
            continue
        if resource.origin == "guide" and len(guide) < count + 1:
            pool = case.fresh(case.evidence.guide_on[resource.id])
            telling = [q for q in pool if q.tells & set(aspects)] or [q for q in pool if q.recommends] or pool
            guide += case.best_of(telling or case.own(resource.id), 1, wanted=resource.id)
            if aspects:
                guide += case.facts(resource.id, aspects, 1)
        elif resource.origin == "addition" and len(additions) < count:
            additions += case.addition(resource.id)
    return [block for block in (Block(guide), Block(additions)) if block.quotes]
