"""The way through the prerequisite graph: which resources, in which order, for one learner.

The guide's order is kept, its recommendations come before additions, and what a learner knows, refuses or
prefers only chooses between the resources that the corpus holds. A section that is required is met by any of
its resources; a resource that is refused is stood in for by another one of its section.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlsplit

from assistant.types import Profile
from assistant.words import plain, whole
from corpus.addresses import find_addresses
from corpus.types import Corpus, Origin, Part, Resource
from index.types import Chunk

_OPTIONAL_STEPS = 6
_MARKUP = re.compile(r"[\[\]<>`*#|\\\x00-\x1f]")

_READING = frozenset({"text", "notes"})
_DOING = frozenset({"assignments", "code", "notebooks", "labs", "exercises", "software", "service"})
_NOT_FOR_BEGINNERS = re.compile(r"\bfrom zero\b|\b(complete|absolute) beginners\b|\ba complete course\b")


@dataclass(frozen=True, slots=True)
class Stop:
    """One resource on the way, and what it stands on."""

    resource: Resource | None
    """What to take; None for a section that names nothing to take."""
    serves: tuple[str, ...]
    """Ids of the sections whose advice it follows, the one that asked for it first."""
    after: tuple[str, ...] = ()
    """Ids of the earlier stops that it builds on: the resource, or the section of a stop without one."""
    assumes: tuple[str, ...] = ()
    """Ids that it builds on and that the learner has already, or does not want."""
    instead_of: Resource | None = None
    """The guide's resource whose place it has taken."""
    optional: bool = False
    """Whether the plan holds without it."""
    avoided: tuple[str, ...] = ()
    """What the learner avoids and this has all the same, in the learner's words."""

    @property
    def id(self) -> str:
        """What other stops call it."""
        return self.resource.id if self.resource else self.serves[0]


def start_of(corpus: Corpus) -> str | None:
    """Id of the section where a learner begins; None in a guide that names none."""
    return next(iter(corpus.about.sections("start")), None)


def find_path(corpus: Corpus, chunks: Sequence[Chunk], profile: Profile) -> tuple[Stop, ...]:
    """The shortest sensible path for a profile, then its side branches; nothing before what it needs."""
    learner = _Learner(corpus, profile)
    return tuple(
        replace(stop, avoided=learner.avoided(stop.resource, stop.serves))
        for stop in _Path(corpus, chunks, profile).find()
    )


def resolve(corpus: Corpus, words: Iterable[str]) -> Iterator[str]:
    """Ids of the sections and resources that words mean: an id, a name, or the concept that a resource teaches.

    A word that means nothing here is left out.
    """
    words = list(words)
    if not words:
        return
    names = {goal.id: goal.section for goal in corpus.about.goals}
    names |= {label.lower(): id for id, label in corpus.about.labels.items()}
    names |= {section.title.lower(): section.id for section in corpus.sections}
    for concept in corpus.concepts:
        if concept.taught_in:
            names |= dict.fromkeys(concept.names, concept.taught_in[0]) | {concept.id: concept.taught_in[0]}
    for resource in corpus.resources:
        names |= dict.fromkeys(
            (*resource.aliases, resource.short.lower(), resource.title.lower()), resource.id
        )
    ids = {id: id for id in (*corpus.resource_by_id, *corpus.section_by_id)}
    for word in words:
        said = word.strip().lower()
        id = ids.get(said) or names.get(said) or _basic(corpus, word)
        if id in ids:
            yield id


def _basic(corpus: Corpus, word: str) -> str | None:
    """Id of what teaches the subject that a word names: its own, or the section of all foundations."""
    about = corpus.about
    for basic in about.basics:
        if whole(basic.words).fullmatch(plain(word)):
            return basic.taught_in or next(iter(about.sections("foundations")), None)
    return None


def is_plain(word: str) -> bool:
    """Whether a learner's own word can be shown in a text that promises its sources: no markup and no address."""
    return not _MARKUP.search(word) and not any(find_addresses(word))


def refusals(resource: Resource) -> set[str]:
    """The words, in lower case, each of which alone refuses a resource: its names, kind, makers and host."""
    makers = (resource.organisation or "", *resource.authors)
    names = {resource.id, resource.kind, *resource.aliases, resource.short, resource.title, *makers}
    host = (urlsplit(resource.current_url).hostname or "").split(".")
    return {name.lower() for name in (*names, *host)} - {""}


class _Learner:
    """What one profile means for one corpus."""

    def __init__(self, corpus: Corpus, profile: Profile) -> None:
        self._corpus = corpus
        self._profile = profile
        self._words = {word.strip().lower() for word in profile.avoids}
        self.known = _close(corpus, resolve(corpus, (*profile.done, *profile.knows)))
        stages = {stage.id: stage.knows for stage in corpus.about.backgrounds}
        self.known |= _close(corpus, stages.get(profile.background or "", ()))
        self._foundations = frozenset(corpus.about.sections("foundations"))
        self.no_foundations = any(_basic(corpus, word) in self._foundations for word in self._words)

    def refuses(self, resource: Resource) -> bool:
        """Whether it is out of the question: named by them, finished by them, or foundations where they want none."""
        return bool(self._words & refusals(resource)) or (
            self.no_foundations and self._needs_foundations(resource)
        )

    def avoided(self, resource: Resource | None, sections: Sequence[str]) -> tuple[str, ...]:
        """What they avoid and this has all the same, in their words; `sections`: ids of those that it stands for."""
        words = dict.fromkeys(self._profile.avoids)
        return tuple(word for word in words if self._has(word.strip().lower(), resource, sections))

    def _has(self, word: str, resource: Resource | None, sections: Sequence[str]) -> bool:
        if not is_plain(word):
            return False
        ids = set(resolve(self._corpus, (word,)))
        if resource is None:
            return not ids.isdisjoint(sections)
        formats = set(resource.format)
        reads = bool(formats & _READING) and ("video" not in formats or "video" in self._words)
        told = {
            "video": "video" in formats,
            "reading": reads,
            "hands-on": bool(formats & _DOING),
            "paid": (resource.cost or "").startswith("Paid"),
        }
        if word in told:
            return told[word]
        if ids & {resource.id, resource.section} or word in refusals(resource) | formats:
            return True
        meant = plain(word)
        about = plain(" . ".join((resource.title, *resource.topics)))
        return bool(meant) and whole(re.escape(meant)).search(about) is not None

    def _needs_foundations(self, resource: Resource) -> bool:
        by_id = self._corpus.resource_by_id
        ids = {resource.section, *_closure(self._corpus, resource.prerequisites)}
        return bool(self._foundations & (ids | {by_id[id].section for id in ids if id in by_id}))

    def dislike(self, resource: Resource) -> int:
        """0: nothing against it; 1: it can be used around what they avoid; 2: it can't."""
        formats, worst = set(resource.format), 0
        if "video" in self._words and "video" in formats:
            worst = 1 if formats & _READING else 2
        if "reading" in self._words and "video" not in formats and formats & _READING:
            worst = max(worst, 1 if formats & _DOING else 2)
        if "hands-on" in self._words and formats & _DOING:
            worst = max(worst, 1 if formats - _DOING else 2)
        wants_free = self._profile.budget == "free" or "free" in self._profile.prefers
        if (wants_free or "paid" in self._words) and (resource.cost or "").startswith("Paid"):
            worst = 2
        return worst

    def fit(self, resource: Resource) -> int:
        """How well its format is what they like: 2 times the first wish, then the others."""
        formats = set(resource.format)
        likes = {
            "reading": bool(formats & _READING) and "video" not in formats,
            "video": "video" in formats,
            "hands-on": bool(formats & _DOING) and resource.kind != "book",
        }
        wishes = [wish for wish in self._profile.prefers if wish in likes]
        return sum((2 if n == 0 else 1) for n, wish in enumerate(wishes) if likes[wish])

    def unsuited(self, resource: Resource) -> bool:
        """Whether it is too much for where they stand."""
        if self._profile.background == "ml":
            return False
        if resource.level == "advanced" or any("a complete course" in text for text in resource.not_for):
            return True
        beginner = self._profile.background in (None, "none")
        return beginner and any(_NOT_FOR_BEGINNERS.search(text) for text in resource.not_for)


class _Path:
    """Stops found so far; each is appended after what it needs."""

    def __init__(self, corpus: Corpus, chunks: Sequence[Chunk], profile: Profile) -> None:
        self._corpus = corpus
        self._chunks = chunks
        self._profile = profile
        self._learner = _Learner(corpus, profile)
        about = corpus.about
        self.start = start_of(corpus)
        self._foundations = frozenset(about.sections("foundations"))
        self._goals = {goal.id: goal.section for goal in about.goals if goal.section != self.start}
        self._stops: dict[str, Stop] = {}
        self._optional = False

    def find(self) -> tuple[Stop, ...]:
        targets = self._targets()
        for section in targets:
            self._reach(section)
        self._optional = True
        path = len(self._stops)
        for origin in ("guide", "addition"):
            for section in self._branches(targets):
                if len(self._stops) < path + _OPTIONAL_STEPS:
                    self._branch(section, origin, wanted=section in targets)
        return tuple(self._stops.values())

    def _targets(self) -> list[str]:
        goals = [self._goals[goal] for goal in self._profile.goal if goal in self._goals]
        if goals:
            return list(dict.fromkeys(goals))
        if self.start is None:
            return [section.id for section in self._corpus.sections]
        if not self._is_known(self.start):
            return [self.start]
        return [
            section
            for section in self._corpus.about.sections("next")
            if any(r.origin == "guide" for r in self._candidates(section))
        ]

    def _reach(self, section: str) -> None:
        """Place what the guide recommends for a section, or the best that is left."""
        if section == self.start:
            self._need(section)
            return
        for id in self._corpus.section_by_id[section].prerequisites:
            self._need(id)
        open_ = [r for r in self._candidates(section) if r.id not in self._learner.known]
        good = [
            r for r in open_ if r.origin == "guide" and self._is_alive(r) and not self._learner.unsuited(r)
        ]
        if section not in self._goals.values():
            good = []
        for resource in (
            *[r for r in good if self._learner.dislike(r) == 0],
            *sorted(open_, key=self._rank)[:1],
        ):
            self._take(resource, section)
            if resource.origin == "addition" or self._learner.dislike(resource):
                break
        if not open_ and not self._is_known(section):
            self._place(None, section, None)

    def _branches(self, targets: Sequence[str]) -> list[str]:
        """Sections that a side branch can come from: the goals, what the guide names next, and the tools."""
        if self.start is None:
            return []
        about = self._corpus.about
        goals = [section for section in targets if section != self.start or self._profile.prefers]
        following = about.sections("next") if self.start in targets else ()
        return [*goals, *following, *about.sections("neighbours"), *about.sections("tools")]

    def _branch(self, section: str, origin: Origin, wanted: bool) -> None:
        """Place the best that a section has left, if it suits, nothing is missing, and it has that origin."""
        if not wanted and self._is_met(section):
            return
        candidates = sorted(self._candidates(section), key=self._rank)
        if section == self.start:
            candidates.sort(key=self._learner.fit, reverse=True)
        for resource in candidates:
            taken, before = self._in_place_of(resource)
            if taken.id in self._stops:
                if wanted:
                    continue
                return
            ready = all(self._is_met(id) for id in self._requirements(taken, section))
            suits = self._is_alive(taken) and not self._learner.unsuited(taken)
            suits = suits and not self._learner.avoided(taken, (section,))
            if ready and suits and self._learner.dislike(taken) == 0:
                if taken.origin == origin:
                    self._place(taken, section, before)
                return

    # Choosing

    def _candidates(self, section: str) -> list[Resource]:
        """What a section recommends, in the order of its text, then what stands in for it.

        A resource of another section counts where a sentence is about it, that is, names it first.
        """
        named = self._named.get((section, "guide"), {}) | self._named.get((section, "today"), {})
        by_id = self._corpus.resource_by_id
        found = [by_id[id] for id in named] + [r for r in self._corpus.resources if r.section == section]
        for other in self._instead(section):
            found += [
                r for r in self._corpus.resources if r.section == other and r.kind in ("course", "book")
            ]
        return [
            r
            for r in {r.id: r for r in found}.values()
            if not self._learner.refuses(r)
            and r.id not in self._learner.known
            and not self._depends(r, section)
        ]

    def _instead(self, section: str) -> tuple[str, ...]:
        """Sections whose resources can be the first course, too."""
        return self._corpus.about.sections("alternatives") if section == self.start else ()

    @cached_property
    def _named(self) -> Mapping[tuple[str | None, Part], dict[str, None]]:
        """Ids that the guide names, in order, by section and part of the text."""
        home = {resource.id: resource.section for resource in self._corpus.resources}
        named: dict[tuple[str | None, Part], dict[str, None]] = {}
        for chunk in self._chunks:
            if chunk.kind == "guide":
                ids = named.setdefault((chunk.section, chunk.part), {})
                for sentence in chunk.sentences:
                    first = sentence.resources[:1]
                    ids |= dict.fromkeys(
                        id for id in sentence.resources if id in first or home[id] == chunk.section
                    )
        return named

    def _rank(self, resource: Resource) -> tuple[object, ...]:
        learner = self._learner
        dislike = learner.dislike(resource)
        return (
            dislike == 2,
            not self._is_alive(resource),
            learner.unsuited(resource),
            dislike,
            resource.origin == "addition",
            -learner.fit(resource),
        )

    def _is_alive(self, resource: Resource) -> bool:
        """Whether a learner can still take it, itself or as what its address now opens."""
        successor = resource.successor
        return resource.status in ("current", "updated", "moved") or bool(
            successor and (successor.resource or successor.url == resource.current_url)
        )

    def _in_place_of(self, resource: Resource) -> tuple[Resource, Resource | None]:
        """What to take today for a resource that is no longer current: its successor, if that is in the corpus."""
        successor = resource.successor
        if resource.status == "current" or successor is None or successor.resource is None:
            return resource, None
        after = self._corpus.resource_by_id[successor.resource]
        return (resource, None) if self._learner.refuses(after) else (after, resource)

    @cached_property
    def _parts(self) -> frozenset[str]:
        """Resources that others require by name: parts of a section, not the whole of it."""
        return frozenset(id for r in self._corpus.resources for id in r.prerequisites)

    def _depends(self, resource: Resource, section: str) -> bool:
        return section in _closure(self._corpus, (resource.id,)) - {resource.section}

    # Placing

    def _take(self, resource: Resource, section: str) -> str | None:
        taken, before = self._in_place_of(resource)
        return None if taken.id in self._learner.known else self._place(taken, section, before)

    def _place(self, resource: Resource | None, section: str, before: Resource | None) -> str:
        id = resource.id if resource else section
        placed = self._stops.get(id)
        if placed is not None:
            if section not in placed.serves:
                self._stops[id] = _serving(placed, section)
            return id
        after: dict[str, None] = {}
        assumes: list[str] = []
        for needed in self._requirements(resource, section):
            ids = self._need(needed)
            if not ids:
                assumes += self._known_of(needed)
            elif needed in self._corpus.resource_by_id or not after.keys() & ids:
                after |= dict.fromkeys(ids)
        optional = self._optional or (
            self._is_refresher and resource is not None and resource.section in self._foundations
        )
        order = [stop for stop in self._stops if stop in after]
        self._stops[id] = Stop(
            resource, (section,), tuple(order), tuple(dict.fromkeys(assumes)), before, optional
        )
        return id

    @cached_property
    def _is_refresher(self) -> bool:
        """Whether the learner knows some of the foundations, and did not say which."""
        taught = {r.id for r in self._corpus.resources if r.section in self._foundations}
        return self._profile.background == "some-maths" and not taught & self._learner.known

    def _known_of(self, needed: str) -> list[str]:
        """Which ids a learner brings for a prerequisite: the whole, or those of its resources that they know."""
        known, by_id = self._learner.known, self._corpus.resource_by_id
        if needed in known:
            return [needed]
        sections = (needed, *self._instead(needed))
        return sorted(id for id in known if id in by_id and by_id[id].section in sections)

    def _requirements(self, resource: Resource | None, section: str) -> list[str]:
        """The resource's own prerequisites, then those of the sections that it belongs to and serves."""
        ids = [*(resource.prerequisites if resource else ())]
        for served in (resource.section if resource else section, section):
            if served in self._corpus.section_by_id:
                ids += self._corpus.section_by_id[served].prerequisites
        return [id for id in dict.fromkeys(ids) if id != section]

    def _need(self, id: str) -> list[str]:
        """See to it that a prerequisite stands on the path; which stops meet it (none: it is known)."""
        if self._is_known(id):
            return []
        placed = self._placed(id)
        if placed:
            return placed
        resource = self._corpus.resource_by_id.get(id)
        if resource is not None:
            return self._need_resource(resource)
        return self._need_section(id)

    def _need_resource(self, resource: Resource) -> list[str]:
        section = resource.section
        choices = [resource] if not self._learner.refuses(resource) else []
        choices += [r for r in self._candidates(section) if r.id not in self._parts]
        best = min(choices, key=self._rank, default=None)
        if best is None:
            return []
        keep = resource in choices and self._rank(resource)[:4] <= self._rank(best)[:4]
        taken = self._take(resource if keep else best, section)
        return [taken] if taken else []

    def _need_section(self, section: str) -> list[str]:
        candidates = self._candidates(section)
        parts = [
            r for r in candidates if r.id in self._parts and r.origin == "guide" and r.section == section
        ]
        if parts:
            return list(dict.fromkeys(id for part in parts for id in self._need(part.id)))
        if not candidates:
            return [self._place(None, section, None)]
        taken = self._take(min(candidates, key=self._rank), section)
        return [taken] if taken else []

    def _placed(self, id: str) -> list[str]:
        resource = self._corpus.resource_by_id.get(id)
        if resource is None:
            stops = [
                stop
                for stop in self._stops.values()
                if id in stop.serves or (stop.resource is not None and stop.resource.section == id)
            ]
            parts = [stop.id for stop in stops if stop.id in self._parts and stop.resource is not None]
            return parts or [stop.id for stop in sorted(stops, key=lambda stop: stop.optional)[:1]]
        if id in self._stops:
            return [id]
        return [
            stop.id
            for stop in self._stops.values()
            if (stop.instead_of is not None and stop.instead_of.id == id)
            or (
                (self._learner.refuses(resource) or self._learner.dislike(resource))
                and stop.resource is not None
                and stop.resource.section == resource.section
                and stop.id not in self._parts
            )
        ]

    def _is_known(self, id: str) -> bool:
        known, by_id = self._learner.known, self._corpus.resource_by_id
        if id in known or (self._learner.no_foundations and id in self._foundations):
            return True
        sections = (id, *self._instead(id))
        met = [by_id[k] for k in known if k in by_id and by_id[k].section in sections]
        if id in by_id:
            # A book for a whole section stands for each of its parts.
            whole = [by_id[k] for k in known if k in by_id and by_id[k].section == by_id[id].section]
            return any(r.id not in self._parts for r in whole) and id in self._parts
        return any(not self._learner.unsuited(r) or r.section == id for r in met)

    def _is_met(self, id: str) -> bool:
        return self._is_known(id) or bool(self._placed(id))


def _serving(stop: Stop, section: str) -> Stop:
    return Stop(
        stop.resource, (*stop.serves, section), stop.after, stop.assumes, stop.instead_of, stop.optional
    )


def _close(corpus: Corpus, ids: Iterable[str]) -> set[str]:
    """What somebody knows who knows these: all that comes before, and every resource of a known section."""
    known = _closure(corpus, ids)
    return known | {r.id for r in corpus.resources if r.section in known}


def _closure(corpus: Corpus, ids: Iterable[str]) -> set[str]:
    """Ids, and the prerequisites of their prerequisites."""
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        id = waiting.pop()
        if id in found:
            continue
        found.add(id)
        if id in corpus.resource_by_id:
            waiting += corpus.resource_by_id[id].prerequisites
        elif id in corpus.section_by_id:
            waiting += corpus.section_by_id[id].prerequisites
    return found
