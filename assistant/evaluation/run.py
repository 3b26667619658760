"""Questions and dialogues, put to an assistant through its one door."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.evaluation.judgement import Judgement, judge
from assistant.evaluation.metrics import first_rank, hit_at, ndcg, reciprocal_rank
from assistant.evaluation.promises import PromisesBroken, broken_dialogue, broken_promises
from assistant.evaluation.questions import Dialogue, DialogueTurn, Expected, Question
from assistant.service import Ask, Assistant
from assistant.types import Answer, BrokenPromise, Turn
from index.search import Found
from index.types import Chunk, Hit

DEPTH = 50
"""How many hits of a search are looked at."""
Keeping = Literal["service", "client", "labels"]
_ALIVE = ("current", "updated", "moved")
_JUDGED = (
    "resource_cited",
    "lead_right",
    "living_first",
    "facts_mentioned",
    "citation_precision",
    "citation_recall",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, what was found and answered, and what that is worth."""

    question: Question
    """What was asked and expected."""
    hits: tuple[Hit, ...]
    """What search found, best first."""
    answer: Answer
    """What was answered."""
    judgement: Judgement
    """What is right and wrong about it."""
    broken: tuple[str, ...]
    """Promises that the answer breaks."""
    values: Mapping[str, float]
    """Its value for each figure that it counts for."""


@dataclass(frozen=True, slots=True)
class AskedTurn:
    """One turn of a dialogue, and what was answered."""

    turn: DialogueTurn
    """What was said and expected."""
    answer: Answer
    """What was answered."""
    judgement: Judgement
    """What is right and wrong about it."""
    repeats: bool = False
    """Whether it says the same as an earlier answer of the dialogue, word for word."""


@dataclass(frozen=True, slots=True)
class Played:
    """One dialogue, played from its first turn to its last."""

    dialogue: Dialogue
    """What was said and expected."""
    kept_by: Keeping
    """Who kept the turns before: the service (`conversation_id`), the client (`history`), or the labels."""
    turns: tuple[AskedTurn, ...]
    """In order."""
    broken: tuple[str, ...]
    """Promises that its answers break."""


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that was asked, in the order of the files."""

    asked: tuple[Asked, ...]
    """Questions."""
    played: tuple[Played, ...]
    """Dialogues, each played twice."""

    @property
    def broken(self) -> tuple[str, ...]:
        """Every broken promise, with the id of its question or dialogue."""
        questions = [f"{one.question.id}: {what}" for one in self.asked for what in one.broken]
        dialogues = [
            f"{one.dialogue.id} ({one.kept_by}): {what}" for one in self.played for what in one.broken
        ]
        return (*questions, *dialogues)


async def run(
    assistant: Assistant,
    questions: Sequence[Question],
    dialogues: Sequence[Dialogue] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Ask every question and play every dialogue, one after the other; `progress(done, total)` counts them."""
    total = len(questions) + 2 * len(dialogues)
    asked: list[Asked] = []
    played: list[Played] = []
    for question in questions:
        asked.append(await _ask(assistant, question))
        if progress is not None:
            progress(len(asked), total)
    for dialogue in dialogues:
        for kept_by in ("service", "client"):
            played.append(await play(assistant, dialogue, kept_by))
            if progress is not None:
                progress(len(asked) + len(played), total)
    return Run(tuple(asked), tuple(played))


def ranking_values(expected: Expected, hits: Sequence[Hit]) -> dict[str, float]:
    """Values of the retrieval figures for one question; those of sections or resources only where it has them."""
    values: dict[str, float] = {}
    if expected.sections:
        sections = [_names(hit.chunk.section) for hit in hits]
        gains = {id: 2.0 if n == 0 else 1.0 for n, id in enumerate(expected.sections)}
        values |= _ranked("section", sections, gains)
    if expected.resources or expected.additions:
        resources = [_names(id) for id in _once(hits)]
        gains = dict.fromkeys(expected.additions, 1.0) | dict.fromkeys(expected.resources, 2.0)
        values |= _ranked("resource", resources, gains)
    return values


def question_values(
    question: Question, found: Found, answer: Answer, judgement: Judgement
) -> dict[str, float]:
    """Values of every figure that one question counts for."""
    expected = question.expected
    values = ranking_values(expected, found.hits)
    values["right"] = float(judgement.right)
    values["outcome_right"] = float(judgement.outcome_right)
    for key in _JUDGED:
        value = getattr(judgement, key)
        if value is not None:
            values[key] = float(value)
    answered = answer.outcome in ("answered", "clarify")
    if expected.must_answer:
        values["refused_in_scope"] = float(not answered)
    elif not expected.may_answer:
        values[f"answered_{question.kind}"] = float(answered)
    return values


def is_answerable(expected: Expected) -> bool | None:
    """Whether the corpus answers a question; None where answering and declining are both right."""
    if expected.outcomes[0] == "answered":
        return True
    return None if expected.may_answer else False


async def _ask(assistant: Assistant, question: Question) -> Asked:
    found = await assistant.search(question.text, DEPTH)
    answer = await _answer(assistant, Ask(question.text, channel="evaluation"), question.id)
    judgement = judge(question.expected, answer, _living(assistant))
    return Asked(
        question,
        found.hits,
        answer,
        judgement,
        broken_promises(answer, _chunks(assistant), assistant.corpus),
        question_values(question, found, answer, judgement),
    )


async def play(assistant: Assistant, dialogue: Dialogue, kept_by: Keeping) -> Played:
    """Play one dialogue.

    The turns before hold the assistant's own answers; kept by `labels`, what good answers would have shown.
    """
    turns: list[AskedTurn] = []
    broken: list[str] = []
    history: list[Turn] = []
    conversation_id: str | None = None
    for turn in dialogue.turns:
        if kept_by == "service":
            ask = Ask(turn.text, conversation_id=conversation_id, channel="evaluation")
        else:
            ask = Ask(turn.text, history=tuple(history), channel="evaluation")
        answer = await _answer(assistant, ask, dialogue.id)
        conversation_id = answer.conversation_id
        told = _as_labelled(assistant, turn) if kept_by == "labels" else answer.text
        history += [Turn("user", turn.text), Turn("assistant", told)]
        broken += broken_promises(answer, _chunks(assistant), assistant.corpus)
        repeats = bool(answer.citations) and any(answer.text == earlier.answer.text for earlier in turns)
        turns.append(
            AskedTurn(turn, answer, judge(turn.expected, answer, _living(assistant)), repeats=repeats)
        )
    broken += broken_dialogue([turn.answer for turn in turns])
    return Played(dialogue, kept_by, tuple(turns), tuple(broken))


def _as_labelled(assistant: Assistant, turn: DialogueTurn) -> str:
    """An answer that names what a good one shows, and nothing else."""
    known = assistant.corpus.resource_by_id
    return "\n".join(f"- {known[id].short} [1]" for id in turn.shown if id in known)


async def _answer(assistant: Assistant, ask: Ask, id: str) -> Answer:
    try:
        return await assistant.answer(ask)
    except BrokenPromise as broken:
        raise PromisesBroken(
            f"{id}: no honest answer could be built: {broken}", f"it asks: {ask.question}"
        ) from broken


def _living(assistant: Assistant) -> frozenset[str]:
    return frozenset(one.id for one in assistant.corpus.resources if one.status in _ALIVE)


def _chunks(assistant: Assistant) -> Mapping[str, Chunk]:
    return assistant.searcher.index.chunk_by_id


def _ranked(what: str, ranking: list[tuple[str, ...]], gains: Mapping[str, float]) -> dict[str, float]:
    rank = first_rank(ranking, gains)
    distinct = list(dict.fromkeys(name for names in ranking for name in names))
    return {
        f"{what}_hit_1": hit_at(rank, 1),
        f"{what}_hit_3": hit_at(rank, 3),
        f"{what}_mrr_10": reciprocal_rank(rank, 10),
        f"{what}_ndcg_10": ndcg(distinct, gains, 10),
    }


def _once(hits: Sequence[Hit]) -> list[str]:
    return list(dict.fromkeys(hit.chunk.resource for hit in hits if hit.chunk.resource))


def _names(id: str | None) -> tuple[str, ...]:
    return (id,) if id else ()
