"""The calendar file: read back with an independent eye on dates, and on the rules of RFC 5545."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar, Event

from assistant.calendar import next_monday, write_calendar
from assistant.plan import make_plan
from assistant.types import Plan, Profile
from corpus import Corpus
from index.chunk import cut

START = date(2026, 11, 30)
STAMP = datetime(2026, 11, 23, 9, tzinfo=UTC)


def plan(corpus: Corpus, hours: float | None) -> Plan:
    return make_plan(corpus, cut(corpus), Profile(hours_per_week=hours))


def read(text: str) -> list[Event]:
    calendar = Calendar.from_ical(text)
    assert isinstance(calendar, Calendar)
    return calendar.events


def test_steps_with_stated_hours_follow_each_other_in_whole_weeks(corpus: Corpus) -> None:
    events = read(write_calendar(plan(corpus, 10), START, STAMP))
    spans = [(event.start, event.end) for event in events]
    weeks = [15, 13, 20]  # 150, 130 and 192 hours at 10 hours a week
    day = START
    for (first, end), count in zip(spans, weeks, strict=False):
        assert (first, end) == (day, day + timedelta(weeks=count))
        day = end
    assert spans[3] == (day, day + timedelta(days=1))
    assert "No hours are stated" in str(events[3]["description"])


def test_side_branches_are_left_out_and_ids_are_unique(corpus: Corpus) -> None:
    made = plan(corpus, 6)
    events = read(write_calendar(made, START, STAMP))
    assert len(events) == sum(not step.optional for step in made.steps)
    assert len({str(event["uid"]) for event in events}) == len(events)
    assert {event.DTSTAMP for event in events} == {STAMP}


def test_without_hours_a_week_steps_are_only_marked(corpus: Corpus) -> None:
    events = read(write_calendar(plan(corpus, None), START, STAMP))
    assert {(event.start, event.end) for event in events} == {(START, START + timedelta(days=1))}


def test_lines_end_with_crlf_and_are_no_longer_than_75_bytes(corpus: Corpus) -> None:
    lines = write_calendar(plan(corpus, 5), START, STAMP).split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert max(len(line.encode()) for line in lines) <= 75
    assert not any("\n" in line for line in lines)


@pytest.mark.parametrize(("today", "monday"), [(23, 30), (24, 30), (29, 30)])
def test_a_plan_starts_next_monday(today: int, monday: int) -> None:
    assert next_monday(date(2026, 11, today)) == date(2026, 11, monday)
