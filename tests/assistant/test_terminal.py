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
    assert "[1] Torch (Torch7) (discontinued, now " in shown(console)


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
