"""The plan as a calendar file (RFC 5545): the sessions of each step, at so many hours a week."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from assistant.ending import list_sources
from assistant.errors import BadRequest
from assistant.plan.writing import split_branches, write_total
from assistant.types import Plan, Step, as_values

if TYPE_CHECKING:
    from icalendar import Event

FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2999, 12, 31)
"""Between them a calendar may start."""
_ASSUMED = 5.0
"""Hours a week of who does not say."""
_SESSION = 2.5
"""Hours of a session that a week is cut into."""
_SHORTEST = 0.5
_LONGEST = 8.0
"""Hours that one day holds."""
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_EVENING = time(18)
_MORNING = time(9)


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """How a learner's week is cut into sessions, no two of them on one day."""

    start: date
    count: int
    """Sessions in a week that has any."""
    hours: float
    """Hours of a session."""
    interval: int = 1
    """Every how many weeks there are sessions."""

    @classmethod
    def at(cls, hours_per_week: float, start: date) -> _Rhythm:
        """Sessions of half an hour to eight hours; below half an hour a week they stand further apart."""
        if hours_per_week < _SHORTEST:
            interval = math.ceil(_SHORTEST / hours_per_week)
            return cls(start, 1, hours_per_week * interval, interval)
        count = min(7, math.ceil(hours_per_week / _SESSION))
        return cls(start, count, min(hours_per_week / count, _LONGEST))

    def day(self, number: int) -> date:
        """The day of a session, counted from 0. Raises OverflowError after the year 9999."""
        weeks, place = divmod(number, self.count)
        return self.start + timedelta(weeks=weeks * self.interval, days=place * 7 // self.count)

    @property
    def weekdays(self) -> list[str]:
        """Names of the days that have sessions, as RFC 5545 writes them."""
        return [_DAYS[self.day(place).weekday()] for place in range(self.count)]


def next_monday(today: date) -> date:
    """The first Monday after a day: when a plan starts if nobody says otherwise."""
    return today + timedelta(days=7 - today.weekday())


def write_calendar(plan: Plan, start: date, stamp: datetime | None = None) -> str:
    """One event a step, which repeats until its hours are done; the steps follow each other from `start`.

    The optional steps come in the order of the text, and are called so; one that refreshes what is known gets a week.
    Times are local to whoever opens the file. Each event keeps its UID, whatever the start and the pace, so that a
    second import moves it. `stamp` (UTC) is when the file was made; now, if left out. The lines end with CRLF.
    Raises BadRequest where the plan would end after the year 9999.
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//dlstart//study plan//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Study plan")
    pace = plan.profile.hours_per_week or _ASSUMED
    rhythm = _Rhythm.at(pace, start)
    calendar.add("x-wr-caldesc", f"{_pace(plan, rhythm)}{write_total(plan.steps, plan.profile)}")
    path, _ = split_branches(plan.steps)
    first = 0
    for step in plan.steps:
        refresher = step.optional and step in path
        count = rhythm.count if refresher or not step.load else math.ceil(step.load / rhythm.hours - 1e-9)
        count = max(1, count)
        try:
            event = _event(step, rhythm, first, count)
            rhythm.day(first + count)
        except OverflowError:
            raise BadRequest(
                "the plan would end after the year 9999", "start earlier, or take more hours a week", "start"
            ) from None
        event.add("dtstamp", stamp or datetime.now(UTC))
        event.add("description", _describe(step, _reckon(step, rhythm, count, refresher)))
        calendar.add_component(event)
        first += count
    return str(calendar.to_ical(), "utf-8")


def _event(step: Step, rhythm: _Rhythm, first: int, count: int) -> Event:
    """A step as its first session, and how it repeats."""
    from icalendar import Event

    event = Event()
    uid = hashlib.sha256(f"{step.section} {step.resource}".encode()).hexdigest()[:24]
    event.add("uid", f"{uid}@dlstart")
    begins = datetime.combine(rhythm.day(first), _EVENING if rhythm.hours <= 3 else _MORNING)
    event.add("dtstart", begins)
    event.add("dtend", begins + timedelta(minutes=round(rhythm.hours * 60)))
    rhythm.day(first + count - 1)
    if count > 1:
        rule = {"freq": "weekly", "interval": rhythm.interval, "count": count, "byday": rhythm.weekdays}
        event.add("rrule", rule)
    event.add("summary", f"{step.number}. {step.title}{' (optional)' if step.optional else ''}")
    if step.url:
        event.add("url", step.url)
    event.add("transp", "TRANSPARENT")
    return event


def _pace(plan: Plan, rhythm: _Rhythm) -> str:
    """How many hours a week the calendar takes, and why."""
    pace = plan.profile.hours_per_week
    if pace is None:
        return f"No hours a week were given: the calendar takes {_ASSUMED:g}."
    if rhythm.hours * rhythm.count < pace and rhythm.interval == 1:
        return f"The calendar takes at most {_LONGEST:g} hours a day."
    return f"{pace:g} hours a week."


def _reckon(step: Step, rhythm: _Rhythm, count: int, refresher: bool) -> str:
    """How many sessions a step has, and what they are made of."""
    length = timedelta(minutes=round(rhythm.hours * 60))
    hours, minutes = divmod(length.seconds // 60, 60)
    clock = f"{hours} h {minutes} min" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"
    sessions = f"{count} {'session' if count == 1 else 'sessions'} of {clock}"
    if refresher:
        return f"{sessions}: a week to see what you still know."
    if step.hours is not None:
        return f"{sessions}: {step.hours:g} hours are stated."
    if step.estimate:
        return f"{sessions}: an estimate of {step.estimate:.0f} hours ({step.basis})."
    return f"{sessions}: an estimate, since nothing is stated of its length."


def _describe(step: Step, why: str) -> str:
    lines = [*([step.effort] if step.effort else []), why]
    if step.status not in (None, "current") and step.successor:
        lines.append(f"{str(step.status).capitalize()}, now: {step.successor.title}, {step.successor.url}")
    sources = list_sources(as_values(citation) for citation in step.citations)
    return "\n".join([*lines, "", step.why, "", *sources])
