"""Two things side by side under a verdict; three or more as a list."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answering.case import Case
from assistant.answering.facts import FACTS_OF
from assistant.answering.forms.choice import choice, why
from assistant.answering.forms.fact import about, cell
from assistant.answering.layout import Block, Claim, Content, Line
from corpus.types import Resource

_ROWS = ("who_for", "length", "cost", "prerequisites", "exercises", "level", "state")
_MOST_ROWS = 3
_CELL = 12
"""Most words of a cell."""


def compare(case: Case) -> Content:
    """Compare what the message points at; one thing alone is compared with the best other candidate."""
    resources = list(case.refs)
    if len(resources) == 1:
        resources += [case.resource(id) for id in case.open if id != resources[0].id][:1]
    if len(resources) > 2:
        return about(case)
    if len(resources) < 2:
        return choice(case)
    return _side_by_side(case, resources)


def _side_by_side(case: Case, pair: Sequence[Resource]) -> Content:
    better = max(pair, key=lambda one: case.utility.get(one.id, 0.0))
    lead = case.frame.text("lead", "rather", name=case.name(better))
    reason = [case.quoted(quote) for quote in why(case, better)]
    verdict = Line(tuple(case.item(better, reason, lead)), better.id)
    rows: list[Line] = []
    for aspect in dict.fromkeys((*case.request.aspects, *_ROWS)):
        cells = [_cell(case, one, aspect, rows, reason) for one in pair]
        if all(cells) and len(rows) < _MOST_ROWS:
            rows.append(Line((case.frame.text("aspect", aspect), *(one for one in cells if one))))
    if not rows:
        other = next(one for one in pair if one is not better)
        line = Line(tuple(case.item(other, [case.quoted(quote) for quote in why(case, other)])), other.id)
        return Content((Block((verdict,)), Block((line,))))
    head = Line(("", *(case.name(one) for one in pair)))
    return Content((Block((verdict,)), Block((head, *rows), "table")))


def _cell(
    case: Case, resource: Resource, aspect: str, rows: Sequence[Line], said: Sequence[Claim]
) -> Claim | None:
    """A cell whose sentence the answer has not said yet; what is counted or paid is compared by value only."""
    if aspect in FACTS_OF:
        return case.facts.claim(resource, aspect, case.pace if aspect == "length" else None)
    claim = cell(case, resource, aspect, _CELL)
    before = {one.quotes[0] for one in (*said, *(claim for row in rows for claim in row.claims))}
    if (
        claim is None
        or claim.quotes[0] in before
        or set(case.sentences.names(claim.quotes[0])) - {resource.id}
    ):
        return None
    text = (case.after_name(resource, claim.text) or claim.text).removesuffix(".")
    return Claim(text, claim.quotes) if len(text.split()) <= _CELL else None
