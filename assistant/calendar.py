"""The plan as a calendar file (RFC 5545): when each step starts and ends at so many hours a week."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, timedelta

from assistant.ending import list_sources
from assistant.errors import BadRequest
from assistant.plan import weeks_for, write_total
from assistant.types import Plan, Step, as_values

FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(2999, 12, 31)
"""Between them a calendar may start."""
_WEEKS = re.compile(r"\b(\d{1,3})[- ]weeks?\b")


def next_monday(today: date) -> date:
    """The first Monday after a day: when a plan starts if nobody says otherwise."""
    return today + timedelta(days=7 - today.weekday())


def write_calendar(plan: Plan, start: date, stamp: datetime | None = None) -> str:
    """One all-day event a step of the path, one after the other from `start`; side branches have none.

    A step lasts whole weeks: hours / `plan.profile.hours_per_week` where both are known, else the weeks that
    the corpus states for it, else one, which the event calls an estimate. Each event keeps its UID, whatever
    the start, so that a second import moves it. `stamp` (UTC) is when the file was made; now, if left out.
    The lines end with CRLF. Raises BadRequest where the plan would end after the year 9999.
    """
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//dlstart//study plan//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Study plan")
    total = write_total(plan.steps, plan.profile).strip()
    if total:
        calendar.add("x-wr-caldesc", total)
    day = start
    for step in plan.steps:
        if step.optional:
            continue
        weeks, why = _length(step, plan.profile.hours_per_week)
        try:
            end = day + timedelta(weeks=weeks)
        except OverflowError:
            raise BadRequest(
                "the plan would end after the year 9999", "start earlier, or take more hours a week", "start"
            ) from None
        event = Event()
        event.add(
            "uid", f"{hashlib.sha256(f'{step.section} {step.resource}'.encode()).hexdigest()[:24]}@dlstart"
        )
        event.add("dtstamp", stamp or datetime.now(UTC))
        event.add("dtstart", day)
        event.add("dtend", end)
        event.add("summary", f"{step.number}. {step.title}")
        event.add("description", _describe(step, why))
        if step.url:
            event.add("url", step.url)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
        day = end
    return str(calendar.to_ical(), "utf-8")


def _length(step: Step, hours_per_week: float | None) -> tuple[int, str]:
    """How many weeks a step is given, and why so many."""
    weeks = weeks_for(step, hours_per_week)
    if weeks:
        return weeks, f"{hours_per_week:g} hours a week for {_count(weeks)}."
    stated = _WEEKS.search(step.effort or "")
    if stated and int(stated[1]):
        return int(stated[1]), f"{_count(int(stated[1]))} at the pace of its authors."
    return 1, "An estimate: no hours are stated for this step. Move the later ones as you need."


def _count(weeks: int) -> str:
    return f"{weeks} {'week' if weeks == 1 else 'weeks'}"


def _describe(step: Step, why: str) -> str:
    lines = [*([step.effort] if step.effort else []), why]
    if step.status not in (None, "current") and step.successor:
        lines.append(f"{str(step.status).capitalize()}, now: {step.successor.title}, {step.successor.url}")
    sources = list_sources(as_values(citation) for citation in step.citations)
    return "\n".join([*lines, "", step.why, "", *sources])
