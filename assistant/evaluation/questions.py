"""Questions and dialogues with what a right answer holds, read from JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from assistant.errors import UsageError
from assistant.types import MAX_QUESTION, Outcome
from corpus.types import Corpus

KINDS = ("in-scope", "status", "related-unanswerable", "off-topic", "adversarial", "smalltalk")
DIFFICULTIES = ("easy", "medium", "hard")
OUTCOMES: tuple[str, ...] = get_args(Outcome)
_EXPECTED = ("sections", "resources", "additions", "must_mention", "must_not_mention", "outcomes_ok")
_QUESTION = ("id", "question", "kind", "difficulty", "outcome", *_EXPECTED)
_TURN = ("user", "act", "shown", *_EXPECTED)
_MAX_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Expected:
    """What a right answer is."""

    outcomes: tuple[str, ...]
    """Outcomes that are right, the best first."""
    sections: tuple[str, ...] = ()
    """Acceptable sections, the best first."""
    resources: tuple[str, ...] = ()
    """Resources of the guide of which a right answer cites one, the best first."""
    additions: tuple[str, ...] = ()
    """Additions that may be cited as well."""
    must_mention: tuple[tuple[str, ...], ...] = ()
    """Groups of lower-case alternatives; an answer mentions one of each group."""
    must_not_mention: tuple[str, ...] = ()
    """Lower-case texts that no answer holds."""

    @property
    def may_answer(self) -> bool:
        """Whether answering is right."""
        return "answered" in self.outcomes

    @property
    def must_answer(self) -> bool:
        """Whether nothing but answering is right."""
        return all(outcome in ("answered", "clarify") for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class Question:
    """One question that stands alone."""

    id: str
    """Unique in its file."""
    text: str
    """As it is sent."""
    kind: str
    """One of KINDS."""
    difficulty: str
    """One of DIFFICULTIES."""
    expected: Expected
    """What a right answer is."""


@dataclass(frozen=True, slots=True)
class DialogueTurn:
    """One message of a dialogue."""

    text: str
    """As it is sent."""
    expected: Expected
    """What a right answer is."""
    act: str = ""
    """What it does in the dialogue, where the labels say so."""
    shown: tuple[str, ...] = ()
    """Ids of what a good answer shows, in order: what later turns point at."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Messages that follow on from each other."""

    id: str
    """Unique in its file."""
    turns: tuple[DialogueTurn, ...]
    """In order."""


_Item = TypeVar("_Item", Question, Dialogue)


@dataclass(slots=True)
class _Fields:
    """One object of a file, with the place that a fault is reported at."""

    values: Mapping[str, Any]
    where: str
    faults: list[str] = field(default_factory=list)

    def fault(self, what: str) -> None:
        self.faults.append(f"{self.where}: {what}")

    def check_names(self, known: tuple[str, ...]) -> None:
        for name in self.values:
            close = get_close_matches(name, known, n=1, cutoff=0.8)
            if name not in known and close:
                self.fault(f"there is no field `{name}`; did you mean `{close[0]}`?")

    def text(self, name: str, limit: int = 200) -> str:
        value = self.values.get(name)
        if isinstance(value, str) and len(value.strip()) > 0 and len(value) <= limit:
            return value
        self.fault(f"`{name}` must be a text of 1 to {limit} characters")
        return ""

    def one_of(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.values.get(name, default)
        if value not in allowed:
            self.fault(f"`{name}` must be one of {', '.join(allowed)}")
        return str(value)

    def texts(self, name: str) -> tuple[str, ...]:
        return self._list(name, _is_text, "a list of texts")

    def groups(self, name: str) -> tuple[tuple[str, ...], ...]:
        groups = self._list(name, _is_group, "a list of groups, each a list of texts that is not empty")
        return tuple(tuple(group) for group in groups)

    def _list(self, name: str, is_item: Callable[[Any], bool], what: str) -> tuple[Any, ...]:
        value = self.values.get(name, [])
        if isinstance(value, list) and all(map(is_item, value)):
            return tuple(value)
        self.fault(f"`{name}` must be {what}")
        return ()


def read_questions(path: Path) -> tuple[Question, ...]:
    """Read a file of questions. Raises UsageError naming file and line of the first fault."""
    faults: list[str] = []
    questions = [_question(fields) for fields in _objects(path, faults)]
    return _unique(path, questions, faults)


def read_dialogues(path: Path) -> tuple[Dialogue, ...]:
    """Read a file of dialogues. Raises UsageError naming file and line of the first fault."""
    faults: list[str] = []
    dialogues = [_dialogue(fields) for fields in _objects(path, faults)]
    return _unique(path, dialogues, faults)


def unknown_labels(
    questions: tuple[Question, ...], dialogues: tuple[Dialogue, ...], corpus: Corpus
) -> list[str]:
    """Labels that name a section or a resource which the corpus does not have; nothing can match them."""
    expected = [(question.id, question.expected) for question in questions]
    expected += [(dialogue.id, turn.expected) for dialogue in dialogues for turn in dialogue.turns]
    return [
        f"{id}: the corpus has no {what} `{name}`"
        for id, wanted in expected
        for what, names, known in (
            ("section", wanted.sections, corpus.section_by_id),
            ("resource", (*wanted.resources, *wanted.additions), corpus.resource_by_id),
        )
        for name in names
        if name not in known
    ]


def _question(fields: _Fields) -> Question:
    fields.check_names(_QUESTION)
    return Question(
        id=fields.text("id"),
        text=fields.text("question", MAX_QUESTION),
        kind=fields.one_of("kind", KINDS, "in-scope"),
        difficulty=fields.one_of("difficulty", DIFFICULTIES, "medium"),
        expected=_expected(fields),
    )


def _dialogue(fields: _Fields) -> Dialogue:
    id = fields.text("id")
    turns = fields.values.get("turns")
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
        fields.fault("`turns` must be a list of objects that is not empty")
        turns = []
    read = []
    for number, values in enumerate(turns, 1):
        turn = _Fields(values, f"{fields.where}: turn {number}", fields.faults)
        turn.check_names(_TURN)
        act = turn.text("act") if "act" in turn.values else ""
        read.append(DialogueTurn(turn.text("user", MAX_QUESTION), _expected(turn), act, turn.texts("shown")))
    return Dialogue(id, tuple(read))


def _expected(fields: _Fields) -> Expected:
    best = fields.values.get("outcome")
    outcomes = tuple(
        dict.fromkeys(([best] if isinstance(best, str) else []) + list(fields.texts("outcomes_ok")))
    )
    if not outcomes or not set(outcomes) <= set(OUTCOMES):
        fields.fault(f"`outcomes_ok` must hold one or more of {', '.join(OUTCOMES)}")
    return Expected(
        outcomes=outcomes,
        sections=fields.texts("sections"),
        resources=fields.texts("resources"),
        additions=fields.texts("additions"),
        must_mention=fields.groups("must_mention"),
        must_not_mention=fields.texts("must_not_mention"),
    )


def _objects(path: Path, faults: list[str]) -> Iterator[_Fields]:
    for number, line in enumerate(_read(path).splitlines(), 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            faults.append(f"{where}: the line is not JSON ({getattr(error, 'msg', 'nested too deep')})")
            continue
        if isinstance(values, dict):
            yield _Fields(values, where, faults)
        else:
            faults.append(f"{where}: the line is not a JSON object")


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise UsageError(f"{path} is larger than {_MAX_BYTES} bytes", "split it")
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} can't be read ({error.strerror})", "give a file of JSON lines") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text", "give a file of JSON lines") from None


def _unique(path: Path, items: list[_Item], faults: list[str]) -> tuple[_Item, ...]:
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            faults.append(f"{path}: the id `{item.id}` is given twice")
        seen.add(item.id)
    if not items and not faults:
        faults.append(f"{path}:1: the file holds nothing")
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise UsageError(faults[0] + more, "the fields are described in docs/evaluation.md")
    return tuple(items)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_group(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))
