"""What a message names and states: positions, numbers, languages, features."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.lexicon import Lexicon
from assistant.understanding.amounts import find_code, find_human, find_times
from assistant.understanding.grams import BUCKETS, Place, cut
from assistant.understanding.language import learn_languages, tell_language
from assistant.understanding.mentions import (
    RESOURCE,
    SHOWN,
    SHOWN_MAKER,
    SUBJECT,
    find_named,
    locate_words,
)
from assistant.words import plain
from corpus import Corpus

FOLDER = Path(__file__).parents[2] / "assistant" / "understanding" / "dialogues"
TABLE, LANGUAGES = learn_languages()
FIRST, LATER = Place(True, False, False), Place(False, False, False)


@pytest.fixture(scope="module")
def lexicon(corpus: Corpus) -> Lexicon:
    return Lexicon(corpus)


def test_words_are_located_as_they_are_read() -> None:
    texts = ["I've done Ng's class, étudié!", "Students' İstanbul ﬁn x² 数学 don’t"]
    for path in sorted(FOLDER.glob("*.jsonl"))[:2]:
        for line in path.read_text("utf-8").splitlines():
            texts += [turn["user"] for turn in json.loads(line)["turns"]]
    for text in texts:
        places = locate_words(text)
        assert [word for word, _, _ in places] == plain(text).split(), text
        assert all(0 <= start < end <= len(text) for _, start, end in places)


def test_a_name_is_found_where_it_stands(lexicon: Lexicon) -> None:
    text = "Já fiz o CS231n, não sei cálculo; e o Karpathy?"
    named = find_named(text, lexicon.read(text), ("cs231n", "karpathy-rnn"))
    assert [(text[one.start : one.end], one.channel) for one in named] == [
        ("CS231n", SHOWN),
        ("cálculo", SUBJECT),
        ("Karpathy", SHOWN_MAKER),
    ]
    assert find_named(text, lexicon.read(text))[0].channel == RESOURCE


def test_a_name_inside_another_is_no_second_one(lexicon: Lexicon) -> None:
    text = "Strang's linear algebra"
    named = find_named(text, lexicon.read(text))
    assert [one.ids for one in named] == [("strang-linear-algebra",)]


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("I have 5 hours a week", ("5h/week",)),
        ("5h/week for 3 months", ("5h/week", "3 months")),
        ("two hours every day", ("14h/week",)),
        ("30 min a day", ("3.5h/week",)),
        ("4-6 hours per week", ("5h/week",)),
        ("cinco horas a la semana", ("5h/week",)),
        ("3 Stunden pro Woche, 8 Wochen", ("3h/week", "8 weeks")),
        ("in 1 year", ("12 months",)),
        ("10 days", ("1 weeks",)),
        ("CS231n in 2016", ()),
        ("6 free weeks", ("6 weeks",)),
        ("每周 6 小时", ()),
    ],
)
def test_a_time_is_read_as_a_value(text: str, times: tuple[str, ...]) -> None:
    assert find_times(text) == times


def test_no_day_has_more_hours_than_a_learner() -> None:
    assert find_times("24 hours a day") == ("112h/week",)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("in Python please", "python"),
        ("R or not", "r"),
        ("c++ dev", "c++"),
        ("go on", None),
        ("you r good", None),
    ],
)
def test_a_programming_language_is_read_by_its_name(text: str, language: str | None) -> None:
    assert find_code(text) == language


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("anything in Spanish?", "es"),
        ("gibt es das auf Deutsch", "de"),
        ("有中文字幕吗", "zh"),
        ("in short", None),
    ],
)
def test_a_language_of_people_is_read_by_its_name(text: str, tag: str | None) -> None:
    assert find_human(text) == tag


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("Where should I start with this?", "en"),
        ("¿qué curso me recomiendas si ya sé álgebra?", "es"),
        ("qual livro é melhor para quem não sabe nada", "pt"),
        ("je ne sais pas quel livre choisir", "fr"),
        ("welches Buch soll ich zuerst lesen", "de"),
        ("quale libro devo leggere per primo", "it"),
        ("którą książkę mam przeczytać najpierw", "pl"),
        ("önce hangi kitabı okumalıyım", "tr"),
        ("buku mana yang harus saya baca dulu", "id"),
        ("pehle kaun si kitab padhni chahiye", "hi"),
        ("मुझे गणित नहीं आता", "hi"),
        ("какую книгу читать сначала", "ru"),
        ("我应该先看哪本书", "zh"),
        ("最初にどの本を読めばいいですか", "ja"),
        ("", "en"),
        ("cs231n", "en"),
        ("🙂", "en"),
    ],
)
def test_the_language_of_a_message_is_told(text: str, tag: str) -> None:
    assert tell_language(text, TABLE, LANGUAGES) == tag


def test_features_do_not_depend_on_what_a_name_is(lexicon: Lexicon) -> None:
    parts = []
    for name in ("CS231n", "Keras 3"):
        text = f"is {name} free"
        own = cut(text, find_named(text, lexicon.read(text)), FIRST)
        parts.append(set(own.pieces))
    assert len(parts[0] & parts[1]) > len(parts[0]) / 2


def test_features_tell_the_place_in_the_conversation() -> None:
    first, later = (cut("why", (), place) for place in (FIRST, LATER))
    assert first.pieces == later.pieces and first.frame != later.frame
    assert all(0 <= bucket < BUCKETS and sign in (-1, 1) for bucket, sign in first.pieces)
