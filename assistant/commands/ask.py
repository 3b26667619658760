"""`dlstart ask` and `dlstart chat`: answers in the terminal."""

from __future__ import annotations

import asyncio
import json
from dataclasses import fields
from typing import Annotated, Any

import typer

from assistant.commands.progress import show_progress
from assistant.errors import UsageError
from assistant.settings import Settings, read_settings
from assistant.types import Profile

ProfileOption = Annotated[
    str, typer.Option("--profile", help='What is known of you, as JSON: {"background": "none"}.')
]


def ask(
    question: str,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    profile: ProfileOption = "",
) -> None:
    """Answer one question, with numbered sources."""
    known = read_profile_option(profile)
    from assistant.service import Ask

    assistant = _open(read_settings())
    answer = asyncio.run(assistant.answer(Ask(question, profile=known, channel="terminal")))
    if json_:
        print(json.dumps(answer.as_dict(), ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from assistant.channels.terminal import show_answer

    show_answer(answer, Console())


def chat(profile: ProfileOption = "") -> None:
    """Talk in the terminal; /help lists the commands."""
    known = read_profile_option(profile)
    from rich.console import Console

    from assistant.channels.terminal import Chat, remember_lines

    current = read_settings()
    assistant = _open(current)
    save = remember_lines(current.data_path / "chat_history")
    try:
        Chat(assistant, Console(), known).run()
    finally:
        save()


def read_profile_option(text: str) -> Profile | None:
    """A profile from JSON. Raises UsageError naming the field."""
    if not text:
        return None
    try:
        values = json.loads(text)
    except ValueError:
        raise UsageError("--profile is no JSON", 'write it as {"background": "none"}') from None
    if not isinstance(values, dict):
        raise UsageError("--profile is no JSON object", 'write it as {"background": "none"}')
    defaults = {field.name: getattr(Profile(), field.name) for field in fields(Profile)}
    unknown = next((name for name in values if name not in defaults), None)
    if unknown is not None:
        raise UsageError(f"--profile: {unknown} is not known", f"expected {', '.join(defaults)}")
    return Profile(**{name: _field(name, value, defaults[name]) for name, value in values.items()})


def _field(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, tuple):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise UsageError(f"--profile: {name} is {value!r}", "expected a list of texts")
        return tuple(value)
    wanted: tuple[type, ...] = (str,)
    if name == "hours_per_week":
        wanted = (int, float)
    elif name == "can_program":
        wanted = (bool,)
    if value is not None and (not isinstance(value, wanted) or (wanted == (int, float) and value is True)):
        raise UsageError(f"--profile: {name} is {value!r}", f"expected {wanted[0].__name__} or null")
    return value


def _open(current: Settings) -> Any:
    from assistant.service import Assistant

    with show_progress("Building the index") as progress:
        return Assistant.open(current, progress)
