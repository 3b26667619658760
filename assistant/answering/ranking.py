"""Every resource with its utility for a request: learned from judged requests, masked by what must never happen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from assistant.answering.learner import Judge
from assistant.dialogue.look import Column, Look
from assistant.dialogue.request import Request
from assistant.net import Net, sigmoid, softmax
from assistant.types import Profile
from assistant.understanding.reading import ACTS, ASPECTS, Act
from corpus.types import Corpus, Resource, Role

Rows = NDArray[np.float32]

WEIGHTS = Path(__file__).with_name("ranking.json")
_LEAST = -9.0
"""Logarithm from which a resource is as unlikely as any."""
_WISHES = ("short", "newer", "older", "easier", "harder")
_SERVED = ("video", "reading", "hands-on", "theory", "free")
_ALIVE = frozenset({"current", "updated", "moved"})
_KINDS: Mapping[str, frozenset[str]] = {
    "course": frozenset({"course"}),
    "book": frozenset({"book"}),
    "post": frozenset({"blog-post", "blog", "news", "tutorial", "paper", "lecture-notes"}),
    "tool": frozenset({"framework", "cloud-guide", "software", "service", "app"}),
}
_CROSSED = (0, 1, 9, 18, 20, 22, 25, 26, 29, 30, 31, 32, 34)
"""Columns of `rows` that each act reads in its own way: how likely, where shown, how it stands to refs."""
LIKELY = (1, 10)
"""Columns of `rows` that tell how likely a resource is by the search, alone and with context."""
SHOWN = (19, 25, 28)
"""Columns of `rows` that tell whether a resource was shown last, is pointed at, or is named."""
_ON_THE_LEARNER: frozenset[Act] = frozenset({"start", "tell", "yesno_reply", "another", "object"})
"""Acts whose answer is chosen for the learner, whatever the topic: nothing in it may contradict what they said."""
_CONTRADICTS = 6.0
_SEARCHED: frozenset[Act] = frozenset({"find", "start", "before", "compare", "about"})
_TRUSTS_SEARCH = 0.5
"""Weight of the search's log probability beside the learned score, which leans on what suits most learners. Measured on
first messages (2026-11-28): first resource right 0.79 -> 0.85 of 111 and 0.79 -> 0.89 of 28, 0.71 -> 0.70 of 436."""
_UNLIKELY = 3e-3
ASKING_ACTS = ("about", "compare", "why", "more", "object")
"""Acts whose answer may be about something that the learner has done or refuses."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resource that an answer may show."""

    id: str
    """Its id."""
    utility: float
    """0 to 1: how likely it is acceptable in the answer."""
    excluded: str = ""
    """Why it must not be recommended: `done`, `refused`, `avoids:video`, `not wanted`; empty: it may be."""


@dataclass(frozen=True)
class Weights:
    """What was learned."""

    net: Net
    """Scores rows."""
    slope: float
    """Log odds of being acceptable, for each natural logarithm of a resource's share."""
    bias: float
    """Log odds of a resource that has all of the share."""


@cache
def load_weights() -> Weights:
    """The weights that `python -m assistant.answering.train` wrote."""
    values = json.loads(WEIGHTS.read_text("utf-8"))
    return Weights(Net.of_values(values["net"]), values["slope"], values["bias"])


class ResourceRanker:
    """Ranks the resources of one corpus."""

    def __init__(self, corpus: Corpus, judge: Judge, weights: Weights | None = None) -> None:
        """`weights`: those of the package where none are given."""
        self.corpus = corpus
        self.judge = judge
        self._weights = weights
        self._place = judge.place
        self._count = len(judge.ids)
        self._static = _static(corpus, judge)
        self._section = np.array(
            [[section.id for section in corpus.sections].index(one.section) for one in corpus.resources],
            dtype=np.int64,
        )
        self._addition = np.array([one.origin == "addition" for one in corpus.resources], dtype=np.float32)
        self._alive = np.array([one.status in _ALIVE for one in corpus.resources], dtype=np.float32)
        self._kind = np.array([one.kind for one in corpus.resources])
        self._graph = _graph(corpus, self._place)

    def rank(self, request: Request, alone: Look, context: Look) -> tuple[Candidate, ...]:
        """All resources, best first; those that must not be recommended come last.

        `alone`, `context`: what the search says for the message, and for it with the topic before it.
        """
        if not self._count:
            return ()
        weights = self._weights or load_weights()
        scores = weights.net.score(self.rows(request, alone, context), self.shared(request, alone, context))
        if request.act in _ON_THE_LEARNER and not request.refs:
            scores = scores - _CONTRADICTS * self.judge.contradicted(request.learner)[:, None]
        if request.act in _SEARCHED and not request.refs:
            found = (context if request.state.turns else alone).resources
            scores = scores + _TRUSTS_SEARCH * np.log(found + _UNLIKELY)[:, None]
        logs = np.log(softmax(scores[:, 0]) + 1e-12)
        utility = np.round(sigmoid(weights.slope * logs + weights.bias), 6)
        excluded = self.excluded(request)
        order = sorted(range(self._count), key=lambda n: (self.judge.ids[n] in excluded, -scores[n, 0]))
        return tuple(
            Candidate(self.judge.ids[n], float(utility[n]), excluded.get(self.judge.ids[n], ""))
            for n in order
        )

    def excluded(self, request: Request) -> Mapping[str, str]:
        """Why each resource that this answer must not recommend must not; nothing of what is asked about."""
        why = dict(self.judge.excluded(request.learner))
        for want in request.wants:
            if want.startswith("not:"):
                why.setdefault(want.removeprefix("not:"), "not wanted")
        if request.act in ASKING_ACTS:
            for id in request.refs:
                why.pop(id, None)
        return why

    def rows(self, request: Request, alone: Look, context: Look) -> Rows:
        """(resources, inputs): what speaks for each resource."""
        columns: list[NDArray[Any]] = [
            *self._searched(alone),
            *self._searched(context),
            *self._shown(request),
            *self._pointed(request),
            *self._wished(request),
        ]
        own = np.stack([np.asarray(column, dtype=np.float32) for column in columns], axis=1)
        acts = np.array([request.reading.acts.get(act, 0.0) for act in ACTS], dtype=np.float32)
        crossed = (own[:, _CROSSED, None] * acts).reshape(len(own), -1)
        return np.concatenate([own, crossed, self.judge.columns(request.learner), self._static], axis=1)

    def shared(self, request: Request, alone: Look, context: Look) -> Column:
        """(inputs,): what is the same for every resource."""
        state, learner, wants = request.state, request.learner, set(request.wants)
        acts = request.reading.acts
        values = [
            *(acts.get(act, 0.0) for act in ACTS),
            *(aspect in request.aspects for aspect in ASPECTS),
            *(wish in wants for wish in (*_WISHES, *_SERVED)),
            any(want.startswith("kind:") for want in wants),
            any(want.startswith("not:") for want in wants),
            not state.turns,
            min(len(request.refs), 4),
            bool(request.refs),
            min(len(state.items), 5),
            min(len(state.turns), 6),
            min(len(request.reading.text.split()), 60) ** 0.5,
            *_summary(alone),
            *_summary(context),
            *_outline(learner),
            self._count / 50,
        ]
        return np.array(values, dtype=np.float32)

    def _searched(self, look: Look) -> list[Column]:
        logs = np.log(look.resources + 1e-6).clip(_LEAST)
        order = np.argsort(np.argsort(-look.resources, kind="stable"), kind="stable")
        sections = np.log(look.sections + 1e-6).clip(_LEAST)[self._section]
        return [
            logs,
            logs - logs.max(),
            1 / (1 + order),
            sections,
            look.texts,
            look.texts - look.texts.max(),
            look.questions,
            look.questions - look.questions.max(),
            look.concepts,
        ]

    def _shown(self, request: Request) -> list[NDArray[Any]]:
        """Where a resource stands in what was shown."""
        state, items = request.state, request.state.items
        last = self._zero()
        for position, id in enumerate(items):
            if id in self._place:
                last[self._place[id]] = 1 / (1 + position)
        ever, times = self._zero(), self._zero()
        for back, turn in enumerate(reversed(state.turns)):
            for id in turn.items:
                if id in self._place:
                    ever[self._place[id]] = max(ever[self._place[id]], 1 / (1 + back))
                    times[self._place[id]] += 1
        first = self._set(items[:1])
        final = self._set(items[-1:])
        return [last, last > 0, first, final, ever, ever > 0, np.minimum(times, 4)]

    def _pointed(self, request: Request) -> list[NDArray[Any]]:
        """How a resource stands to what the message points at."""
        refs, graph = self._set(request.refs), self._graph
        mentions = request.reading.mentions
        named = [mention.resources for mention in mentions if mention.resources]
        sure = [ids[0] for ids in named if len(ids) == 1]
        sections = np.zeros(self._section.max() + 1, dtype=np.float32)
        np.maximum.at(sections, self._section, refs)
        around = np.zeros_like(sections)
        np.maximum.at(around, self._section, self._set(request.state.items))
        kinds = {str(kind) for kind in self._kind[refs > 0]}
        level, hours = self.judge.level, np.log1p(self.judge.hours)
        count = max(float(refs.sum()), 1.0)
        some = float(refs.any())
        return [
            refs,
            self._set(request.refs[:1]),
            self._set(sure),
            self._set([id for ids in named for id in ids]),
            graph["after"] @ refs > 0,
            graph["successor"] @ refs > 0,
            graph["needs"] @ refs > 0,
            graph["needs"].T @ refs > 0,
            graph["before"].T @ refs > 0,
            sections[self._section] * (1 - refs),
            around[self._section],
            np.isin(self._kind, list(kinds)),
            some * (level - float(level @ refs) / count),
            some * (hours - float(hours @ refs) / count) / 3,
            *self._along(request.refs or request.state.items),
        ]

    def _along(self, ids: Sequence[str]) -> list[NDArray[Any]]:
        """Where a resource stands in the guide, from the first of these on."""
        zero = self._zero()
        places = [self._place[id] for id in ids if id in self._place]
        if not places:
            return [zero] * 5
        steps = np.arange(self._count) - places[0]
        sections = self._section - self._section[places[0]]
        return [
            steps / self._count,
            steps == 1,
            np.clip(steps, 0, 4) / 4,
            sections == 1,
            np.clip(sections, -3, 3) / 3,
        ]

    def _wished(self, request: Request) -> list[NDArray[Any]]:
        """How a resource serves what the answer must satisfy."""
        wants, zero = request.wants, self._zero()
        served = [
            self.judge.serves(want)
            for want in wants
            if want in _SERVED or want.startswith(("kind:", "lang:"))
        ]
        formats = [self.judge.serves(want) for want in wants if want in _SERVED]
        level, hours = (self.judge.level - 1) * self.judge.known_kind, np.log1p(self.judge.hours) / 3
        lists: dict[str, NDArray[Any]] = {
            "short": -hours,
            "newer": self._addition,
            "older": 1 - self._addition,
            "easier": -level,
            "harder": level,
        }
        columns: list[NDArray[Any]] = [
            np.maximum.reduce(served) if served else zero,
            np.minimum.reduce(served) if served else zero,
            np.minimum.reduce(formats) if formats else zero,
            *[column if wish in wants else zero for wish, column in lists.items()],
            self._set([want.removeprefix("not:") for want in wants if want.startswith("not:")]),
            self._set(list(self.judge.excluded(request.learner))),
        ]
        return columns

    def _zero(self) -> Column:
        return np.zeros(self._count, dtype=np.float32)

    def _set(self, ids: Iterable[str]) -> Column:
        column = self._zero()
        places = [self._place[id] for id in ids if id in self._place]
        column[places] = 1
        return column


def _summary(look: Look) -> list[float]:
    """How sure a search is."""
    best = np.sort(look.resources)[::-1][:2]
    return [
        float(look.scope[0]),
        float(best[0]) if len(best) else 0.0,
        float(best[0] - best[-1]) if len(best) else 0.0,
        float(look.sections.max(initial=0.0)),
        look.best,
        float(look.nearest[0]),
    ]


def _outline(learner: Profile) -> list[float]:
    """What is known of the learner at all."""
    return [
        bool(learner.knows),
        bool(learner.lacks),
        learner.background == "maths",
        learner.background == "none",
        learner.can_program is True,
        learner.can_program is False,
        bool(learner.goal),
        bool(learner.done),
        bool(learner.doing),
        bool(learner.prefers),
        bool(learner.avoids),
        learner.level == "beginner",
        learner.level == "advanced",
        learner.budget == "free",
        learner.hours_per_week is not None,
        learner.hardware is not None,
    ]


def _static(corpus: Corpus, judge: Judge) -> Rows:
    """(resources, inputs): what is true of a resource for every request."""
    roles = [set(corpus.about.sections(role)) for role in get_args(Role)]
    order = {section.id: n / max(len(corpus.sections), 1) for n, section in enumerate(corpus.sections)}
    seen: dict[str, int] = {}
    told = _told(corpus)
    leads: dict[str, int] = {}
    for other in corpus.resources:
        for id in other.prerequisites:
            leads[id] = leads.get(id, 0) + 1
    rows = []
    for resource in corpus.resources:
        place = seen[resource.section] = seen.get(resource.section, 0) + 1
        known = resource.kind != "link"
        rows.append(
            [
                *(resource.section in ids for ids in roles),
                *(resource.kind in kinds for kinds in _KINDS.values()),
                resource.status in _ALIVE,
                resource.successor is not None,
                resource.origin == "addition",
                *(known * (resource.level == level) for level in ("intro", "intermediate", "advanced")),
                known,
                order[resource.section],
                1 / place,
                min(len(resource.prerequisites), 4),
                min(leads.get(resource.id, 0), 6) / 3,
                np.log1p(told.get(resource.id, 0)),
                *(float(judge.serves(value)[judge.place[resource.id]]) for value in _SERVED),
                np.log1p(judge.hours[judge.place[resource.id]]) / 3,
            ]
        )
    return np.array(rows, dtype=np.float32)


def _told(corpus: Corpus) -> Mapping[str, int]:
    """How often the sections link to each resource."""
    urls = [
        link.url
        for section in corpus.sections
        for paragraph in section.paragraphs
        for link in paragraph.links
    ]
    told: dict[str, int] = {}
    for url in urls:
        id = corpus.resource_by_url.get(url)
        if id is not None:
            told[id] = told.get(id, 0) + 1
    return told


def _graph(corpus: Corpus, place: Mapping[str, int]) -> Mapping[str, Rows]:
    """(resources, resources) by relation: `after[i, j]`: i took the place of j, or comes after it."""
    size = len(place)
    graph = {
        name: np.zeros((size, size), dtype=np.float32) for name in ("after", "successor", "needs", "before")
    }
    for resource in corpus.resources:
        here = place[resource.id]
        successor = resource.successor.resource if resource.successor else None
        if successor is not None and successor in place:
            graph["after"][place[successor], here] = 1
            graph["successor"][here, place[successor]] = 1
        for id in _needed(resource, corpus, place):
            graph["needs"][here, place[id]] = 1
        for id in resource.prerequisites:
            if id in place:
                graph["before"][here, place[id]] = 1
    return graph


def _needed(resource: Resource, corpus: Corpus, place: Mapping[str, int]) -> set[str]:
    """Ids of the resources that come right before one, those of a section among them."""
    sections = set(resource.prerequisites) & set(corpus.section_by_id)
    own = {one.id for one in corpus.resources if one.section in sections}
    return (own | (set(resource.prerequisites) & set(place))) - {resource.id}
