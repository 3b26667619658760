"""What a guide says of itself in its front matter: subject, goals, basics, the one question back."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from corpus.errors import Problem
from corpus.types import About, Background, Basic, Goal, LearnerQuestion, Role

KEYS = (
    "subject",
    "aliases",
    "language",
    "learner_question",
    "goals",
    "basics",
    "backgrounds",
    "roles",
    "labels",
    "asks",
    "starters",
)
_HOW_TO = re.compile(
    r"(?:how to|learn(?:ing)?(?: to)?|start(?:ing)?|begin(?:ning)?|get(?:ting)? started (?:with|in)|getting into"
    r"|(?:an? |the )?(?:beginner'?s? |short |practical |complete )*(?:guide|introduction)(?: to| for)) +",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_NEARLY = 0.8
"""Likeness from which an unknown key is taken for a slip: `gaols` has 0.8, `tags` or `lang` less than 0.7."""
_Read = TypeVar("_Read")


def read_about(
    values: Mapping[str, Any],
    lines: Mapping[str, int],
    title: str,
    sections: Collection[str],
    resources: Collection[str],
    path: str,
    problems: list[Problem],
) -> About:
    """Read the keys of KEYS; what is not in form is left out and added to `problems`.

    `sections`, `resources`: ids that may be named.
    """
    return _Reader(values, lines, set(sections), set(resources), path, problems).read(title)


def misspelt_keys(keys: Iterable[str], lines: Mapping[str, int], path: str) -> Iterator[Problem]:
    """Yield a fault for each key that is nearly one of KEYS; other keys are other programs'."""
    for key in keys:
        meant = [] if key in KEYS else get_close_matches(key.lower(), KEYS, 1, _NEARLY)
        if meant:
            what = f"`{key}` is no key, and is left out"
            yield Problem(path, lines.get(key, 1), what, f"write `{meant[0]}` if that is meant")


def subject_of(title: str) -> str:
    """The subject of a title: `How to start learning Spanish` is about Spanish.

    >>> subject_of("How to start brewing beer at home")
    'brewing beer at home'
    """
    words = title.strip()
    while found := _HOW_TO.match(words):
        words = words[found.end() :]
    return words or title


class _Reader:
    """Reads one front matter."""

    def __init__(
        self,
        values: Mapping[str, Any],
        lines: Mapping[str, int],
        sections: set[str],
        resources: set[str],
        path: str,
        problems: list[Problem],
    ) -> None:
        self._values = values
        self._lines = lines
        self._sections = sections
        self._resources = resources
        self._path = path
        self._problems = problems

    def read(self, title: str) -> About:
        return About(
            subject=self._text("subject") or subject_of(title),
            aliases=tuple(name.lower() for name in self._texts("aliases")),
            language=self._language(),
            learner_question=self._question(),
            goals=tuple(self._entries("goals", self._goal)),
            basics=tuple(self._entries("basics", self._basic)),
            backgrounds=tuple(self._entries("backgrounds", self._background)),
            roles=self._roles(),
            labels=self._by_section("labels"),
            asks=self._by_section("asks"),
            starters=tuple(self._texts("starters")),
        )

    def _fault(self, key: str, what: str, cure: str) -> None:
        self._problems.append(Problem(self._path, self._lines.get(key, 1), what, cure))

    def _text(self, key: str) -> str:
        value = self._values.get(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return " ".join((value or "").split())
        self._fault(key, f"`{key}` is not a text", f"write `{key}: …`, with quotes where needed")
        return ""

    def _texts(self, key: str) -> list[str]:
        value = self._values.get(key)
        if value is None:
            return []
        if _is_texts(value):
            return [" ".join(text.split()) for text in value]
        self._fault(key, f"`{key}` is not a list of texts", f"write `{key}: [one, two]`, with quotes")
        return []

    def _language(self) -> str:
        language = self._text("language") or "en"
        if _LANGUAGE.fullmatch(language):
            return language
        self._fault("language", f"`{language}` is no language tag", "write `en`, `de` or `pt-BR`")
        return "en"

    def _question(self) -> LearnerQuestion | None:
        value = self._values.get("learner_question")
        if value is None:
            return None
        if isinstance(value, dict) and set(value) == {"text", "options"}:
            text, options = value["text"], value["options"]
            if isinstance(text, str) and text.strip() and _is_texts(options) and options:
                return LearnerQuestion(" ".join(text.split()), tuple(options))
        self._fault("learner_question", "`learner_question` is not in form", "give it `text` and `options`")
        return None

    def _entries(self, key: str, read: Callable[[dict[str, Any]], _Read | None]) -> Iterator[_Read]:
        value = self._values.get(key)
        if value is None:
            return
        if not isinstance(value, list):
            self._fault(key, f"`{key}` is not a list", "write one entry `- id: …` for each")
            return
        for entry in value:
            if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
                self._fault(key, f"an entry of `{key}` has no `id`", "begin it with `- id: …`")
            elif (found := read(entry)) is not None:
                yield found

    def _goal(self, entry: dict[str, Any]) -> Goal | None:
        section = self._known("goals", entry, "section", self._sections)
        if section is None:
            return None
        words = self._pattern("goals", entry.get("words", ""))
        return Goal(entry["id"], str(entry.get("label") or entry["id"]), section, words)

    def _basic(self, entry: dict[str, Any]) -> Basic | None:
        words = self._pattern("basics", entry.get("words", entry["id"]))
        taught = entry.get("taught_in")
        if taught is not None:
            taught = self._known("basics", entry, "taught_in", self._sections | self._resources)
        part, has, lacks = (
            None if entry.get(key) is None else str(entry[key])
            for key in ("part_of", "background", "without")
        )
        return Basic(entry["id"], words, taught, part, has, lacks) if words else None

    def _background(self, entry: dict[str, Any]) -> Background:
        named = entry.get("knows", [])
        ids = named if isinstance(named, list) else [named]
        known = tuple(id for id in ids if self._is_section("backgrounds", id))
        stated = entry.get("words", [])
        words = stated if isinstance(stated, list) else [stated]
        patterns = tuple(filter(None, (self._pattern("backgrounds", one) for one in words)))
        label = str(entry.get("label") or entry["id"])
        return Background(entry["id"], label, known, str(entry.get("meaning") or label), patterns)

    def _roles(self) -> dict[Role, tuple[str, ...]]:
        roles: dict[Role, tuple[str, ...]] = {}
        for role, ids in self._mapping("roles").items():
            if role not in get_args(Role):
                self._fault("roles", f"`{role}` is no role", f"use one of {', '.join(get_args(Role))}")
            elif not _is_texts(ids):
                self._fault("roles", f"`{role}` is not a list of section ids", f"write `{role}: [id]`")
            else:
                found = [id for id in ids if self._is_section("roles", id)]
                roles[role] = tuple(found)
        return roles

    def _by_section(self, key: str) -> dict[str, str]:
        found = self._mapping(key)
        return {id: str(text) for id, text in found.items() if self._is_section(key, id)}

    def _mapping(self, key: str) -> dict[Any, Any]:
        value = self._values.get(key)
        if value is None or isinstance(value, dict):
            return value or {}
        self._fault(key, f"`{key}` is not in form", "write one `name: value` line for each")
        return {}

    def _is_section(self, key: str, id: object) -> bool:
        if isinstance(id, str) and id in self._sections:
            return True
        self._fault(key, f"`{key}` names no section `{id}`", "use an id that `dlstart corpus list` shows")
        return False

    def _known(self, key: str, entry: dict[str, Any], field: str, ids: set[str]) -> str | None:
        id = entry.get(field)
        if isinstance(id, str) and id in ids:
            return id
        what = f"`{field}: {id}` of `{entry['id']}` names nothing here"
        self._fault(key, what, "use an id that `dlstart corpus list` shows")
        return None

    def _pattern(self, key: str, words: object) -> str:
        """A pattern, or a list of them as one."""
        text = "|".join(words) if _is_texts(words) and isinstance(words, list) else words
        try:
            if isinstance(text, str):
                re.compile(text)
                return text
        except re.error:
            pass
        self._fault(key, f"`words: {words}` is no pattern", "write words, with `|` between them")
        return ""


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)
