"""The plan as a calendar file (RFC 5545): when each step starts and ends at so many hours a week."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta

from assistant.plan import weeks_for
from assistant.types import Plan, Step

_WEEK = timedelta(weeks=1)


def next_monday(today: date) -> date:
    """The first Monday after a day: when a plan starts if nobody says otherwise."""
    return today + timedelta(days=7 - today.weekday())


def write_calendar(plan: Plan, start: date, stamp: datetime | None = None) -> str:
    """One all-day event a step of the path, one after the other from `start`; side branches have none.

    A step whose hours the corpus states lasts hours / `plan.profile.hours_per_week` whole weeks. Any other
    step is marked on the day on which the steps before it are done, because nothing says when it ends; so is
    every step where the learner did not say how many hours a week they have. `stamp` (UTC) is when the file
    was made; now, if left out. The lines end with CRLF.
    """
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//dlstart//study plan//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Study plan")
    day = start
    for step in plan.steps:
        if step.optional:
            continue
        weeks = weeks_for(step, plan.profile.hours_per_week)
        end = day + weeks * _WEEK if weeks else day + timedelta(days=1)
        event = Event()
        event.add("uid", f"{hashlib.sha256(f'{step.resource} {start}'.encode()).hexdigest()[:24]}@dlstart")
        event.add("dtstamp", stamp or datetime.now(UTC))
        event.add("dtstart", day)
        event.add("dtend", end)
        event.add(
            "summary", f"{step.number}. {step.title}" if weeks else f"{step.number}. Start: {step.title}"
        )
        event.add("description", _describe(step, plan, weeks))
        if step.url:
            event.add("url", step.url)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
        day = end if weeks else day
    return str(calendar.to_ical(), "utf-8")


def _describe(step: Step, plan: Plan, weeks: int | None) -> str:
    lines = [step.effort] if step.effort else []
    if weeks:
        lines.append(
            f"{plan.profile.hours_per_week:g} hours a week for {weeks} {'week' if weeks == 1 else 'weeks'}."
        )
    elif step.hours is None:
        lines.append("No hours are stated for this step: move the later ones as you need.")
    if step.status not in (None, "current") and step.successor:
        lines.append(f"{str(step.status).capitalize()}, now: {step.successor.title}, {step.successor.url}")
    return "\n".join(lines)
