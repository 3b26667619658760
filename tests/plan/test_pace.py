"""Hours of a resource: as stated, else estimated from what is counted; and weeks at a pace."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.plan.pace import count_weeks, estimate_hours, hours_facts, stated_hours
from corpus import Corpus
from corpus.facts import Fact
from corpus.types import Resource


@pytest.fixture
def bare(corpus: Corpus) -> Resource:
    """A course of which nothing is known but its kind."""
    return replace(corpus.resources[0], kind="course", length=None, facts=(), format=("video",))


@pytest.mark.parametrize(
    ("facts", "format", "hours", "basis"),
    [
        ({"weeks": 10.0, "lectures": 18.0}, ("video",), 80, "10 weeks of about 8 hours"),
        ({"weeks": (12.0, 13.0)}, ("video",), 104, "13 weeks of about 8 hours"),
        ({"months": 3.0}, ("video",), 104, "13 weeks of about 8 hours"),
        ({"lectures": 10.0}, ("video",), 15, "10 lectures of about 1.5 hours"),
        ({"lectures": 10.0}, ("video", "assignments"), 40, "10 lectures of about 4 hours with exercises"),
        (
            {"lectures": 10.0, "exercises": True},
            ("video",),
            40,
            "10 lectures of about 4 hours with exercises",
        ),
        ({"pages": 400.0, "chapters": 12.0}, ("text",), 50, "400 pages, about 8 an hour"),
        ({"chapters": 6.0}, ("text",), 18, "6 chapters of about 3 hours"),
        ({"chapters": 1.0}, ("text", "exercises"), 5, "1 chapter of about 5 hours"),
        ({}, ("video",), 60, "usual for a course"),
    ],
)
def test_an_estimate_is_made_of_what_is_counted_and_says_so(
    bare: Resource, facts: dict[str, object], format: tuple[str, ...], hours: float, basis: str
) -> None:
    known = tuple(Fact(name, value, "words") for name, value in facts.items())  # type: ignore[arg-type]
    assert estimate_hours(replace(bare, facts=known, format=format)) == (pytest.approx(hours), basis)


@pytest.mark.parametrize(("kind", "hours"), [("blog-post", 2), ("paper", 4), ("link", 2), ("book", 60)])
def test_where_nothing_is_counted_the_kind_tells(bare: Resource, kind: str, hours: float) -> None:
    assert estimate_hours(replace(bare, kind=kind))[0] == hours  # type: ignore[arg-type]


def test_stated_hours_come_from_facts_before_the_length(bare: Resource) -> None:
    weekly = (Fact("weeks", 4.0, "four weeks"), Fact("hours_per_week", (3.0, 5.0), "3 to 5 hours"))
    assert stated_hours(replace(bare, facts=weekly, length="about 90 hours")) == 20
    assert hours_facts(replace(bare, facts=weekly)) == weekly
    assert stated_hours(replace(bare, length="about 90 hours")) == 90
    assert hours_facts(replace(bare, length="about 90 hours")) == ()
    assert stated_hours(bare) is None


@pytest.mark.parametrize(
    ("hours", "pace", "weeks"),
    [
        (150.0, 6.0, 25),
        (151.0, 6.0, 26),
        (0.2, 5.0, 1),
        (0.3, 0.1, 3),
        (10.0, 100.0, 1),
        (0.0, 5.0, None),
        (9.0, None, None),
    ],
)
def test_weeks_are_whole_and_one_at_least(hours: float, pace: float | None, weeks: int | None) -> None:
    assert count_weeks(hours, pace) == weeks


def test_estimates_lie_near_what_is_stated_where_both_are_known(corpus: Corpus) -> None:
    """The rates are no guess: of what states hours, leave them out and estimate."""
    ratios = []
    for resource in corpus.resources:
        stated = stated_hours(resource)
        counted = {"weeks", "lectures", "pages", "chapters"} & {fact.name for fact in resource.facts}
        if stated is not None and counted:
            ratios.append(estimate_hours(resource)[0] / stated)
    assert len(ratios) >= 7 and min(ratios) >= 0.5 and max(ratios) <= 3
    assert 0.7 <= sorted(ratios)[len(ratios) // 2] <= 1.3
