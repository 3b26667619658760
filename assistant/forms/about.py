"""What is asked about one resource, or about two or three side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.aspects import ROW_TITLES
from assistant.case import CLEARLY, ON_RESOURCES, Case, widened
from assistant.evidence import Quote
from assistant.forms.topic import topic
from assistant.layout import LISTED_FROM, Block

_COMPARED = 3


def about(case: Case) -> list[Block]:
    """What is asked about the resources; without an aspect, what they are and whom they suit."""
    resources = case.need.resources[:3]
    if not resources or _by_the_way(case, resources):
        return topic(case)
    aspects = [aspect for aspect in case.need.aspects if aspect not in ("next", "alternative")]
    if len(resources) == 1:
        return _about_one(case, resources[0], aspects)
    quotes = [quote for id in resources for quote in case.facts(id, aspects, 1)]
    wanted = widened(aspects)
    telling = [q for q in quotes if q.tells & wanted and "lacks" not in q.tells]
    quotes = telling or quotes
    return [Block(quotes, "list" if len(quotes) >= LISTED_FROM else "text")]


def _by_the_way(case: Case, resources: Sequence[str]) -> bool:
    """Whether a question names resources but is clearly about a section that knows nothing of them."""
    if case.need.follow_up or not case.found.sections:
        return False
    section, likely = case.found.sections[0]
    return likely > CLEARLY and not set(resources) & set(case.evidence.resources_of[section])


def _about_one(case: Case, id: str, aspects: Sequence[str]) -> list[Block]:
    single = [aspect for aspect in aspects if aspect in ON_RESOURCES - {"suits"}]
    if len(single) > 1:
        facts = [quote for aspect in single[:2] for quote in case.facts(id, [aspect], 1)]
    else:
        facts = case.facts(id, aspects, 2)
    if aspects and facts and not case.need.short:
        return [Block(facts)]
    guide = case.best_of(case.fresh(case.evidence.guide_on[id]), 1, wanted=id)
    if case.need.short or "where" in aspects:
        return [Block(guide or case.own(id)[:1])]
    own = case.own(id)
    specific = case.best_of([q for q in own if not q.tells & {"not_for", "next"}], 2)
    chosen = [*guide, *(own[:1] if not guide else ()), *specific][:3]
    return [Block(_replaces(case, id)), Block(chosen)]


def _replaces(case: Case, id: str) -> list[Quote]:
    """What became of the guide's resource whose place this one took."""
    for resource in case.corpus.resources:
        after = resource.successor
        if resource.origin == "guide" and after is not None and after.resource == id:
            said = [q for q in case.evidence.state_of.get(resource.id, ()) if q.part == "status"]
            if said:
                return said[:1]
    return []


def compare(case: Case) -> list[Block]:
    """The guide's own comparison, then a small table with a source in every cell."""
    ids = _compared(case)
    if len(ids) < 2:
        return about(case)
    both = [
        quote
        for quote in case.evidence.quotes
        if quote.chunk.resource is None and len(set(quote.resources) & set(ids)) >= 2
    ]
    lead = case.best_of([q for q in both if q.part == "guide"], 1)
    rows: list[tuple[str, list[Quote | None]]] = []
    seen: set[Quote] = set(lead)
    asked = [a for a in case.need.aspects if a in ROW_TITLES and a != "language"]
    wanted = list(dict.fromkeys((*asked[:2], "suits", "length")))[:3]
    titles: set[str] = set()
    for aspect in wanted:
        cells: list[Quote | None] = []
        for id in ids:
            told = (
                q for q in case.facts(id, [aspect], 1) if aspect in q.tells or q is case.stated(id, aspect)
            )
            cell = next((q for q in told if q not in seen), None)
            if cell is None and aspect in ("suits", "easier"):
                cell = next((q for q in case.own(id) if q.tells & {"suits"} and q not in seen), None)
            cells.append(cell)
            if cell is not None:
                seen.add(cell)
        if any(cells) and ROW_TITLES[aspect] not in titles:
            titles.add(ROW_TITLES[aspect])
            rows.append((ROW_TITLES[aspect], cells))
    states = [case.evidence.state_of.get(id, ()) for id in ids]
    if any(states):
        rows.append(("Today", [s[0] if s else _today(case, id) for s, id in zip(states, ids, strict=True)]))
    header = ("", *(_column(case, id) for id in ids))
    return [*([Block(lead)] if lead else []), Block([], "table", header=header, rows=rows)]


def _column(case: Case, id: str) -> str:
    resource = case.corpus.resource_by_id[id]
    return f"{resource.short} (an addition)" if resource.origin == "addition" else resource.short


def _compared(case: Case) -> tuple[str, ...]:
    ids = [id for id in case.need.resources if id in case.corpus.resource_by_id]
    if case.need.follow_up:
        guide = [id for id in ids if case.corpus.resource_by_id[id].origin == "guide"]
        ids = guide if len(guide) >= 2 else ids
    if re.search(r"\b(?:the|these|those|of) two\b|\bboth\b", case.need.question):
        ids = ids[:2]
    chosen = list(dict.fromkeys(ids))[:_COMPARED]
    return tuple(sorted(chosen, key=lambda id: case.corpus.resource_by_id[id].origin == "addition"))


def _today(case: Case, id: str) -> Quote | None:
    return next((quote for quote in case.own(id) if quote.part == "status"), None)
