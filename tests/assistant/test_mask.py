"""What could tell who somebody is does not get stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.mask import mask, mask_profile
from assistant.types import Profile
from corpus import Corpus


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
        ("my card is 4111 1111 1111 1111, ok?", "my card is [card], ok?"),
        ("amex 3782-822463-10005", "amex [card]"),
        ("4111 – 1111 – 1111 – 1111 12/28 123", "[card]"),
        ("not a card, but long: 4111 1111 1111 1112", "not a card, but long: [number]"),
        ("from 192.168.100.200, 10.0.0.1:8080 and 8.8.8.8.", "from [ip], [ip]:8080 and [ip]."),
        ("[2001:db8::8a2e:370:7334]:80 or fe80::1%eth0", "[[ip]]:80 or [ip]%eth0"),
        ("::ffff:10.1.2.3", "::ffff:[ip]"),
        ("DE89 3704 0044 0532 0130 00 is mine", "[account] is mine"),
        ("gb82west12345698765432", "[account]"),
        ("gpu\0 or \ud800 not", "gpu or  not"),
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
        "from 12:30:45 on, std::vector or a 2:1 ratio",
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13",
        "python 3.12.1, cuda 12.4.1 and AB12 3456",
    ],
)
def test_an_ordinary_question_stays_as_it_is(said: str) -> None:
    assert mask(said) == said


def with_check_digit(digits: list[int]) -> str:
    """A card's number: the digits and one more, by Luhn's rule as it is told (double every second from the right)."""
    doubled = [2 * digit if place % 2 == 0 else digit for place, digit in enumerate(reversed(digits))]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return "".join(map(str, digits)) + str(-total % 10)


@given(
    st.lists(st.integers(0, 9), min_size=12, max_size=18),
    st.sampled_from(["", " ", "-", ".", "/", "_", "\u00a0", "–", " - ", "|", "\n"]),
    st.integers(2, 6),
)
def test_nothing_is_left_of_a_cards_number(digits: list[int], mark: str, size: int) -> None:
    number = with_check_digit(digits)
    written = mark.join(number[n : n + size] for n in range(0, len(number), size))
    assert mask(f"pay with {written} please") == "pay with [card] please"


@given(st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str))
def test_nothing_is_left_of_an_address_of_the_network(address: str) -> None:
    masked = mask(f"it came from {address} twice")
    if any(mark in address for mark in "123456789abcdef"):
        assert masked in ("it came from [ip] twice", "it came from ::ffff:[ip] twice")


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=100))
def test_what_is_masked_can_be_stored(said: str) -> None:
    masked = mask(said)
    assert "\0" not in masked
    masked.encode("utf-8")


@given(st.text(max_size=300))
def test_masking_twice_changes_nothing_more(said: str) -> None:
    once = mask(said)
    assert mask(once) == once


@pytest.mark.parametrize("field", ["prefers", "avoids", "done", "knows", "level", "budget", "hardware"])
def test_no_word_of_a_profile_keeps_what_is_personal(field: str) -> None:
    many = field not in ("level", "budget", "hardware")
    said, kept = "my mail is bob@dobbelina.org", "my mail is [e-mail]"
    given = Profile(**{field: (said, "video") if many else said})  # type: ignore[arg-type]
    assert getattr(mask_profile(given), field) == ((kept, "video") if many else kept)


def test_a_profile_of_ids_stays_as_it_is(corpus: Corpus) -> None:
    ids = tuple(one.id for one in (*corpus.sections, *corpus.resources))
    given = Profile(("nlp",), "none", True, ("video",), ids, ids, ids, 3.5, "beginner", "free", "laptop")
    assert mask_profile(given) == given
