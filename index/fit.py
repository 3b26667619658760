"""Learns the fusion's weights: `python -m index.fit QUESTIONS.jsonl --index DIR`.

Sections and resources are fitted on development questions, with five-fold cross-validation beside the fitted
score, and with the corpus's own questions as ballast: each of them seen as if it had been left out of the
head and of the views. The scope is fitted on the corpus's own questions alone; development questions only
measure it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus import Corpus, load_corpus
from index.chunk import cut
from index.encoder import Encoder, Vectors, open_encoder
from index.fusion import OUTCOMES, PATH, resource_signals, softmax
from index.head import Head
from index.learn import describe_units, learnable, train_on_views
from index.lexical import Lexical
from index.names import Names
from index.search import open_index
from index.signals import RESOURCE_SIGNALS, SCOPE_SIGNALS, SIGNALS, Evidence, Signals, Units
from index.views import NO_CHUNK, count_searched, list_views

_FOLDS = 5
_REPEATS = 4
_BALLAST = 0.1
_RIDGE = 0.02
_STEPS = 400
Truth = NDArray[np.bool_]


@dataclass(frozen=True)
class Sample:
    """Questions with what they bring up, and what is right for them."""

    questions: tuple[str, ...]
    """As asked."""
    sections: Vectors
    """(n, sections, signals)"""
    resources: Vectors
    """(n, resources, signals)"""
    scope: Vectors
    """(n, scope signals)"""
    right_sections: Truth
    """(n, sections)"""
    right_resources: Truth
    """(n, resources)"""
    outcomes: NDArray[np.int64]
    """(n,): position in OUTCOMES."""


class Bench:
    """A corpus with its views, vectors and head, in memory."""

    def __init__(self, corpus: Corpus, encoder: Encoder, vectors: Vectors) -> None:
        """`vectors`: of the corpus's views, in order, as the index holds them."""
        self.corpus = corpus
        self.encoder = encoder
        views = list_views(corpus, cut(corpus))
        self.views = views[: count_searched(views)]
        self.vectors = vectors[: len(self.views)]
        self.lexical = Lexical.of([view.text for view in self.views])
        self.names = Names.of(corpus)
        about: Mapping[str, Any] = describe_units(corpus)
        self.units = Units(
            about["sections"],
            about["resources"],
            [view.kind for view in self.views],
            [view.of for view in self.views],
        )
        self.guide = np.isin(self.units.resources, about["guide"]).astype(np.float32)
        self.training = train_on_views(self.views, self.vectors, hold_out=True)
        self._same: dict[str, list[int]] = {}
        for place, view in enumerate(self.views):
            self._same.setdefault(view.text, []).append(place)

    def signals(
        self, question: str, vector: Vectors, said: Vectors | None, without: Sequence[int] = ()
    ) -> Signals:
        """What a question brings up, from what the head says of it, `without` some views."""
        cosines, words = self.vectors @ vector, self.lexical.score(question).copy()
        cosines[list(without)], words[list(without)] = -1.0, 0.0
        head: Head | None = self.training.head if self.training else None
        scores = dict(zip(head.labels, said.tolist(), strict=True)) if head and said is not None else {}
        return self.units.gather(Evidence(question, cosines, words, scores, self.names.find(question)))

    def own_questions(self) -> Sample:
        """The corpus's own questions and examples, each as if it were not in the corpus."""
        held_out = self.training.held_out if self.training else None
        assert held_out is not None, "the corpus has no questions of its own"
        rows = [
            (self.views[place], place, row)
            for row, place in enumerate(learnable(self.views))
            if self.views[place].query
        ]
        signals = [
            self.signals(view.text, self.vectors[place], held_out[row], self._same[view.text])
            for view, place, row in rows
        ]
        return self._sample(
            [view.text for view, _, _ in rows],
            signals,
            [view.of if view.chunk != NO_CHUNK else () for view, _, _ in rows],
            [OUTCOMES.index(view.of[0]) if view.chunk == NO_CHUNK else 0 for view, _, _ in rows],
        )

    def questions(self, path: Path) -> tuple[Sample, list[dict[str, Any]]]:
        """Questions of a development file, and the file's lines."""
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        texts = [line["question"] for line in lines]
        vectors = self.encoder.encode_queries(texts)
        head = self.training.head if self.training else None
        signals = [
            self.signals(text, vector, head.score(text, vector) if head else None)
            for text, vector in zip(texts, vectors, strict=True)
        ]
        right = [(*line["sections"], *line["resources"], *line.get("additions", ())) for line in lines]
        outcomes = [OUTCOMES.index(line["outcome"].replace("answered", "covered")) for line in lines]
        return self._sample(texts, signals, right, outcomes), lines

    def _sample(
        self,
        texts: Sequence[str],
        signals: Sequence[Signals],
        right: Sequence[Sequence[str]],
        outcomes: Sequence[int],
    ) -> Sample:
        return Sample(
            tuple(texts),
            np.stack([signal.sections for signal in signals]),
            np.stack([signal.resources for signal in signals]),
            np.stack([signal.scope for signal in signals]),
            np.array([[id in ids for id in self.units.sections] for ids in right]),
            np.array([[id in ids for id in self.units.resources] for ids in right]),
            np.array(outcomes),
        )


def fit_ranking(groups: Sequence[tuple[Vectors, Truth, float]], ridge: float = _RIDGE) -> Vectors:
    """Weights (signals,), none below zero, that make a right candidate probable.

    Each group holds signals (n, candidates, signals), what is right (n, candidates), and its weight.
    Minimises the negative log of the probability of all right candidates together, by Adam.
    """
    groups = [
        (signals[right.any(axis=1)], right[right.any(axis=1)], weight) for signals, right, weight in groups
    ]
    width = groups[0][0].shape[2]
    spread = np.concatenate([signals.reshape(-1, width) for signals, _, _ in groups]).std(axis=0)
    spread[spread < 1e-6] = 1.0
    scaled = [(signals / spread, right, weight / len(signals)) for signals, right, weight in groups]
    weights = np.zeros(width)
    mean, square = np.zeros(width), np.zeros(width)
    for step in range(1, _STEPS + 1):
        slope = ridge * weights
        for signals, right, weight in scaled:
            share = _softmax(signals @ weights)
            wanted = share * right
            wanted /= wanted.sum(axis=1, keepdims=True) + 1e-12
            slope -= weight * np.einsum("nc,ncf->f", wanted - share, signals)
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope * slope
        weights -= 0.05 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-9)
        np.maximum(weights, 0, out=weights)
    found: Vectors = (weights / spread).astype(np.float32)
    return found


def fit_scope(sample: Sample, ridge: float = 0.003) -> tuple[Vectors, Vectors]:
    """Weights (scope signals, outcomes) and bias (outcomes,): logistic regression, outcomes weighed alike."""
    centre, spread = sample.scope.mean(axis=0), sample.scope.std(axis=0)
    spread[spread < 1e-6] = 1.0
    rows = np.concatenate([(sample.scope - centre) / spread, np.ones((len(sample.scope), 1))], axis=1)
    wanted = np.eye(len(OUTCOMES))[sample.outcomes]
    share = wanted.mean(axis=0)
    balance = (wanted @ (1 / np.sqrt(np.maximum(share, 1e-6))))[:, None]
    balance /= balance.mean()
    weights = np.zeros((rows.shape[1], len(OUTCOMES)))
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, 2 * _STEPS + 1):
        slope = ridge * weights + rows.T @ (balance * (_softmax(rows @ weights) - wanted)) / len(rows)
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope * slope
        weights -= 0.03 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-9)
    slopes = weights[:-1] / spread[:, None]
    return slopes.astype(np.float32), (weights[-1] - centre @ slopes).astype(np.float32)


def hit_rate(scores: Vectors, right: Truth, best: int) -> float:
    """Share of questions with a right candidate among the best; questions without any are left out."""
    asked = right.any(axis=1)
    order = np.argsort(-scores[asked], axis=1, kind="stable")[:, :best]
    return float(np.take_along_axis(right[asked], order, axis=1).any(axis=1).mean())


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return shares


@dataclass(frozen=True)
class Fitted:
    """Weights, and how good they are."""

    sections: Vectors
    """(signals,)"""
    resources: Vectors
    """(resource signals,)"""
    scope: tuple[Vectors, Vectors]
    """Weights (scope signals, outcomes), bias (outcomes,)."""

    def section_scores(self, sample: Sample) -> Vectors:
        """(n, sections)"""
        scores: Vectors = sample.sections @ self.sections
        return scores

    def resource_scores(self, sample: Sample, bench: Bench) -> Vectors:
        """(n, resources)"""
        scores: Vectors = gather_resources(sample, self.sections, bench) @ self.resources
        return scores

    def outcome_shares(self, sample: Sample) -> Vectors:
        """(n, outcomes)"""
        return softmax(sample.scope @ self.scope[0] + self.scope[1])

    def as_json(self) -> dict[str, Any]:
        """As `fusion.json` keeps it."""
        return {
            "sections": _named(SIGNALS, self.sections),
            "resources": _named(RESOURCE_SIGNALS, self.resources),
            "scope": {
                "weights": {
                    name: [round(float(value), 3) for value in row]
                    for name, row in zip(SCOPE_SIGNALS, self.scope[0], strict=True)
                },
                "bias": [round(float(value), 3) for value in self.scope[1]],
            },
        }


def gather_resources(sample: Sample, section_weights: Vectors, bench: Bench) -> Vectors:
    """(n, resources, RESOURCE_SIGNALS): the resources' own signals with their section's."""
    sections, of = softmax(sample.sections @ section_weights), bench.units.section_of
    guide = np.broadcast_to(bench.guide, (len(sample.questions), len(of)))
    return resource_signals(sample.resources, sections[:, of], sample.sections[:, of, 0], guide)


def fit_sections(
    own: Sample, asked: Sample, keep: NDArray[np.bool_], signals: Sequence[str] = SIGNALS
) -> Vectors:
    """Weights (signals,) for sections, from the kept development questions; other signals weigh nothing."""
    used = np.isin(SIGNALS, list(signals)).astype(np.float32)
    return used * fit_ranking(
        [
            (asked.sections[keep] * used, asked.right_sections[keep], 1.0),
            (own.sections * used, own.right_sections, _BALLAST),
        ]
    )


def fit(bench: Bench, own: Sample, asked: Sample, chosen: NDArray[np.bool_] | None = None) -> Fitted:
    """Fit on development questions (or the chosen ones of them), with the corpus's own as ballast."""
    keep = np.ones(len(asked.questions), dtype=bool) if chosen is None else chosen
    sections = fit_sections(own, asked, keep)
    resources = fit_ranking(
        [
            (gather_resources(asked, sections, bench)[keep], asked.right_resources[keep], 1.0),
            (gather_resources(own, sections, bench), own.right_resources, _BALLAST),
        ]
    )
    return Fitted(sections, resources, fit_scope(own))


def cross_validate(bench: Bench, own: Sample, asked: Sample) -> dict[str, float]:
    """Hit rates on development questions by weights that were fitted without them; mean of four shufflings."""
    found: dict[str, list[float]] = {}
    for seed in range(_REPEATS):
        fold = np.random.default_rng(seed).permutation(len(asked.questions)) % _FOLDS
        sections = np.zeros(asked.right_sections.shape, dtype=np.float32)
        resources = np.zeros(asked.right_resources.shape, dtype=np.float32)
        for part in range(_FOLDS):
            fitted = fit(bench, own, asked, fold != part)
            sections[fold == part] = fitted.section_scores(asked)[fold == part]
            resources[fold == part] = fitted.resource_scores(asked, bench)[fold == part]
        for name, value in _hit_rates(sections, resources, asked).items():
            found.setdefault(name, []).append(value)
    return {name: round(float(np.mean(values)), 4) for name, values in found.items()}


STEPS: Mapping[str, tuple[str, ...]] = {
    "words of the texts (BM25)": ("words in texts",),
    "sentences and titles (encoder)": ("texts",),
    "questions (encoder)": ("questions",),
    "words of the questions (BM25)": ("words in questions",),
    "head": ("head",),
    "names and concepts": ("names", "concepts"),
    "sentences + questions": ("texts", "questions"),
    "sentences + questions + head": ("texts", "questions", "head"),
    "sentences + questions + head + words": (
        "texts", "questions", "head", "words in texts", "words in questions",
    ),
    "all": SIGNALS,
}  # fmt: skip


def measure_steps(own: Sample, asked: Sample) -> dict[str, dict[str, float]]:
    """Section hit rates by some of the signals: cross-validated on development questions, and on the corpus's own."""
    table = {}
    for name, signals in STEPS.items():
        rates: dict[str, list[float]] = {"hit@1": [], "hit@3": []}
        for seed in range(_REPEATS):
            fold = np.random.default_rng(seed).permutation(len(asked.questions)) % _FOLDS
            scores = np.zeros(asked.right_sections.shape, dtype=np.float32)
            for part in range(_FOLDS):
                weights = fit_sections(own, asked, fold != part, signals)
                scores[fold == part] = asked.sections[fold == part] @ weights
            for best in (1, 3):
                rates[f"hit@{best}"].append(hit_rate(scores, asked.right_sections, best))
        every = fit_sections(own, asked, np.ones(len(asked.questions), dtype=bool), signals)
        table[name] = {rate: round(float(np.mean(values)), 3) for rate, values in rates.items()} | {
            f"own questions, left out, hit@{best}": round(
                hit_rate(own.sections @ every, own.right_sections, best), 3
            )
            for best in (1, 3)
        }
    return table


def measure(bench: Bench, fitted: Fitted, sample: Sample) -> dict[str, float]:
    """Hit rates, and the shares of questions answered by their right outcome."""
    figures = _hit_rates(fitted.section_scores(sample), fitted.resource_scores(sample, bench), sample)
    answered = fitted.outcome_shares(sample).argmax(axis=1) == 0
    for place, outcome in enumerate(OUTCOMES):
        if (asked := sample.outcomes == place).any():
            figures[f"{outcome} answered"] = round(float(answered[asked].mean()), 4)
    return figures


def _hit_rates(sections: Vectors, resources: Vectors, sample: Sample) -> dict[str, float]:
    return {
        f"{name} hit@{best}": round(hit_rate(scores, right, best), 4)
        for name, scores, right in (
            ("section", sections, sample.right_sections),
            ("resource", resources, sample.right_resources),
        )
        for best in (1, 3)
    }


def _named(names: Sequence[str], weights: Vectors) -> dict[str, float]:
    return {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}


def main() -> None:
    """Fit, print the figures, and write `fusion.json`."""
    parser = argparse.ArgumentParser(prog="python -m index.fit", description=__doc__)
    parser.add_argument("questions", type=Path, help="development questions, one JSON object a line")
    parser.add_argument("--index", type=Path, required=True, help="the index directory of the default corpus")
    parser.add_argument("--steps", action="store_true", help="measure what each signal brings; write nothing")
    parser.add_argument("--out", type=Path, default=PATH, help="where to write the weights")
    options = parser.parse_args()
    corpus, encoder = load_corpus(), open_encoder("default", "cpu", options.index)
    bench = Bench(corpus, encoder, open_index(options.index, corpus, encoder).vectors.rows())
    own, (asked, _) = bench.own_questions(), bench.questions(options.questions)
    if options.steps:
        print(json.dumps(measure_steps(own, asked), indent=1))
        return
    fitted = fit(bench, own, asked)
    figures = {
        "development questions, cross-validated": cross_validate(bench, own, asked),
        "development questions, fitted": measure(bench, fitted, asked),
        "the corpus's own questions, each left out": measure(bench, fitted, own),
    }
    values = json.loads(options.out.read_text("utf-8")) if options.out.exists() else {}
    values |= {"figures": figures, "learned": fitted.as_json()}
    options.out.write_text(json.dumps(values, indent=1) + "\n", "utf-8")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
