"""What people asked, what was not covered, what was cited, what they thought of it: for a guide's maintainer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from assistant.reasons import name_reason
from assistant.store import StoredAnswer
from index.encoder import Encoder, Vectors

_SAME = 0.62
"""Cosine from which two questions count as one subject; MiniLM's paraphrases lie above it."""
_SHOWN_QUESTIONS = 5


@dataclass(frozen=True, slots=True)
class Subject:
    """Questions that ask for the same thing."""

    title: str
    """The question in its middle."""
    count: int
    """How often it was asked."""
    questions: tuple[str, ...]
    """Some of them, as asked."""
    not_covered: int
    """How many of them the corpus did not answer."""
    down: int
    """How many of their answers were voted down."""


@dataclass(frozen=True, slots=True)
class Usage:
    """A period of answers, summed up."""

    since: datetime
    """Start of the period, UTC."""
    until: datetime
    """End of the period, UTC."""
    answers: int
    """How many answers there were."""
    outcomes: dict[str, int]
    """Answers by outcome, the most frequent first."""
    channels: dict[str, int]
    """Answers by channel."""
    days: dict[str, dict[str, int]]
    """Answers by day (2026-11-23), each by outcome."""
    subjects: tuple[Subject, ...]
    """What was asked, the most frequent first."""
    not_covered: tuple[Subject, ...]
    """What was asked about the guide's subject and not answered: what to write next."""
    off_topic: tuple[Subject, ...]
    """What was taken for another subject: no gap, unless it was taken wrongly."""
    cited: dict[str, int]
    """Answers by the resource, else section, that they cite."""
    votes: dict[str, int]
    """Votes: up and down."""
    reasons: dict[str, int]
    """Votes down by reason, as people read it."""
    comments: tuple[str, ...]
    """What was said beside votes down, the newest first."""
    latency_ms: dict[str, float]
    """p50, p90, p99 of the whole answer."""

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self) | {"since": self.since.isoformat(), "until": self.until.isoformat()}


def sum_up(answers: Sequence[StoredAnswer], encoder: Encoder, since: datetime, until: datetime) -> Usage:
    """Sum up a period. Small talk is counted, and left out of the subjects."""
    asked = [answer for answer in answers if answer.outcome != "smalltalk"]
    vectors = _encode([answer.question for answer in asked], encoder)

    def subjects_of(outcome: str) -> tuple[Subject, ...]:
        chosen = [n for n, answer in enumerate(asked) if answer.outcome == outcome]
        return group([asked[n] for n in chosen], vectors[chosen])

    days: dict[str, Counter[str]] = {}
    for answer in answers:
        days.setdefault(answer.at.date().isoformat(), Counter())[answer.outcome] += 1
    voted_down = [answer for answer in answers if answer.vote == "down"]
    times = np.array([answer.total_ms for answer in answers]) if answers else np.zeros(1)
    return Usage(
        since=since,
        until=until,
        answers=len(answers),
        outcomes=_count(answer.outcome for answer in answers),
        channels=_count(answer.channel for answer in answers),
        days={day: dict(counts) for day, counts in sorted(days.items())},
        subjects=group(asked, vectors),
        not_covered=subjects_of("not_covered"),
        off_topic=subjects_of("off_topic"),
        cited=_count(id for answer in answers for id in answer.cited),
        votes=_count(answer.vote for answer in answers if answer.vote),
        reasons=_count(name_reason(answer.reason) for answer in voted_down if answer.reason),
        comments=tuple(answer.comment for answer in reversed(voted_down) if answer.comment),
        latency_ms={
            f"p{percent}": round(float(np.percentile(times, percent)), 3) for percent in (50, 90, 99)
        },
    )


def _encode(questions: Sequence[str], encoder: Encoder) -> Vectors:
    """Vectors of questions in their order; what was asked often is encoded once."""
    places = {question: place for place, question in enumerate(dict.fromkeys(questions))}
    return encoder.encode_queries(list(places))[[places[question] for question in questions]]


def group(answers: Sequence[StoredAnswer], vectors: Vectors) -> tuple[Subject, ...]:
    """Questions by subject, the most frequent first.

    `vectors`: float32 (n, dimension), unit rows. Each question joins the nearest subject that is near enough,
    else starts one; one pass, so that many thousands take seconds.
    """
    sums = np.zeros_like(vectors)
    members: list[list[int]] = []
    for n, vector in enumerate(vectors):
        middles = sums[: len(members)]
        norms = np.linalg.norm(middles, axis=1)
        nearness = middles @ vector / np.maximum(norms, 1e-9) if members else np.zeros(0)
        if members and nearness.max() >= _SAME:
            chosen = int(nearness.argmax())
        else:
            chosen = len(members)
            members.append([])
        members[chosen].append(n)
        sums[chosen] += vector
    subjects = [_subject([answers[n] for n in one], vectors[one]) for one in members]
    return tuple(sorted(subjects, key=lambda subject: -subject.count))


def _subject(answers: Sequence[StoredAnswer], vectors: Vectors) -> Subject:
    middle = int((vectors @ vectors.mean(axis=0)).argmax())
    return Subject(
        title=answers[middle].question,
        count=len(answers),
        questions=tuple(dict.fromkeys(answer.question for answer in answers))[:_SHOWN_QUESTIONS],
        not_covered=sum(answer.outcome == "not_covered" for answer in answers),
        down=sum(answer.vote == "down" for answer in answers),
    )


def _count(names: Iterable[str | None]) -> dict[str, int]:
    return {str(name): count for name, count in Counter(names).most_common()}
