"""A run -> figures, each with its interval, for all questions and for every slice of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.evaluation.metrics import (
    Bin,
    Estimate,
    aurc,
    calibration_error,
    confusion,
    estimate,
    mean,
    percentile,
    reliability,
    risk_coverage,
)
from assistant.evaluation.run import Asked, AskedTurn, Keeping, Played, Run, is_answerable

STEPS = ("encode", "search", "compose", "total")
PERCENTILES = (50, 90, 99)


@dataclass(frozen=True, slots=True)
class Figure:
    """What a figure is called, and what it means."""

    key: str
    """Its name in the JSON."""
    label: str
    """Its name for a reader."""
    meaning: str
    """One sentence: how it is computed."""
    group: str
    """The table that it stands in."""
    rises: bool = True
    """Whether more is better."""
    target: float | None = None
    """The value that it should reach, where one is set."""


FIGURES: tuple[Figure, ...] = (
    Figure(
        "section_hit_1",
        "Section hit@1",
        "The first hit is of an acceptable section.",
        "Retrieval",
        True,
        0.92,
    ),
    Figure(
        "section_hit_3",
        "Section hit@3",
        "One of the first three hits is of an acceptable section.",
        "Retrieval",
        True,
        0.98,
    ),
    Figure(
        "section_mrr_10",
        "Section MRR@10",
        "1 / rank of the first hit of an acceptable section, 0 from rank 11.",
        "Retrieval",
    ),
    Figure(
        "section_ndcg_10",
        "Section nDCG@10",
        "nDCG of the sections in the order of their first hits; the best section gains 2, other acceptable ones 1.",
        "Retrieval",
    ),
    Figure(
        "resource_hit_1",
        "Resource hit@1",
        "The first resource found is an expected one or an acceptable addition.",
        "Retrieval",
    ),
    Figure(
        "resource_hit_3",
        "Resource hit@3",
        "One of the first three resources found is an expected one or an acceptable addition.",
        "Retrieval",
    ),
    Figure(
        "resource_mrr_10",
        "Resource MRR@10",
        "1 / rank of the first such resource, 0 from rank 11.",
        "Retrieval",
    ),
    Figure(
        "resource_ndcg_10",
        "Resource nDCG@10",
        "nDCG of the resources in the order found; expected ones gain 2, acceptable additions 1.",
        "Retrieval",
    ),
    Figure(
        "right",
        "Answered right",
        "The outcome is right and, where the question was answered, an expected resource or addition is cited and "
        "every required fact mentioned; nothing forbidden is said.",
        "Answers",
        True,
        0.94,
    ),
    Figure(
        "resource_cited",
        "Resource cited",
        "An answer cites one of the expected resources or additions.",
        "Answers",
    ),
    Figure(
        "lead_right",
        "First resource right",
        "The first resource that an answer cites is an expected one or an acceptable addition.",
        "Answers",
        True,
        0.92,
    ),
    Figure(
        "living_first",
        "Living first",
        "The first resource that an answer cites can still be taken; counted where something acceptable can.",
        "Answers",
        True,
        0.97,
    ),
    Figure(
        "distinct",
        "Distinct",
        "No other question got the same answer, word for word; counted over what was answered.",
        "Answers",
        True,
        0.98,
    ),
    Figure(
        "facts_mentioned",
        "Facts mentioned",
        "An answer, its cited titles, status notes and successors mention every required fact.",
        "Answers",
        True,
        0.95,
    ),
    Figure(
        "citation_precision",
        "Citation precision",
        "Share of an answer's citations that name an expected resource or addition; a citation that names none, or "
        "under a question that expects none of the guide's, must be of an acceptable section.",
        "Answers",
        True,
        0.85,
    ),
    Figure(
        "citation_recall",
        "Citation recall",
        "Share of an answer's stating sentences that carry a marker and share at least half of their words with "
        "what it cites.",
        "Answers",
    ),
    Figure("outcome_right", "Outcome right", "The outcome is one of the right ones.", "Scope"),
    Figure(
        "refused_in_scope",
        "In scope, not answered",
        "A question that only an answer is right for was not answered.",
        "Scope",
        False,
        0.04,
    ),
    Figure(
        "answered_off-topic",
        "Off topic, answered",
        "A question about something else was answered.",
        "Scope",
        False,
        0.02,
    ),
    Figure(
        "answered_related-unanswerable",
        "Not covered, answered",
        "A question about the field that the corpus doesn't cover, and for which answering is wrong, was answered.",
        "Scope",
        False,
        0.10,
    ),
    Figure(
        "answered_adversarial",
        "Adversarial, answered",
        "An adversarial question for which answering is wrong was answered.",
        "Scope",
        False,
    ),
    Figure(
        "answered_smalltalk",
        "Small talk, answered",
        "Small talk was answered as if it were a question.",
        "Scope",
        False,
    ),
    Figure(
        "aurc",
        "AURC",
        "Area under the risk-coverage curve: questions in the order of their confidence; the risk is the share that "
        "the corpus does not answer, or for which the first hit is of a wrong section.",
        "Confidence",
        False,
    ),
    Figure(
        "ece",
        "Calibration error",
        "Expected calibration error, ten bins: confidence against whether the corpus answers the question; questions "
        "for which answering and declining are both right are left out.",
        "Confidence",
        False,
    ),
    Figure(
        "turns_right",
        "Turns right",
        "A turn of a dialogue is answered right, as above; the service keeps the conversation.",
        "Dialogues",
        True,
        0.90,
    ),
    Figure(
        "turns_right_history",
        "Turns right, client's history",
        "The same, where the client sends the turns before.",
        "Dialogues",
        True,
        0.90,
    ),
    Figure(
        "turns_lead",
        "First resource of a turn right",
        "The first resource that the answer to a turn cites is an expected one or an acceptable addition.",
        "Dialogues",
        True,
        0.88,
    ),
    Figure(
        "turns_repeated",
        "Repeated",
        "An answer with sources is an earlier one of its dialogue, word for word.",
        "Dialogues",
        False,
        0.01,
    ),
    Figure("dialogues_right", "Dialogues right", "Every turn of a dialogue is answered right.", "Dialogues"),
    Figure("promises_kept", "Promises kept", "An answer keeps all five promises.", "Promises", True, 1.0),
)
FIGURE_BY_KEY: Mapping[str, Figure] = {figure.key: figure for figure in FIGURES}
Figures = dict[str, Estimate]


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of one run."""

    overall: Figures
    """By key, in the order of FIGURES; without those that nothing counts for."""
    by: Mapping[str, Mapping[str, Figures]]
    """The same by slice: kind, difficulty, section -> its name -> figures."""
    confusion: Mapping[str, Mapping[str, int]]
    """Counts: best outcome -> outcome given."""
    curve: tuple[tuple[float, float], ...]
    """The risk-coverage curve: (coverage, risk)."""
    bins: tuple[Bin, ...]
    """The reliability diagram."""
    latency_ms: Mapping[str, Mapping[str, Estimate]]
    """Milliseconds: step -> p50, p90, p99."""


def summarise(run: Run) -> Summary:
    """Compute every figure of a run."""
    sure, wrong = _risks(run.asked)
    coverage, risk = risk_coverage(sure, wrong)
    overall = (
        _figures(run.asked)
        | _distinct(run.asked)
        | _confidence(run.asked)
        | _dialogues(run.played)
        | _promises(run)
    )
    slices: dict[str, Callable[[Asked], str]] = {
        "kind": lambda one: one.question.kind,
        "difficulty": lambda one: one.question.difficulty,
        "section": lambda one: next(iter(one.question.expected.sections), "none"),
    }
    return Summary(
        overall={figure.key: overall[figure.key] for figure in FIGURES if figure.key in overall},
        by={name: _slice(run.asked, of) for name, of in slices.items()},
        confusion=confusion((one.question.expected.outcomes[0], one.answer.outcome) for one in run.asked),
        curve=tuple(zip(coverage.tolist(), risk.tolist(), strict=True)),
        bins=reliability(*_calibration(run.asked)),
        latency_ms=_latency(run.asked),
    )


def mean_values(values: Sequence[Mapping[str, float]]) -> Figures:
    """Mean of every figure over the questions that count for it."""
    keys = dict.fromkeys(key for one in values for key in one)
    means = {key: mean([one[key] for one in values if key in one]) for key in keys}
    return {key: made for key, made in means.items() if made is not None}


def _figures(asked: Sequence[Asked]) -> Figures:
    return mean_values([one.values for one in asked])


def _distinct(asked: Sequence[Asked]) -> Figures:
    answered = [one.answer.text for one in asked if one.answer.citations]
    count = Counter(answered)
    made = mean([float(count[text] == 1) for text in answered])
    return {"distinct": made} if made is not None else {}


def _slice(asked: Sequence[Asked], of: Callable[[Asked], str]) -> dict[str, Figures]:
    names = sorted({of(one) for one in asked})
    return {name: _figures([one for one in asked if of(one) == name]) for name in names}


def _risks(asked: Iterable[Asked]) -> tuple[list[float], list[float]]:
    sure, wrong = [], []
    for one in asked:
        answerable = is_answerable(one.question.expected)
        if answerable is not None:
            sure.append(one.answer.confidence)
            wrong.append(float(not answerable or one.values.get("section_hit_1") == 0.0))
    return sure, wrong


def _calibration(asked: Iterable[Asked]) -> tuple[list[float], list[float]]:
    pairs = [(one.answer.confidence, is_answerable(one.question.expected)) for one in asked]
    return [sure for sure, true in pairs if true is not None], [
        float(true) for _, true in pairs if true is not None
    ]


def _confidence(asked: Sequence[Asked]) -> Figures:
    sure, wrong = map(np.array, _risks(asked))
    _, true = map(np.array, _calibration(asked))
    made = {
        "aurc": estimate(lambda drawn: aurc(sure[drawn], wrong[drawn]), len(sure)),
        "ece": estimate(lambda drawn: calibration_error(reliability(sure[drawn], true[drawn])), len(sure)),
    }
    return {key: one for key, one in made.items() if one is not None}


def _dialogues(played: Sequence[Played]) -> Figures:
    made = {
        "turns_right": _turns(played, "service", lambda turn: turn.judgement.right),
        "turns_right_history": _turns(played, "client", lambda turn: turn.judgement.right),
        "turns_lead": _turns(played, "service", lambda turn: turn.judgement.lead_right),
        "turns_repeated": _turns(
            played, "service", lambda turn: turn.repeats if turn.answer.citations else None
        ),
        "dialogues_right": mean(
            [
                float(all(turn.judgement.right for turn in one.turns))
                for one in played
                if one.kept_by == "service"
            ]
        ),
    }
    return {key: one for key, one in made.items() if one is not None}


def _turns(
    played: Sequence[Played], kept_by: Keeping, value: Callable[[AskedTurn], bool | None]
) -> Estimate | None:
    """Mean over the turns that have a value, its interval by dialogues."""
    turns = [(one.dialogue.id, value(turn)) for one in played if one.kept_by == kept_by for turn in one.turns]
    counted = [(id, float(one)) for id, one in turns if one is not None]
    return mean([one for _, one in counted], [id for id, _ in counted])


def _promises(run: Run) -> Figures:
    kept = [not one.broken for one in run.asked] + [not one.broken for one in run.played]
    made = mean([float(one) for one in kept])
    return {"promises_kept": made} if made is not None else {}


def _latency(asked: Sequence[Asked]) -> dict[str, dict[str, Estimate]]:
    table: dict[str, dict[str, Estimate]] = {}
    for step in STEPS:
        times = [one.answer.timings_ms[step] for one in asked if step in one.answer.timings_ms]
        made = {f"p{percent}": percentile(times, percent) for percent in PERCENTILES}
        found = {name: one for name, one in made.items() if one is not None}
        if found:
            table[step] = found
    return table
