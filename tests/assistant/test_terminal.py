"""Answers and conversations in a terminal."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from rich.console import Console

from assistant.channels.terminal import Chat, plain_answer, show_answer
from assistant.commands.ask import read_profile_option
from assistant.errors import UsageError
from assistant.service import Ask, Assistant
from assistant.types import Profile


def screen(terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=100, color_system=None)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def lines(*messages: str) -> Callable[[str], str]:
    """What a user types, then Ctrl-D."""
    left = iter(messages)

    def read(prompt: str) -> str:
        for message in left:
            return message
        raise EOFError

    return read


async def test_a_piped_answer_is_plain_text_with_numbered_sources(assistant: Assistant) -> None:
    answer = await assistant.answer(Ask("is torch dead?"))
    console = screen(terminal=False)
    show_answer(answer, console)
    assert shown(console) == plain_answer(answer) + "\n"
    assert "Torch (Torch7) (discontinued, now " in shown(console)


LONG = "https://www.youtube.com/playlist?list=PLoROMvodv4rOmsNzYBMe0gJY2XS8AQg16"


@pytest.mark.parametrize("width", [20, 40, 80])
@pytest.mark.parametrize("terminal", [True, False])
async def test_an_address_is_whole_at_any_width(assistant: Assistant, width: int, terminal: bool) -> None:
    answer = await assistant.answer(Ask("how do I start?"))
    console = Console(file=io.StringIO(), force_terminal=terminal, width=width, color_system=None)
    show_answer(answer, console)
    urls = [citation.url for citation in answer.citations]
    if terminal:
        urls += [c.successor.url for c in answer.citations if c.successor and c.status != "current"]
        assert LONG in urls
    for url in urls:
        assert url is not None and url in shown(console)


@pytest.mark.parametrize("terminal", [True, False])
async def test_the_nearest_sections_are_named_where_nothing_is_covered(
    assistant: Assistant, terminal: bool
) -> None:
    answer = await assistant.answer(Ask("Which course teaches quantum machine learning?"))
    assert answer.outcome == "not_covered" and answer.related
    console = Console(file=io.StringIO(), force_terminal=terminal, width=300, color_system=None)
    show_answer(answer, console)
    assert all(related.title in " ".join(shown(console).split()) for related in answer.related)


@pytest.mark.parametrize("terminal", [True, False])
async def test_one_answer_offers_no_options_because_there_is_no_next_message(
    assistant: Assistant, terminal: bool
) -> None:
    answer = await assistant.answer(Ask("how do I start?"))
    assert answer.clarifying_question is not None
    console = screen(terminal)
    show_answer(answer, console)
    assert answer.clarifying_question.text in shown(console)
    assert "dlstart chat" in shown(console)
    assert not any(option in shown(console) for option in answer.clarifying_question.options)


def said_in(assistant: Assistant, *messages: str) -> str:
    console = screen(terminal=True)
    Chat(assistant, console).run(lines(*messages))
    return shown(console)


@pytest.mark.parametrize("pick", ["2", "2.", " 2 ", "(2)", "option 2", "Number 2"])
def test_a_number_picks_an_option_of_the_question_back(assistant: Assistant, pick: str) -> None:
    text = said_in(assistant, "how do I start?", pick)
    assert "1. Yes, I know the maths" in text and "2. I know some of it" in text
    assert "you> I know some of it" in text
    end = "3. No, I don't know the maths"
    by_words = said_in(assistant, "how do I start?", "I know some of it").rpartition(end)[2].strip()
    assert by_words and text.rstrip().endswith(by_words)


def test_a_number_picks_a_suggestion(assistant: Assistant) -> None:
    text = said_in(assistant, "where do I learn about LSTMs?", "1")
    first = next(line for line in text.splitlines() if line.startswith("  1. "))
    assert f"you> {first.removeprefix('  1. ')}" in text


@pytest.mark.parametrize("message", ["9", "0", "1 more thing"])
def test_a_number_that_is_not_offered_is_a_message(assistant: Assistant, message: str) -> None:
    assert "you> " not in said_in(assistant, "how do I start?", message)
    assert "you> " not in said_in(assistant, "1")


async def test_a_terminal_shows_title_state_and_address(assistant: Assistant) -> None:
    answer = await assistant.answer(Ask("is torch dead?"))
    console = screen(terminal=True)
    show_answer(answer, console)
    assert "[discontinued]" in shown(console)
    assert "https://github.com/torch/torch7" in shown(console)


def test_a_conversation_remembers_until_it_is_told_to_forget(assistant: Assistant) -> None:
    console = screen(terminal=True)
    Chat(assistant, console).run(
        lines(
            "where do I learn about LSTMs?",
            "is it free?",
            "/sources",
            "/history",
            "/new",
            "/sources",
            "/quit",
            "x",
        )
    )
    text = shown(console)
    assert "Olah's LSTM post is a blog article and is free to read" in text
    assert "“Olah's LSTM post is a blog article and is free to read" in text
    assert "you> is it free?" in text
    assert "A new conversation." in text
    assert "The last answer has no sources." in text


def test_an_unknown_command_and_a_long_question_are_explained(assistant: Assistant) -> None:
    console = screen(terminal=True)
    Chat(assistant, console).run(lines("/what", "x" * 2001, "/help"))
    assert "There is no command /what" in shown(console)
    assert "2001 characters" in shown(console)
    assert "/sources" in shown(console)


def test_ctrl_c_leaves_quietly(assistant: Assistant) -> None:
    def interrupted(prompt: str) -> str:
        raise KeyboardInterrupt

    Chat(assistant, screen(terminal=True)).run(interrupted)


def test_a_new_conversation_forgets_the_lines_that_the_arrow_keys_bring_back(assistant: Assistant) -> None:
    readline = pytest.importorskip("readline")
    readline.add_history("my name is Bob Dobbelina")
    try:
        assert "the lines you typed" in said_in(assistant, "/new", "/help")
        assert readline.get_current_history_length() == 0
    finally:
        readline.clear_history()


def test_a_profile_is_read_from_json() -> None:
    text = json.dumps({"goal": ["nlp"], "background": "none", "hours_per_week": 5, "can_program": True})
    assert read_profile_option(text) == Profile(
        goal=("nlp",), background="none", hours_per_week=5, can_program=True
    )
    assert read_profile_option("") is None


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"colour": "red"}', '{"goal": "nlp"}', '{"hours_per_week": "five"}', '{"can_program": 1}'],
)
def test_a_wrong_profile_is_refused_with_what_is_expected(text: str) -> None:
    with pytest.raises(UsageError):
        read_profile_option(text)
