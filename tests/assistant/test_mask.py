"""What could tell who somebody is does not get stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.mask import mask


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("write to anna.b+x@mail.example.org please", "write to [e-mail] please"),
        ("call +49 (0)170 123-45-67 tonight", "call [phone] tonight"),
        ("my number: 555 123 4567.", "my number: [phone]."),
        ("sk-abcdefghijklmnop1234 does not work", "[key] does not work"),
        ("use ghp_16charsOrMoreOfThis", "use [key]"),
        ("xoxb-1234-5678-abcdefgh", "[key]"),
        ("password: hunter2!", "password: [key]"),
        ("Authorization: Bearer abc_123456", "Authorization: Bearer [key]"),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.sig", "[key]"),
        ("My name is Anna Schmidt and I know calculus", "My name is [name] and I know calculus"),
        ("hi, I'm Jean Dupont, where do I start", "hi, I'm [name], where do I start"),
        ("me llamo maria", "me llamo [name]"),
    ],
)
def test_it_is_replaced(said: str, kept: str) -> None:
    assert mask(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "I'm Python developer with 10 years, is CS231n from 2016-2025 ok?",
        "CS224d or 18.06SC or 6.041x at 3.5 hours a week for 12-13 weeks",
        "what is a token in nlp",
        "is a secret level in deep reinforcement learning",
        "https://www.youtube.com/playlist?list=PL6Xp",
        "i am a teacher in Berlin",
        "is the 1000 dollar card worth it, or 2000",
    ],
)
def test_an_ordinary_question_stays_as_it_is(said: str) -> None:
    assert mask(said) == said


@given(st.text(max_size=300))
def test_masking_twice_changes_nothing_more(said: str) -> None:
    once = mask(said)
    assert mask(once) == once
