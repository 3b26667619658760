"""What learners say about themselves, in plain words."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.lexicon import Lexicon
from assistant.profile import Said, cue_words, merge, read_profile
from assistant.types import Profile
from corpus import Corpus


@pytest.fixture(scope="module")
def lexicon(corpus: Corpus) -> Lexicon:
    return Lexicon(corpus, cue_words(corpus.about))


def read(lexicon: Lexicon, text: str) -> Said:
    return read_profile(lexicon.read(text), text)


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("no coursera please", "avoids", ("coursera",)),
        ("i'm not a maths person", "background", "none"),
        ("I don't know any of that maths though", "background", "none"),
        ("never learned calculus", "background", "none"),
        ("what if I don't know the maths?", "background", "none"),
        ("ohne Mathe, aber ich kann programmieren", "background", "none"),
        ("i know linear algebra but no calculus", "background", "some-maths"),
        ("only did one stats class", "background", "some-maths"),
        ("I have a physics degree", "background", "maths"),
        ("i am a data scientist", "background", "ml"),
        ("i hate videos", "avoids", ("video",)),
        ("i hate vidoes", "avoids", ("video",)),
        ("please no hour-long videos", "avoids", ("video",)),
        ("I prefer reading to videos", "prefers", ("reading",)),
        ("I'd rather read than watch", "prefers", ("reading",)),
        ("prefiero leer", "prefers", ("reading",)),
        ("I've done Ng already", "done", ("ng-machine-learning",)),
        ("already did cs231n. second opinion please", "done", ("cs231n",)),
        ("I can't code", "can_program", False),
        ("ya sé álgebra lineal", "knows", ("strang-linear-algebra",)),
        ("software engineer, 6 yrs", "can_program", True),
        ("one hour each evening", "hours_per_week", 7.0),
        ("I have 1.5 hours a day", "hours_per_week", 10.5),
        ("5 hrs per week", "hours_per_week", 5.0),
        ("no money for this", "budget", "free"),
        ("way too expensive for me", "budget", "low"),
        ("my gpu is an amd radeon", "hardware", "amd"),
        ("i have no gpu", "hardware", "none"),
        ("i want to work on translation systems", "goal", ("nlp",)),
        ("thanks, and for robots?", "goal", ("rl",)),
    ],
)
def test_plain_words_are_recognised(lexicon: Lexicon, text: str, field: str, value: object) -> None:
    assert getattr(read(lexicon, text).profile, field) == value


@pytest.mark.parametrize(
    "text",
    [
        "is it free?",
        "do I need linear algebra?",
        "do i need to be enrolled at stanford to get the slides?",
        "how do I start deep learning?",
        "who teaches cs231n",
        "I never finished Nielsen",
        "ng vs abu mostafa",
    ],
)
def test_a_question_says_nothing_about_its_writer(lexicon: Lexicon, text: str) -> None:
    assert read(lexicon, text).profile == Profile()


def test_later_turns_contradict_earlier_ones(lexicon: Lexicon) -> None:
    profile = Profile()
    for text in ("i hate videos", "i know linear algebra", "i'm a beginner"):
        profile = merge(profile, read(lexicon, text))
    assert (profile.avoids, profile.level) == (("video",), "beginner")
    for text in ("actually videos are fine", "I'm not a beginner", "I prefer videos"):
        profile = merge(profile, read(lexicon, text))
    assert (profile.avoids, profile.prefers, profile.level) == ((), ("video",), None)
    assert profile.knows == ("strang-linear-algebra",)


def test_a_lack_of_maths_takes_back_what_was_known(lexicon: Lexicon) -> None:
    known = Profile(background="maths", knows=("strang-linear-algebra", "rnn"))
    profile = merge(known, read(lexicon, "I don't know any of that maths though"))
    assert (profile.background, profile.knows) == ("none", ("rnn",))


def test_the_newest_goal_comes_first(lexicon: Lexicon) -> None:
    profile = merge(Profile(goal=("vision",)), read(lexicon, "i want to build robots"))
    assert profile.goal == ("rl", "vision")


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_gives_a_consistent_profile(lexicon: Lexicon, text: str) -> None:
    profile = read(lexicon, text).profile
    assert not set(profile.prefers) & set(profile.avoids)
    assert profile.hours_per_week is None or 0 < profile.hours_per_week <= 168


@settings(max_examples=100, deadline=None)
@given(
    texts=st.lists(
        st.sampled_from(
            ["i hate videos", "videos are fine", "i know calculus", "no maths", "i love reading", "hi"]
        ),
        max_size=8,
    )
)
def test_merging_holds_no_contradiction_and_saying_it_again_changes_nothing(
    lexicon: Lexicon, texts: list[str]
) -> None:
    profile = Profile()
    for text in texts:
        profile = merge(profile, read(lexicon, text))
        assert merge(profile, read(lexicon, text)) == profile
    assert not set(profile.prefers) & set(profile.avoids)


def test_merging_nothing_changes_nothing() -> None:
    full = Profile(
        goal=("nlp",),
        background="maths",
        can_program=True,
        prefers=("reading",),
        avoids=("video",),
        done=("cs231n",),
        knows=("rnn",),
        hours_per_week=5.0,
        level="beginner",
    )
    assert merge(full, Said()) == full
    assert all(getattr(replace(full), field.name) == getattr(full, field.name) for field in fields(Profile))
