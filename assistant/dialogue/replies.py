"""A bare reply to the question back, as the option that it means."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Literal, get_args

from assistant.words import plain

Answer = Literal["yes", "no", "some"]
"""What a bare reply says; everything longer is read like any other message."""


def pick_reply(message: str, options: Sequence[str]) -> str | None:
    """The option that a bare yes, no or `a bit` means; None for a message that says more.

    An option is told by its first word. Where none opens with yes or no, they run from yes to no.
    """
    meant = _meanings().get(_key(message))
    if meant is None or not options:
        return None
    told = [_meanings().get(_key(option.replace(",", " ").split()[0]), "some") for option in options]
    if meant in told and {*told} != {"some"}:
        return options[told.index(meant)]
    place = {"yes": 0, "some": len(options) // 2, "no": len(options) - 1}[meant]
    return options[place]


@cache
def _meanings() -> Mapping[str, Answer]:
    table = tomllib.loads(resources.files("assistant.dialogue").joinpath("replies.toml").read_text("utf-8"))
    return {_key(text): answer for answer in get_args(Answer) for text in table[answer]}


def _key(text: str) -> str:
    return " ".join(word for word in plain(text).split() if any(sign.isalnum() for sign in word))
