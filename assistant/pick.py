"""Which resources a message means: those that it names, or points at among those that were shown."""

from __future__ import annotations

import re

from assistant.evidence import Evidence
from assistant.focus import Focus
from assistant.lexicon import Reading
from assistant.wording import GENERIC, table
from assistant.words import plain, whole
from corpus.types import Resource


def own_resources(reading: Reading, evidence: Evidence) -> tuple[str, ...]:
    """The resources that a message names; of an author of several, the one that its words fit best."""
    found: list[str] = []
    for mention in reading.mentions:
        if len(mention.resources) == 1:
            found.append(mention.resources[0])
        elif mention.resources:
            found += _narrow(mention.resources, reading, evidence)
    return tuple(dict.fromkeys(found))


def pick_shown(text: str, reading: Reading, focus: Focus, evidence: Evidence) -> tuple[str, ...]:
    """Which of the shown sources a message points at: `the second one`, `the book`, `the pong thing`."""
    if not focus.resources:
        return ()
    cues = table()["pick"]
    found = whole(cues["ordinal"]).search(text)
    if found:
        word = found["n"] or found["m"] or found["d"]
        place = cues["ordinals"].get(word)
        if place is None:
            place = {"one": 0, "two": 1, "three": 2}.get(word, int(word) - 1 if word.isdigit() else 0)
        if found["n"] not in ("one", "two", "three") and -len(focus.resources) <= place < len(
            focus.resources
        ):
            return (focus.resources[place],)
    by_id = evidence.corpus.resource_by_id
    shown = [by_id[id] for id in focus.resources if id in by_id]
    age = re.search(
        r"\b(?:the|that) (older|original|old|newer|new|modern|recent) (?:one|version|course|book)", text
    )
    if age:
        origin = "guide" if age[1] in ("older", "original", "old") else "addition"
        after = [r.successor.resource for r in shown[:1] if r.successor and r.successor.resource]
        of_age = [resource.id for resource in shown if resource.origin == origin]
        return tuple((of_age or (after if origin == "addition" else []))[:1])
    if whole(cues["mean"]).search(text):
        best = max(shown, key=lambda resource: _overlap(resource, reading), default=None)
        if best is not None and _overlap(best, reading) > 0:
            return (best.id,)
    kind = whole(cues["kind"]).search(text)
    if kind:
        of_kind = [resource.id for resource in shown if resource.kind in cues["kinds"][kind["kind"]]]
        return tuple(of_kind[:1])
    return ()


def _narrow(ids: tuple[str, ...], reading: Reading, evidence: Evidence) -> tuple[str, ...]:
    """Of what one maker made, the ones that the message's other words fit best."""
    kinds = table()["pick"]["kinds"]
    taught = {c.id: c.taught_in for c in evidence.corpus.concepts}
    wanted = {kind for word in reading.words for kind in kinds.get(word, ())}

    def fit(id: str) -> float:
        resource = evidence.corpus.resource_by_id[id]
        words = set(plain(f"{resource.short} {resource.title}").split()) - GENERIC
        return (
            2.0 * any(id in taught[concept] for concept in reading.concepts)
            + (resource.kind in wanted)
            + bool(words & set(reading.rest))
            + 0.5 * (resource.origin == "guide")
        )

    best = max(fit(id) for id in ids)
    return tuple(id for id in ids if fit(id) == best)


def _overlap(resource: Resource, reading: Reading) -> int:
    names = " ".join((resource.title, resource.short, *resource.aliases, *resource.topics)).lower()
    words = {w for m in reading.mentions for w in reading.words[m.start : m.end]} | set(reading.rest)
    return sum(bool(re.search(rf"(?<!\w){re.escape(word)}", names)) for word in words - GENERIC)
