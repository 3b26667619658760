"""The one judge of how a resource suits a learner: what excludes it, what speaks for it, and what against it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assistant.dialogue.statements import basic_of, subject_id
from assistant.types import Profile
from assistant.words import stems
from corpus.facts import Fact, count_hours
from corpus.types import Corpus, Resource

Column = NDArray[np.float32]

_FORMATS: Mapping[str, frozenset[str]] = {
    "video": frozenset({"video"}),
    "reading": frozenset({"text", "notes"}),
    "hands-on": frozenset({"assignments", "code", "notebooks", "labs", "exercises"}),
    "code": frozenset({"code", "notebooks"}),
}
_KINDS: Mapping[str, frozenset[str]] = {
    "books": frozenset({"book"}),
    "courses": frozenset({"course"}),
    "kind:post": frozenset({"blog-post", "blog"}),
    "kind:notes": frozenset({"lecture-notes"}),
    "kind:tool": frozenset({"framework", "software", "app", "service", "cloud-guide"}),
}
_BESIDE_VIDEO = frozenset({"video", "slides", "quizzes", "exams", "assignments"})
_UNKNOWN_KIND = "link"
_LONG_HOURS = 60.0
_HOURS_EACH = {"lectures": 1.5, "chapters": 4.0, "pages": 0.1, "weeks": 7.0}
"""How many hours one of these takes, roughly: to order resources of which only the number is stated."""
_PROGRAMMING = frozenset({"programming", "python"})
_MATHS = "maths"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one resource suits one learner."""

    excluded: str = ""
    """Why it must not be recommended: `done`, `refused`, `avoids:video`; empty: it may be."""
    fits: tuple[str, ...] = ()
    """What the learner said that speaks for it, as `slot:value`: `prefers:video`, `knows:maths`."""
    against: tuple[str, ...] = ()
    """What the learner said that speaks against it, in the same form."""


class Judge:
    """Judges the resources of one corpus, one by one or as columns of numbers for a model."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self.ids = tuple(resource.id for resource in corpus.resources)
        self.place = {id: n for n, id in enumerate(self.ids)}
        self.level = self._column(lambda one: {"intro": 0, "intermediate": 1, "advanced": 2}[one.level])
        self.hours = self._column(_hours)
        self.known_kind = self._column(lambda one: one.kind != _UNKNOWN_KIND)
        self._section_ids = {section.id for section in corpus.sections}
        self._basics_of = _basics_of(corpus)
        self._needs = {id: self._closure(id) for id in self.ids}
        self._serves: dict[str, Column] = {}
        self._teaches: dict[str, Column] = {}
        self._needed: dict[str, Column] = {}
        self._met: dict[str, frozenset[str]] = {}
        self.count_needs = self._column(lambda one: len(one.prerequisites))

    def judge(self, id: str, learner: Profile) -> Verdict:
        """How a resource suits a learner, with the reasons."""
        excluded = self.excluded(learner).get(id, "")
        place = self.place[id]
        fits = [f"prefers:{value}" for value in learner.prefers if self.serves(value)[place] > 0]
        against = [f"avoids:{value}" for value in learner.avoids if self._avoided(value)[place] > 0]
        against += [f"prefers:{value}" for value in learner.prefers if self.serves(value)[place] < 0]
        fits += [f"lacks:{value}" for value in learner.lacks if self.teaches(value)[place] > 0]
        against += [f"lacks:{value}" for value in learner.lacks if self.needed(value)[place] > 0]
        fits += [f"knows:{value}" for value in learner.knows if self.needed(value)[place] > 0]
        if not any(self.teaches(value)[place] > 0 for value in learner.lacks):
            against += [f"knows:{value}" for value in learner.knows if self.teaches(value)[place] > 0]
        fits += [f"done:{value}" for value in learner.done if value in self._needs[id]]
        fits += [f"doing:{value}" for value in learner.doing if value == id]
        fits += [f"goal:{value}" for value in learner.goal if self._goal(value)[place] > 0]
        if learner.budget == "free":
            free = float(self.serves("free")[place])
            (fits if free > 0 else against if free < 0 else []).append("budget:free")
        wanted = {"beginner": 0, "intermediate": 1, "advanced": 2}.get(learner.level or "")
        if wanted is not None and self.known_kind[place]:
            far = abs(wanted - float(self.level[place]))
            (fits if not far else against if far > 1 else []).append(f"level:{learner.level}")
        return Verdict(excluded, tuple(fits), tuple(against))

    def excluded(self, learner: Profile) -> Mapping[str, str]:
        """Why each resource that must not be recommended must not, by its id."""
        why = {id: "done" for id in learner.done if id in self.place}
        why |= {id: "refused" for id in learner.avoids if id in self.place}
        for value in learner.avoids:
            if value in self.place:
                continue
            for place in np.flatnonzero(self._ruled_out(value)).tolist():
                why.setdefault(self.ids[place], f"avoids:{value}")
        return why

    def contradicted(self, learner: Profile) -> Column:
        """(resources,): 1 where a resource builds on what a learner lacks, or only teaches what they know."""
        builds = self._most_of(self.needed(value) for value in learner.lacks)
        helps = self._most_of(self.teaches(value) for value in learner.lacks)
        known = self._most_of(self.teaches(value) for value in learner.knows)
        return np.maximum((builds >= 1) & (helps < 1), (known >= 1) & (helps < 1)).astype(np.float32)

    def _most_of(self, columns: Iterable[Column]) -> Column:
        none: Column = np.zeros(len(self.ids), dtype=np.float32)
        most: Column = np.max([none, *columns], axis=0)
        return most

    def needs(self, id: str) -> frozenset[str]:
        """Ids of everything that comes before a resource, near and far."""
        return self._needs[id]

    def serves(self, value: str) -> Column:
        """(resources,): 1 where a resource is what a word of format, kind or price asks for, -1 where it is not.

        `video`, `reading`, `hands-on`, `theory`, `free`, `books`, `kind:book`, `lang:python`, …; 0: not known.
        """
        if value not in self._serves:
            self._serves[value] = self._column(lambda one: _serves(one, value))
        return self._serves[value]

    def teaches(self, value: str) -> Column:
        """(resources,): 1 where a resource teaches a subject, named as in a profile."""
        if value not in self._teaches:
            ids = self._teaching(value)
            self._teaches[value] = self._column(lambda one: one.id in ids)
        return self._teaches[value]

    def needed(self, value: str) -> Column:
        """(resources,): 1 where a resource builds on a subject."""
        if value not in self._needed:
            met, teaching = self.met(value), self._teaching(value)
            code = 0.5 if value in _PROGRAMMING else 0.0
            self._needed[value] = self._column(
                lambda one: (
                    0.0
                    if one.id in teaching
                    else 1.0
                    if self._needs[one.id] & met
                    else code * (_serves(one, "code") > 0)
                )
            )
        return self._needed[value]

    def met(self, value: str) -> frozenset[str]:
        """Ids of the prerequisites that who knows a subject meets."""
        if value not in self._met:
            ids = {value, *self._teaching(value)}
            if value == _MATHS:
                ids |= set(self.corpus.about.sections("foundations"))
            self._met[value] = frozenset(ids)
        return self._met[value]

    def columns(self, learner: Profile) -> NDArray[np.float32]:
        """(resources, COLUMNS): how each suits a learner, for a model."""
        zero = np.zeros(len(self.ids), dtype=np.float32)

        def over(values: Iterable[str], column: Callable[[str], Column]) -> Column:
            found = [column(value) for value in values]
            return np.maximum.reduce(found) if found else zero

        prefers = [self.serves(value) for value in learner.prefers]
        serves = np.maximum.reduce(prefers) if prefers else zero
        level = learner.level
        known = self.known_kind
        met = frozenset().union(*map(self.met, learner.knows), learner.done, learner.doing)
        unmet = self._unmet(met) if met else self.count_needs
        has_goal = over(learner.goal, self._goal)
        busy = learner.hours_per_week
        columns = [
            np.maximum(serves, 0),
            np.minimum(serves, 0),
            over(learner.avoids, self._avoided),
            over(learner.lacks, self.teaches),
            over(learner.lacks, self.needed),
            np.maximum(over(learner.knows, self.teaches) - over(learner.lacks, self.teaches), 0),
            over(learner.knows, self.needed),
            np.minimum(unmet, 3) / 3,
            (unmet == 0) & (self.count_needs > 0),
            has_goal,
            (1 - has_goal) if learner.goal else zero,
            self.serves("free") if learner.budget == "free" else zero,
            (self.level == 0) * known if level == "beginner" else zero,
            (self.level == 2) * known if level == "beginner" else zero,
            (self.level == 0) * known if level == "advanced" else zero,
            (self.level == 2) * known if level == "advanced" else zero,
            self._after(learner.done),
            self._after(learner.doing),
            self._are(learner.doing),
            self._beside((*learner.done, *learner.doing)),
            np.minimum(self.hours, 200) / 200 if busy is not None else zero,
            self.serves("code") if learner.can_program is True else zero,
            self.serves("code") if learner.can_program is False else zero,
            self._equipment if learner.hardware else zero,
        ]
        return np.stack([np.asarray(column, dtype=np.float32) for column in columns], axis=1)

    @cached_property
    def _equipment(self) -> Column:
        sections = set(self.corpus.about.sections("equipment"))
        return self._column(lambda one: one.section in sections)

    def _column(self, value: Callable[[Resource], float]) -> Column:
        return np.array([float(value(one)) for one in self.corpus.resources], dtype=np.float32)

    def _closure(self, id: str) -> frozenset[str]:
        found: set[str] = set()
        waiting = [id]
        while waiting:
            at = waiting.pop()
            unit = self.corpus.resource_by_id.get(at) or self.corpus.section_by_id.get(at)
            # A section of foundations stands for the subjects that it teaches.
            before = (*unit.prerequisites, *self._basics_of.get(at, ())) if unit else ()
            new = [one for one in before if one not in found]
            found.update(new)
            waiting += new
        return frozenset(found - {id})

    def _teaching(self, value: str) -> frozenset[str]:
        """Ids of the resources that teach a subject."""
        about = self.corpus.about
        if value in self.place:
            return frozenset({value})
        if value in self._section_ids:
            return frozenset(one.id for one in self.corpus.resources if one.section == value)
        basic = basic_of(value, about)
        if basic is None:
            words = stems(value.replace("-", " ")) if value not in _PROGRAMMING else frozenset()
            return frozenset(one.id for one in self.corpus.resources if words and words <= _topics(one))
        if basic.taught_in is not None:
            return self._teaching(basic.taught_in)
        parts = [subject_id(one.id, about) for one in about.basics if one.part_of == basic.id]
        return frozenset().union(*map(self._teaching, parts), *self._foundations(basic.id))

    def _foundations(self, basic: str) -> list[frozenset[str]]:
        return (
            [self._teaching(id) for id in self.corpus.about.sections("foundations")]
            if basic == _MATHS
            else []
        )

    def _goal(self, value: str) -> Column:
        section = self.corpus.about.goal_sections.get(value)
        return self._column(lambda one: one.section == section)

    def _avoided(self, value: str) -> Column:
        """1 where a resource is of a format or kind that is avoided, though not of that alone."""
        if value in self.place:
            return self._are((value,))
        if value == _MATHS:
            return np.maximum(self.teaches(value), self.needed(value))
        return np.maximum(self.serves(value), 0)

    def _ruled_out(self, value: str) -> Column:
        """1 where a resource is nothing but what is avoided."""
        if value == "video":
            return self._column(lambda one: "video" in one.format and set(one.format) <= _BESIDE_VIDEO)
        if value == "reading":
            return self._column(lambda one: bool(one.format) and set(one.format) <= _FORMATS["reading"])
        if value in ("books", "courses"):
            return np.maximum(self.serves(value), 0)
        if value == _MATHS:
            return self.teaches(value)
        return self._made_by(value)

    def _made_by(self, value: str) -> Column:
        """1 where a resource comes from a place, a maker or an address of that name."""
        words = stems(value.replace("-", " "))
        known = value in _FORMATS or value == "theory" or not words
        return self._column(lambda one: not known and words <= _makers(one))

    def _are(self, ids: Iterable[str]) -> Column:
        wanted = set(ids)
        return self._column(lambda one: one.id in wanted)

    def _after(self, ids: Iterable[str]) -> Column:
        """1 where a resource builds on one of these itself."""
        wanted = set(ids)
        return self._column(lambda one: bool(wanted & set(one.prerequisites)))

    def _beside(self, ids: Iterable[str]) -> Column:
        sections = {self.corpus.resource_by_id[id].section for id in ids if id in self.place}
        return self._column(lambda one: one.section in sections)

    def _unmet(self, met: frozenset[str]) -> Column:
        return self._column(lambda one: sum(id not in met for id in one.prerequisites))


def _basics_of(corpus: Corpus) -> Mapping[str, list[str]]:
    """Ids of the resources that teach a basic, by their section."""
    found: dict[str, list[str]] = {}
    for basic in corpus.about.basics:
        resource = corpus.resource_by_id.get(basic.taught_in or "")
        if resource is not None:
            found.setdefault(resource.section, []).append(resource.id)
    return found


def _serves(resource: Resource, value: str) -> float:
    if resource.kind == _UNKNOWN_KIND:
        return 0.0
    has = set(resource.format)
    if value in _FORMATS:
        return 1.0 if has & _FORMATS[value] else -1.0
    if value == "free":
        price = resource.fact("price")
        return {"free": 1.0, "part": 0.0, "paid": -1.0}[str(price.value)] if price else 0.0
    if value == "theory":
        return -1.0 if has & _FORMATS["code"] else 1.0
    if value in _KINDS or value.startswith("kind:"):
        kinds = _KINDS.get(value, frozenset({value.removeprefix("kind:")}))
        return 1.0 if resource.kind in kinds else -1.0
    if value.startswith("lang:"):
        code = resource.fact("code")
        written = (
            {str(language).lower() for language in code.value}
            if code and isinstance(code.value, tuple)
            else None
        )
        return 0.0 if written is None else 1.0 if value.removeprefix("lang:").lower() in written else -1.0
    return 0.0


def _hours(resource: Resource) -> float:
    """Hours that a resource takes, stated or by its lectures, chapters or pages; middling where nothing is known."""
    facts: dict[str, Fact] = {fact.name: fact for fact in resource.facts}
    stated = count_hours(facts)
    if stated is not None:
        return stated
    counts = [(facts[name].most or 0.0) * each for name, each in _HOURS_EACH.items() if name in facts]
    if counts:
        return counts[0]
    return 1.0 if resource.kind in ("blog-post", "news", "tutorial", "paper") else _LONG_HOURS


def _topics(resource: Resource) -> frozenset[str]:
    return stems(" ".join((resource.title, resource.section.replace("-", " "), *resource.topics)))


def _makers(resource: Resource) -> frozenset[str]:
    return stems(
        " ".join((resource.organisation or "", *resource.authors, resource.current_url.replace("/", " ")))
    )
