"""Plain words, stems and slips of the keyboard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.words import Speller, plain, stem, stems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don't like Ng's class!", "i dont like ng class !"),
        ("¿Álgebra lineal?", "algebra lineal ?"),
        ("fast.ai, 18.06", "fast ai , 18 06"),
        ("𝐀lgebra, ＡＩ", "algebra , ai"),
        ("  ", ""),
    ],
)
def test_plain_words_have_no_case_accents_or_apostrophes(text: str, expected: str) -> None:
    assert plain(text) == expected


@given(st.text(max_size=100))
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@pytest.mark.parametrize(
    ("a", "b"),
    [("lectures", "lecture"), ("training", "trained"), ("studies", "study"), ("networks", "network")],
)
def test_forms_of_a_word_share_their_stem(a: str, b: str) -> None:
    assert stem(a) == stem(b)


def test_stop_words_have_no_stem() -> None:
    assert stems("what is the best way to do that") == frozenset()


@pytest.mark.parametrize(
    ("slip", "mended"),
    [
        ("probabilty", "probability"),
        ("vidoes", "videos"),
        ("beginer", "beginner"),
        ("leaning", "leaning"),
        ("cat", "cat"),
    ],
)
def test_one_slip_is_mended_where_one_word_is_near(slip: str, mended: str) -> None:
    speller = Speller(["probability", "videos", "beginner", "learning"], known=["leaning"])
    assert speller.mend(slip) == mended


def test_a_slip_between_two_words_is_left_alone() -> None:
    assert Speller(["lesson", "lessen"]).mend("lessan") == "lessan"
