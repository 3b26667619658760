"""The calendar file: read back with an independent eye on dates, and on the rules of RFC 5545."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar, Event

from assistant.calendar import next_monday, write_calendar
from assistant.errors import BadRequest
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
    assert "10 hours a week for 15 weeks." in str(events[0]["description"])


def test_a_step_whose_weeks_are_stated_lasts_as_long(corpus: Corpus) -> None:
    events = read(write_calendar(plan(corpus, 10), START, STAMP))
    cs231n = next(event for event in events if "CS231n" in str(event["summary"]))
    assert cs231n.end - cs231n.start == timedelta(weeks=10)
    assert "10 weeks at the pace of its authors." in str(cs231n["description"])


@pytest.mark.parametrize("hours", [None, 0.1, 5, 168])
@pytest.mark.parametrize("goal", ["nlp", "vision", "rl", "rnn", "general"])
def test_no_event_is_without_length_and_none_overlap(corpus: Corpus, hours: float | None, goal: str) -> None:
    made = make_plan(corpus, cut(corpus), Profile(goal=(goal,), hours_per_week=hours))
    events = read(write_calendar(made, START, STAMP))
    day = START
    for event in events:
        assert event.start == day and event.end - event.start >= timedelta(weeks=1)
        day = event.end


def test_a_length_that_is_not_stated_is_called_an_estimate(corpus: Corpus) -> None:
    made = make_plan(corpus, cut(corpus), Profile(goal=("rnn",), background="maths", hours_per_week=5))
    for step, event in zip(
        [step for step in made.steps if not step.optional],
        read(write_calendar(made, START, STAMP)),
        strict=True,
    ):
        words = str(event["description"])
        assert ("estimate" in words) == (step.hours is None and "week" not in (step.effort or ""))


def test_another_start_moves_the_same_events(corpus: Corpus) -> None:
    first, second = (
        {str(event["uid"]): event.start for event in read(write_calendar(plan(corpus, 6), day, STAMP))}
        for day in (START, START + timedelta(days=21))
    )
    assert list(first) == list(second)
    assert {second[uid] - first[uid] for uid in first} == {timedelta(days=21)}


def test_each_event_says_why_with_its_sources(corpus: Corpus) -> None:
    made = plan(corpus, 6)
    events = read(write_calendar(made, START, STAMP))
    for step, event in zip([step for step in made.steps if not step.optional], events, strict=True):
        words = str(event["description"])
        assert step.why in words
        assert all(f"[{citation.number}]" in words.rpartition("\n\n")[2] for citation in step.citations)
        assert all((citation.url or "") in words for citation in step.citations)


@pytest.mark.parametrize("start", [date(9999, 12, 31), date(9999, 6, 1), date(9990, 1, 1)])
def test_a_plan_that_would_end_after_the_last_year_is_refused(corpus: Corpus, start: date) -> None:
    with pytest.raises(BadRequest, match="9999") as error:
        write_calendar(plan(corpus, 0.2), start, STAMP)
    assert error.value.field == "start" and error.value.cure


def test_side_branches_are_left_out_and_ids_are_unique(corpus: Corpus) -> None:
    made = plan(corpus, 6)
    events = read(write_calendar(made, START, STAMP))
    assert len(events) == sum(not step.optional for step in made.steps)
    assert len({str(event["uid"]) for event in events}) == len(events)
    assert {event.DTSTAMP for event in events} == {STAMP}


def test_lines_end_with_crlf_and_are_no_longer_than_75_bytes(corpus: Corpus) -> None:
    lines = write_calendar(plan(corpus, 5), START, STAMP).split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert max(len(line.encode()) for line in lines) <= 75
    assert not any("\n" in line for line in lines)


@pytest.mark.parametrize(("today", "monday"), [(23, 30), (24, 30), (29, 30)])
def test_a_plan_starts_next_monday(today: int, monday: int) -> None:
    assert next_monday(date(2026, 11, today)) == date(2026, 11, monday)
