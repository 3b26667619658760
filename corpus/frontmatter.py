"""The YAML block at the head of a file, with the line of every key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from corpus.errors import Problem

# The C parser is five times as fast; PyYAML comes without it on some machines.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MARK = "---"
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
    """Split a file's text; faults are added to `problems` and leave an empty block."""
    if text.split("\n", 1)[0].rstrip() != _MARK:
        return FrontMatter({}, {}, text, 1, 0)
    lines = text.splitlines(keepends=True)
    close = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == _MARK), None)
    if close is None:
        problems.append(
            Problem(path, 1, "the front matter has no end", "close it with a line of three dashes")
        )
        return FrontMatter({}, {}, "", len(lines) + 1, len(text))
    block = "".join(lines[1:close])
    offset = sum(len(line) for line in lines[: close + 1])
    values, key_lines = _read_yaml(block, path, problems)
    return FrontMatter(values, key_lines, text[offset:], close + 2, offset)


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
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark is not None else 1
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
        name, line = str(key.value), key.start_mark.line + 2
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
