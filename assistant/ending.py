"""The end of an answer in channels that show one text: the question back and the sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_SOURCES = "Sources:"
_SOURCE_LIST = re.compile(rf"\n\n{_SOURCES}\n(?:- .*(?:\n|\Z))+\Z")
_OPTIONS = re.compile(r"(?<=\?)\n\n((?:\d+\. .+(?:\n|\Z))+)\Z")
_PICK = re.compile(r"\W*(?:(?:option|answer|number)\s+)?(\d{1,2})\W*", re.IGNORECASE)


def list_sources(citations: Iterable[Mapping[str, Any]]) -> list[str]:
    """A line for each thing that is cited, in the order of first use: its numbers, title, state and address."""
    numbers: dict[tuple[str, str | None], list[int]] = {}
    first: dict[tuple[str, str | None], Mapping[str, Any]] = {}
    for citation in citations:
        place = (citation["title"], citation["url"])
        numbers.setdefault(place, []).append(citation["number"])
        first.setdefault(place, citation)
    return [
        f"{''.join(f'[{number}]' for number in numbers[place])} {name_source(citation, addresses=True)}"
        + (f": {citation['url']}" if citation["url"] else "")
        for place, citation in first.items()
    ]


def name_source(citation: Mapping[str, Any], addresses: bool = False) -> str:
    """The title of a source; whether it is an addition; what has become of it, where it is not current.

    `addresses`: with that of what took its place.
    """
    addition = "addition" in (citation["kind"], citation.get("origin"))
    aged = citation["status"] not in (None, "current")
    after = citation["successor"] if aged else None
    marks = [
        *(["addition"] if addition else []),
        *([citation["status"]] if aged else []),
        *([f"now {after['title']}{' ' + after['url'] if addresses else ''}"] if after else []),
    ]
    return f"{citation['title']} ({', '.join(marks)})" if marks else str(citation["title"])


def write_ending(answer: Mapping[str, Any], sources: bool = True, note: str = "") -> str:
    """What follows the text of an answer, in Markdown; empty where there is nothing to say. `answer`: its JSON form."""
    blocks = [note]
    question = answer["clarifying_question"]
    if question:
        options = [f"{number}. {option}" for number, option in enumerate(question["options"], 1)]
        blocks += [question["text"], "\n".join(options)]
    if sources and answer["citations"]:
        blocks.append("\n".join([_SOURCES, *(f"- {line}" for line in list_sources(answer["citations"]))]))
    return "".join(f"\n\n{block}" for block in blocks if block)


def read_ending(text: str) -> tuple[str, tuple[str, ...]]:
    """Undo `write_ending` on what a client sends back: the text up to the question back, and its options."""
    text = _SOURCE_LIST.sub("", text.rstrip())
    found = _OPTIONS.search(text)
    if found is not None:
        options = tuple(line.partition(". ")[2] for line in found[1].splitlines())
        return text[: found.start()], options
    return text, ()


def pick_option(message: str, options: tuple[str, ...]) -> str:
    """The option that a message names by its number; else the message itself."""
    found = _PICK.fullmatch(message)
    number = int(found[1]) if found else 0
    return options[number - 1] if 0 < number <= len(options) else message
