"""The questions that the first answer must get right."""

from __future__ import annotations

import pytest

from assistant.errors import BadRequest
from assistant.service import Ask, Assistant


@pytest.mark.parametrize(
    ("question", "resource"),
    [
        ("how do I start deep learning?", "cs231n"),
        ("I don't know linear algebra", "strang-linear-algebra"),
        ("I prefer reading to videos", "nielsen-book"),
        ("where can I learn about LSTMs?", "olah-lstm"),
    ],
)
async def test_the_best_resource_is_cited_first(assistant: Assistant, question: str, resource: str) -> None:
    answer = await assistant.answer(Ask(question))
    assert answer.outcome == "answered"
    assert next(citation.resource for citation in answer.citations if citation.resource) == resource


@pytest.mark.parametrize(
    ("question", "outcome"),
    [("hi", "smalltalk"), ("how do I bake bread?", "off_topic")],
)
async def test_what_is_no_question_about_learning_gets_no_sources(
    assistant: Assistant, question: str, outcome: str
) -> None:
    answer = await assistant.answer(Ask(question))
    assert (answer.outcome, answer.citations) == (outcome, ())


@pytest.mark.parametrize("question", ["", "   ", "x" * 2001])
async def test_a_question_that_is_empty_or_too_long_is_refused(assistant: Assistant, question: str) -> None:
    with pytest.raises(BadRequest):
        await assistant.answer(Ask(question))
