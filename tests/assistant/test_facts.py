"""What is asked of a resource is answered with the sentence that carries the fact."""

from __future__ import annotations

import pytest

from assistant.service import Ask, Assistant


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How long does CS231n take?", "one Stanford quarter of 10 weeks"),
        ("how long is zero to hero", "about 30 hours"),
        ("how many chapters has the deep learning book", "has 20 chapters"),
        ("how many pages is the udl book", "about 527 pages"),
        ("is strang's course free", "is free on MIT OpenCourseWare"),
        ("which language are the assignments of ng's class in", "in Octave or MATLAB"),
        ("does nielsen's book have exercises", "solve exercises set in the text"),
        ("Who is CS231n for?", "suits people who learn by building"),
        ("Who is Karpathy's Pong post for?", "suits learners who know supervised deep learning"),
    ],
)
async def test_the_first_sentence_is_the_fact(assistant: Assistant, question: str, words: str) -> None:
    answer = await assistant.answer(Ask(question))
    assert words in answer.citations[0].quote


async def test_a_comparison_states_the_length_of_both(assistant: Assistant) -> None:
    answer = await assistant.answer(Ask("Compare CS231n and fast.ai"))
    row = next(line for line in answer.text.split("\n") if line.startswith("| Length"))
    assert "10 weeks" in row and "8 lessons" in row
    assert "notes" not in row
