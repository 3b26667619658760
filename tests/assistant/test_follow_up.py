"""Turns that lean on the turns before them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.service import Ask, Assistant
from assistant.types import Answer, Turn


def resources(answer: Answer) -> list[str]:
    """Ids of the cited resources, in order, each once."""
    return list(dict.fromkeys(c.resource for c in answer.citations if c.resource))


async def talk(assistant: Assistant, *messages: str, kept: bool = True) -> Answer:
    """The answer to the last message; the service keeps the conversation, or the client does."""
    history: list[Turn] = []
    answer: Answer | None = None
    for message in messages:
        id = answer.conversation_id if answer and kept else None
        answer = await assistant.answer(
            Ask(message, conversation_id=id, history=() if kept else tuple(history))
        )
        history += [Turn("user", message), Turn("assistant", answer.text)]
    assert answer is not None
    return answer


TALKS = [
    (("where can I learn about LSTMs?", "is it free?"), "olah-lstm", "free"),
    (("I prefer reading to videos", "which of the two is easier?"), "nielsen-book", "beginner"),
    (("I prefer reading to videos", "the second one, how long is it?"), "deep-learning-book", "20 chapters"),
    (("is cs231n any good?", "what do i need to know before it?"), "cs231n", "assumes"),
    (("is cs231n any good?", "and nielsen?"), "nielsen-book", "nielsen"),
    (("how do I learn computer vision?", "thanks, and for robots?"), "karpathy-rl", "reinforcement"),
    (("how do I learn computer vision?", "same for text"), "cs224d", "language"),
    (
        ("how do I start deep learning?", "I don't know any of that maths though"),
        "strang-linear-algebra",
        "maths",
    ),
    (("should i take ng's class?", "got one heavier on theory"), "abu-mostafa-telecourse", "theory"),
    (("should i take ng's class?", "who teaches it"), "ng-machine-learning", "andrew ng"),
    (("is torch still alive?", "what should i use instead?"), "pytorch", "pytorch"),
]


@pytest.mark.parametrize("kept", [True, False], ids=["conversation_id", "history"])
@pytest.mark.parametrize(("messages", "resource", "word"), TALKS)
async def test_a_follow_up_is_about_what_was_shown(
    assistant: Assistant, messages: tuple[str, ...], resource: str, word: str, kept: bool
) -> None:
    answer = await talk(assistant, *messages, kept=kept)
    assert answer.outcome in ("answered", "clarify")
    assert resource in {*resources(answer), *(id for c in answer.citations for id in c.resources)}
    assert word in answer.text.lower()


async def test_a_change_of_subject_starts_afresh(assistant: Assistant) -> None:
    answer = await talk(
        assistant, "where can I learn about LSTMs?", "do I need a graphics card for training?"
    )
    assert {c.section for c in answer.citations} == {"hardware"}


async def test_a_preference_changes_the_advice(assistant: Assistant) -> None:
    answer = await talk(assistant, "which deep learning courses are there?", "and if I prefer reading?")
    assert answer.profile.prefers == ("reading",)
    assert "nielsen-book" in resources(answer)


async def test_more_says_something_new(assistant: Assistant) -> None:
    first = await assistant.answer(Ask("how do I start with reinforcement learning?"))
    second = await assistant.answer(Ask("more", conversation_id=first.conversation_id))
    assert second.outcome == "answered"
    assert {c.quote for c in second.citations} - {c.quote for c in first.citations}


async def test_a_follow_up_without_anything_before_it_is_not_invented(assistant: Assistant) -> None:
    answer = await assistant.answer(Ask("is it free?"))
    assert answer.outcome in ("not_covered", "off_topic", "answered")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    messages=st.lists(
        st.sampled_from(
            [
                "and?",
                "more",
                "yes",
                "the third one",
                "is it free?",
                "why",
                "no coursera",
                "he?",
                "ok",
                "what next",
            ]
        ),
        min_size=1,
        max_size=4,
    )
)
async def test_any_run_of_follow_ups_keeps_the_promises(assistant: Assistant, messages: list[str]) -> None:
    answer = await talk(assistant, "how do I learn natural language processing?", *messages)
    for citation in answer.citations:
        assert citation.quote in assistant.searcher.index.chunk_by_id[citation.chunk_id].text
        assert citation.quote in answer.text
