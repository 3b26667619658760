"""What a message says of its writer -> the learner after it; a statement takes back its opposite."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, cast

from assistant.types import Background, Profile
from assistant.understanding.reading import Statement
from assistant.words import plain
from assistant.words import whole as whole_words
from corpus.types import About, Basic

_OPPOSITES = {
    "knows": ("lacks",),
    "lacks": ("knows",),
    "done": ("doing", "refuses"),
    "doing": ("done", "refuses"),
    "refuses": ("done", "doing"),
    "prefers": ("avoids",),
    "avoids": ("prefers",),
}
_MATHS = "maths"
_PROGRAMMING = frozenset({"programming", "python", "code"})
_FIELD = {"refuses": "avoids"}
_LISTS = frozenset({"knows", "lacks", "done", "doing", "refuses", "prefers", "avoids", "goal"})
_HOURS = re.compile(r"(\d+(?:\.\d+)?) ?h/week")
_IMPLIED = {"knows": {"python": "programming"}, "lacks": {"programming": "python"}}


def basic_of(value: str, about: About) -> Basic | None:
    """The basic of a guide that a subject is: by its id, else by the guide's own words for it."""
    named = next((basic for basic in about.basics if basic.id == value), None)
    words = plain(value.replace("-", " "))
    return named or next((basic for basic in about.basics if whole_words(basic.words).fullmatch(words)), None)


def subject_id(value: str, about: About) -> str:
    """What a profile calls a subject: the id of what teaches it, else its own name."""
    basic = basic_of(value, about)
    return (basic.taught_in or basic.id) if basic else value


def update(learner: Profile, statements: Iterable[Statement], about: About) -> Profile:
    """The learner after what a message says, in its order."""
    for one in statements:
        state = _STATES.get(one.slot)
        if one.slot in _LISTS:
            learner = _list(learner, one, about)
        elif state is not None:
            learner = state(learner, one)
    return replace(learner, background=_background(learner, about), can_program=_programs(learner))


def _list(learner: Profile, one: Statement, about: About) -> Profile:
    """A statement of a slot that holds several values."""
    if one.slot == "goal" and one.value not in about.goal_ids:
        return learner
    values = [one.value]
    implied = _IMPLIED.get(one.slot, {}).get(one.value)
    if implied and not one.taken_back:
        values.append(implied)
    for value in values:
        id = subject_id(value, about) if one.slot in ("knows", "lacks") else value
        if one.taken_back:
            learner = _without(learner, one.slot, {id})
            continue
        for slot in _OPPOSITES.get(one.slot, ()):
            learner = _without(learner, slot, {id, *_parts(id, about)})
        learner = _with(learner, one.slot, id)
    return learner


def _parts(id: str, about: About) -> set[str]:
    """Ids of the parts of a subject: who knows the maths lacks none of them."""
    return {subject_id(basic.id, about) for basic in about.basics if basic.part_of == id}


def _with(learner: Profile, slot: str, value: str) -> Profile:
    field = _FIELD.get(slot, slot)
    held: tuple[str, ...] = getattr(learner, field)
    values = (value, *held) if field == "goal" else (*held, value)
    return replace(learner, **cast(dict[str, Any], {field: tuple(dict.fromkeys(values))}))


def _without(learner: Profile, slot: str, values: set[str]) -> Profile:
    field = _FIELD.get(slot, slot)
    kept = tuple(value for value in getattr(learner, field) if value not in values)
    return replace(learner, **cast(dict[str, Any], {field: kept}))


def _background(learner: Profile, about: About) -> Background | None:
    """The stage of the learner, as far as what they know and lack tells it."""
    parts, knows, lacks = _parts(_MATHS, about), set(learner.knows), set(learner.lacks)
    stages = {basic.background for basic in about.basics if subject_id(basic.id, about) in knows}
    if "ml" in stages:
        return "ml"
    whole_known = _MATHS in knows or (bool(parts) and parts <= knows)
    if whole_known:
        return "some-maths" if parts & lacks else "maths"
    if _MATHS in lacks or (parts and parts <= lacks):
        return "some-maths" if parts & knows else "none"
    return "some-maths" if parts & knows else learner.background


def _programs(learner: Profile) -> bool | None:
    if _PROGRAMMING & set(learner.knows):
        return True
    return False if "programming" in learner.lacks else learner.can_program


def _time(learner: Profile, one: Statement) -> Profile:
    hours = _HOURS.match(one.value)
    if hours is None:
        return learner
    return replace(learner, hours_per_week=None if one.taken_back else float(hours[1]))


def _one(field: str) -> Callable[[Profile, Statement], Profile]:
    def state(learner: Profile, one: Statement) -> Profile:
        if one.taken_back and getattr(learner, field) != one.value:
            return learner
        return replace(learner, **cast(dict[str, Any], {field: None if one.taken_back else one.value}))

    return state


_STATES: dict[str, Callable[[Profile, Statement], Profile]] = {
    "time": _time,
    "level": _one("level"),
    "budget": _one("budget"),
    "hardware": _one("hardware"),
}
