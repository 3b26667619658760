"""A message and its conversation as the network reads them: token ids, what each token names, and where names stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant.understanding.mentions import Named
from assistant.understanding.reading import Before

MOST_TOKENS = 72
"""Tokens of a message that are read; a longer one is cut."""
MOST_BEFORE = 28
"""Tokens of the turn before that are read."""
MOST = MOST_TOKENS + MOST_BEFORE + 3
_MOST_SHOWN = 4
_MOST_CHARACTERS = 160
_MOST_CHARACTERS_READ = 2000


@dataclass(frozen=True, slots=True)
class Frame:
    """A message, ready for the network."""

    ids: tuple[int, ...]
    """Ids of the tokens: the message, then the turn before it."""
    own: int
    """How many of them are the message's, its beginning sign included."""
    channels: tuple[int, ...]
    """What each token names, see `mentions`."""
    spans: tuple[tuple[int, int], ...]
    """First token and past the last one of each thing named; (0, 0) for one that was cut off."""


def describe(before: Before) -> str:
    """The turn before a message in words; `first message` where there is none."""
    if before.is_start:
        return "first message"
    shown = ", ".join(before.shown[:_MOST_SHOWN]) or "nothing shown"
    asked = "asked back. " if before.asked else ""
    return f"{asked}{shown} . {before.message[:_MOST_CHARACTERS]}"


def frame(text: str, named: Sequence[Named], before: Before, tokenizer: Any) -> Frame:
    """Cut a message and the turn before it into tokens."""
    own = tokenizer.encode(text[:_MOST_CHARACTERS_READ], add_special_tokens=False)
    rest = tokenizer.encode(describe(before), add_special_tokens=False).ids[:MOST_BEFORE]
    first, last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    ids = (first, *own.ids[:MOST_TOKENS], last, *rest, last)
    offsets = own.offsets[:MOST_TOKENS]
    channels = [0] * len(ids)
    spans: list[tuple[int, int]] = []
    for one in named:
        tokens = [n for n, (start, end) in enumerate(offsets, 1) if start < one.end and end > one.start]
        spans.append((tokens[0], tokens[-1] + 1) if tokens else (0, 0))
        for n in tokens:
            channels[n] = one.channel
    return Frame(ids, len(offsets) + 1, tuple(channels), tuple(spans))
