"""Whether the corpus answers a request, a part of it, or whether it is something else: one calibrated model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.answering.ranking import Candidate
from assistant.dialogue.look import Column, Look
from assistant.dialogue.request import Request
from assistant.net import Net, softmax
from assistant.understanding.reading import ACTS, KINDS, Kind

WEIGHTS = Path(__file__).with_name("scope.json")
_SURELY = 0.5
"""Probability of `answered` below which an answer is partly one."""
_OUTCOMES = ("answered", "clarify", "not_covered", "off_topic", "refused", "smalltalk")


@dataclass(frozen=True, slots=True)
class Scope:
    """What kind of answer a request gets."""

    outcome: Kind
    """answered, not_covered, off_topic, smalltalk, refused."""
    confidence: float
    """0 to 1: how likely the corpus answers it."""
    partly: bool = False
    """Whether it is answered though nothing that the corpus says is near all of it."""
    kinds: Mapping[Kind, float] | None = None
    """Probability of each."""


@dataclass(frozen=True)
class Weights:
    """What was learned."""

    net: Net
    """Scores the kinds."""
    offsets: tuple[float, ...]
    """What is added to the score of each of KINDS: declining what is covered costs more than trying."""


@cache
def load_weights() -> Weights:
    """The weights that `python -m assistant.answering.train` wrote."""
    values = json.loads(WEIGHTS.read_text("utf-8"))
    return Weights(Net.of_values(values["net"]), tuple(values["offsets"]))


def decide_scope(
    request: Request,
    alone: Look,
    context: Look,
    candidates: Sequence[Candidate],
    weights: Weights | None = None,
) -> Scope:
    """What kind of answer a request gets.

    `alone`, `context`: what the search says for the message, and for it with the topic before it; `candidates`: the
    resources, best first.
    """
    weights = weights or load_weights()
    inputs = scope_inputs(request, alone, context, candidates)
    scores = weights.net.score(inputs[None, :])[0]
    plain = softmax(scores)
    outcome = KINDS[int((scores + np.array(weights.offsets)).argmax())]
    confidence = round(float(plain[KINDS.index("answered")]), 6)
    kinds: dict[Kind, float] = dict(zip(KINDS, np.round(plain, 6).tolist(), strict=True))
    return Scope(outcome, confidence, outcome == "answered" and confidence < _SURELY, kinds)


def scope_inputs(request: Request, alone: Look, context: Look, candidates: Sequence[Candidate]) -> Column:
    """(inputs,): what tells of the kind."""
    reading, state = request.reading, request.state
    last = state.last
    named = {id for mention in reading.mentions for id in mention.resources}
    utilities = [one.utility for one in candidates[:3]]
    values = [
        *_log_odds(alone.scope),
        *_log_odds(context.scope),
        *alone.nearest,
        *context.nearest,
        *_log_odds(np.array([reading.kinds.get(kind, 0.0) for kind in KINDS])),
        *_log_odds(np.array([reading.acts.get(act, 0.0) for act in ACTS])),
        alone.best,
        context.best,
        alone.texts.max(initial=0.0),
        alone.questions.max(initial=0.0),
        alone.resources.max(initial=0.0),
        alone.sections.max(initial=0.0),
        context.sections.max(initial=0.0),
        alone.concepts.max(initial=0.0),
        *(utilities + [0.0] * 3)[:3],
        min(len(request.refs), 3),
        min(len(named), 3),
        any(mention.subject for mention in reading.mentions),
        min(len(reading.says), 3),
        min(len(reading.aspects), 3),
        min(len(reading.wants), 3),
        min(len(reading.text.split()), 60) ** 0.5,
        last is None,
        *(last is not None and last.outcome == outcome for outcome in _OUTCOMES),
        bool(state.items),
    ]
    return np.array(values, dtype=np.float32)


def _log_odds(shares: NDArray[np.floating[Any]]) -> list[float]:
    bounded = np.clip(shares, 1e-4, 1 - 1e-4)
    odds: list[float] = np.log(bounded / (1 - bounded)).tolist()
    return odds
