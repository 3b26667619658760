"""Why something is recommended, and what has not been said of it yet."""

from __future__ import annotations

from assistant.answering.case import Case, in_a_row
from assistant.answering.forms.choice import choice
from assistant.answering.forms.fact import nearest
from assistant.answering.layout import Block, Content, Line, Style
from corpus.types import Resource

_REASONS = ("recommendation", "who_for", "prerequisites", "content")


def explain(case: Case) -> Content:
    """Why: the sentences that recommend what was shown, or say what it rests on."""
    topics = _topics(case)
    if not topics:
        return nearest(case)
    return _said_of(case, topics, _REASONS) or choice(case)


def more(case: Case) -> Content:
    """More on what was shown; what else there is where everything has been said."""
    topics = _topics(case)
    if not topics:
        return choice(case)
    said = _said_of(case, topics, case.request.aspects or ("content", "exercises", "who_for"))
    if said is None:
        content = choice(case)
        return content.opened_by(case.frame.text("gap", "no_more")) if content.blocks else content
    return said


def _topics(case: Case) -> list[Resource]:
    """What is pointed at, else the first thing that was shown last."""
    shown = [case.resource(id) for id in case.request.state.items[:1] if id in case.corpus.resource_by_id]
    return list(case.refs[:3]) or shown


def _said_of(case: Case, topics: list[Resource], aspects: tuple[str, ...]) -> Content | None:
    """One or two sentences on each that the conversation has not quoted; None where there are none."""
    count = 2 if len(topics) == 1 else 1
    lines = []
    for resource in topics:
        fresh = [quote for quote in case.sentences.on(resource.id) if quote.text not in case.near.said]
        speaking_for = [quote for quote in fresh if not case.sentences.is_against(quote)]
        quotes = case.sentences.best(case.near, speaking_for or fresh, count, aspects)
        if quotes:
            claims = [case.quoted(quote) for quote in quotes]
            pieces = case.item(resource, claims) if len(topics) > 1 else in_a_row(claims)
            lines.append(Line(tuple(pieces), resource.id))
    style: Style = "list" if len(lines) > 2 else "text"
    return Content((Block(tuple(lines), style),)) if lines else None
