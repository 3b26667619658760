"""A small guide on baking with facts, states and annotations, and a speaker over it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.answering.speaker import Speaker, Spoken
from assistant.dialogue.request import Request
from assistant.dialogue.state import Shown, State
from assistant.evidence import Evidence
from assistant.lexicon import Lexicon
from assistant.types import Profile
from assistant.understanding.reading import Act, Aspect, Reading, Statement
from corpus import load_corpus
from index.build import build_index
from index.encoders.hashed import HashedEncoder
from index.search import Found, Searcher, open_index

GUIDE = """---
title: Baking bread
subject: baking
roles: {start: [start], foundations: [basics]}
---

## Where to start {#start}

To start baking, the guide recommends [Crumb School](https://crumb.example/).
For a printed text, the guide names [Old Oven](https://oven.example/).
In 2026, an addition to the guide, [Levain Lab](https://levain.example/), suits bakers who want sourdough.
In 2026, an addition to the guide, [New Oven](https://newoven.example/), takes the place of Old Oven.

## Basics {#basics}

Before baking, the guide recommends [Flour Primer](https://flour.example/) for those who have never weighed flour.
"""

_RESOURCE = """---
title: {title}
short: {title}
aliases: []
url: {url}
kind: {kind}
authors: []
organisation: null
section: {section}
origin: {origin}
level: {level}
prerequisites: []
topics: []
format: [{format}]
length: null
cost: null
{facts}status: {status}
status_note: "{note}"
status_checked: 2026-11-20
current_url: {url}
successor: {successor}
good_for: []
not_for: []
questions: []
---

{text}
"""
_FILES: Mapping[str, Mapping[str, str]] = {
    "crumb-school": {
        "title": "Crumb School",
        "url": "https://crumb.example/",
        "section": "start",
        "format": "video, exercises",
        "facts": "facts:\n  hours: {value: 40, words: takes 40 hours}\n"
        "  price: {value: free, words: is free to watch}\n"
        "  exercises: {value: true, words: has 12 exercises}\n",
        "text": "Crumb School suits beginners who want to bake by hand. Crumb School takes 40 hours. Crumb School is "
        "free to watch. Crumb School has 12 exercises with photographs. Crumb School needs a scale and an oven.",
    },
    "old-oven": {
        "title": "Old Oven",
        "url": "https://oven.example/",
        "section": "start",
        "kind": "book",
        "format": "text",
        "status": "discontinued",
        "note": "Old Oven went out of print in 2019, and New Oven replaced it.",
        "successor": "new-oven",
        "facts": "facts:\n  price: {value: paid, words: was sold for 30 euros}\n",
        "text": "Old Oven suits readers of classic recipes. Old Oven was sold for 30 euros in shops.",
    },
    "new-oven": {
        "title": "New Oven",
        "url": "https://newoven.example/",
        "section": "start",
        "origin": "addition",
        "kind": "book",
        "format": "text",
        "facts": "facts:\n  pages: {value: 300, words: has 300 pages}\n",
        "text": "New Oven suits readers who bake with steam. New Oven has 300 pages.",
    },
    "levain-lab": {
        "title": "Levain Lab",
        "url": "https://levain.example/",
        "section": "start",
        "origin": "addition",
        "format": "video",
        "facts": "facts:\n  hours: {value: 8, words: takes 8 hours}\n"
        "  price: {value: paid, words: costs 50 euros}\n  exercises: {value: false, words: has no exercises}\n",
        "text": "Levain Lab suits bakers who already keep a starter. Levain Lab takes 8 hours. Levain Lab costs 50 "
        "euros. Levain Lab has no exercises.",
    },
    "flour-primer": {
        "title": "Flour Primer",
        "url": "https://flour.example/",
        "section": "basics",
        "level": "intro",
        "format": "text",
        "facts": "",
        "text": "Flour Primer explains wheat, rye and spelt in short lessons. Flour Primer is not for trained bakers.",
    },
}
_NOTES: Sequence[Mapping[str, object]] = [
    {
        "sentence": "To start baking, the guide recommends Crumb School.",
        "tells": ["recommendation"],
        "asks": ["where do i start baking"],
    },
    {"sentence": "Crumb School suits beginners who want to bake by hand.", "tells": ["who_for"]},
    {"sentence": "Crumb School takes 40 hours.", "tells": ["length"], "asks": ["how long is crumb school"]},
    {
        "sentence": "Crumb School is free to watch.",
        "tells": ["cost"],
        "asks": [["is crumb school free", "yes"]],
    },
    {"sentence": "Crumb School has 12 exercises with photographs.", "tells": ["exercises"]},
    {
        "sentence": "Crumb School needs a scale and an oven.",
        "tells": ["prerequisites"],
        "asks": ["what equipment do i need"],
    },
    {"sentence": "Old Oven suits readers of classic recipes.", "tells": ["who_for"]},
    {"sentence": "Old Oven was sold for 30 euros in shops.", "tells": ["cost"]},
    {
        "sentence": "Old Oven went out of print in 2019, and New Oven replaced it.",
        "tells": ["state", "successor"],
    },
    {"sentence": "New Oven suits readers who bake with steam.", "tells": ["who_for"]},
    {"sentence": "New Oven has 300 pages.", "tells": ["length"]},
    {"sentence": "Levain Lab suits bakers who already keep a starter.", "tells": ["who_for"]},
    {"sentence": "Levain Lab takes 8 hours.", "tells": ["length"]},
    {"sentence": "Levain Lab costs 50 euros.", "tells": ["cost"]},
    {"sentence": "Levain Lab has no exercises.", "tells": ["exercises"]},
    {
        "sentence": "Flour Primer explains wheat, rye and spelt in short lessons.",
        "tells": ["content"],
        "short": "Flour Primer explains flours.",
    },
    {
        "sentence": "Flour Primer is not for trained bakers.",
        "tells": ["who_for"],
        "asks": [["i am a baker, is it for me?", "no"]],
    },
]


def write_toy(folder: Path, annotated: bool = True) -> Path:
    """Write the guide."""
    (folder / "resources").mkdir(parents=True)
    (folder / "guide.md").write_text(GUIDE, "utf-8")
    defaults = {"kind": "course", "origin": "guide", "level": "intermediate", "status": "current", "note": ""}
    for id, values in _FILES.items():
        text = _RESOURCE.format(**{**defaults, "successor": "null", **values})
        (folder / "resources" / f"{id}.md").write_text(text, "utf-8")
    if annotated:
        lines = "".join(json.dumps(note) + "\n" for note in _NOTES)
        (folder / "annotations.jsonl").write_text(lines, "utf-8")
    return folder


@dataclass(frozen=True, slots=True)
class Toy:
    """A candidate."""

    id: str
    """Its id."""
    utility: float = 0.9
    """How good it is."""
    excluded: str | None = None
    """Why it must not be recommended."""


@dataclass(frozen=True)
class Bench:
    """A speaker over one corpus, and its search."""

    speaker: Speaker
    """What is tested."""
    searcher: Searcher
    """Finds for it."""
    said: list[str] = field(default_factory=list)
    """Texts that it said."""

    @classmethod
    def over(cls, place: Path, index: Path) -> Bench:
        """Build the index of a corpus and open it."""
        corpus, encoder = load_corpus(place), HashedEncoder()
        build_index(corpus, encoder, index)
        opened = open_index(index, corpus, encoder)
        evidence = Evidence(corpus, opened, Lexicon(corpus))
        return cls(Speaker(evidence), Searcher(opened, encoder, 1))

    def find(self, text: str) -> Found:
        """What a search finds."""
        return self.searcher.search(text)

    def say(
        self,
        text: str,
        act: Act = "about",
        refs: tuple[str, ...] = (),
        aspects: tuple[Aspect, ...] = (),
        ranked: Sequence[Toy] = (),
        says: tuple[str, ...] = (),
        **of: object,
    ) -> Spoken:
        """Say something to a request. `of`: language, hours, state, partly."""
        statements = tuple(Statement(*one.split(":", 1)) for one in says)
        reading = Reading(text, {act: 1.0}, says=statements, language=str(of.get("language", "en")))
        hours = of.get("hours")
        learner = Profile(hours_per_week=float(str(hours)) if hours else None)
        state = of.get("state")
        request = Request(
            reading,
            act,
            text,
            text,
            refs,
            aspects,
            (),
            learner,
            state if isinstance(state, State) else State(),
        )
        found = self.find(text)
        return self.speaker.say(request, found, found, ranked, bool(of.get("partly")))


def after(*quotes: str, items: tuple[str, ...] = ()) -> State:
    """A conversation that has quoted these sentences."""
    return State((Shown("hello", "find", "answered", items=items),), quotes=frozenset(quotes))
