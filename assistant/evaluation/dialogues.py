"""Figures of labelled dialogues, by act and by author: `python -m assistant.evaluation.dialogues FILES…`."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Annotated, Any, cast, get_args

import typer

from assistant.errors import UsageError
from assistant.evaluation.questions import Dialogue, read_dialogues
from assistant.evaluation.run import Keeping, play
from assistant.service import Assistant
from assistant.settings import read_settings
from assistant.store import MemoryStore
from assistant.types import Answer

FIGURES = (
    "right",
    "outcome_right",
    "lead_right",
    "resource_cited",
    "living_first",
    "distinct",
    "repeated",
    "kept",
)
"""Shares, each over the turns that it is asked of: see `_values`."""


@dataclass(frozen=True, slots=True)
class PlayedTurn:
    """One turn that was played, and what it counts for."""

    author: str
    """Name of its file."""
    dialogue: str
    """Id of its dialogue."""
    number: int
    """From 1."""
    act: str
    """Its labelled act."""
    outcome: str
    """Its labelled outcome."""
    message: str
    """As it was sent."""
    answer: Answer
    """What was answered."""
    values: Mapping[str, float]
    """Its value for each figure that it counts for."""

    @property
    def id(self) -> str:
        """`b001.2`."""
        return f"{self.dialogue}.{self.number}"


async def play_all(
    assistant: Assistant,
    dialogues: Sequence[Dialogue],
    author: str,
    kept_by: Keeping = "service",
    progress: Callable[[int], None] | None = None,
) -> list[PlayedTurn]:
    """Play one author's dialogues; `progress(done)` counts them."""
    turns: list[PlayedTurn] = []
    for done, dialogue in enumerate(dialogues, 1):
        played = await play(assistant, dialogue, kept_by)
        for number, one in enumerate(played.turns, 1):
            judged = one.judgement
            values = {
                "right": judged.right,
                "outcome_right": judged.outcome_right,
                "lead_right": judged.lead_right,
                "resource_cited": judged.resource_cited,
                "living_first": judged.living_first,
                "repeated": one.repeats if one.answer.citations else None,
                "kept": not played.broken,
            }
            counted = {name: float(value) for name, value in values.items() if value is not None}
            expected = one.turn.expected.outcomes[0]
            turns.append(
                PlayedTurn(
                    author, dialogue.id, number, one.turn.act, expected, one.turn.text, one.answer, counted
                )
            )
        if progress is not None:
            progress(done)
    return turns


def summarise(turns: Sequence[PlayedTurn]) -> dict[str, Any]:
    """Every figure of the turns: over all, by author, by act, by labelled outcome; and what they took."""
    return {
        "all": _figures(turns),
        "author": _slices(turns, lambda turn: turn.author),
        "act": _slices(turns, lambda turn: turn.act),
        "outcome": _slices(turns, lambda turn: turn.outcome),
        "outcomes": _confusion(turns),
        "ms": _milliseconds(turn.answer for turn in turns),
    }


def describe(summary: Mapping[str, Any]) -> Iterator[str]:
    """The figures as lines of text."""
    yield f"{'':16}{'n':>6} " + " ".join(f"{name.replace('_right', ''):>9.9}" for name in FIGURES)
    yield _row("all", summary["all"])
    for slice in ("author", "act", "outcome"):
        yield ""
        for name, figures in summary[slice].items():
            yield _row(name, figures)
    yield ""
    for name, counts in summary["outcomes"].items():
        yield f"{name:16}" + ", ".join(f"{got} {count}" for got, count in counts.items())
    yield "milliseconds, median: " + ", ".join(f"{name} {value}" for name, value in summary["ms"].items())


def _row(name: str, figures: Mapping[str, Any]) -> str:
    shares = (figures.get(key) for key in FIGURES)
    return f"{name:16}{figures['n']:>6} " + " ".join(
        f"{'' if share is None else format(share, '.3f'):>9}" for share in shares
    )


def _figures(turns: Sequence[PlayedTurn]) -> dict[str, Any]:
    """Means over the turns that have a value, and whether answers are distinct among them."""
    values = defaultdict(list)
    for turn in turns:
        for name, value in turn.values.items():
            values[name].append(value)
    means = {name: round(fmean(values[name]), 4) for name in FIGURES if values[name]}
    return {"n": len(turns), **means} | _distinct(turns)


def _distinct(turns: Sequence[PlayedTurn]) -> dict[str, float]:
    """Share of the answers with sources that no other message of the same author got."""
    asked: dict[tuple[str, str], set[str]] = defaultdict(set)
    for turn in turns:
        asked[turn.author, turn.answer.text].add(turn.message.casefold())
    answered = [len(asked[turn.author, turn.answer.text]) == 1 for turn in turns if turn.answer.citations]
    return {"distinct": round(fmean(answered), 4)} if answered else {}


def _slices(turns: Sequence[PlayedTurn], of: Callable[[PlayedTurn], str]) -> dict[str, Any]:
    groups = defaultdict(list)
    for turn in turns:
        groups[of(turn)].append(turn)
    return {name: _figures(groups[name]) for name in sorted(groups)}


def _confusion(turns: Iterable[PlayedTurn]) -> dict[str, dict[str, int]]:
    """How often each labelled outcome got which."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for turn in turns:
        counts[turn.outcome][turn.answer.outcome] += 1
    return {name: dict(counts[name].most_common()) for name in sorted(counts)}


def _milliseconds(answers: Iterable[Answer]) -> dict[str, float]:
    took = defaultdict(list)
    for answer in answers:
        for step, value in answer.timings_ms.items():
            took[step].append(value)
        encoding = answer.timings_ms.get("encode", 0.0)
        took["without encoding"].append(answer.timings_ms.get("total", 0.0) - encoding)
    return {step: round(median(values), 3) for step, values in took.items()}


def main(
    files: Annotated[list[Path], typer.Argument(help="Labelled dialogues, one JSON object a line.")],
    limit: Annotated[int, typer.Option(help="Dialogues of each file; 0: all.")] = 0,
    kept_by: Annotated[
        str, typer.Option(help="Who keeps the turns before: service, client or labels.")
    ] = "service",
    out: Annotated[Path | None, typer.Option(help="Write the figures here, as JSON.")] = None,
    answers: Annotated[
        Path | None, typer.Option(help="Write every turn and its answer, as JSON lines.")
    ] = None,
) -> None:
    """Play labelled dialogues with the assistant's own answers as the turns before, and print the figures."""
    assistant = Assistant.open(read_settings())
    turns: list[PlayedTurn] = []
    for path in files:
        # A store of its own: it keeps the last thousand conversations.
        assistant.store = MemoryStore()
        dialogues = read_dialogues(path)[: limit or None]
        turns += asyncio.run(play_all(assistant, dialogues, path.stem, _keeping(kept_by)))
    summary = summarise(turns)
    for line in describe(summary):
        print(line)
    if out is not None:
        out.write_text(json.dumps(summary, indent=1) + "\n", "utf-8")
    if answers is not None:
        answers.write_text("".join(f"{_line(turn)}\n" for turn in turns), "utf-8")


def _keeping(given: str) -> Keeping:
    for keeping in get_args(Keeping):
        if keeping == given:
            return cast(Keeping, keeping)
    raise UsageError(f"nobody is called {given}", f"give {', '.join(get_args(Keeping))}")


def _line(turn: PlayedTurn) -> str:
    answer = turn.answer.as_dict()
    kept = {name: answer[name] for name in ("outcome", "text", "suggestions", "clarifying_question", "gaps")}
    cited = [citation.resource or citation.section for citation in turn.answer.citations]
    about = {"id": turn.id, "act": turn.act, "message": turn.message, "values": dict(turn.values)}
    return json.dumps({**about, "expected": turn.outcome, **kept, "cited": cited}, ensure_ascii=False)


if __name__ == "__main__":
    typer.run(main)
