"""A reply to the question back is read as one of its options, in every wording and from every client."""

from __future__ import annotations

import pytest

from assistant.dialogue.replies import pick_reply
from assistant.dialogue.resolve import expand
from assistant.dialogue.state import Shown, State
from assistant.ending import write_ending
from assistant.service import Ask, Assistant
from assistant.types import Turn

OPTIONS = ("Yes, I know the maths", "I know some of it", "No, I don't know the maths")
YES, SOME, NO = OPTIONS
START = "how do I start?"


@pytest.mark.parametrize(
    ("message", "picked"),
    [
        *((word, NO) for word in ("no", "No!!!", "nope", "nah", "nooo", "none", "None of them", "no, none",
                                  "No, I don't", "not really", "I don't know", "no, not at all", "nothing",
                                  "never", "Nein", "non", "não", "no, I don't know any of them", "not yet",
                                  "I'm afraid not", "no idea", "3", "#3", "the last", "third")),
        *((word, SOME) for word in ("a bit", "A little.", "some", "some of it", "yes, a bit", "partly",
                                    "kind of", "only some of them", "un poco", "ein bisschen", "not all of them",
                                    "2", "the second", "second one", "option 2")),
        *((word, YES) for word in ("yes", "Yep!", "yeah", "sure", "I do", "yes I do", "of course", "all of them",
                                   "all three", "oui", "ja", "1", "the first one")),
        *((word, None) for word in ("", "no thanks", "no, which GPU do I need?", "some books please", "4",
                                    "yes but how long does it take?", "the fourth", "nothing works on my mac")),
    ],
)  # fmt: skip
def test_a_bare_reply_picks_its_option(message: str, picked: str | None) -> None:
    state = State((Shown("how do I start?", "start", "clarify", options=OPTIONS),))
    assert expand(message, state) == (picked or message)


@pytest.mark.parametrize(
    ("message", "options", "picked"),
    [
        ("no", ("No, never", "Yes, often"), "No, never"),
        ("yes", ("No, never", "Yes, often"), "Yes, often"),
        ("no", ("I brew weekly", "I brewed once", "This is my first time"), "This is my first time"),
        ("a bit", ("I brew weekly", "I brewed once", "This is my first time"), "I brewed once"),
        ("a bit", ("Yes", "No"), "No"),
        ("yes", (), None),
    ],
)
def test_the_options_of_any_guide_are_picked_from(
    message: str, options: tuple[str, ...], picked: str | None
) -> None:
    assert pick_reply(message, options) == picked


@pytest.mark.parametrize(
    ("message", "option", "background"),
    [
        ("nope", NO, "none"),
        ("a bit", SOME, "some-maths"),
        ("yep", YES, "maths"),
        ("the second", SOME, "some-maths"),
    ],
)
@pytest.mark.parametrize("client", ["kept", "text alone", "whole text"])
async def test_a_bare_reply_is_answered_like_its_option(
    assistant: Assistant, message: str, option: str, background: str, client: str
) -> None:
    first = await assistant.answer(Ask(START))
    assert first.outcome == "clarify"
    ending = write_ending(first.as_dict()) if client == "whole text" else ""
    turns = (Turn("user", START), Turn("assistant", first.text + ending))
    bare, full = [
        await assistant.answer(
            Ask(words, conversation_id=first.conversation_id)
            if client == "kept" and words == message
            else Ask(words, history=turns)
        )
        for words in (message, option)
    ]
    assert bare.profile.background == background
    assert (bare.outcome, bare.text) == (full.outcome, full.text)
    assert bare.citations


async def test_a_bare_no_to_no_question_says_nothing_of_its_writer(assistant: Assistant) -> None:
    first = await assistant.answer(Ask("do I need a GPU?"))
    after = await assistant.answer(Ask("no", conversation_id=first.conversation_id))
    turns = (Turn("user", "hi"), Turn("assistant", "Hello! What do you know already?"))
    greeted = await assistant.answer(Ask("no", history=turns))
    assert after.profile.background is greeted.profile.background is None
