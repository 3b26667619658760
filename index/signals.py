"""What speaks for each section, each resource and each kind of question, as numbers for the fusion to weigh."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors
from index.names import Named
from index.types import ViewKind
from index.views import EXAMPLES
from index.words import fold

SIGNALS = ("head", "questions", "texts", "words in questions", "words in texts", "names", "concepts")
RESOURCE_SIGNALS = (*SIGNALS, "section", "section's head", "in the guide")
_BEST_VIEWS = 3
_BEST_TEXTS = 2
_NOTHING = -1.0

_FORMS = {
    "asks for material": r"\b(courses?|class(es)?|books?|lectures?|tutorials?|posts?|blogs?|papers?|videos?|resources?"
    r"|materials?|notes|textbooks?|links?|guide|site|websites?|pdf|slides|playlist|curso|cours|kurs|livro|libro|buch"
    r"|livre)\b",
    "asks to learn": r"\b(learn(ing)?|stud(y|ying)|start(ing)?|begin(ner)?s?|read(ing)?|understand|newbie"
    r"|intro(duction)?|teach|explain(s|ed)?|recommend(ed)?|suggest(ions?)?|prerequisites?|path|roadmap|next|first|where"
    r"|aprender|empezar|lernen|anfangen|apprendre|commencer|começar|imparare)\b",
    "asks about own trouble": r"\b(my|our) (\w+ ){0,2}(model|net(work)?|loss|training|accuracy|gradients?|code|script"
    r"|val(idation)?|gpu (is|runs|keeps)|run|output|predictions?|kernel|notebook|classifier|agent|lstm|cnn|gan)\b"
    r"|\b(error|exception|traceback|nan|crash(es|ed)?|stuck|fails?|failed|not working|doesn'?t work|debug|fix)\b",
    "asks for a value": r"\b(how (many|much|big|large|long|often)|what (is|are|s)|what's|whats|which value|best value"
    r"|default|difference between|formula|define|meaning of|derive|proof)\b",
    "asks for work": r"\b(write|code|implement|build|generate|translate|summari[sz]e|solve|debug|fix|do|make|give|show"
    r"|tell) (me|my|a|an|this|the|it)\b",
    "asks about work": r"\b(jobs?|salar(y|ies)|hired?|hiring|interviews?|cv|resume|career|phd|thesis|internship"
    r"|startup)\b",
    "asks about one's orders": r"\b(ignore|disregard|forget|override|bypass|pretend|jailbreak|system prompt|prompt"
    r"|instructions?|rules|developer mode|dev mode|roleplay|act as|you are now|unfiltered|uncensored)\b",
    "pasted code": r"[{}\[\]<>=;]{2,}|\w+\(.*\)|\b\w+\.\w+\.\w+|0x[0-9a-f]+|\w+error\b|^\s*(import|def|>>>) ",
    "question mark": r"\?\s*$",
    "I": r"\b(i|i'm|im|i've|ive|me|my)\b",
    "you": r"\b(you|your|u|ur|thanks?|thx|hello|hi|hey)\b",
}
_FORM_PATTERNS = {name: re.compile(pattern) for name, pattern in _FORMS.items()}

SCOPE_SIGNALS = (
    "best questions",
    "second questions",
    "nearest question",
    "best texts",
    "best head",
    "second head",
    "best resource head",
    "best words in questions",
    "best words in texts",
    "names",
    "concepts",
    *(f"{what} {kind}" for kind in EXAMPLES for what in ("examples of", "nearest", "head of", "words of")),
    *_FORMS,
    "length",
    "long",
    "other script or language",
)
_ENGLISH = re.compile(
    r"\b(the|a|an|is|are|do|does|i|to|of|for|and|in|on|how|what|which|my|it|can|you|with|me|that|this|or|not|"
    r"where|who|why|so|be|any|if|from|was)\b"
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one question matches, before it is pooled."""

    text: str
    """The question."""
    cosines: Vectors
    """(views,): similarity of each view."""
    lexical: Vectors
    """(views,): share of the question's words that each view holds, 0 to 1."""
    head: Mapping[str, float]
    """What the head says of each label; empty without a head."""
    named: Named
    """What the question names."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What one question brings up."""

    sections: Vectors
    """(sections, signals), in the order of SIGNALS."""
    resources: Vectors
    """(resources, signals), in the order of SIGNALS; the fusion adds what its section reached."""
    scope: Vectors
    """(scope signals,), in the order of SCOPE_SIGNALS."""


class Pool:
    """Groups of views, pooled at once: the mean of the best few of each group."""

    def __init__(self, groups: Sequence[Sequence[int]], best: int) -> None:
        self._best = best
        # What the sum of the best is divided by: whatever stands for an empty group becomes 0.
        self._shares = np.array([best if group else np.inf for group in groups], dtype=np.float32)
        width = max([best, *map(len, groups)])
        # -1 is the entry that stands for nothing; a group smaller than `best` repeats its first view instead.
        self._places = np.full((len(groups), width), -1, dtype=np.int64)
        for row, group in zip(self._places, groups, strict=True):
            row[: len(group)] = group
            row[len(group) : best] = group[0] if group else -1

    def mean(self, scores: Vectors) -> Vectors:
        """(…, groups) from scores (…, views + 1), whose last entry stands for nothing; 0 for an empty group."""
        taken = scores.take(self._places, axis=-1)
        if self._best == 1:
            best = np.maximum.reduce(taken, axis=-1, initial=_NOTHING)
        else:
            taken.partition(-self._best, axis=-1)
            best = np.add.reduce(taken[..., -self._best :], axis=-1)
        pooled: Vectors = best / self._shares
        return pooled


class Units:
    """The sections and resources of an index, and how to gather what speaks for them."""

    def __init__(
        self,
        sections: Sequence[str],
        resources: Mapping[str, str],
        kinds: Sequence[ViewKind],
        of: Sequence[Sequence[str]],
    ) -> None:
        """`resources`: id -> section; `kinds`, `of`: of each view."""
        self.sections = tuple(sections)
        self.resources = tuple(resources)
        self.section_place = {id: n for n, id in enumerate(self.sections)}
        self.resource_place = {id: n for n, id in enumerate(self.resources)}
        self.section_of = np.array([self.section_place[id] for id in resources.values()], dtype=np.int64)
        asked: dict[str, list[int]] = {}
        told: dict[str, list[int]] = {}
        for place, (kind, owners) in enumerate(zip(kinds, of, strict=True)):
            for owner in owners:
                (asked if kind in ("question", "example") else told).setdefault(owner, []).append(place)
        self.has_examples = any(kind in asked for kind in EXAMPLES)
        self.has_questions = any(kind == "question" for kind in kinds)
        self._pools = {
            ids: (
                Pool([asked.get(id, []) for id in ids], _BEST_VIEWS),
                Pool([told.get(id, []) for id in ids], _BEST_TEXTS),
            )
            for ids in (self.sections, self.resources)
        }
        examples = [asked.get(kind, []) for kind in EXAMPLES]
        self._examples = Pool(examples, _BEST_VIEWS)
        self._nearest_example = Pool(examples, 1)
        self._nearest_question = Pool([[n for n, kind in enumerate(kinds) if kind == "question"]], 1)

    def gather(self, evidence: Evidence) -> Signals:
        """Pool the evidence."""
        scores = np.full((2, len(evidence.cosines) + 1), _NOTHING, dtype=np.float32)
        scores[0, :-1], scores[1, :-1] = evidence.cosines, evidence.lexical
        sections = self._unit_signals(self.sections, evidence, scores)
        resources = self._unit_signals(self.resources, evidence, scores)
        if len(resources):
            # A named resource speaks for its section, and a concept for the section of what teaches it.
            np.maximum.at(sections[:, 5], self.section_of, resources[:, 5])
            np.maximum.at(sections[:, 6], self.section_of, resources[:, 6])
        return Signals(sections, resources, self._scope_signals(evidence, sections, resources, scores))

    def _unit_signals(self, ids: tuple[str, ...], evidence: Evidence, scores: Vectors) -> Vectors:
        signals = np.zeros((len(ids), len(SIGNALS)), dtype=np.float32)
        asked, told = self._pools[ids]
        signals[:, 0] = [evidence.head.get(id, 0.0) for id in ids]
        signals[:, 1], signals[:, 3] = asked.mean(scores)
        signals[:, 2], signals[:, 4] = told.mean(scores)
        place = self.section_place if ids is self.sections else self.resource_place
        for _, named in evidence.named.resources:
            for id in named:
                if id in place:
                    signals[place[id], 5] = max(signals[place[id], 5], 1 / math.sqrt(len(named)))
        for _, taught in evidence.named.concepts:
            for rank, id in enumerate(taught):
                if id in place:
                    signals[place[id], 6] = max(signals[place[id], 6], 1 / (1 + rank))
        return signals

    def _scope_signals(
        self, evidence: Evidence, sections: Vectors, resources: Vectors, scores: Vectors
    ) -> Vectors:
        cosines = scores[0]
        best = -np.sort(-sections, axis=0)
        if len(best) < 2:
            best = np.concatenate([best, np.zeros((2, len(SIGNALS)), dtype=np.float32)])
        nearest = self._nearest_example.mean(cosines)
        examples, words = self._examples.mean(scores)
        text = fold(evidence.text)
        count = len(text.split())
        letters = (
            0
            if evidence.text.isascii()
            else sum(mark.isalpha() and not mark.isascii() for mark in evidence.text)
        )
        foreign = letters > 0.3 * len(evidence.text) or (count > 3 and not _ENGLISH.search(text))
        return np.array(
            [
                *(
                    best[0, 1],
                    best[1, 1],
                    self._nearest_question.mean(cosines)[0],
                    best[0, 2],
                    best[0, 0],
                    best[1, 0],
                ),
                float(resources[:, 0].max()) if len(resources) else 0.0,
                *(best[0, 3], best[0, 4]),
                float(bool(evidence.named.resources)),
                float(bool(evidence.named.concepts)),
                *(
                    value
                    for n, kind in enumerate(EXAMPLES)
                    for value in (examples[n], nearest[n], evidence.head.get(kind, 0.0), words[n])
                ),
                *(float(bool(pattern.search(text))) for pattern in _FORM_PATTERNS.values()),
                min(math.log1p(count), 4.0),
                float(count > 40),
                float(foreign),
            ],
            dtype=np.float32,
        )


def standardise(rows: NDArray[np.float32]) -> tuple[Vectors, Vectors]:
    """Mean and spread of columns; a constant column gets the spread 1."""
    spread = rows.std(axis=0)
    spread[spread < 1e-6] = 1.0
    return rows.mean(axis=0), spread
