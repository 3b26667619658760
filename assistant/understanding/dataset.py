"""The labelled messages of this folder, as training reads them."""

from __future__ import annotations

import dataclasses
import json
import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from assistant.lexicon import Lexicon
from assistant.understanding.labels import CLOSED, LABELS, SAYS, TAKEN_BACK
from assistant.understanding.mentions import Named, find_named
from assistant.understanding.reading import ACTS, KINDS, STANCES, Before
from corpus import load_corpus
from corpus.types import About, Basic, Corpus, Goal, Resource

FOLDER = Path(__file__).parent
MEASURED_ONLY = "watercolour"
"""The guide that nothing is trained on."""
CLOSED_MEASURED = "closed-measured"
"""Author of the questions that only measure whether yes or no is asked for."""
_CLOSED_OF = 3
PHRASES = "phrases"
"""Author of the messages in many languages."""
_PHRASES_SEED = 16
_CONTEXTS = 1
_OPENING = 0.5
COMPOSED = "composed"
"""Author of the messages that are joined from parts."""
INVENTED = ("guitar", "astronomy", "linux", MEASURED_ONLY)
_COMPOSED = 2000
_COMPOSED_SEED = 15
_COMPOSED_SHARES = {
    "knows": 5,
    "lacks": 5,
    "asks": 4,
    "goal": 1,
    "done": 2,
    "doing": 1,
    "refuses": 2,
    "likes": 1,
}
_OF_SUBJECTS = 0.6
_TAG = 2
_QUIET = 0.5
NO_STANCE = -1
"""Stance of a thing whose label says nothing: it was taken back."""
_JOB = {"goal:first-job": "goal:job", "goal:career-change": "goal:job"}
_SAMPLES = {
    "off-topic": ("outside", "off_topic"),
    "refused": ("attack", "refused"),
    "smalltalk": ("smalltalk", "smalltalk"),
}
"""Act and kind of the corpus's own samples."""
_SAMPLE_WEIGHT = 0.5


@dataclass(frozen=True)
class Guide:
    """A guide that messages are sent to."""

    lexicon: Lexicon
    short: dict[str, str]
    """Names of its resources by id."""


@dataclass(frozen=True, eq=False)
class Example:
    """A message with its labels."""

    id: str
    author: str
    text: str
    before: Before
    guide: Guide = field(repr=False)
    act: int | None = None
    kind: int | None = None
    labels: frozenset[str] | None = None
    """Those that hold; None: not known."""
    says_only: bool = False
    """Whether only what it says of its writer is labelled."""
    closed: bool | None = None
    said: dict[str, str] = field(default_factory=dict)
    """Stance by id of what is named."""
    undone: frozenset[str] = frozenset()
    """Ids of what is taken back."""
    weight: float = 1.0

    @cached_property
    def named(self) -> tuple[Named, ...]:
        """What it names."""
        return find_named(self.text, self.guide.lexicon.read(self.text), self.before.ids)

    @cached_property
    def stances(self) -> tuple[int, ...]:
        """Place of the stance of each thing named."""
        return tuple(self._stance(one) for one in self.named)

    def _stance(self, one: Named) -> int:
        stance = next((self.said[id] for id in one.ids if id in self.said), None)
        if stance is not None:
            return STANCES.index(stance)
        undone = self.act is None or any(id in self.undone for id in one.ids)
        return NO_STANCE if undone else STANCES.index("asks")


def read_examples(folder: Path = FOLDER) -> list[Example]:
    """Every labelled turn, by author, then the questions that are labelled for one thing only."""
    corpus = load_corpus()
    guide = Guide(Lexicon(corpus), {resource.id: resource.short for resource in corpus.resources})
    examples = [
        example
        for path in sorted((folder / "dialogues").glob("*.jsonl"))
        for example in read_turns(path, path.stem, guide)
    ]
    for place in sorted(path for path in (folder / "guides").iterdir() if path.is_dir()):
        examples += read_turns(place / "dialogues.jsonl", place.name, read_guide(place))
    examples += _closed(folder / "closed.jsonl", guide)
    samples = {"off-topic": corpus.off_topic, "refused": corpus.refused, "smalltalk": corpus.smalltalk}
    others = [read_guide(folder / "guides" / name) for name in INVENTED if name != MEASURED_ONLY]
    examples += [*_composed(guide, others), *_phrases(folder / "phrases.toml", guide)]
    return [
        *examples,
        *(example for name, texts in samples.items() for example in _samples(name, texts, guide)),
    ]


def read_turns(path: Path, author: str, guide: Guide) -> Iterator[Example]:
    """The turns of an author's dialogues; ids are the dialogue's with the number of the turn."""
    for line in path.read_text("utf-8").splitlines():
        dialogue = json.loads(line)
        before = Before()
        for number, turn in enumerate(dialogue["turns"], 1):
            yield _turn(f"{dialogue['id']}.{number}", author, turn, before, guide)
            shown = tuple(turn["shown"])
            before = Before(turn["user"], tuple(guide.short.get(id, id) for id in shown), "", shown)


def _turn(id: str, author: str, turn: dict[str, Any], before: Before, guide: Guide) -> Example:
    says = [_JOB.get(one, one) for one in turn["says"]]
    slots = [one.partition(":")[::2] for one in says]
    said = {value: slot for slot, value in slots if slot in STANCES}
    for want in turn["want"]:
        if want.startswith("not:"):
            said.setdefault(want[4:], "refuses")
    return Example(
        id,
        author,
        turn["user"],
        before,
        guide,
        ACTS.index(turn["act"]),
        KINDS.index(turn["outcome"]),
        frozenset(_labels(turn, says)) & set(LABELS),
        said=said,
        undone=frozenset(value.partition(":")[2] for slot, value in slots if slot == TAKEN_BACK),
    )


def _labels(turn: dict[str, Any], says: Sequence[str]) -> Iterator[str]:
    yield from turn["aspects"]
    for want in turn["want"]:
        yield want.partition(":")[0] if want.startswith(("lang:", "in:")) else want
    for one in says:
        slot, _, value = one.partition(":")
        if slot == TAKEN_BACK:
            yield TAKEN_BACK
        elif slot == "time" and value[:1].isdigit():
            yield "time:amount"
        else:
            yield one


def _composed(guide: Guide, others: Sequence[Guide]) -> Iterator[Example]:
    """Messages joined from the sentences of `stances.toml`, in which everything named has a stance of its own."""
    languages = tomllib.loads((FOLDER / "stances.toml").read_text("utf-8"))
    draws = random.Random(_COMPOSED_SEED)  # noqa: S311 - no secret
    for number in range(_COMPOSED):
        foreign = number % 2 == 1
        told = languages[draws.choice([name for name in languages if name != "en"]) if foreign else "en"]
        own = guide if foreign or number % 3 else draws.choice(others)
        yield _compose(f"composed.{number}", told, own, own is guide, draws)


def _compose(id: str, told: dict[str, Any], guide: Guide, ours: bool, draws: random.Random) -> Example:
    """One message of one to three sentences, of different things."""
    subjects = (
        told["subjects"]
        if ours
        else {one.id: [one.id.replace("-", " ")] for one in guide.lexicon.about.basics}
    )
    said: dict[str, str] = {}
    text = ""
    for n in range(draws.choice((1, 2, 2, 3))):
        stance = draws.choices(tuple(_COMPOSED_SHARES), tuple(_COMPOSED_SHARES.values()))[0]
        is_subject = stance in ("knows", "lacks", "goal") or (
            stance == "asks" and draws.random() < _OF_SUBJECTS
        )
        thing = draws.choice(tuple(subjects if is_subject else guide.short))
        if thing in said:
            continue
        said[thing] = stance
        name = draws.choice(subjects[thing]) if is_subject else guide.short[thing]
        sentence = draws.choice(told[stance]).format(name)
        text += (draws.choice(told["joins"]) if n and text else "") + sentence
    if draws.random() < _QUIET:
        text = text.lower()
    holds = frozenset(f"{stance}:{thing}" for thing, stance in said.items()) & set(SAYS)
    return Example(id, COMPOSED, text, Before(), guide, labels=holds, says_only=True, said=said)


def _phrases(path: Path, guide: Guide) -> Iterator[Example]:
    """What learners ask most in many languages, each time after another turn."""
    draws = random.Random(_PHRASES_SEED)  # noqa: S311 - no secret
    number = 0
    for meaning in tomllib.loads(path.read_text("utf-8"))["meaning"]:
        texts = [text for tag, own in meaning.items() if len(tag) == _TAG for text in own]
        for text in texts * _CONTEXTS:
            number += 1
            later = meaning.get("later") or meaning.get("asked") or draws.random() > _OPENING
            before = _any_turn(guide, texts, draws) if later else Before()
            turn = {"aspects": (), "want": (), **meaning}
            labels = frozenset(_labels(turn, meaning.get("says", ()))) & set(LABELS)
            act, kind = ACTS.index(meaning["act"]), KINDS.index(meaning.get("kind", "answered"))
            yield Example(f"{PHRASES}.{number}", PHRASES, text, before, guide, act, kind, labels)


def _any_turn(guide: Guide, texts: Sequence[str], draws: random.Random) -> Before:
    """A turn of which nothing matters but that there was one."""
    shown = tuple(draws.sample(sorted(guide.short), draws.choice((1, 2, 2, 3))))
    return Before(draws.choice(texts), tuple(guide.short[id] for id in shown), "", shown)


def _closed(path: Path, guide: Guide) -> Iterator[Example]:
    for number, line in enumerate(path.read_text("utf-8").splitlines()):
        told = json.loads(line)
        author = CLOSED if number % _CLOSED_OF == 0 else CLOSED_MEASURED
        yield Example(f"closed.{number}", author, told["user"], Before(), guide, closed=told["closed"])


def _samples(name: str, texts: Sequence[str], guide: Guide) -> Iterator[Example]:
    act, kind = _SAMPLES[name]
    places = ACTS.index(act), KINDS.index(kind)
    for number, text in enumerate(texts):
        yield Example(f"{name}.{number}", "corpus", text, Before(), guide, *places, weight=_SAMPLE_WEIGHT)


def read_guide(folder: Path) -> Guide:
    """An invented guide: its names alone."""
    told = json.loads((folder / "about.json").read_text("utf-8"))
    resources = tuple(_resource(one["slug"], one["title"], one["section"]) for one in told["resources"])
    about = About(
        subject=told["subject"],
        basics=tuple(Basic(id, _pattern(id)) for id in told["basics"]),
        goals=tuple(Goal(id, id, "", _pattern(id)) for id in told["goals"]),
    )
    corpus = Corpus(folder.name, None, (), resources, about)
    return Guide(Lexicon(corpus), {resource.id: resource.short for resource in resources})


def _pattern(id: str) -> str:
    return id.replace("-", "[ -]?") + "s?"


def _resource(slug: str, title: str, section: str) -> Resource:
    """A resource of which nothing is known but its names."""
    empty: dict[str, Any] = {one.name: () for one in dataclasses.fields(Resource)}
    bare = title.lower().removeprefix("the ").removeprefix("a ")
    told: dict[str, Any] = {
        "id": slug,
        "title": title,
        "short": title,
        "aliases": tuple(dict.fromkeys((slug.replace("-", " "), bare))),
        "section": section,
        "kind": "link",
        "origin": "guide",
        "level": "intro",
        "status": "current",
        **dict.fromkeys(("url", "status_note", "current_url", "path", "digest"), ""),
        **dict.fromkeys(("organisation", "length", "cost", "status_checked", "successor")),
        "lines": {},
    }
    return Resource(**{**empty, **told})
