"""Labelled dialogues -> requests as the stages of an answer get them, with what is right for each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.dialogue.request import Request
from assistant.dialogue.resolve import context_of
from assistant.dialogue.state import Shown, State
from assistant.dialogue.statements import update
from assistant.lexicon import Lexicon
from assistant.types import Outcome, Profile
from assistant.understanding.reading import ASPECTS, KINDS, Mention, Reading, Statement
from corpus.types import Corpus

_SURE = 0.35
"""Probability from which a reader's label is taken."""
_SAID = frozenset({"knows", "lacks", "done", "doing", "refuses", "goal"})
"""Stances that say something of the writer."""
DATA = Path(__file__).parent.parent / "understanding"


@dataclass(frozen=True, slots=True)
class Example:
    """One turn of a labelled dialogue."""

    id: str
    """Of the dialogue, a dot, and the turn from 1."""
    author: str
    """Who wrote it: name of its file, or of its guide."""
    labels: Mapping[str, Any]
    """As in the data."""
    reading: Reading
    """What its message was read as."""
    state: State
    """The conversation before it, as a good one would have gone."""

    @property
    def acceptable(self) -> tuple[str, ...]:
        """Ids of the resources that are acceptable in its answer, those that a good one shows first."""
        return tuple(
            dict.fromkeys((*self.labels["shown"], *self.labels["resources"], *self.labels["additions"]))
        )


def read_examples(
    path: Path,
    author: str,
    corpus: Corpus,
    lexicon: Lexicon,
    readings: Mapping[str, Mapping[str, Any]] | None = None,
) -> Iterator[Example]:
    """The turns of one file; `readings`: what a reader made of each, by its id (else its labels are taken)."""
    for line in path.read_text("utf-8").splitlines():
        if line.strip():
            yield from _read_dialogue(json.loads(line), author, corpus, lexicon, readings or {})


def _read_dialogue(
    dialogue: Mapping[str, Any],
    author: str,
    corpus: Corpus,
    lexicon: Lexicon,
    readings: Mapping[str, Mapping[str, Any]],
) -> Iterator[Example]:
    turns: list[Shown] = []
    learner = Profile()
    for number, labels in enumerate(dialogue["turns"], 1):
        id = f"{dialogue['id']}.{number}"
        reading = to_reading(labels["user"], readings.get(id) or _as_read(labels), lexicon)
        yield Example(id, author, labels, reading, State(tuple(turns), learner))
        learner = update(learner, reading.says, corpus.about)
        items = tuple(one for one in labels["shown"] if one in corpus.resource_by_id)
        outcome: Outcome = labels["outcome"]
        turns.append(
            Shown(labels["user"], reading.act, outcome, labels["user"], items, tuple(labels["sections"]))
        )


def to_reading(text: str, read: Mapping[str, Any], lexicon: Lexicon) -> Reading:
    """A reading from its plain form: `acts`, `kinds`, and pairs of a label and its probability."""
    stances = {id: stance for id, stance, _ in read.get("stances", ())}
    mentions = tuple(
        Mention(
            0,
            0,
            one.resources,
            one.concept,
            next((stances[id] for id in one.resources if id in stances), "asks"),
        )
        for one in lexicon.read(text).mentions
    )
    labels = [label for label, sure in read["says"] if sure >= _SURE]
    labels += [
        f"{stance}:{id}" for id, stance, sure in read.get("stances", ()) if stance in _SAID and sure >= 0.5
    ]
    says = tuple(map(_statement, dict.fromkeys(labels)))
    aspects = tuple(label for label, sure in read["aspects"] if sure >= _SURE and label in ASPECTS)
    wants = tuple(label for label, sure in read["wants"] if sure >= _SURE)
    return Reading(text, read["acts"], read["kinds"], aspects, wants, says, mentions)


def _as_read(labels: Mapping[str, Any]) -> Mapping[str, Any]:
    """The labels in the form of a reading."""
    return {
        "acts": {labels["act"]: 1.0},
        "kinds": dict.fromkeys(KINDS, 1 / len(KINDS)),
        **{
            name: [(label, 1.0) for label in labels[key]]
            for name, key in (("aspects", "aspects"), ("wants", "want"), ("says", "says"))
        },
    }


def _statement(label: str) -> Statement:
    undone = label.startswith("undo:")
    slot, _, value = label.removeprefix("undo:").partition(":")
    return Statement(slot, value, undone)


def with_refs(example: Example, refs: Iterable[str], corpus: Corpus) -> Request:
    """The request of an example, its message pointing at these."""
    reading, state = example.reading, example.state
    learner = update(state.learner, reading.says, corpus.about)
    return Request(
        reading,
        reading.act,
        reading.text,
        context_of(reading.text, state),
        tuple(refs),
        reading.aspects,
        reading.wants,
        learner,
        replace(state),
    )
