"""How long a resource takes, and how many weeks that is at a learner's pace.

Hours are taken as the corpus states them. Where it states none, they are estimated from what it does count, at rates
that lie between those of the resources that state both; the estimate says what it is made of.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from assistant.types import Step
from corpus.facts import Fact, FactName, count_hours
from corpus.types import Resource

_WEEKS = re.compile(r"(\d+(?:\.\d+)?) weeks? at (\d+(?:\.\d+)?) hours? a week")
_HOURS = re.compile(r"(\d+(?:\.\d+)?) hours?\b(?! a week| each)")
_A_WEEK = 8.0
"""Hours of a week of a course that states none: 6 to 12 in those that do."""
_WEEKS_IN_A_MONTH = 52 / 12
_LECTURE = {True: 4.0, False: 1.5}
"""Hours of a lecture with exercises, and without."""
_CHAPTER = {True: 5.0, False: 3.0}
_PAGES_AN_HOUR = 8.0
_KINDS = {
    "course": 60.0,
    "book": 60.0,
    "lecture-notes": 20.0,
    "tutorial": 10.0,
    "framework": 10.0,
    "paper": 4.0,
    "cloud-guide": 3.0,
    "blog": 6.0,
}
_ANY_KIND = 2.0


def read_hours(length: str | None) -> float | None:
    """Hours of `N weeks at M hours a week` or `N hours`; None where a length is not stated in hours."""
    weeks = _WEEKS.search(length or "")
    if weeks:
        return float(weeks[1]) * float(weeks[2])
    hours = _HOURS.search(length or "")
    return float(hours[1]) if hours else None


def stated_hours(resource: Resource) -> float | None:
    """The most hours that the corpus states for a resource, in its facts or its length; None where it states none."""
    hours = count_hours({fact.name: fact for fact in resource.facts})
    return read_hours(resource.length) if hours is None else hours


def hours_facts(resource: Resource) -> tuple[Fact, ...]:
    """The facts that `stated_hours` is made of; empty where it is read from the length, or not stated."""
    if count_hours({fact.name: fact for fact in resource.facts}) is None:
        return ()
    for names in (("hours",), ("weeks", "hours_per_week"), ("months", "hours_per_week"), ("minutes",)):
        facts = [fact for fact in resource.facts if fact.name in names]
        if len(facts) == len(names):
            return tuple(facts)
    return ()


def estimate_hours(resource: Resource) -> tuple[float, str]:
    """Hours that a resource may take where none are stated, and what they are made of, as words in brackets."""
    exercises = resource.fact("exercises")
    does = bool(exercises and exercises.value) or bool({"assignments", "exercises"} & set(resource.format))
    if weeks := _count(resource, "weeks") or _count(resource, "months") * _WEEKS_IN_A_MONTH:
        return weeks * _A_WEEK, f"{_name(round(weeks), 'week')} of about {_A_WEEK:g} hours"
    if lectures := _count(resource, "lectures"):
        rate = _LECTURE[does]
        work = " with exercises" if does else ""
        return lectures * rate, f"{_name(lectures, 'lecture')} of about {rate:g} hours{work}"
    if pages := _count(resource, "pages"):
        return max(1.0, pages / _PAGES_AN_HOUR), f"{_name(pages, 'page')}, about {_PAGES_AN_HOUR:g} an hour"
    if chapters := _count(resource, "chapters"):
        rate = _CHAPTER[does]
        return chapters * rate, f"{_name(chapters, 'chapter')} of about {rate:g} hours"
    hours = _KINDS.get(resource.kind, _ANY_KIND)
    return hours, f"usual for a {resource.kind.replace('-', ' ')}"


def count_weeks(hours: float, hours_per_week: float | None) -> int | None:
    """Whole weeks that hours take at a pace, at least one; None where the pace is not known, or nothing takes time."""
    if not hours or not hours_per_week:
        return None
    return max(1, math.ceil(hours / hours_per_week - 1e-9))


def weeks_for(step: Step, hours_per_week: float | None) -> int | None:
    """Whole weeks that a step takes at that pace; None where either is not known."""
    return count_weeks(step.load, hours_per_week)


def total_hours(steps: Iterable[Step]) -> float:
    """Hours of the steps that can't be left out, stated or by estimate."""
    return sum(step.load for step in steps if not step.optional)


def _count(resource: Resource, name: FactName) -> float:
    fact = resource.fact(name)
    return (fact.most if fact else None) or 0.0


def _name(number: float, unit: str) -> str:
    return f"{number:g} {unit}" if number == 1 else f"{number:g} {unit}s"
