"""The texts around quotations: the same keys and slots in every language."""

from __future__ import annotations

import re

import pytest

from assistant.answering.frames import frame_of, languages
from assistant.understanding.reading import ASPECTS

SLOT = re.compile(r"\{(\w+)\}")


def test_there_are_thirteen_languages() -> None:
    assert languages() == tuple(
        sorted(["en", "es", "pt", "fr", "de", "it", "pl", "tr", "id", "hi", "ru", "zh", "ja"])
    )


@pytest.mark.parametrize("language", languages())
def test_a_language_has_the_keys_and_slots_of_the_english_texts(language: str) -> None:
    english, other = frame_of("en").texts, frame_of(language).texts
    assert {table: set(texts) for table, texts in other.items()} == {
        t: set(texts) for t, texts in english.items()
    }
    for table, texts in english.items():
        for key, text in texts.items():
            assert set(SLOT.findall(other[table][key])) == set(SLOT.findall(text)), (
                f"{language} {table}.{key}"
            )
            assert "[" not in other[table][key]


def test_every_aspect_has_a_name() -> None:
    assert set(frame_of("en").texts["aspect"]) == set(ASPECTS)


def test_an_unknown_language_gets_the_english_texts() -> None:
    assert frame_of("xx-YY").language == "en"
    assert frame_of("pt-BR").language == "pt"


@pytest.mark.parametrize(
    ("language", "joined"), [("en", "a, b and c"), ("es", "a, b y c"), ("zh", "a、b和c"), ("ja", "a、bとc")]
)
def test_parts_are_joined_as_the_language_joins_them(language: str, joined: str) -> None:
    assert frame_of(language).join(["a", "b", "c"]) == joined
    assert frame_of(language).join(["a"]) == "a"
