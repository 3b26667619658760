"""What could tell who somebody is does not get stored."""

from __future__ import annotations

import re

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
        ("2001:4:112:3870:5339:58a0::", "[ip]"),
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
        "my name is {Shaun O'Connor}, hi",
        "my name is {JOHN SMITH}",
        "MY NAME IS {JOHN SMITH} AND WHERE DO I START",
        "my name is {Ludwig van Beethoven}. How?",
        "my name is {Juan de la Cruz} and I know maths",
        "my name is {Dr. Bob Smith}",
        "my name is {bob dobbelina} and where do i start",
        "my name is {bob} how do i start",
        "my name is: {Bob Dobbelina}",
        "my name:{Bob}",
        'my name’s "{Bob Dobbelina}", ok',
        "My name is {Bob dobbelina}, hi",
        "My name is {J.R.R. Tolkien}. Where?",
        "My name is {John F. Kennedy Jr.} and",
        "My name is {Will Smith}",
        "my first name is {Bob} and my last name is {Dobbelina}",
        "my full name is {Bob van der Berg Lopez}",
        "my name is {José García}.\nWhere do I start?",
        "call me {Ishmael}",
        "I'm {Shaun O'Connor}, hi",
        "this is {Prof. Smith} and I am {JOHN SMITH}",
        "ich heiße {Karl Müller-Lüdenscheidt} und will lernen",
        "ich bin {Karl von der Heide}",
        "je m’appelle {Jean-Luc Picard}, où commencer ?",
        "me llamo {maria} quiero aprender",
        "me llamo {José Ortega y Gasset} y quiero aprender",
        "mi chiamo {Luca De Luca} e vorrei",
        "meu nome é {João da Silva} e quero",
        "ik heet {Jan de Vries} en ik wil",
        "nazywam się {Łukasz Żak} i chcę",
        "меня зовут {Иван Петров}, с чего начать?",
        "меня зовут {иван} и я хочу",
        "我叫{王小明}，我想学习",
    ],
)
def test_a_stated_name_is_replaced_whole_and_nothing_else(said: str) -> None:
    assert mask(said.replace("{", "").replace("}", "")) == re.sub(r"\{.*?\}", "[name]", said)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("clone https://user:pw@host/x", "clone https://[key]@host/x"),
        ("https://bob:p#w/d@host.com/a", "https://[key]@host.com/a"),
        ("https://token@github.com/x", "https://[key]@github.com/x"),
        ("postgresql+psycopg://a:b@c:5432/d", "postgresql+psycopg://[key]@c:5432/d"),
    ],
)
def test_user_and_password_of_an_address_are_replaced(said: str, kept: str) -> None:
    assert mask(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "my name is not important, how do I start?",
        "My name is on the list",
        "mein Name ist egal, wo fange ich an?",
        "me llamo como quieras",
        "call me when it is done",
        "call me crazy but is it hard",
        "I'm Machine Learning Engineer",
        "This is Deep Learning",
        "lessons 1 2 3 4 5 6 7 8 9 10 11 12",
        "lessons 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
        "weeks 2-4-6-8-10-12-14, or 3/4/6/7/9/10/11",
        "since 2016 2017 2018 2019",
        "ISBN 978-0-262-03561-3, ISBN-13: 9780262035613 or isbn 0-262-03561-X",
        "isbn-10 0262035618 or 978-0262035613",
        "https://arxiv.org/abs/1706.03762 and doi.org/10.1145/3292500.3330701",
        "https://host.com:443/@user and https://medium.com/@user",
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
    ids = (*(one.id for one in corpus.sections), *(one.id for one in corpus.resources))
    given = Profile(
        ("nlp",), "none", True, ("video",), ids, ids, ids, ids, ids, 3.5, "beginner", "free", "laptop"
    )
    assert mask_profile(given) == given
