"""The question as it stands with the turns before it.

What a question is about is decided from its form (pointing words, a conjunction in front, no subject of its own)
and from what the last answer cited. The cue tables are in `follow_up.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, Literal

from assistant.aspects import asked, asks
from assistant.evidence import Evidence
from assistant.focus import SECTION_OF_GOAL, Focus
from assistant.lexicon import Lexicon, Reading
from assistant.profile import Said, names_goal
from assistant.words import plain
from corpus.types import Resource

Form = Literal["topic", "about", "other", "more", "compare", "next", "order", "again", "context"]
_SHORT = 7
_MOST_PARTS = 3
_OF_SECTIONS = frozenset({"brand", "rent", "speed"})
"""Aspects that sections tell, not single resources."""
_FIELDS = frozenset(
    {"math-background", "machine-learning", "computer-vision", "rnn", "nlp", "reinforcement-learning"}
)
"""Sections on one field, which have something to read of their own; the others send readers to the books."""
_GENERIC_WORDS = """
    book books course courses class classes resource resources thing things stuff material post posts blog article
    paper tutorial guide lecture lectures video videos link links page site website learn learning study read reading
    watch start begin beginner beginners newbie newcomer take recommend suggest suggestions option options idea
    question answer please top first second third last cheers smart deep machine dl ml ai work works kind sort
    possible maybe tips tip advice hints recommendation recommendations list decent nice great any
    really actually enough another else instead same both part right
"""
_GENERIC = frozenset(_GENERIC_WORDS.split())


@dataclass(frozen=True, slots=True)
class Need:
    """What is asked now, with everything that the turns before add to it."""

    question: str
    """The message in plain words."""
    query: str
    """What to search for: the message, or the message with its context."""
    form: Form = "topic"
    """topic: find out by searching; about: these resources; other: another one of these sections; more; compare;
    next; order: a path; again: the last question, for the changed profile; context: search with the context."""
    resources: tuple[str, ...] = ()
    """Ids of what it is about, the main one first."""
    sections: tuple[str, ...] = ()
    """Ids of the sections that it is about."""
    aspects: tuple[str, ...] = ()
    """What is asked about them."""
    concepts: tuple[str, ...] = ()
    """Ids of the concepts that it names."""
    follow_up: bool = False
    """Whether it leans on the turns before."""
    said: frozenset[str] = frozenset()
    """Quotes that the conversation has seen."""
    shown: tuple[str, ...] = ()
    """Ids of the resources that the last answer showed."""
    short: bool = False
    """Whether as little as possible is wanted."""
    reads: bool = False
    """Whether it asks for something to read."""
    bare: bool = False
    """Whether it has no words of its own beside names and words of learning."""
    learning: bool = False
    """Whether it asks to learn, or for books, courses and the like."""
    goal: bool = False
    """Whether it says what the learner wants to work on."""


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files("assistant").joinpath("follow_up.toml").read_text("utf-8"))


@cache
def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)")


def _has(name: str, text: str) -> bool:
    table = _table()
    words = table["form"].get(name) or table[name]
    return bool(_pattern(words).search(text))


def resolve(reading: Reading, said: Said, focus: Focus, evidence: Evidence, lexicon: Lexicon) -> Need:
    """What a message asks, given what the last answer was about."""
    text = reading.text
    table = _table()
    core, opened = _strip_openings(text)
    aspects = asked(text)
    own = _own_resources(reading, evidence)
    if not _has("next", text) and "after" not in text.split():
        own = tuple(id for id in own if id not in (*said.profile.done, *said.profile.avoids))
    base = Need(
        text,
        text,
        aspects=aspects,
        concepts=reading.concepts,
        said=focus.said,
        shown=focus.resources,
        short=_has("shorten", core),
    )
    base = replace(
        base, bare=not _own_words(reading), learning=_has("learning", text), goal=bool(said.profile.goal)
    )
    if own and _is_rival(reading) and not _is_choice(text):
        sections = tuple(dict.fromkeys(evidence.corpus.resource_by_id[id].section for id in own))
        return replace(base, form="other", resources=own, sections=sections, shown=own)
    points = _points_back(text)
    topic = _topic_sections(reading, said)
    if not focus:
        return _alone(base, own)
    needed = _own_words(reading)
    words = len(core.split())
    if _has("order", text) or (
        _asked_order(focus) and (_has("trim", core) or (said and not own and not aspects))
    ):
        return replace(base, form="order", follow_up=not _has("order", text))
    chosen = _pick(text, reading, focus, evidence)
    if own and focus.resources and _has("subject", core) and set(own) - set(focus.resources[:1]):
        return _about(base, focus.resources[:1], focus)
    if own:
        return _named(base, own, focus, core, opened, points)
    if ("knows", "have-basics") in said.withdrawn and not reading.resources:
        return replace(base, query="how to start deep learning", sections=("have-basics",), follow_up=True)
    if chosen and not topic:
        return _about(base, chosen, focus)
    if _has("person", text) and focus.resources:
        return _of_person(base, focus, evidence, lexicon)
    if topic or (reading.concepts and (not points or words > 2)):
        if topic and opened and len(needed) <= 2 and not reading.concepts:
            return replace(base, sections=topic, follow_up=True)
        if topic and opened:
            return replace(base, query=core, sections=topic, follow_up=True)
        if not (points and len(needed) == 0 and not reading.concepts):
            return replace(base, query=core or text, follow_up=opened)
    if base.short:
        return _about(base, focus.resources[:1], focus)
    if core == "" or _pattern(table["form"]["more"]).search(core or text):
        return _more(base, focus)
    if _has("next", text):
        return replace(
            base, form="next", resources=focus.resources[:1], sections=focus.sections, follow_up=True
        )
    if _has("compare", core) and _are_comparable(focus, evidence, lexicon) and (points or words <= _SHORT):
        return replace(
            base, form="compare", resources=focus.resources, sections=focus.sections, follow_up=True
        )
    if said and not _is_question(core, aspects):
        return _told(base, said, focus)
    if _has("other", core) and len(needed) <= 3 and words <= 12:
        return replace(
            base,
            form="other",
            resources=focus.resources,
            sections=focus.sections,
            follow_up=True,
            query=f"{text} {_context(focus, evidence)}",
        )
    if said and not aspects and len(needed) <= 2:
        return _told(base, said, focus)
    if set(aspects) & _OF_SECTIONS and len(needed) <= 3 and words <= 12:
        return replace(
            base, query=f"{core} {_context(focus, evidence)}", sections=focus.sections, follow_up=True
        )
    if aspects and len(needed) <= 2 and (points or opened or words <= _SHORT):
        resources = focus.resources if _has("plural", text) else focus.resources[:1]
        return _about(base, resources, focus)
    if not needed and focus.sections and (points or opened or words <= _SHORT):
        return replace(
            base,
            query=f"{core} {_context(focus, evidence)}",
            sections=_other_form(core, focus) or focus.sections,
            follow_up=True,
        )
    if points or opened or len(needed) <= 1 or (words <= 4 and len(needed) <= 2):
        return replace(
            base,
            form="context",
            query=f"{core} {_context(focus, evidence)}",
            resources=focus.resources,
            sections=focus.sections,
            follow_up=True,
        )
    return base


def _alone(base: Need, own: tuple[str, ...]) -> Need:
    """A message without turns before it."""
    if _has("order", base.question):
        return replace(base, form="order", resources=own)
    if len(own) >= 2 and (_has("compare", base.question) or _is_choice(base.question)):
        return replace(base, form="compare", resources=own)
    if own:
        form: Form = "next" if _has("next", base.question) or "after" in base.question.split() else "about"
        return replace(base, form=form, resources=own)
    if base.bare and not base.concepts and _has("reading", base.question):
        return replace(base, sections=("reading",))
    return base


def _is_rival(reading: Reading) -> bool:
    """Whether something else than a named resource is wanted: `shorter than Strang`, `alternatives to X`."""
    named = [mention for mention in reading.mentions if mention.resources]
    before = " ".join(word for word in reading.words[: named[0].start] if word != "the") if named else ""
    return bool(re.search(rf"(?<!\w){_table()['form']['rival']}", before)) and "better" not in reading.words


def _is_choice(text: str) -> bool:
    return bool(re.search(r"\b(?:or|vs|versus|oder|ou|ya)\b|\bwhich\b", text))


def _named(base: Need, own: tuple[str, ...], focus: Focus, core: str, opened: bool, points: bool) -> Need:
    """A message that names a resource: about it, or about it beside what was shown."""
    beside = bool(re.search(r"\b(?:than|vs|versus|compared|better|or)\b", core))
    others = tuple(id for id in focus.resources[:1] if id not in own)
    if beside and points and others:
        return replace(base, form="compare", resources=(*others, *own), follow_up=True)
    return replace(_alone(base, own), follow_up=opened or points)


def _about(base: Need, resources: tuple[str, ...], focus: Focus) -> Need:
    return replace(base, form="about", resources=resources, sections=focus.sections, follow_up=True)


def _more(base: Need, focus: Focus) -> Need:
    yes = re.match(r"(?:yes|yeah|yep|sure|ok(?:ay)?|please|si|oui|ja|haan)\b", base.question)
    if yes and len(base.question.split()) <= 3 and focus.suggestions:
        return replace(base, query=focus.suggestions[0], question=focus.suggestions[0], follow_up=True)
    return replace(base, form="more", resources=focus.resources, sections=focus.sections, follow_up=True)


def _told(base: Need, said: Said, focus: Focus) -> Need:
    """A message that only says something about its writer: the advice changes with it."""
    profile = said.profile
    common = replace(base, resources=focus.resources, sections=focus.sections, follow_up=True)
    if profile.background in ("none", "some-maths") or any(field == "knows" for field, _ in said.withdrawn):
        return replace(
            common,
            form="topic",
            query=f"{base.question} mathematics background linear algebra calculus probability",
            sections=("math-background",),
            resources=(),
        )
    if ("reading" in profile.prefers or "video" in profile.avoids) and not (
        set(focus.sections[:1]) & _FIELDS
    ):
        return replace(common, form="topic", sections=("reading",), resources=())
    if profile.budget in ("free", "low"):
        return replace(common, form="other", aspects=("cost",))
    if profile.hardware and "hardware" not in focus.sections:
        return replace(common, form="topic", sections=("hardware",), resources=())
    return replace(common, form="again", query=f"{focus.question} {base.question}")


def _of_person(base: Need, focus: Focus, evidence: Evidence, lexicon: Lexicon) -> Need:
    """`he`, `her posts`: what else the maker of the main resource has here."""
    main = evidence.corpus.resource_by_id.get(focus.resources[0])
    theirs = [id for name in (main.authors if main else ()) for id in lexicon.by_author.get(name.lower(), ())]
    known = tuple(dict.fromkeys((focus.resources[0], *theirs)))
    return replace(
        base, form="about", resources=known, sections=focus.sections, follow_up=True, query=base.question
    )


def _strip_openings(text: str) -> tuple[str, bool]:
    found = _openings().match(text)
    if found is None:
        return text.strip(" .,;:!?"), False
    return text[found.end() :].strip(" .,;:!?"), True


@cache
def _openings() -> re.Pattern[str]:
    return re.compile(rf"^(?:(?:{_table()['openings']})(?!\w)[\s.,;:!?]*)+")


def parts_of(question: str, lexicon: Lexicon) -> tuple[str, ...]:
    """The questions in a message that stand alone, where there are several; else nothing.

    What points back (`and is it free?`) or has no subject belongs to the question before it.
    """
    pieces = re.split(_table()["parts"], question, flags=re.IGNORECASE)
    if len(pieces) == 1:
        return ()
    parts: list[str] = []
    for piece in (piece.strip(" ,;.?!") for piece in pieces if piece):
        reading = lexicon.read(piece)
        alone = bool(reading.mentions) or len(_own_words(reading)) >= 2
        if parts and (not alone or _points_back(reading.text) or len(piece.split()) < 3):
            parts[-1] = f"{parts[-1]} {piece}"
        elif piece:
            parts.append(piece)
    return tuple(parts[:_MOST_PARTS]) if len(parts) > 1 and all(len(p.split()) > 2 for p in parts) else ()


def is_courtesy(text: str) -> bool:
    """Whether a message is a greeting, thanks or a goodbye and nothing else; `ok` alone is none."""
    if _pattern(_table()["identity"]).search(text):
        return len(text.split()) <= _SHORT + 3
    return bool(re.fullmatch(_table()["courtesy"], text)) and text.strip(" .!") not in ("ok", "okay")


def _points_back(text: str) -> bool:
    table = _table()
    loose = re.sub(_pattern(table["expletive"]), " ", text)
    return bool(_pattern(table["pronouns"]).search(loose) or _pattern(table["points_back"]).search(loose))


def _topic_sections(reading: Reading, said: Said) -> tuple[str, ...]:
    return tuple(SECTION_OF_GOAL[goal] for goal in said.profile.goal)


def _own_words(reading: Reading) -> tuple[str, ...]:
    """Words of the message that neither point back nor belong to what is asked about."""
    return tuple(
        word
        for word in reading.rest
        if word not in _GENERIC
        and len(word) > 1
        and not word.isdigit()
        and not asks(word)
        and not names_goal(word)
    )


def _are_comparable(focus: Focus, evidence: Evidence, lexicon: Lexicon) -> bool:
    """Whether the last answer set two of the guide's resources side by side, or two of one kind.

    `the two` of a question on two subjects (`machine learning or deep learning`) are those subjects.
    """
    asked_before = lexicon.read(focus.question)
    if not asked_before.resources and re.search(r"\w (?:and|or|vs|versus) \w", asked_before.text):
        return False
    shown = [evidence.corpus.resource_by_id[id] for id in focus.resources]
    guide = [resource for resource in shown if resource.origin == "guide"]
    return len(guide) >= 2 or (len(shown) == 2 and shown[0].kind == shown[1].kind and not guide)


def _other_form(core: str, focus: Focus) -> tuple[str, ...]:
    """Somebody who asks for books while courses are on the table wants the section on books."""
    wants = _has("reading", core) and not set(focus.sections[:1]) & _FIELDS
    return ("reading",) if wants else ()


def with_wishes(need: Need, said: Said) -> Need:
    """A new question of somebody who only reads: where to start is, for them, the section on books."""
    if need.form != "topic" or need.sections:
        return need
    reads = "reading" in said.profile.prefers or "video" in said.profile.avoids
    return replace(need, reads=True) if reads else need


def _is_question(core: str, aspects: tuple[str, ...]) -> bool:
    return bool(
        aspects
        or re.match(
            r"(?:what|which|where|who|how|why|when|is|are|do|does|can|could|should|would|will|any|got|give|show)\b",
            core,
        )
    )


def _asked_order(focus: Focus) -> bool:
    asked_before = plain(focus.question)
    return _has("order", asked_before) or _has("trim", asked_before)


def _context(focus: Focus, evidence: Evidence) -> str:
    """The last question and what it was answered with, as words to search with."""
    sections = [evidence.corpus.section_by_id[id].title for id in focus.sections[:1]]
    return " ".join((focus.question, *sections))


def _own_resources(reading: Reading, evidence: Evidence) -> tuple[str, ...]:
    """The resources that a message names; of an author of several, the one that its words fit best."""
    found: list[str] = []
    for mention in reading.mentions:
        if len(mention.resources) == 1:
            found.append(mention.resources[0])
        elif mention.resources:
            found += _narrow(mention.resources, reading, evidence)
    return tuple(dict.fromkeys(found))


def _narrow(ids: tuple[str, ...], reading: Reading, evidence: Evidence) -> tuple[str, ...]:
    """Of what one maker made, the ones that the message's other words fit best."""
    kinds = _table()["pick"]["kinds"]
    taught = {c.id: c.taught_in for c in evidence.corpus.concepts}
    wanted = {kind for word in reading.words for kind in kinds.get(word, ())}

    def fit(id: str) -> float:
        resource = evidence.corpus.resource_by_id[id]
        words = set(plain(f"{resource.short} {resource.title}").split()) - _GENERIC
        return (
            2.0 * any(id in taught[concept] for concept in reading.concepts)
            + (resource.kind in wanted)
            + bool(words & set(reading.rest))
            + 0.5 * (resource.origin == "guide")
        )

    best = max(fit(id) for id in ids)
    return tuple(id for id in ids if fit(id) == best)


def _pick(text: str, reading: Reading, focus: Focus, evidence: Evidence) -> tuple[str, ...]:
    """Which of the shown sources a message points at: `the second one`, `the book`, `the pong thing`."""
    if not focus.resources:
        return ()
    pick = _table()["pick"]
    found = _pattern(pick["ordinal"]).search(text)
    if found:
        word = found["n"] or found["m"] or found["d"]
        place = pick["ordinals"].get(word)
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
    if _pattern(pick["mean"]).search(text):
        best = max(shown, key=lambda resource: _overlap(resource, reading), default=None)
        if best is not None and _overlap(best, reading) > 0:
            return (best.id,)
    kind = _pattern(pick["kind"]).search(text)
    if kind:
        of_kind = [resource.id for resource in shown if resource.kind in pick["kinds"][kind["kind"]]]
        return tuple(of_kind[:1])
    return ()


def _overlap(resource: Resource, reading: Reading) -> int:
    names = " ".join((resource.title, resource.short, *resource.aliases, *resource.topics)).lower()
    words = {w for m in reading.mentions for w in reading.words[m.start : m.end]} | set(reading.rest)
    return sum(bool(re.search(rf"(?<!\w){re.escape(word)}", names)) for word in words - _GENERIC)


def wanted_kinds(text: str) -> frozenset[str]:
    """Kinds of resources that a message asks for: `a book`, `another course`."""
    kinds = _table()["pick"]["kinds"]
    return frozenset(kind for word in text.split() for kind in kinds.get(word.removesuffix("s"), ()))


def wants_newer(text: str) -> bool:
    """Whether a message asks for something newer than what was shown."""
    return _has("newer", text)


def unshown(ids: Iterable[str], shown: Iterable[str]) -> tuple[str, ...]:
    """The ids that were not shown yet, in order."""
    seen = set(shown)
    return tuple(id for id in ids if id not in seen)
