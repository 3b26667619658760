"""What was said of a plan, merged into a profile."""

from __future__ import annotations

import pytest

from assistant.plan.wants import Way, merge_wants
from assistant.types import Profile


def test_wants_come_before_what_the_profile_prefers() -> None:
    merged = merge_wants(
        Profile(prefers=("video",), avoids=("b",)), ("reading", "free", "not:a", "lang:python")
    )
    assert merged.profile.prefers == ("reading", "free", "video")
    assert merged.profile.avoids == ("b", "a") and merged.profile.budget == "free"
    assert not merged.brief and merged.weeks is None


def test_books_are_for_reading() -> None:
    assert merge_wants(Profile(), ("kind:book",)).profile.prefers == ("reading",)


@pytest.mark.parametrize(
    ("prefers", "wants", "way"),
    [
        ((), (), None),
        ((), ("theory",), "long"),
        (("hands-on",), (), "short"),
        (("video", "hands-on"), (), None),
        (("hands-on",), ("theory",), "long"),
        (("theory",), ("hands-on",), "short"),
        (("theory",), (), "long"),
    ],
)
def test_the_message_chooses_the_way_before_the_profile(
    prefers: tuple[str, ...], wants: tuple[str, ...], way: Way | None
) -> None:
    assert merge_wants(Profile(prefers=prefers), wants).way == way


@pytest.mark.parametrize(
    ("want", "weeks"),
    [
        ("time:8 weeks", 8),
        ("time:1 week", 1),
        ("time:3 months", 13),
        ("time:1 year", 52),
        ("time:5h/week", None),
        ("time:little", None),
    ],
)
def test_a_time_to_end_is_read_in_weeks(want: str, weeks: float | None) -> None:
    assert merge_wants(Profile(), (want,)).weeks == weeks


def test_short_stays_short_for_the_rest_of_the_conversation() -> None:
    assert merge_wants(merge_wants(Profile(), ("short",)).profile, ()).brief
