"""What to take: one resource first, why it suits this learner, its price and length; then the others."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answering.case import DEAD, Case, in_a_row
from assistant.answering.layout import Block, Claim, Content, Line, Piece
from assistant.answering.situation import situation
from assistant.evidence import Quote
from corpus.types import Resource

_MOST = 3
_WORTH = 0.3
"""Share of the best utility that another one must reach to be named."""
_MOST_WORDS = 90
_BEST = ("recommendation", "who_for", "content")
_REASONS = frozenset({*_BEST, "exercises", "format", "level", "prerequisites"})
_SHORT = 16
_LEADS = {"start": "start", "tell": "start", "next": "next", "before": "before"}
_FACTS = ("cost", "length")
_MOST_FACTS = 2
_GUIDE_TODAY = 0.15
_SHARED = 0.2
_RECOMMENDS = 0.15


def choice(case: Case) -> Content:
    """Recommend the best of the candidates, behind the sentence that answers by itself; empty where there are none."""
    answer = case.sentences.answer(case.near, case.request.aspects) if _may_open(case) else None
    picks = pick(case)
    if not picks:
        return Content()
    first = Line(tuple(_opening(case, picks[0])), picks[0].id)
    own = _own_pick(case, picks)
    others: list[Line] = []
    for one in picks[1:]:
        line = Line(tuple(case.item(one, _said_of(case, one, _SHORT))), one.id)
        if _words([first, *others, line, *([own] if own else [])]) <= _MOST_WORDS:
            others.append(line)
    opening = [Block((Line((case.quoted(answer),)),))] if answer else []
    blocks = [*opening, Block((first,)), Block(tuple(others), "list" if len(others) > 1 else "text")]
    blocks += [Block((own,))] if own else []
    return Content(tuple(block for block in blocks if block.lines))


def _may_open(case: Case) -> bool:
    """Whether a sentence may answer by itself: not one for everybody, where the learner has said what they know."""
    said = case.request.learner.knows or case.request.learner.done
    return case.sentences.is_annotated and not (said and case.request.act in (*_LEADS, "yesno_reply"))


def _opening(case: Case, resource: Resource) -> list[Piece]:
    """The first recommendation, behind the clause of the learner's situation."""
    clause, act = situation(case, resource), case.request.act
    lead = case.frame.text("lead", _LEADS[act], name=case.name(resource)) if act in _LEADS else ""
    if clause and lead:
        lead = lead[:1].lower() + lead[1:]
    pieces = case.item(resource, _said_of(case, resource, _SHORT), lead)
    return [f"{clause}:", *pieces] if clause else pieces


def _words(lines: Sequence[Line]) -> int:
    pieces = (piece for line in lines for piece in line.pieces)
    return sum(len((piece.text if isinstance(piece, Claim) else piece).split()) for piece in pieces)


def pick(case: Case, most: int = _MOST) -> list[Resource]:
    """What to recommend, best first; a dead resource stands behind its living successor."""
    best = case.utility.get(case.open[0], 0.0) if case.open else 0.0
    worth = [id for id in case.open if case.utility[id] >= _WORTH * best][:most]
    excluded = {one.id for one in case.ranked if one.excluded}
    ordered: dict[str, None] = {}
    for id in worth:
        after = living_successor(case, case.resource(id))
        if after is not None and after.id not in excluded:
            ordered.setdefault(after.id)
        ordered.setdefault(id)
    alive = [id for id in ordered if case.resource(id).status not in DEAD]
    dead = [id for id in ordered if id not in alive]
    # What is dead opens no answer where something living is worth naming.
    return [case.resource(id) for id in (*alive, *dead)][:most]


def living_successor(case: Case, resource: Resource) -> Resource | None:
    """What took the place of a dead resource, where the corpus holds it and it lives."""
    if resource.status not in DEAD or resource.successor is None or not resource.successor.resource:
        return None
    after = case.resource(resource.successor.resource)
    return after if after.status not in DEAD else living_successor(case, after)


def _said_of(case: Case, resource: Resource, most: int) -> list[Claim]:
    """Why to take it, in at most `most` words; what it costs and how long it takes; what has become of it."""
    claims = [case.quoted(quote, most) for quote in why(case, resource)]
    claims += facts_beside(case, resource, claims)
    state = case.state(resource)
    return [*claims, *([state] if state else [])]


def why(case: Case, resource: Resource) -> list[Quote]:
    """The sentence that recommends a resource to this learner; at most one."""
    sentences = case.sentences
    quotes = [quote for quote in sentences.on(resource.id) if quote.part != "status"]
    own = [quote for quote in quotes if sentences.names(quote)[:1] in ((), (resource.id,))] or quotes
    telling = [q for q in own if {*sentences.tells(q)} & _REASONS and "successor" not in sentences.tells(q)]
    speaking_for = [quote for quote in telling or own if not sentences.is_against(quote)]
    fresh = [quote for quote in speaking_for if quote.text not in case.near.said]
    return sentences.best(case.near, fresh, 1, _BEST, weigh=lambda quote: _weigh(case, resource, quote))


def _weigh(case: Case, resource: Resource, quote: Quote) -> float:
    """What a sentence that recommends gains over one on contents, and what news, or a sentence on others, loses."""
    recommends = bool({*_BEST[:2]} & {*case.sentences.tells(quote)})
    is_news = quote.part == "today" and bool(case.sentences.evidence.of_resource.get(resource.id))
    is_shared = len(case.sentences.names(quote)) > 1
    return _RECOMMENDS * recommends - _GUIDE_TODAY * is_news - _SHARED * is_shared


def facts_beside(case: Case, resource: Resource, said: Sequence[Claim]) -> list[Claim]:
    """Price and length, or what is asked for, unless the conversation or the sentence beside says so."""
    has_time = bool(case.request.reading.says_of("time"))
    found: list[Claim] = []
    for aspect in dict.fromkeys((*case.request.aspects, *_FACTS)):
        claim = case.facts.claim(resource, aspect, case.pace if aspect == "length" else None)
        is_asked = aspect in case.request.aspects or (has_time and aspect == "length")
        if claim is None or (not is_asked and claim.quotes[0].text in case.near.said):
            continue
        is_said = any(claim.quotes[0].text == one.text for one in said)
        if not is_said and len(found) < _MOST_FACTS:
            found.append(claim)
    return found


def _own_pick(case: Case, picks: Sequence[Resource]) -> Line | None:
    """The guide's own pick, short, where only additions are recommended."""
    if any(not case.is_addition(one) for one in picks):
        return None
    own = [case.resource(id) for id in case.open if not case.is_addition(case.resource(id))]
    if not own:
        return None
    resource = min(own, key=lambda one: (one.section != picks[0].section, one.status in DEAD))
    lead = case.frame.text("lead", "own_pick", name=case.name(resource))
    state = case.state(resource)
    if resource.status in DEAD and state:
        return Line((f"{lead}:", *in_a_row([state])), resource.id)
    reason = [case.quoted(quote, _SHORT) for quote in why(case, resource)]
    return Line(tuple(case.item(resource, [*reason, *([state] if state else [])], lead)), resource.id)
