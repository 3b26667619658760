"""Small talk gets the reply of its kind, in its language."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from assistant.answering import replies
from assistant.answering.replies import greet
from assistant.understanding.courtesy import COURTESIES, EXAMPLES, Courtesy, CourtesyClassifier, courtesy_of

TEXTS = tomllib.loads(Path(replies.__file__).with_suffix(".toml").read_text("utf-8"))


@pytest.mark.parametrize(
    "language", ["en", "es", "pt", "fr", "de", "it", "pl", "tr", "id", "hi", "ru", "zh", "ja"]
)
def test_every_kind_has_its_own_reply_in_every_language(language: str) -> None:
    said = [greet(kind, language, "Keeping bees") for kind in COURTESIES]
    assert len(set(said)) == len(COURTESIES)
    assert "Keeping bees" in greet("greeting", language, "Keeping bees")
    assert list(TEXTS[language]) == list(TEXTS["en"])


def test_an_unknown_language_is_answered_in_english() -> None:
    assert greet("farewell", "sw", "g") == greet("farewell", "en-GB", "g") == "Goodbye, and enjoy learning!"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hello, anybody here?", "greeting"),
        ("guten abend", "greeting"),
        ("thanks so much for that", "thanks"),
        ("merci bien", "thanks"),
        ("see you tomorrow then", "farewell"),
        ("are you a real human?", "identity"),
        ("wer hat dich programmiert", "identity"),
        ("will you remember me tomorrow", "memory"),
        ("delete everything I said please", "deletion"),
        ("bitte lösch meine daten", "deletion"),
        ("I feel so dumb today", "discouraged"),
        ("I really want to die", "distress"),
        ("i wanna kill myself", "distress"),
        ("ich will einfach sterben", "distress"),
        ("lol ok", "chatter"),
        ("qwrtz", "chatter"),
        ("", "chatter"),
    ],
)
def test_small_talk_is_told_apart(text: str, kind: Courtesy) -> None:
    assert courtesy_of(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "this maths is killing me, I want to murder whoever invented integrals",
        "how do I kill a process",
        "I'm dying to start",
        "my laptop died",
        "better",
        "dead project?",
        "so I was wondering if",
    ],
)
def test_a_strong_word_is_no_distress(text: str) -> None:
    assert courtesy_of(text) != "distress"


def test_kinds_hold_on_examples_that_were_not_seen() -> None:
    """Every fifth example is held out; those of one kind share few words across languages, so most lean on English."""
    examples = tomllib.loads(EXAMPLES.read_text("utf-8"))
    held = [(kind, text) for kind in COURTESIES for text in examples[kind][::5]]
    seen: dict[Courtesy, list[str]] = {
        kind: [text for n, text in enumerate(examples[kind]) if n % 5] for kind in COURTESIES
    }
    classifier = CourtesyClassifier(seen)
    told = [(kind, classifier.kind(text)) for kind, text in held]
    assert sum(kind == found for kind, found in told) / len(told) > 0.4
    assert sum(found == "distress" != kind for kind, found in told) <= 2
