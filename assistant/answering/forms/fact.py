"""What is asked of something: the fact or the sentence that tells it, else the gap."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from assistant.answering.case import DEAD, Case, in_a_row
from assistant.answering.closed import ASPECT_OF, SURE, claim_of, decide
from assistant.answering.facts import FACTS_OF, hours_of
from assistant.answering.layout import Block, Claim, Content, Line, Piece
from assistant.evidence import Quote
from corpus.annotations import Verdict
from corpus.types import Resource

_MOST_WORDS = 45
_SECOND = 0.8
"""Share of the best sentence's score that a second one must reach."""
_MOST_ITEMS = 5
_CELL = 16
_STATE = 0.3
_IMPLIED_BY = {"level": ("who_for", "prerequisites"), "who_for": ("level",), "prerequisites": ("level",)}


def about(case: Case) -> Content:
    """Answer a question on one thing, on several, or on the guide's subject."""
    if not case.refs:
        return nearest(case)
    resources = case.refs[:_MOST_ITEMS]
    content = _about_several(case, resources) if len(resources) > 1 else _about_one(case, resources[0])
    verdict = _verdict(case, resources, content)
    return content.opened_by(case.frame.text("verdict", verdict)) if verdict else content


def _verdict(case: Case, resources: Sequence[Resource], content: Content) -> Verdict | None:
    """What a closed question gets that facts decide alike for all that it is about; None where they do not.

    None as well where a sentence said is known to make the answer `partly`: it says more than the fact.
    """
    claim, sure = claim_of(case.message)
    aspects = case.request.aspects
    if sure < SURE or aspects[:1] != (ASPECT_OF.get(claim, ""),) or content.gaps:
        return None
    said = (
        case.sentences.notes[quote.position]
        for line in content.lines
        for one in line.claims
        for quote in one.quotes
    )
    if len(resources) == 1 and any(ask.verdict == "partly" for note in said for ask in note.asks):
        return None
    verdicts = {decide(claim, resource) for resource in resources}
    return verdicts.pop() if len(verdicts) == 1 else None


def nearest(case: Case) -> Content:
    """The sentences of the whole corpus that come nearest to the message."""
    sentences = case.sentences
    best = sentences.best(case.near, sentences.evidence.quotes, 1, case.request.aspects, likely=True)
    if not best:
        return Content()
    claims = [case.quoted(best[0])]
    second = sentences.best(case.near, _around(case, best[0]), 1, case.request.aspects, likely=True)
    if (
        second
        and _fits(case, best[0], second[0])
        and _count(claims) + len(second[0].text.split()) <= _MOST_WORDS
    ):
        claims.append(case.quoted(second[0]))
    return Content((Block((Line(tuple(claims), best[0].about),)),))


def _around(case: Case, quote: Quote) -> Sequence[Quote]:
    """What may go on from a sentence: the same resource, else the same section."""
    if quote.about:
        return case.sentences.on(quote.about)
    return case.sentences.evidence.of_section.get(quote.section or "", [])


def _fits(case: Case, first: Quote, second: Quote) -> bool:
    alone = case.near.alone
    return alone[second.position] >= _SECOND * alone[first.position]


def _about_one(case: Case, resource: Resource) -> Content:
    """The facts asked for, each by its best sentence or value; what is not told is named."""
    claims: list[Claim] = []
    gaps: list[str] = []
    for aspect in case.request.aspects[:2]:
        if any(aspect in case.sentences.tells(quote) for claim in claims for quote in claim.quotes):
            continue
        found = tell(case, resource, aspect)
        claims += found
        if not found and any(map(case.sentences.tells, case.sentences.on(resource.id))):
            gaps.append(gap(case, [resource], aspect))
    told = _within(claims)
    if not claims:
        quotes = case.sentences.best(case.near, case.sentences.on(resource.id), 2, case.request.aspects)
        claims = [case.quoted(quote) for quote in quotes[: 1 if gaps else 2]]
    # What is told comes before what is not; a sentence that only comes near stands behind the gap.
    pieces: list[Piece] = [*told, *gaps] if told else [*gaps, *_within(claims)]
    if "state" in case.request.aspects and resource.status_checked and not gaps:
        pieces.append(f"({case.frame.text('fact', 'checked', date=resource.status_checked.isoformat())})")
    if resource.status in DEAD and "state" not in case.request.aspects and claims:
        state = case.state(resource)
        pieces += [state] if state else []
    return Content((Block((Line(tuple(pieces), resource.id),)),), tuple(gaps))


def tell(case: Case, resource: Resource, aspect: str) -> list[Claim]:
    """One claim that tells an aspect, with the pace where a length is asked by somebody with little time."""
    if aspect == "length" and case.pace and hours_of(resource):
        paced = case.facts.claim(resource, aspect, case.pace)
        if paced:
            return [paced]
    if aspect == "place" and (claim := address(case, resource)):
        return [claim]
    carriers = _carriers(case, resource, aspect) or (_by_name(case, resource) if aspect == "author" else [])
    best = case.sentences.best(
        case.near, carriers or telling(case, resource, aspect), 1, (aspect,), weigh=partial(_on_state, aspect)
    )
    return [case.quoted(quote) for quote in best]


def address(case: Case, resource: Resource) -> Claim | None:
    """Where a resource is to be found, beside a sentence on it; None where it has no address."""
    own = case.sentences.on(resource.id)[:1]
    if not own or not resource.current_url:
        return None
    return Claim(f"{case.name(resource)}: {resource.current_url}", tuple(own))


def _by_name(case: Case, resource: Resource) -> list[Quote]:
    """The sentences on a resource that name who made it."""
    names = [author.split()[-1] for author in resource.authors if author.split()]
    own = resource.short
    return [
        q for q in case.sentences.on(resource.id) if any(name in q.text.replace(own, "") for name in names)
    ]


def telling(case: Case, resource: Resource, aspect: str) -> list[Quote]:
    """The sentences on a resource that tell an aspect, else those that tell one that implies it."""
    quotes = case.sentences.on(resource.id)
    for one in (aspect, *_IMPLIED_BY.get(aspect, ())):
        if told := [quote for quote in quotes if one in case.sentences.tells(quote)]:
            return told
    return []


def _on_state(aspect: str, quote: Quote) -> float:
    """What the note on a resource's state gains where its state is asked for."""
    return _STATE if aspect == "state" and quote.part == "status" else 0.0


def _carriers(case: Case, resource: Resource, aspect: str) -> list[Quote]:
    """The sentences that carry a fact of this aspect as a value."""
    facts = [fact for name in FACTS_OF.get(aspect, ()) if (fact := resource.fact(name))]
    found = (case.sentences.carrier(resource, fact.words) for fact in facts)
    return [quote for quote in found if quote]


def gap(case: Case, resources: Sequence[Resource], aspect: str) -> str:
    """That the corpus does not tell an aspect of some resources."""
    names = case.frame.join([resource.short for resource in resources])
    return case.frame.text("gap", "fact", name=names, aspect=case.frame.text("aspect", aspect))


def _within(claims: Sequence[Claim]) -> list[Piece]:
    """Claims while they fit into the words of a fact; the first one always."""
    kept: list[Claim] = []
    for claim in claims:
        if not kept or _count([*kept, claim]) <= _MOST_WORDS:
            kept.append(claim)
    return in_a_row(kept)


def _distinct(claims: Sequence[Claim]) -> list[Claim]:
    """Claims without a fact whose sentence stands beside it in full."""
    claims = list({claim.text: claim for claim in claims}.values())
    full = {claim.quotes[0] for claim in claims if claim.text == claim.quotes[0].text}
    return [claim for claim in claims if claim.quotes[0] not in full or claim.text == claim.quotes[0].text]


def _count(claims: Sequence[Claim]) -> int:
    return sum(len(claim.text.split()) for claim in claims)


def _about_several(case: Case, resources: Sequence[Resource]) -> Content:
    """A list: each resource with what is asked of it, by value where there is one; what is asked for first."""
    aspects = case.request.aspects[:2]
    lines: list[Line] = []
    missing: dict[str, list[Resource]] = {}
    for resource in _ordered(resources, aspects):
        cells = {aspect: cell(case, resource, aspect) for aspect in aspects}
        claims = [claim for claim in cells.values() if claim]
        for aspect in (aspect for aspect, claim in cells.items() if claim is None):
            missing.setdefault(aspect, []).append(resource)
        if not aspects:
            quotes = case.sentences.best(case.near, case.sentences.on(resource.id), 1)
            claims = [case.quoted(quote, _CELL) for quote in quotes]
        if claims:
            lines.append(Line(tuple(case.item(resource, _distinct(claims))), resource.id))
    known = missing.items() if case.sentences.is_annotated else ()
    gaps = [gap(case, without, aspect) for aspect, without in known]
    blocks = [Block(tuple(lines), "list" if len(lines) > 2 else "text")]
    if aspects[:1] == ("length",) and (total := case.facts.total(resources)):
        blocks.append(Block((Line((total, ".")),)))
    if gaps:
        blocks.append(Block((Line((" ".join(gaps),)),)))
    return Content(tuple(block for block in blocks if block.lines), tuple(gaps))


def cell(case: Case, resource: Resource, aspect: str, most: int = _CELL) -> Claim | None:
    """An aspect of a resource in about `most` words: a fact, else the short form of a sentence that tells it."""
    fact = case.facts.claim(resource, aspect, case.pace if aspect == "length" else None)
    if fact is not None:
        return fact
    quotes = telling(case, resource, aspect)
    quotes = [quote for quote in quotes if case.sentences.names(quote)[:1] in ((), (resource.id,))] or quotes
    if aspect == "who_for":
        quotes = [quote for quote in quotes if not case.sentences.is_against(quote)]
    short = [
        q for q in quotes if len(case.sentences.short(q, most).split()) <= most + len(resource.short.split())
    ]
    best = case.sentences.best(case.near, short or quotes, 1, (aspect,), weigh=partial(_on_state, aspect))
    case.near.used.difference_update(quote.text for quote in best)
    return case.quoted(best[0], most) if best else None


def _ordered(resources: Sequence[Resource], aspects: Sequence[str]) -> list[Resource]:
    """The shortest first where the length is asked for, the free ones first for the price; else as they are."""
    if aspects[:1] == ("length",):
        return sorted(resources, key=lambda one: hours_of(one) or float("inf"))
    if aspects[:1] == ("cost",):
        rank = {"free": 0, "part": 1, "paid": 2}
        prices = {one.id: one.fact("price") for one in resources}
        return sorted(resources, key=lambda one: rank.get(str(p.value), 3) if (p := prices[one.id]) else 3)
    return list(resources)
