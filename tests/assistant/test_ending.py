"""What stands under an answer in channels that show one text, and how it is read back."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.ending import list_sources, pick_option, read_ending, write_ending

QUESTION = {"text": "Do you know the maths?", "options": ["Yes, I do", "No"]}


def citation(number: int, title: str, url: str | None, **more: Any) -> dict[str, Any]:
    plain = {"kind": "guide", "status": "current", "successor": None}
    return {"number": number, "title": title, "url": url, **plain, **more}


CITATIONS = [
    citation(1, "Torch", "https://torch.ch", status="superseded", successor={"title": "PyTorch", "url": "https://pytorch.org/"}),
    citation(2, "fast.ai", "https://fast.ai", kind="addition"),
    citation(3, "Torch", "https://torch.ch", status="superseded"),
    citation(4, "The guide", None, status=None),
    citation(5, "MML", "https://mml.example", origin="addition"),
]  # fmt: skip
LISTED = [
    "[1][3] Torch (superseded, now PyTorch https://pytorch.org/): https://torch.ch",
    "[2] fast.ai (addition): https://fast.ai",
    "[4] The guide",
    "[5] MML (addition): https://mml.example",
]


def answer(outcome: str = "answered", **more: Any) -> dict[str, Any]:
    return {"outcome": outcome, "citations": [], "related": [], "clarifying_question": None, **more}


def test_a_source_has_one_line_with_all_its_numbers() -> None:
    assert list_sources(CITATIONS) == LISTED


def test_the_sources_come_last() -> None:
    near = [{"title": "Reading"}, {"title": "Hardware"}]
    assert write_ending(answer(citations=CITATIONS[3:4])) == "\n\nSources:\n- [4] The guide"
    assert write_ending(answer(citations=CITATIONS[3:4]), sources=False) == ""
    assert write_ending(answer("not_covered", related=near)) == "\n\nNearest in the guide: Reading; Hardware"
    assert write_ending(answer(related=near)) == ""
    assert write_ending(answer(clarifying_question=QUESTION, citations=CITATIONS[3:4]), note="A note.") == (
        "\n\nA note.\n\nDo you know the maths?\n\n1. Yes, I do\n2. No\n\nSources:\n- [4] The guide"
    )


@pytest.mark.parametrize(
    "text", ["Take CS231n. [1]", "A list:\n\n1. one\n2. two", "Is it?\n\nYes. [1]", "- [1] is one"]
)
@pytest.mark.parametrize("sources", [True, False])
@pytest.mark.parametrize(
    "given",
    [
        answer(),
        answer(citations=CITATIONS),
        answer("not_covered", related=[{"title": "Reading"}]),
    ],
)
def test_an_ending_is_read_back(text: str, sources: bool, given: dict[str, Any]) -> None:
    assert read_ending(text + write_ending(given, sources)) == (text, ())
    assert read_ending(text + write_ending(given, sources) + "\n") == (text, ())


@pytest.mark.parametrize("sources", [True, False])
def test_the_options_are_read_back_and_the_question_stays(sources: bool) -> None:
    given = answer("clarify", clarifying_question=QUESTION, citations=CITATIONS)
    text, options = read_ending("Take CS231n. [1]" + write_ending(given, sources))
    assert text == "Take CS231n. [1]\n\nDo you know the maths?"
    assert options == ("Yes, I do", "No")


@pytest.mark.parametrize(
    ("message", "picked"),
    [("1", "Yes, I do"), ("2.", "No"), ("#2", "No"), ("Option 1", "Yes, I do"), ("3", "3"), ("0", "0"),
     ("2 hours", "2 hours"), ("", ""), ("99999999999", "99999999999"), ("²", "²")],
)  # fmt: skip
def test_a_number_picks_an_option(message: str, picked: str) -> None:
    assert pick_option(message, ("Yes, I do", "No")) == picked
