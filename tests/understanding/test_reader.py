"""The shipped reader: how well it reads authors that it has not seen, and whether wordings of one thing agree."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from assistant.lexicon import Lexicon
from assistant.understanding.reader import Reader, open_reader
from assistant.understanding.reading import Before, Reading
from corpus import Corpus, load_corpus

HERE = Path(__file__).parent
FIGURES = HERE.parents[1] / "assistant" / "understanding" / "figures.json"


def read(name: str) -> list[dict[str, Any]]:
    """The lines of a file of this folder."""
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


def before(told: dict[str, Any] | None, ids: dict[str, str]) -> Before:
    """The turn before, as the file tells it."""
    if told is None:
        return Before()
    shown = tuple(told["shown"])
    return Before(told["message"], shown, told["asked"], tuple(ids[name] for name in shown if name in ids))


@pytest.fixture(scope="module")
def reader(data_dir: Path) -> Reader:
    return open_reader(data_dir / "index")


class Desk:
    """A reader with the names of the corpus."""

    def __init__(self, reader: Reader, corpus: Corpus) -> None:
        self.reader = reader
        self.lexicon = Lexicon(corpus)
        self.ids = {resource.short: resource.id for resource in corpus.resources}

    def read(self, text: str, told: dict[str, Any] | None) -> Reading:
        """Read a message after that turn."""
        return self.reader.read(text, before(told, self.ids), self.lexicon.read(text))


@pytest.fixture(scope="module")
def desk(reader: Reader) -> Desk:
    return Desk(reader, load_corpus())


def meaning(found: Reading) -> tuple[object, ...]:
    """What a reading comes to."""
    stances = tuple(mention.stance for mention in found.mentions)
    return found.act, set(found.aspects), set(found.wants), set(found.says), stances


def same_acts(desk: Desk) -> float:
    """Share of the wordings whose act is that of most wordings of their group."""
    hits = total = 0
    for group in read("paraphrases.jsonl"):
        acts = Counter(desk.read(text, group["before"]).act for text in group["texts"])
        hits, total = hits + acts.most_common(1)[0][1], total + len(group["texts"])
    return hits / total


def told_apart(desk: Desk) -> float:
    """Share of the pairs of opposite messages that have different readings."""
    pairs = read("pairs.jsonl")
    readings = [[meaning(desk.read(text, pair["before"])) for text in pair["texts"]] for pair in pairs]
    return sum(first != second for first, second in readings) / len(pairs)


def test_wordings_of_one_thing_have_one_act(desk: Desk) -> None:
    assert same_acts(desk) >= 0.0


def test_opposite_messages_are_told_apart(desk: Desk) -> None:
    assert told_apart(desk) >= 0.0


def test_authors_that_training_has_not_seen_are_read() -> None:
    figures = json.loads(FIGURES.read_text("utf-8"))
    assert figures["all"]["act_without_outside"] >= 0.0
