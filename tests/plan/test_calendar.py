"""The calendar file: read back with an independent eye on dates, and on the rules of RFC 5545."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from icalendar import Calendar, Event

from assistant.errors import BadRequest
from assistant.plan.calendar import next_monday, write_calendar
from assistant.plan.study_plan import make_plan
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


def days(event: Event) -> list[date]:
    """The days of an event's sessions, walked through one by one, without the rule's own library."""
    rule = event.get("rrule")
    if rule is None:
        return [event.start.date()]
    names = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
    found: list[date] = []
    day, interval = event.start.date(), rule.get("interval", [1])[0]
    while len(found) < rule["count"][0]:
        weeks = (day - event.start.date()).days // 7
        if names[day.weekday()] in rule["byday"] and weeks % interval == 0:
            found.append(day)
        day += timedelta(days=1)
    return found


def hours(event: Event) -> float:
    return float((event.end - event.start).total_seconds()) / 3600


def test_a_step_has_sessions_until_its_hours_are_done_and_the_next_follows(corpus: Corpus) -> None:
    events = read(write_calendar(plan(corpus, 10), START, STAMP))
    for event, stated in zip(events[:3], (150, 130, 192), strict=True):
        assert hours(event) == 2.5 and event.start.time() == time(18)
        assert len(days(event)) == -int(-stated // 2.5)
        assert (
            f"{len(days(event))} sessions of 2 h 30 min: {stated} hours are stated." in event["description"]
        )
    assert [day.weekday() for day in days(events[0])[:5]] == [0, 1, 3, 5, 0]
    assert days(events[0])[0] == START and days(events[0])[-1] < days(events[1])[0]


@pytest.mark.parametrize("hours_per_week", [None, 0.5, 1, 5, 20, 168])
@pytest.mark.parametrize("goal", ["nlp", "vision", "rl", "rnn", "general"])
def test_no_two_sessions_are_on_one_day_and_steps_keep_their_order(
    corpus: Corpus, hours_per_week: float | None, goal: str
) -> None:
    made = make_plan(corpus, cut(corpus), Profile(goal=(goal,), hours_per_week=hours_per_week))
    events = read(write_calendar(made, START, STAMP))
    taken = [day for event in events for day in days(event)]
    assert len(set(taken)) == len(taken) and taken == sorted(taken)
    assert [str(event["summary"]).partition(".")[0] for event in events] == [
        str(s.number) for s in made.steps
    ]


@pytest.mark.parametrize(
    ("hours_per_week", "session", "a_week", "interval"),
    [(0.1, 0.5, 1, 5), (0.2, 0.6, 1, 3), (1, 1, 1, 1), (6, 2, 3, 1), (20, 20 / 7, 7, 1), (100, 8, 7, 1)],
)
def test_a_week_is_cut_into_sessions_that_somebody_can_hold(
    corpus: Corpus, hours_per_week: float, session: float, a_week: int, interval: int
) -> None:
    event = read(write_calendar(plan(corpus, hours_per_week), START, STAMP))[0]
    assert hours(event) == pytest.approx(session, abs=1 / 60)
    rule: Any = event["rrule"]
    assert len(rule["byday"]) == a_week and rule["interval"] == [interval]


def test_the_calendar_says_its_pace(corpus: Corpus) -> None:
    def said(hours_per_week: float | None) -> str:
        text = write_calendar(plan(corpus, hours_per_week), START, STAMP)
        calendar = Calendar.from_ical(text)
        assert isinstance(calendar, Calendar)
        return str(calendar["x-wr-caldesc"])

    assert said(None).startswith("No hours a week were given: the calendar takes 5. The path takes about")
    assert said(100).startswith("The calendar takes at most 8 hours a day.")
    assert said(6).startswith("6 hours a week. The path takes about")


def test_a_length_that_is_not_stated_is_called_an_estimate_with_its_basis(corpus: Corpus) -> None:
    made = make_plan(corpus, cut(corpus), Profile(goal=("rnn",), background="maths", hours_per_week=5))
    for step, event in zip(made.steps, read(write_calendar(made, START, STAMP)), strict=True):
        words = str(event["description"])
        assert ("an estimate of" in words) == (step.hours is None)
        assert step.basis is None or f"({step.basis})" in words


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
    for step, event in zip(made.steps, events, strict=True):
        words = str(event["description"])
        assert step.why in words
        assert all(f"[{citation.number}]" in words.rpartition("\n\n")[2] for citation in step.citations)
        assert all((citation.url or "") in words for citation in step.citations)


@pytest.mark.parametrize("start", [date(9999, 12, 31), date(9999, 6, 1), date(9990, 1, 1)])
def test_a_plan_that_would_end_after_the_last_year_is_refused(corpus: Corpus, start: date) -> None:
    with pytest.raises(BadRequest, match="9999") as error:
        write_calendar(plan(corpus, 0.2), start, STAMP)
    assert error.value.field == "start" and error.value.cure


def test_optional_steps_are_called_so_and_ids_are_unique(corpus: Corpus) -> None:
    made = plan(corpus, 6)
    events = read(write_calendar(made, START, STAMP))
    marked = [str(event["summary"]).endswith(" (optional)") for event in events]
    assert marked == [step.optional for step in made.steps]
    assert len({str(event["uid"]) for event in events}) == len(events)
    assert {event.DTSTAMP for event in events} == {STAMP}


def test_a_refresher_gets_one_week(corpus: Corpus) -> None:
    made = make_plan(corpus, cut(corpus), Profile(background="some-maths", hours_per_week=6))
    events = read(write_calendar(made, START, STAMP))
    assert [len(days(event)) for event in events[:3]] == [3, 3, 3]
    assert days(events[3])[0] == START + timedelta(weeks=3)


def test_another_pace_keeps_the_ids(corpus: Corpus) -> None:
    ids = [[str(e["uid"]) for e in read(write_calendar(plan(corpus, n), START, STAMP))] for n in (2, 9)]
    assert ids[0] == ids[1]


def test_lines_end_with_crlf_and_are_no_longer_than_75_bytes(corpus: Corpus) -> None:
    lines = write_calendar(plan(corpus, 5), START, STAMP).split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert max(len(line.encode()) for line in lines) <= 75
    assert not any("\n" in line for line in lines)


@pytest.mark.parametrize(("today", "monday"), [(23, 30), (24, 30), (29, 30)])
def test_a_plan_starts_next_monday(today: int, monday: int) -> None:
    assert next_monday(date(2026, 11, today)) == date(2026, 11, monday)
