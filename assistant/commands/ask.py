"""`dlstart ask` and `dlstart chat`: answers in the terminal."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from typing import Annotated, Any, TextIO

import typer

from assistant.commands.output import print_json
from assistant.commands.progress import BUILDING, ONCE, show_progress
from assistant.errors import BadRequest, UsageError
from assistant.settings import Settings, read_settings
from assistant.types import Profile

_MOST = 64 * 1024
"""Bytes of standard input that are read; a question is shorter."""
ProfileOption = Annotated[
    str, typer.Option("--profile", help='What is known of you, as JSON: {"background": "none"}.')
]


def ask(
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="What you want to know; - reads it from standard input.")
    ],
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    profile: ProfileOption = "",
) -> None:
    """Answer one question, with numbered sources."""
    known = read_profile_option(profile)
    if question == "-":
        question = read_question(sys.stdin)
    from assistant.service import Ask

    assistant = _open(read_settings())
    answer = asyncio.run(assistant.answer(Ask(question, profile=known, channel="terminal")))
    if json_:
        print_json(answer.as_dict())
        return
    from rich.console import Console

    from assistant.channels.terminal import show_answer

    show_answer(answer, Console())


def chat(profile: ProfileOption = "") -> None:
    """Talk in the terminal; /help lists the commands."""
    known = read_profile_option(profile)
    from rich.console import Console

    from assistant.channels.terminal import Chat, edit_lines

    current = read_settings()
    # Until 2026-11 the lines of all sessions were kept there, as they were typed.
    with suppress(OSError):
        (current.data_path / "chat_history").unlink()
    assistant = _open(current)
    edit_lines()
    Chat(assistant, Console(), known).run()


def read_question(stream: TextIO) -> str:
    """The question on standard input; bytes that are no text become marks."""
    raw = getattr(stream, "buffer", None)
    if raw is None:
        return stream.read(_MOST)
    text: str = raw.read(_MOST).decode("utf-8", "replace")
    return text.removeprefix("\ufeff")


def read_profile_option(text: str) -> Profile | None:
    """A profile from JSON, checked as HTTP checks it. Raises UsageError naming the field."""
    if not text:
        return None
    from pydantic import ValidationError

    from assistant.channels.http.bodies import ProfileBody

    try:
        profile = ProfileBody.model_validate(json.loads(text)).to_profile()
    except ValidationError as error:
        from assistant.channels.http.problems import describe_faults

        fault = describe_faults(error.errors())[0]
        fields = ", ".join(ProfileBody.model_fields)
        where = "" if fault["field"] == "body" else f" {fault['field']}"
        raise UsageError(
            f"--profile{where}: {fault['message'].rstrip('.')}", f"its fields are {fields}"
        ) from None
    except (ValueError, RecursionError):
        raise UsageError("--profile is no JSON", 'write it as {"background": "none"}') from None
    if profile.goal:
        _check_goals(profile)
    return profile


def _check_goals(profile: Profile) -> None:
    from assistant.plan.wishes import check_goals
    from assistant.texts import open_corpus

    try:
        check_goals(profile.goal, open_corpus(read_settings()).about, "goal")
    except BadRequest as error:
        raise UsageError(f"--profile goal: {error}", error.cure) from None


def _open(current: Settings) -> Any:
    from assistant.service import Assistant

    with show_progress(BUILDING, ONCE) as progress:
        return Assistant.open(current, progress)
