"""The block of keys and values at the head of a file, with the line of every key."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from corpus.errors import Problem

# The C parser is five times as fast; PyYAML comes without it on some machines.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MARK = "---"
# YAML knows `...` as the end of a document too.
_ENDS = ("---", "...")
_TOML_MARK = "+++"
_KEY = re.compile(r"[\"']?\w[\w .-]*[\"']?:(\s|$)")
_MAX_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Keys and values of the block, and where the text below it starts."""

    values: Mapping[str, Any]
    """Plain YAML values by key; empty without a block."""
    lines: Mapping[str, int]
    """1-based line of each key."""
    body: str
    """The text below the block."""
    body_line: int
    """1-based line on which that text starts."""
    body_offset: int
    """Offset of that text in the file's text."""


def read_front_matter(text: str, path: str, problems: list[Problem]) -> FrontMatter:
    """Split the text of a corpus file; faults are added to `problems` and leave an empty block."""
    lines = text.split("\n")
    if lines[0].rstrip() != _MARK:
        return _no_block(text)
    close = _find_end(lines, _ENDS)
    if close is None:
        problems.append(
            Problem(path, 1, "the front matter has no end", "close it with a line of three dashes")
        )
        return FrontMatter({}, {}, "", len(lines), len(text))
    values, key_lines = _read_yaml("\n".join(lines[1:close]), path, problems)
    return _split(text, lines, close, values, key_lines)


def read_any_front_matter(text: str, path: str, problems: list[Problem]) -> FrontMatter:
    """Split the text of any Markdown file: the block may be YAML, TOML or JSON, and a first line `---` may be a rule.

    Only a block that begins with a key, and yet can't be read, is a fault.
    """
    lines = text.split("\n")
    mark = lines[0].rstrip()
    if mark == _TOML_MARK and (close := _find_end(lines, (_TOML_MARK,))) is not None:
        return _split(text, lines, close, _read_toml("\n".join(lines[1:close])), {})
    if mark == "{":
        return _read_json(text)
    close = _find_end(lines, _ENDS) if mark == _MARK else None
    if close is None:
        return _no_block(text)
    faults: list[Problem] = []
    values, key_lines = _read_yaml("\n".join(lines[1:close]), path, faults)
    if not values and not _KEY.match(lines[1]):
        return _no_block(text)
    problems += faults
    return _split(text, lines, close, values, key_lines)


def _no_block(text: str) -> FrontMatter:
    return FrontMatter({}, {}, text, 1, 0)


def _find_end(lines: list[str], marks: tuple[str, ...]) -> int | None:
    return next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in marks), None)


def _split(
    text: str, lines: list[str], close: int, values: Mapping[str, Any], key_lines: Mapping[str, int]
) -> FrontMatter:
    offset = min(sum(len(line) + 1 for line in lines[: close + 1]), len(text))
    return FrontMatter(values, key_lines, text[offset:], close + 2, offset)


def _read_toml(block: str) -> dict[str, Any]:
    """Its values; none where it can't be read, since a page shows nothing of it either way."""
    try:
        return tomllib.loads(block)
    except tomllib.TOMLDecodeError:
        return {}


def _read_json(text: str) -> FrontMatter:
    try:
        values, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return _no_block(text)
    rest = text[end:].split("\n", 1)
    if not isinstance(values, dict) or rest[0].strip():
        return _no_block(text)
    offset = min(end + len(rest[0]) + 1, len(text))
    return FrontMatter(values, {}, text[offset:], text.count("\n", 0, end) + 2, offset)


def _line_of(block: str, at: int) -> int:
    """1-based line in the file of an offset in its block. YAML counts marks as ends of lines that Markdown doesn't."""
    return block.count("\n", 0, at) + 2


def _fault_line(block: str, error: Exception) -> int:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return _line_of(block, mark.index)
    found = yaml.reader.Reader.NON_PRINTABLE.search(block)
    return _line_of(block, found.start()) if found else 1


def _read_yaml(block: str, path: str, problems: list[Problem]) -> tuple[dict[str, Any], dict[str, int]]:
    if len(block) > _MAX_CHARACTERS:
        problems.append(
            Problem(path, 1, "the front matter is too long", f"keep it below {_MAX_CHARACTERS} characters")
        )
        return {}, {}
    loader = _Loader(block)
    try:
        node = loader.get_single_node()
        values = None if node is None else loader.construct_document(node)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = _fault_line(block, error)
        what = getattr(error, "problem", None) or "a value can't be read"
        problems.append(
            Problem(path, line, f"the front matter is not YAML ({what})", "put quotes around the value")
        )
        return {}, {}
    finally:
        loader.dispose()
    if node is None:
        return {}, {}
    if not isinstance(node, yaml.MappingNode) or not isinstance(values, dict):
        problems.append(
            Problem(path, 2, "the front matter is not a list of keys", "write lines such as `title: …`")
        )
        return {}, {}
    key_lines: dict[str, int] = {}
    for key, _ in node.value:
        name, line = str(key.value), _line_of(block, key.start_mark.index)
        if name in key_lines:
            problems.append(
                Problem(
                    path,
                    line,
                    f"`{name}` is given twice, first on line {key_lines[name]}",
                    "remove one of them",
                )
            )
        key_lines.setdefault(name, line)
    return {str(key): value for key, value in values.items()}, key_lines
