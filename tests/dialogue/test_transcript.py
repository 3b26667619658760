"""A text says the same of a conversation, whoever kept it."""

from __future__ import annotations

import pytest

from assistant.dialogue.transcript import WINDOW, Transcript, exchanges_of, state_of
from assistant.types import Conversation, Exchange, Profile, Record, Turn
from tests.dialogue.toy import Toy, toy


@pytest.fixture
def bees() -> Toy:
    return toy()


def test_resources_are_read_in_the_order_of_the_text(bees: Toy) -> None:
    text = f"The Honey Book first. {bees.quote('The guide')} [1] Then Cold Hives: short, and free. [2]"
    assert bees.transcript.read(text).items == ("the-honey-book", "hive-school", "cold-hives")


@pytest.mark.parametrize(
    "text",
    [
        "Since you know bees: the guide recommends Hive School for beginners. [1]",
        "| Hive School | The guide recommends Hive School for beginners [1] |",
        "- The guide recommends Hive School for beginners. [1][2]",
        "The guide recommends Hive School for beginners.",
    ],
)
def test_a_sentence_is_found_however_it_is_laid_out(bees: Toy, text: str) -> None:
    assert bees.transcript.read(text).quotes == ("The guide recommends Hive School for beginners.",)


def test_a_short_form_counts_as_its_sentence(bees: Toy) -> None:
    quote = bees.evidence.by_text[bees.quote("Hive School takes")]
    told = Transcript(bees.evidence, bees.lexicon, [("12 hours", quote)]).read("It takes 12 hours. [1]")
    assert told.quotes == ("Hive School takes 12 hours.",)
    assert told.items == ("hive-school",)


def test_sections_are_those_quoted_the_most_quoted_first(bees: Toy) -> None:
    text = f"{bees.quote('Cold')} [1] {bees.quote('The Honey')} [2] {bees.quote('Comb')} [3]"
    assert bees.transcript.read(text).sections == ("honey", "winter")


def test_a_known_reply_tells_its_kind(bees: Toy) -> None:
    told = Transcript(bees.evidence, bees.lexicon, replies={"That is outside.": "off_topic"})
    assert told.outcome("find", "That is outside.\n", "") == "off_topic"
    assert told.outcome("find", "That is outside. Sorry.", "") == "not_covered"


def test_without_a_quote_sections_are_those_of_what_is_named(bees: Toy) -> None:
    told = bees.transcript.read("Cold Hives: 3 hours [1]")
    assert (told.items, told.sections, told.quotes, told.sourced) == (("cold-hives",), ("winter",), (), True)


def test_a_text_without_names_says_nothing(bees: Toy) -> None:
    told = bees.transcript.read("Hello! What would you like to know?")
    assert (told.items, told.sections, told.quotes, told.sourced) == ((), (), (), False)


def test_what_the_learner_has_or_refuses_is_no_item_unless_it_is_quoted(bees: Toy) -> None:
    learner = Profile(done=("hive-school",), avoids=("comb-notes",))
    named = f"After Hive School, and without Comb Notes: {bees.quote('The Honey')} [1]"
    assert bees.transcript.record("next", "q", named, learner).items == ("the-honey-book",)
    quoted = f"{bees.quote('Comb')} [1]"
    assert bees.transcript.record("about", "q", quoted, learner).items == ("comb-notes",)


def test_a_history_is_cut_into_exchanges() -> None:
    history = [
        Turn("assistant", "Hello!"),
        Turn("user", "first"),
        Turn("user", "mail ann@example.org"),
        Turn("assistant", "answer"),
        Turn("assistant", "more"),
    ]
    assert [(one.question, one.text) for one in exchanges_of(history)] == [
        ("", "Hello!"),
        ("first", ""),
        ("mail [e-mail]", "answer"),
        ("", "more"),
    ]


def test_a_state_holds_the_last_turns_and_every_quote(bees: Toy) -> None:
    first = Exchange("q", "", "answered", f"{bees.quote('Cold')} [1]")
    later = [Exchange(f"q{n}", "", "answered", f"{bees.quote('Comb')} [1]") for n in range(WINDOW)]
    learner = Profile(lacks=("maths",))
    state = state_of(Conversation("con_1", learner, (first, *later)), bees.transcript)
    assert [turn.message for turn in state.turns] == [f"q{n}" for n in range(WINDOW)]
    assert state.quotes == {bees.quote("Cold"), bees.quote("Comb")}
    assert (state.items, state.learner) == (("comb-notes",), learner)


def test_a_turn_is_what_was_recorded_of_it(bees: Toy) -> None:
    record = Record(
        "start",
        "keeping bees",
        ("cold-hives",),
        ("winter",),
        (),
        asked="Do you know bees?",
        options=("Yes", "No"),
    )
    exchange = Exchange("so?", "ans_1", "clarify", f"{bees.quote('Cold')} [1]", record=record)
    turn = state_of(Conversation("con_1", exchanges=(exchange,)), bees.transcript).turns[0]
    assert (turn.act, turn.query, turn.items) == ("start", "keeping bees", ("cold-hives",))
    assert (turn.outcome, turn.asked, turn.options) == ("clarify", "Do you know bees?", ("Yes", "No"))


@pytest.mark.parametrize(
    ("act", "text", "outcome"),
    [
        ("find", "Comb Notes are free. [1]", "answered"),
        ("find", "The guide does not answer that.", "not_covered"),
        ("outside", "I only know the guide.", "not_covered"),
        ("smalltalk", "Hello!", "smalltalk"),
        ("attack", "I can't help with that.", "refused"),
        ("no act of this version", "Hello!", "not_covered"),
    ],
)
def test_the_kind_of_an_answer_is_read_off_its_text(bees: Toy, act: str, text: str, outcome: str) -> None:
    exchange = Exchange("q", "ans_1", "off_topic", text, record=Record(act))
    assert state_of(Conversation("con_1", exchanges=(exchange,)), bees.transcript).turns[0].outcome == outcome
