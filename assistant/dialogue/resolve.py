"""A message in its conversation -> the request as it stands: what it points at, what is asked, who asks."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.dialogue.acts import settle_act, settle_aspects
from assistant.dialogue.look import Column, Look
from assistant.dialogue.replies import pick_reply
from assistant.dialogue.request import Request
from assistant.dialogue.state import State
from assistant.dialogue.statements import update
from assistant.lexicon import Lexicon
from assistant.net import Net, sigmoid
from assistant.understanding.reading import ACTS, Reading, Statement
from assistant.words import plain, stem, stems, word_list
from corpus.types import Corpus, Resource

WEIGHTS = Path(__file__).with_name("resolve.json")
MARKS = ("asks", "refuses", "done", "doing")
"""How a message can point at a resource."""
_POSITIONS = 5
_TELLING = 0.55
"""How rare a word of a name must be to bring what bears it into question: at most some five have it."""
_CROSSED = 7
"""The first columns of `rows`, which each act reads in its own way."""
_MOST = 6
"""More resources than a message points at."""
_SHORT = 6
"""More words than a reply has that only counts out an option."""


@dataclass(frozen=True)
class Weights:
    """What was learned."""

    net: Net
    """Scores rows."""
    words: tuple[str, ...]
    """Small words that tell how a message points: `it`, `both`, `these`, `le`, `die`."""
    thresholds: tuple[float, ...]
    """Probability from which each of MARKS is set."""


@cache
def load_weights() -> Weights:
    """The weights that `python -m assistant.answering.train` wrote."""
    values = json.loads(WEIGHTS.read_text("utf-8"))
    return Weights(Net.of_values(values["net"]), tuple(values["words"]), tuple(values["thresholds"]))


class Resolver:
    """Resolves the messages to one guide."""

    def __init__(self, corpus: Corpus, lexicon: Lexicon, weights: Weights | None = None) -> None:
        """`weights`: those of the package where none are given."""
        self.corpus = corpus
        self.lexicon = lexicon
        self._weights = weights
        self._ids = [resource.id for resource in corpus.resources]
        self._place = {id: n for n, id in enumerate(self._ids)}
        self._names = _spread_words(corpus.resources, _name_words)
        self._traits = _spread_words(corpus.resources, _trait_words)

    def resolve(self, reading: Reading, state: State, alone: Look) -> Request:
        """The request of a message; `alone`: what the search says for the message alone."""
        marks = self.marks(reading, state, alone)
        says = (*reading.says, *_said(marks, reading))
        refused = [f"not:{id}" for id in marks["refuses"]]
        return Request(
            reading,
            settle_act(reading, state),
            reading.text,
            context_of(reading.text, state),
            marks["asks"] if reading.refs is None else reading.refs,
            settle_aspects(reading, state),
            tuple(dict.fromkeys((*reading.wants, *refused))),
            update(state.learner, says, self.corpus.about),
            state,
        )

    def marks(self, reading: Reading, state: State, alone: Look) -> Mapping[str, tuple[str, ...]]:
        """Ids of the resources that a message points at (`asks`), refuses, calls done or is doing, by MARKS.

        Those that are named or counted out come first, then those of the last list in its order, then the surest.
        """
        weights = self._weights or load_weights()
        rows, mask = self.rows(reading, state, alone)
        if not mask.any():
            return dict.fromkeys(MARKS, ())
        scores = weights.net.score(rows[mask], self.shared(reading, state, weights.words))
        places = np.flatnonzero(mask)
        listed = {id: n for n, id in enumerate(state.items)}
        told = {id for mention in reading.mentions for id in mention.resources}
        told |= set(self._out_of(reading.text, state.items))
        found = {}
        for column, (mark, threshold) in enumerate(zip(MARKS, weights.thresholds, strict=True)):
            order = np.argsort(-scores[:, column], kind="stable")[:_MOST]
            ids = [self._ids[places[n]] for n in order if sigmoid(scores[n, column]) >= threshold]
            found[mark] = tuple(sorted(ids, key=lambda id: (id not in told, listed.get(id, len(listed)))))
        return found

    def rows(
        self, reading: Reading, state: State, alone: Look
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """(resources, inputs) what speaks for each, and which of them (resources,) can be meant: shown or named."""
        zero = np.zeros(len(self._ids), dtype=np.float32)
        items = [id for id in state.items if id in self._place]
        last, ever = zero.copy(), zero.copy()
        positions = np.zeros((_POSITIONS, len(self._ids)), dtype=np.float32)
        for n, id in enumerate(items):
            last[self._place[id]] = 1
            positions[min(n, _POSITIONS - 1), self._place[id]] = 1
        before = zero.copy()
        for back, turn in enumerate(reversed(state.turns)):
            for id in turn.items:
                if id in self._place:
                    ever[self._place[id]] = max(ever[self._place[id]], 1 / (1 + back))
                    before[self._place[id]] += back > 0
        sure = self._set([m.resources[0] for m in reading.mentions if len(m.resources) == 1])
        several = self._set([id for m in reading.mentions if len(m.resources) > 1 for id in m.resources])
        stems_ = {stem(word) for word in word_list(reading.text)}
        names = self._overlap(self._names, stems_)
        traits = self._overlap(self._traits, stems_)
        counted = self._set(self._out_of(reading.text, items))
        spoken = self._set(self._spoken(state))
        logs = np.log(alone.resources + 1e-6).clip(-9)
        columns = [
            last,
            sure,
            several,
            positions[0],
            counted,
            names,
            spoken,
            ever,
            last * (1 - counted) * counted.any(),
            last * (1 - sure) * sure.any(),
            self._set(items[-1:]),
            *positions[1:],
            before > 0,
            traits,
            traits - _most(traits, last),
            names - _most(names, last),
            logs,
            logs - _most(logs, last, -9.0),
            alone.texts,
            alone.texts - _most(alone.texts, last),
            alone.questions,
            self._set(state.turns[-1].items if state.turns else ()),
        ]
        own = np.stack([np.asarray(column, dtype=np.float32) for column in columns], axis=1)
        acts = np.array([reading.acts.get(act, 0.0) for act in ACTS], dtype=np.float32)
        crossed = (own[:, :_CROSSED, None] * acts).reshape(len(own), -1)
        meant = (ever + sure + several + spoken > 0) | (names >= _TELLING)
        return np.concatenate([own, crossed], axis=1), meant

    def shared(self, reading: Reading, state: State, words: Sequence[str]) -> Column:
        """(inputs,): what is the same for every resource."""
        own = word_list(reading.text)
        held = set(own)
        items = state.items
        named = {id for mention in reading.mentions for id in mention.resources}
        values = [
            *(reading.acts.get(act, 0.0) for act in ACTS),
            *(len(items) == n for n in range(1, 5)),
            min(len(items), 6),
            min(len(named), 4),
            bool(named),
            bool(set(items) & named),
            min(len(own), 40) ** 0.5,
            len(state.turns) == 0,
            bool(state.turns and not state.turns[-1].items),
            bool(_ordinals(reading.text)),
            min(len(reading.aspects), 3),
            min(len(reading.wants), 3),
            *(word in held for word in words),
        ]
        return np.array(values, dtype=np.float32)

    def _spoken(self, state: State) -> tuple[str, ...]:
        """Ids of what the message before named."""
        return self.lexicon.read(state.last.message).resources if state.last else ()

    def _out_of(self, text: str, items: Sequence[str]) -> list[str]:
        """The items whose place in the last list a text counts out."""
        places = [place - 1 if place > 0 else len(items) - 1 for place in _ordinals(text)]
        return [items[place] for place in places if 0 <= place < len(items)]

    def _overlap(self, words: Mapping[str, Column], own: Iterable[str]) -> Column:
        found = [words[word] for word in own if word in words]
        return (
            np.sum(found, axis=0, dtype=np.float32) if found else np.zeros(len(self._ids), dtype=np.float32)
        )

    def _set(self, ids: Iterable[str]) -> Column:
        column = np.zeros(len(self._ids), dtype=np.float32)
        column[[self._place[id] for id in ids if id in self._place]] = 1
        return column


def context_of(message: str, state: State) -> str:
    """What to search for beside the message alone: the message before it, and it."""
    return f"{state.last.message} {message}" if state.last else message


def expand(message: str, state: State) -> str:
    """A reply that picks an option of the question back, in full: `2`, `the second`, `no`."""
    options = state.last.options if state.last else ()
    if meant := pick_reply(message, options):
        return meant
    places = _ordinals(message)
    if len(places) != 1 or len(word_list(message)) > _SHORT:
        return message
    place = places[0] - 1 if places[0] > 0 else len(options) - 1
    return options[place] if 0 <= place < len(options) else message


def _said(marks: Mapping[str, tuple[str, ...]], reading: Reading) -> list[Statement]:
    """What a message says of the resources that it points at."""
    known = {(one.slot, one.value) for one in reading.says}
    found = [(mark, id) for mark in ("refuses", "done", "doing") for id in marks[mark]]
    return [Statement(slot, id) for slot, id in found if (slot, id) not in known]


def _most(column: Column, among: Column, none: float = 0.0) -> float:
    """The most of a column among the rows that are set."""
    return float(column[among > 0].max(initial=none))


def _ordinals(text: str) -> tuple[int, ...]:
    """The places that a text counts out, in order: 1 the first, -1 the last."""
    by_word, runs = _ordinal_words()
    found = [by_word[word] for word in plain(text).split() if word in by_word]
    found += [place for run, place in runs.items() if run in text]
    return tuple(dict.fromkeys(found))


@cache
def _ordinal_words() -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Places by word, and by a run of signs in a script without spaces."""
    table = tomllib.loads(resources.files("assistant.dialogue").joinpath("ordinals.toml").read_text("utf-8"))
    words = {plain(word): int(place) for place, held in table.items() for word in held if plain(word)}
    runs = {word: int(place) for place, held in table.items() for word in held if _is_run(word)}
    return words, runs


def _is_run(word: str) -> bool:
    return any("\u3040" <= sign <= "\u9fff" for sign in word)


def _name_words(resource: Resource) -> frozenset[str]:
    names = (
        resource.title,
        resource.short,
        *resource.aliases,
        *resource.authors,
        resource.organisation or "",
    )
    return stems(" ".join(names))


def _trait_words(resource: Resource) -> frozenset[str]:
    traits = (
        resource.kind.replace("-", " "),
        *resource.format,
        *resource.topics,
        resource.section.replace("-", " "),
    )
    return stems(" ".join(traits))


def _spread_words(
    resources: Sequence[Resource], words_of: Callable[[Resource], frozenset[str]]
) -> Mapping[str, Column]:
    """(resources,) for each word: how much it tells where a resource has it; a rare one most."""
    held: dict[str, list[int]] = {}
    for place, resource in enumerate(resources):
        for word in words_of(resource):
            held.setdefault(word, []).append(place)
    spread = {}
    for word, places in held.items():
        column = np.zeros(len(resources), dtype=np.float32)
        column[places] = np.log(len(resources) / len(places)) / np.log(len(resources) + 1)
        spread[word] = column
    return spread
