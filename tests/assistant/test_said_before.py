"""What somebody said before counts when they ask where to start, and can be taken back."""

from __future__ import annotations

import pytest

from assistant.service import Ask, Assistant
from assistant.types import Answer


async def talk(assistant: Assistant, *messages: str) -> Answer:
    """The answer to the last message of a conversation."""
    answer = await assistant.answer(Ask(messages[0]))
    for message in messages[1:]:
        answer = await assistant.answer(Ask(message, conversation_id=answer.conversation_id))
    return answer


@pytest.mark.parametrize(
    "said",
    ["I don't like reading", "I hate books", "I know the maths", "my maths is fine", "do I need a GPU?"],
)
@pytest.mark.parametrize("asked", ["where do I start?", "so how do I begin?"])
async def test_who_asks_where_to_start_is_sent_to_the_start(
    assistant: Assistant, said: str, asked: str
) -> None:
    answer = await talk(assistant, said, asked)
    assert answer.outcome in ("answered", "clarify")
    assert answer.citations[0].section == "have-basics"


@pytest.mark.parametrize(
    ("said", "section"),
    [("I don't know any maths", "math-background"), ("I want to do computer vision", "computer-vision"),
     ("no videos for me, only books", "reading")],
)  # fmt: skip
async def test_where_to_start_follows_what_was_said(assistant: Assistant, said: str, section: str) -> None:
    answer = await talk(assistant, said, "where do I start?")
    assert answer.citations[0].section == section


@pytest.mark.parametrize(
    "taken_back",
    ["actually I have not done CS231n", "I haven't finished CS231n yet", "sorry, I never did CS231n",
     "I didn't watch CS231n", "no, I have not actually taken the CS231n"],
)  # fmt: skip
async def test_what_was_not_done_after_all_is_taken_back(assistant: Assistant, taken_back: str) -> None:
    first = await assistant.answer(Ask("I have finished CS231n"))
    assert first.profile.done == ("cs231n",)
    answer = await assistant.answer(Ask(taken_back, conversation_id=first.conversation_id))
    assert answer.profile.done == ()


@pytest.mark.parametrize(
    "question",
    ["I am blind, which courses work for me?", "I'm blind, which course can I follow with a screen reader?"],
)
async def test_who_cannot_see_is_not_sent_to_computer_vision(assistant: Assistant, question: str) -> None:
    answer = await assistant.answer(Ask(question))
    assert "computer-vision" not in {citation.section for citation in answer.citations}
