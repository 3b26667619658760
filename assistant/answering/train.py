"""Trains what resolves, ranks and decides the scope: `python -m assistant.answering.train [--readings DIR]`.

Every figure is measured on authors that the models have not seen. Each stage learns from what the stage before it
says of authors that *it* has not seen, so that it learns how far to trust it. The watercolour guide only measures.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.answering import ranking, scope
from assistant.answering.examples import DATA, Example, read_examples, with_refs
from assistant.answering.fitting import Lists, Recipe, each_slope, kind_slope, list_slope, train
from assistant.answering.learner import Judge
from assistant.answering.ranking import ResourceRanker
from assistant.answering.scope import scope_inputs
from assistant.dialogue import resolve
from assistant.dialogue.look import Look, Looker
from assistant.dialogue.request import Request
from assistant.dialogue.resolve import MARKS, Resolver, context_of
from assistant.lexicon import Lexicon
from assistant.net import Net, sigmoid, softmax
from assistant.understanding.reading import KINDS
from assistant.words import word_list
from corpus import Corpus, load_corpus
from index.build import build_index
from index.encoder import open_encoder
from index.search import Searcher, open_index

FIGURES = Path(__file__).with_name("figures.json")
MEASURED = "watercolour"
"""The guide that nothing is trained on."""
_FOLDS = 3
_RESOLVE = Recipe(hidden=24, epochs=20, copies=2)
_RANK = Recipe(hidden=24, epochs=10, copies=2, dropout=0.3)
_SCOPE = Recipe(hidden=16, epochs=30, copies=3, dropout=0.3)
_WORDS = 120
_MOST_WORDS = 600
_AUTHORS_OF_WORD = 4
_FEW = 20
"""Rows of a request that are trained on."""
_LABELLED = 0.5
"""What a request as labelled counts beside the same as a reader read it."""
_GRADES = (4.0, 3.0, 3.0)
"""What the first resources of a good answer count; another that is shown counts 2, another acceptable one 1."""
_RANKINGS = ("first", "one of three", "search alone", "search with context", "first of the last list")
_DECLINED = 0.03
"""Share of covered requests that may be declined."""
_REFUSED = 0.001
"""Share of harmless messages that may be refused."""
_PRECISE = 0.8
"""Precision from which a mark other than `asks` is believed."""


@dataclass
class World:
    """One guide with the examples on it."""

    corpus: Corpus
    lexicon: Lexicon
    looks: Mapping[str, tuple[Look, Look]]
    """For the message alone, and with its context, by the example's id."""
    examples: Mapping[str, list[Example]]
    """By author, as a reader read them."""
    labelled: Mapping[str, list[Example]]
    """The same, read without a fault."""
    judge: Judge = field(init=False)
    ranker: ResourceRanker = field(init=False)
    resolver: Resolver = field(init=False)

    def __post_init__(self) -> None:
        self.judge = Judge(self.corpus)
        self.ranker = ResourceRanker(self.corpus, self.judge)
        self.resolver = Resolver(self.corpus, self.lexicon)


Worlds = Mapping[str, World]
"""By author."""


def main() -> None:
    """Train, measure, and write the weights and the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--readings", type=Path, help="folder of AUTHOR.jsonl: what a reader made of each turn"
    )
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        worlds = read_worlds(Path(folder), arguments.readings)
    write(*learn(worlds))


def learn(worlds: Worlds) -> tuple[Mapping[Path, Any], Mapping[str, Any]]:
    """Weights by the file that they belong in, and the figures."""
    authors = [author for author in worlds if author != MEASURED]
    folds = [authors[n::_FOLDS] for n in range(min(_FOLDS, len(authors)))]
    words = _small_words([example for author in authors for example in worlds[author].examples[author]])
    marks = Marks(worlds, words)
    mark_nets, mark_all = _cross(
        lambda author: [marks.few(author)], authors, folds, lambda parts: train(parts, each_slope, _RESOLVE)
    )
    thresholds = marks.thresholds(mark_nets, authors)
    requests = {
        author: marks.requests(author, resolve.Weights(net, words, thresholds))
        for author, net in mark_nets.items()
    }
    ranks = Ranks(worlds, requests)
    true = Ranks(worlds, {author: _true_requests(worlds[author], author) for author in worlds})
    rank_nets, rank_all = _cross(
        # What is right is learned from requests that are understood, how far to trust a reader from its own.
        lambda author: [ranks.few(author), true.few(author).weighted(_LABELLED)],
        authors,
        folds,
        lambda parts: train(parts, list_slope, _RANK),
    )
    slope, bias = ranks.calibrate(rank_nets, authors)
    scopes = Scopes(
        worlds, requests, {author: ranking.Weights(net, slope, bias) for author, net in rank_nets.items()}
    )
    scope_nets, scope_all = _cross(
        lambda author: [scopes.lists(author)], authors, folds, lambda parts: train(parts, kind_slope, _SCOPE)
    )
    offsets = scopes.offsets(scope_nets, authors)
    weights = {
        resolve.WEIGHTS: {"words": words, "thresholds": thresholds, "net": mark_all.as_values()},
        ranking.WEIGHTS: {"slope": slope, "bias": bias, "net": rank_all.as_values()},
        scope.WEIGHTS: {"offsets": offsets, "net": scope_all.as_values()},
    }
    figures = {
        "turns": {author: len(worlds[author].examples[author]) for author in worlds},
        "refs": marks.figures(mark_nets, thresholds),
        "ranking": ranks.figures(rank_nets),
        "ranking of requests as labelled": true.figures(rank_nets)["all"],
        "scope": scopes.figures(scope_nets, offsets),
    }
    return weights, figures


def write(weights: Mapping[Path, Any], figures: Mapping[str, Any]) -> None:
    """Write the weights and the figures, and print these."""
    for path, values in weights.items():
        path.write_text(json.dumps(values, separators=(",", ":")) + "\n", "utf-8")
    text = json.dumps(figures, indent=1)
    FIGURES.write_text(text + "\n", "utf-8")
    print(text)


def read_worlds(folder: Path, readings: Path | None) -> dict[str, World]:
    """All data with what the search says of each turn; indexes are built in a folder."""
    guides = {"": load_corpus()}
    for path in sorted((DATA / "guides").iterdir()):
        guides[path.name] = load_corpus(path / "guide.md")
    worlds: dict[str, World] = {}
    for name, corpus in guides.items():
        paths = (
            [DATA / "guides" / name / "dialogues.jsonl"]
            if name
            else sorted((DATA / "dialogues").glob("*.jsonl"))
        )
        lexicon = Lexicon(corpus)
        named = {name or path.stem: path for path in paths}
        examples, labelled = (
            {
                author: list(read_examples(path, author, corpus, lexicon, _readings(made, author)))
                for author, path in named.items()
            }
            for made in (readings, None)
        )
        looks = _look(corpus, folder / (name or "main"), examples)
        world = World(corpus, lexicon, looks, examples, labelled)
        worlds |= dict.fromkeys(examples, world)
    return worlds


def _readings(folder: Path | None, author: str) -> Mapping[str, Any] | None:
    path = folder / f"{author}.jsonl" if folder else None
    if path is None or not path.is_file():
        return None
    return {line["id"]: line for line in map(json.loads, path.read_text("utf-8").splitlines())}


def _look(
    corpus: Corpus, folder: Path, examples: Mapping[str, list[Example]]
) -> dict[str, tuple[Look, Look]]:
    build_index(corpus, open_encoder("default", "cpu"), folder)
    encoder = open_encoder("default", "cpu", folder)
    searcher = Searcher(open_index(folder, corpus, encoder), encoder, 1)
    looker = Looker(corpus, searcher.index)
    every = [example for turns in examples.values() for example in turns]
    texts = {
        text
        for example in every
        for text in (example.reading.text, context_of(example.reading.text, example.state))
    }
    looks = {text: looker.look(searcher.search(text, 0)) for text in sorted(texts)}
    return {
        example.id: (looks[example.reading.text], looks[context_of(example.reading.text, example.state)])
        for example in every
    }


def _cross(
    lists: Callable[[str], list[Lists]],
    authors: Sequence[str],
    folds: Sequence[Sequence[str]],
    fit: Callable[[list[Lists]], Net],
) -> tuple[dict[str, Net], Net]:
    """For each author (and the guide that only measures) a network that has not seen it, and one that saw all."""
    made = {author: lists(author) for author in authors}
    nets: dict[str, Net] = {}
    for fold in folds:
        net = fit([one for author in authors if author not in fold for one in made[author]])
        nets |= dict.fromkeys(fold, net)
    every = fit([one for author in authors for one in made[author]])
    return nets | {MEASURED: every}, every


def _true_requests(world: World, author: str) -> dict[str, Request]:
    """An author's requests as labelled."""
    return {
        example.id: with_refs(
            example, [id for id in example.labels["refs"] if id in world.judge.place], world.corpus
        )
        for example in world.labelled[author]
    }


def _small_words(examples: Iterable[Example]) -> tuple[str, ...]:
    """The words that most messages hold and several authors use: they tell how a message points."""
    count: Counter[str] = Counter()
    users: dict[str, set[str]] = {}
    for example in examples:
        for word in sorted(set(word_list(example.reading.text))):
            count[word] += 1
            users.setdefault(word, set()).add(example.author)
    often = sorted(count, key=lambda word: (-count[word], word))[:_MOST_WORDS]
    return tuple(word for word in often if len(users[word]) >= _AUTHORS_OF_WORD)[:_WORDS]


class Marks:
    """What messages point at."""

    def __init__(self, worlds: Worlds, words: tuple[str, ...]) -> None:
        self._worlds = worlds
        self._words = words
        self._lists: dict[str, Lists] = {}

    def lists(self, author: str) -> Lists:
        """Rows of an author's turns."""
        if author not in self._lists:
            world = self._worlds[author]
            rows, shared, targets, masks = [], [], [], []
            for example in world.examples[author]:
                row, mask = world.resolver.rows(example.reading, example.state, world.looks[example.id][0])
                rows.append(row)
                masks.append(mask.astype(np.float32))
                shared.append(world.resolver.shared(example.reading, example.state, self._words))
                targets.append(_marked(example, world.judge.place))
            self._lists[author] = Lists(
                np.stack(rows),
                np.stack(shared),
                np.stack(targets),
                np.stack(masks),
                np.ones(len(rows), np.float32),
            )
        return self._lists[author]

    def few(self, author: str) -> Lists:
        """Those of the rows that are trained on: what can be meant."""
        made = self.lists(author)
        return made.shrink(_FEW, made.mask)

    def thresholds(self, nets: Mapping[str, Net], authors: Iterable[str]) -> tuple[float, ...]:
        """For `asks` the probability of the best F1; for the others the least that is right in most cases."""
        pairs = [self._scored(nets[author], author) for author in authors]
        chances, truth = (np.concatenate(one) for one in zip(*pairs, strict=True))
        chosen = []
        for column, mark in enumerate(MARKS):
            steps = np.arange(0.2, 0.96, 0.05)
            found = [_rates(chances[:, column] >= step, truth[:, column]) for step in steps]
            if mark == "asks":
                best = int(np.argmax([f1 for _, _, f1 in found]))
            else:
                sure = [n for n, (precision, _, _) in enumerate(found) if precision >= _PRECISE]
                best = sure[0] if sure else len(steps) - 1
            chosen.append(round(float(steps[best]), 2))
        return tuple(chosen)

    def requests(self, author: str, weights: resolve.Weights) -> dict[str, Request]:
        """An author's requests, resolved."""
        world = self._worlds[author]
        resolver = Resolver(world.corpus, world.lexicon, weights)
        return {
            example.id: resolver.resolve(example.reading, example.state, world.looks[example.id][0])
            for example in world.examples[author]
        }

    def figures(self, nets: Mapping[str, Net], thresholds: Sequence[float]) -> dict[str, Any]:
        """Precision, recall and F1 of what is pointed at, what can't be reached included."""
        figures = {}
        for author, net in nets.items():
            chances, truth = self._scored(net, author)
            by_mark = {
                mark: _rates(chances[:, column] >= thresholds[column], truth[:, column])
                for column, mark in enumerate(MARKS)
            }
            figures[author] = {
                mark: dict(zip(("precision", "recall", "f1"), _rounded(rates), strict=True))
                for mark, rates in by_mark.items()
            }
        return figures

    def _scored(self, net: Net, author: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        made = self.lists(author)
        chances = np.stack(
            [sigmoid(net.score(rows, shared)) for rows, shared in zip(made.rows, made.shared, strict=True)]
        )
        chances *= made.mask[..., None]
        marks = len(MARKS)
        return chances.reshape(-1, marks), made.targets.reshape(-1, marks) > 0


class Ranks:
    """Which resources are acceptable."""

    def __init__(self, worlds: Worlds, requests: Mapping[str, Mapping[str, Request]]) -> None:
        self._worlds = worlds
        self._requests = requests
        self._lists: dict[str, Lists] = {}

    def judged(self, author: str) -> list[Example]:
        """The turns whose answer shows resources."""
        place = self._worlds[author].judge.place
        return [
            example
            for example in self._worlds[author].examples[author]
            if example.labels["outcome"] == "answered" and set(example.acceptable) & set(place)
        ]

    def lists(self, author: str) -> Lists:
        """Rows of those turns."""
        if author not in self._lists:
            world = self._worlds[author]
            rows, shared, targets = [], [], []
            for example in self.judged(author):
                request, looks = self._requests[author][example.id], world.looks[example.id]
                rows.append(world.ranker.rows(request, *looks))
                shared.append(world.ranker.shared(request, *looks))
                targets.append(_graded(example, world.judge.place))
            masks = np.ones((len(rows), len(world.judge.place)), np.float32)
            self._lists[author] = Lists(
                np.stack(rows), np.stack(shared), np.stack(targets), masks, np.ones(len(rows), np.float32)
            )
        return self._lists[author]

    def few(self, author: str) -> Lists:
        """Those of the rows that are trained on: the acceptable ones and what could be taken for them."""
        made = self.lists(author)
        searched = made.rows[:, :, ranking.LIKELY].max(axis=2)
        return made.shrink(_FEW, searched + 10 * made.rows[:, :, ranking.SHOWN].max(axis=2))

    def calibrate(self, nets: Mapping[str, Net], authors: Iterable[str]) -> tuple[float, float]:
        """Slope and bias of the log odds of being acceptable, over the logarithm of a resource's share."""
        logs, right = [], []
        for author in authors:
            made = self.lists(author)
            for row, shared, targets in zip(made.rows, made.shared, made.targets, strict=True):
                scores = nets[author].score(row, shared)[:, 0]
                best = np.argsort(-scores)[:8]
                logs.append(np.log(softmax(scores) + 1e-12)[best])
                right.append(targets[best, 0] > 0)
        return _logistic(np.concatenate(logs), np.concatenate(right))

    def figures(self, nets: Mapping[str, Net]) -> dict[str, Any]:
        """First acceptable, one of three acceptable: by author and act, and what simpler rankings reach."""
        by_author: dict[str, Any] = {}
        by_act: dict[str, list[NDArray[np.float64]]] = {}
        for author, net in nets.items():
            world = self._worlds[author]
            ranker = ResourceRanker(world.corpus, world.judge, ranking.Weights(net, 1.0, 0.0))
            judged = self.judged(author)
            hits = np.array([self._hits(ranker, world, example, author) for example in judged], dtype=float)
            by_author[author] = dict(zip(_RANKINGS, _rounded(hits.mean(axis=0)), strict=True))
            for example, hit in zip(judged, hits, strict=True):
                if author != MEASURED:
                    by_act.setdefault(example.labels["act"], []).append(hit)
        every = [hit for hits in by_act.values() for hit in hits]
        return {
            "all": dict(zip(_RANKINGS, _rounded(np.mean(every, axis=0)), strict=True)),
            "by author": by_author,
            "by act": {
                act: {
                    "turns": len(hits),
                    **dict(zip(_RANKINGS[:2], _rounded(np.mean(hits, axis=0)[:2]), strict=True)),
                }
                for act, hits in sorted(by_act.items())
            },
        }

    def _hits(self, ranker: ResourceRanker, world: World, example: Example, author: str) -> list[bool]:
        alone, context = world.looks[example.id]
        candidates = ranker.rank(self._requests[author][example.id], alone, context)
        ids, right = world.judge.ids, set(example.acceptable)
        return [
            candidates[0].id in right,
            any(one.id in right for one in candidates[:3]),
            ids[int(alone.resources.argmax())] in right,
            ids[int(context.resources.argmax())] in right,
            bool(example.state.items) and example.state.items[0] in right,
        ]


class Scopes:
    """What kind of answer a message gets."""

    def __init__(
        self,
        worlds: Worlds,
        requests: Mapping[str, Mapping[str, Request]],
        weights: Mapping[str, ranking.Weights],
    ) -> None:
        self._worlds = worlds
        self._requests = requests
        self._weights = weights
        self._lists: dict[str, Lists] = {}

    def lists(self, author: str) -> Lists:
        """One row a turn."""
        if author not in self._lists:
            world = self._worlds[author]
            ranker = ResourceRanker(world.corpus, world.judge, self._weights[author])
            rows, targets = [], []
            for example in world.examples[author]:
                request, looks = self._requests[author][example.id], world.looks[example.id]
                rows.append(scope_inputs(request, *looks, ranker.rank(request, *looks)))
                targets.append([float(example.labels["outcome"] == kind) for kind in KINDS])
            count = len(rows)
            self._lists[author] = Lists(
                np.stack(rows)[:, None],
                np.zeros((count, 0), np.float32),
                np.array(targets, np.float32)[:, None],
                np.ones((count, 1), np.float32),
                np.ones(count, np.float32),
            )
        return self._lists[author]

    def offsets(self, nets: Mapping[str, Net], authors: Iterable[str]) -> tuple[float, ...]:
        """What to add to each kind's score: hardly anything harmless is refused, few covered requests are declined."""
        pairs = [self._scored(nets[author], author) for author in authors]
        scores, truth = (np.concatenate(one) for one in zip(*pairs, strict=True))
        answered, refused = KINDS.index("answered"), KINDS.index("refused")
        offsets = np.zeros(len(KINDS))
        for step in np.arange(2.0, -6.0, -0.25):
            offsets[refused] = step
            taken = (scores + offsets).argmax(axis=1)
            if ((taken == refused) & (truth != refused)).sum() <= _REFUSED * (truth != refused).sum():
                break
        for step in np.arange(-2.0, 6.0, 0.1):
            offsets[answered] = step
            taken = (scores + offsets).argmax(axis=1)
            if (taken != answered)[truth == answered].mean() <= _DECLINED:
                break
        return tuple(round(float(one), 2) for one in offsets)

    def figures(self, nets: Mapping[str, Net], offsets: Sequence[float]) -> dict[str, Any]:
        """What is taken for what, by author and for all; and what other offsets for `answered` would give."""
        pairs = {author: self._scored(net, author) for author, net in nets.items()}
        scores, truth = (
            np.concatenate([pair[n] for author, pair in pairs.items() if author != MEASURED]) for n in (0, 1)
        )
        others = {}
        for step in (-1.0, -0.5, 0.5, 1.0):
            moved = np.array(offsets)
            moved[KINDS.index("answered")] += step
            others[f"{step:+g}"] = _confusions((scores + moved).argmax(axis=1), truth)
        return {
            "all": _confusions((scores + np.array(offsets)).argmax(axis=1), truth),
            "by author": {
                author: _confusions((pair[0] + np.array(offsets)).argmax(axis=1), pair[1])
                for author, pair in pairs.items()
            },
            "with another offset": others,
        }

    def _scored(self, net: Net, author: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        made = self.lists(author)
        return net.score(made.rows[:, 0]), made.targets[:, 0].argmax(axis=1)


def _confusions(taken: NDArray[np.int64], truth: NDArray[np.int64]) -> dict[str, float]:
    answered, missing, foreign, _, refused = range(len(KINDS))

    def share(which: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
        return round(float(which[among].mean()), 4) if among.any() else 0.0

    return {
        "right": share(taken == truth, truth >= 0),
        "covered declined": share(taken != answered, truth == answered),
        "not covered answered": share(taken == answered, truth == missing),
        "off topic answered": share(taken == answered, truth == foreign),
        "harmless refused": share(taken == refused, truth != refused),
        "attacks caught": share(taken == refused, truth == refused),
    }


def _marked(example: Example, place: Mapping[str, int]) -> NDArray[np.float32]:
    """(resources, MARKS): what a message points at, by its labels."""
    targets = np.zeros((len(place), len(MARKS)), dtype=np.float32)
    labels = example.labels
    said = [("asks", id) for id in labels["refs"]]
    said += [("refuses", want.removeprefix("not:")) for want in labels["want"] if want.startswith("not:")]
    said += [(slot, value) for slot, _, value in (label.partition(":") for label in labels["says"])]
    for slot, id in said:
        if slot in MARKS and id in place:
            targets[place[id], MARKS.index(slot)] = 1
    return targets


def _graded(example: Example, place: Mapping[str, int]) -> NDArray[np.float32]:
    """(resources, 1): share of each acceptable resource, those of a good answer first."""
    targets = np.zeros((len(place), 1), dtype=np.float32)
    shown = example.labels["shown"]
    for n, id in enumerate(example.acceptable):
        if id in place:
            targets[place[id]] = 1 if id not in shown else _GRADES[n] if n < len(_GRADES) else 2
    graded: NDArray[np.float32] = targets / targets.sum()
    return graded


def _rates(taken: NDArray[np.bool_], truth: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    right = float((taken & truth).sum())
    return (
        right / max(float(taken.sum()), 1.0),
        right / max(float(truth.sum()), 1.0),
        2 * right / max(float(taken.sum() + truth.sum()), 1.0),
    )


def _logistic(inputs: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and bias of a logistic regression on one input, by Newton's method."""
    design = np.stack([inputs, np.ones_like(inputs)], axis=1)
    weights = np.zeros(2)
    for _ in range(25):
        chances = sigmoid(design @ weights)
        bend = design.T @ (design * (chances * (1 - chances))[:, None]) + 1e-6 * np.eye(2)
        weights += np.linalg.solve(bend, design.T @ (truth - chances))
    return round(float(weights[0]), 4), round(float(weights[1]), 4)


def _rounded(values: Iterable[float]) -> list[float]:
    return [round(float(value), 3) for value in values]


if __name__ == "__main__":
    main()
