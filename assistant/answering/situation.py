"""The clause of the learner's situation: what they said that the first recommendation takes into account."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.answering.case import Case
from assistant.plan.wishes import can_know
from corpus.types import GENERAL, Resource

_MOST = 2
_FORMATS = {
    "video": {"video"},
    "reading": {"text", "notes"},
    "books": {"text"},
    "hands-on": {"assignments", "code", "notebooks", "labs", "exercises", "software"},
    "exercises": {"assignments", "exercises", "quizzes", "exams"},
    "code": {"code", "notebooks"},
}
_MATHS = frozenset({"linear-algebra", "calculus", "probability", "statistics"})
_LEVELS = {"beginner": "intro", "intermediate": "intermediate", "advanced": "advanced"}


def situation(case: Case, first: Resource) -> str:
    """`Since you know the maths and Python:`; empty where nothing that was said bears on the first recommendation."""
    clauses: list[str] = []
    for key, values in _said(case, first):
        frame = case.frame
        if key in frame.texts["situation"] and len(clauses) < _MOST:
            clauses.append(frame.text("situation", key, what=frame.join(values)))
    return case.frame.join([*clauses[:1], *(clause[:1].lower() + clause[1:] for clause in clauses[1:])])


def _said(case: Case, first: Resource) -> Iterator[tuple[str, list[str]]]:
    """Keys of clauses with what fills them, the weightiest first."""
    corpus = case.corpus
    foundations = {*corpus.about.sections("foundations")}
    if case.request.act in ("next", "tell", "find", "plan", "start") and (done := _values(case, "done")):
        yield "done", done
    if doing := _values(case, "doing"):
        yield "doing", doing
    lacks = _values(case, "lacks")
    if lacks and (first.section in foundations or first.level == "intro"):
        yield "lacks", lacks
    knows = _values(case, "knows")
    if knows and first.section not in foundations:
        yield "knows", knows
    yield from _tastes(case, first)
    goals = {goal.id: goal for goal in corpus.about.goals if goal.id != GENERAL}
    aims = [goals[id].label for id in case.request.reading.says_of("goal") if id in goals]
    if aims and any(goal.section == first.section and goal.label in aims for goal in goals.values()):
        yield "goal", aims[:1]


def _tastes(case: Case, first: Resource) -> Iterator[tuple[str, list[str]]]:
    """Formats that are liked or refused, the budget and the level, where the first recommendation meets them."""
    reading, formats = case.request.reading, set(first.format)
    likes = [*reading.says_of("prefers"), *reading.says_of("likes")]
    met = [label for one in likes if formats & _FORMATS.get(one, set()) and (label := _likes(case, one))]
    if met:
        yield "prefers", met[:1]
    refused = [
        label
        for one in (*reading.says_of("avoids"), *reading.says_of("refuses"))
        if one in _FORMATS and not formats & _FORMATS[one] and (label := _likes(case, one))
    ]
    if refused:
        yield "avoids", refused[:1]
    price = first.fact("price")
    if "free" in reading.says_of("budget") and price is not None and price.value == "free":
        yield "free", []
    for level in reading.says_of("level")[:1]:
        if _LEVELS.get(level) == first.level:
            yield level, []


def _values(case: Case, slot: str) -> list[str]:
    """What is said for a slot, in words; resources by their names."""
    values = case.request.reading.says_of(slot)
    # Who names the maths need not hear its parts.
    values = tuple(value for value in values if not ("maths" in values and value in _MATHS))
    named = (_named(case, value) for value in values)
    return list(dict.fromkeys(filter(None, named)))[:3]


def _named(case: Case, value: str) -> str | None:
    """A subject of the guide in the language of the message, a resource or a section by its name; else None.

    A subject that the guide does not know has no bearing on what it recommends: who knows calculus bakes no better.
    """
    corpus = case.corpus
    if value in corpus.resource_by_id:
        return corpus.resource_by_id[value].short
    word = case.frame.known("subject", value) if can_know(corpus, value) else None
    return word or corpus.about.labels.get(value)


def _likes(case: Case, value: str) -> str | None:
    return case.frame.known("likes", value)
