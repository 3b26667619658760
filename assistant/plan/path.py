"""The way through the prerequisite graph: which resources, in which order, for one learner.

The guide's order is kept, its recommendations come before additions, and what a learner knows, refuses or
prefers only chooses between the resources that the corpus holds. A section that is required is met by any of
its resources; a resource that is refused is stood in for by another one of its section.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from assistant.plan.learner import Learner, closure, is_building
from assistant.plan.wants import Way
from corpus.types import Corpus, Origin, Part, Resource
from index.types import Chunk

_OPTIONAL_STEPS = 6
_ENTRIES = frozenset({"course", "book", "tutorial", "lecture-notes"})
"""Kinds that a beginner can be led by from the first day."""


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
    doing: bool = False
    """Whether the learner is taking it now."""
    lacking: tuple[str, ...] = ()
    """Ids that it builds on, too, and that the path leaves out."""

    @property
    def id(self) -> str:
        """What other stops call it."""
        return self.resource.id if self.resource else self.serves[0]


def start_of(corpus: Corpus) -> str | None:
    """Id of the section where a learner begins; None in a guide that names none."""
    return next(iter(corpus.about.sections("start")), None)


def find_path(
    learner: Learner, chunks: Sequence[Chunk], way: Way = "long", refs: Sequence[str] = ()
) -> tuple[Stop, ...]:
    """The shortest sensible path for a learner, then its side branches; nothing before what it needs.

    `way`: short only where `find_entry` has something to build with. `refs`: ids of the resources that the learner
    named: one is led to by what it needs; several are put in order, and what else they build on is told.
    """
    return tuple(
        replace(stop, avoided=learner.avoided(stop.resource, stop.serves))
        for stop in _Path(learner, chunks, way, refs).find()
    )


def find_entry(learner: Learner, chunks: Sequence[Chunk]) -> Resource | None:
    """What this learner can build something with before the foundations that they lack; None where there is nothing.

    Neither is there where no foundations are missing: then the start itself is the first thing to build with.
    """
    return _Path(learner, chunks, "short").entry if learner.lacks_foundations else None


class _Path:
    """Stops found so far; each is appended after what it needs."""

    def __init__(self, learner: Learner, chunks: Sequence[Chunk], way: Way, refs: Sequence[str] = ()) -> None:
        self._corpus = learner.corpus
        self._chunks = chunks
        self._profile = learner.profile
        self._learner = learner
        self._short = way == "short"
        about = learner.corpus.about
        self.start = start_of(learner.corpus)
        self._foundations = frozenset(about.sections("foundations"))
        self._goals = {goal.id: goal.section for goal in about.goals if goal.section != self.start}
        self._stops: dict[str, Stop] = {}
        self._optional = False
        by_id = self._corpus.resource_by_id
        self._refs = [by_id[id] for id in refs if id in by_id and learner.excludes(by_id[id]) is None]
        self._is_list = len(self._refs) > 1

    def find(self) -> tuple[Stop, ...]:
        """Every stop in order; with refs, those and, if it is one, what it needs."""
        if not self._refs:
            return self._find_whole()
        for resource in sorted(self._refs, key=self._depth):
            self._take(resource, self._home(resource))
        return tuple(self._stops.values())

    def _depth(self, resource: Resource) -> tuple[int, int]:
        """How much comes before a resource, then its level."""
        levels = ("intro", "intermediate", "advanced")
        return len(closure(self._corpus, resource.prerequisites)), levels.index(resource.level)

    def _home(self, resource: Resource) -> str:
        """The section that it serves: the start, for a whole course or book that can stand in for it."""
        stands_in = self.start is not None and resource.section in self._instead(self.start)
        whole = resource.kind in _ENTRIES and not self._learner.unsuited(resource)
        return self.start if stands_in and whole and self.start else resource.section

    def _find_whole(self) -> tuple[Stop, ...]:
        for id in self._learner.doing:
            self._go_on(self._corpus.resource_by_id[id])
        programming = next((b.taught_in for b in self._corpus.about.basics if b.id == "programming"), None)
        if programming and self._learner.can_program is False:
            self._need(programming)
        targets = self._targets()
        for section in targets:
            self._reach(section)
        self._optional = True
        path = len(self._stops)
        if self._short:
            self._refresh()
        for origin in ("guide", "addition"):
            for section in self._branches(targets):
                if len(self._stops) < path + _OPTIONAL_STEPS:
                    self._branch(section, origin, wanted=section in targets)
        return tuple(self._stops.values())

    @cached_property
    def entry(self) -> Resource | None:
        """What to build with from the first day: nothing is missing before it, and the learner's liking first."""
        if self.start is None:
            return None
        ways = [
            r
            for r in self._candidates(self.start)
            if r.kind in _ENTRIES
            and is_building(r)
            and self._learner.dislike(r) < 2
            and set(r.prerequisites) <= self._learner.known
            and self._is_alive(r)
            and not self._learner.unsuited(r)
        ]
        return min(ways, key=lambda r: (*self._rank(r), r.kind != "course"), default=None)

    def _go_on(self, resource: Resource) -> None:
        """Place what the learner is taking now. Nothing comes before it but what they said they lack."""
        section = self._home(resource)
        needed = self._requirements(resource, section)
        lacked = [id for id in needed if self._lacks(id)]
        after = tuple(dict.fromkeys(stop for id in lacked for stop in self._need(id)))
        assumes = tuple(dict.fromkeys(id for needs in needed for id in self._known_of(needs)))
        self._stops[resource.id] = Stop(resource, (section,), after, assumes, doing=True)

    def _lacks(self, id: str) -> bool:
        """Whether the learner said that they lack it, or what it is a part of."""
        resource = self._corpus.resource_by_id.get(id)
        return bool({id, resource.section if resource else id} & self._learner.lacks)

    def _refresh(self) -> None:
        """Place the foundations as side branches of the short way: one thing for all of them, else each part."""
        if self._learner.no_foundations:
            return
        for section in self._corpus.about.sections("foundations"):
            open_ = [r for r in self._candidates(section) if r.section == section]
            whole = [r for r in open_ if r.id not in self._parts and not self._learner.unsuited(r)]
            parts = [r for r in open_ if r.id in self._parts and r.origin == "guide"]
            for resource in sorted(whole, key=self._rank)[:1] or parts:
                if section not in self._learner.known:
                    self._take(resource, section)

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
        open_ = self._candidates(section)
        if self._short:
            self._reach_quickly(section, open_)
        else:
            self._reach_fully(section, open_)
        if not open_ and not self._is_known(section):
            self._place(None, section, None)

    def _reach_quickly(self, section: str, open_: Sequence[Resource]) -> None:
        """Stay with what is on the path already, if it serves the section; else take the best to build with."""
        placed = next((r.id for r in open_ if r.id in self._stops), None)
        if placed is not None:
            stop = self._stops[placed]
            self._stops[placed] = replace(stop, serves=tuple(dict.fromkeys((*stop.serves, section))))
            return
        for resource in sorted(open_, key=self._rank_to_build)[:1]:
            self._take(resource, section)

    def _reach_fully(self, section: str, open_: Sequence[Resource]) -> None:
        """Take everything of a goal that the guide recommends and that suits, then the best of the others."""
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

    def _rank_to_build(self, resource: Resource) -> tuple[object, ...]:
        """The order of the short way: what needs no foundations first, then what its learners build with."""
        taken, _ = self._in_place_of(resource)
        missing = any(
            self._corpus.resource_by_id[id].section in self._foundations and id not in self._learner.known
            for id in closure(self._corpus, taken.prerequisites, {self.start})
            if id in self._corpus.resource_by_id
        )
        hindered, dead, _, dislike, added, unfit = self._rank(resource)
        # Who is led here has built something already: only what is advanced is too much.
        hard = taken.level == "advanced"
        return missing, hindered, dead, hard, dislike, not is_building(taken), added, unfit

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
        return section in closure(self._corpus, (resource.id,)) - {resource.section}

    # Placing

    def _take(self, resource: Resource, section: str) -> str | None:
        taken, before = self._in_place_of(resource)
        return None if taken.id in self._learner.known else self._place(taken, section, before)

    def _place(self, resource: Resource | None, section: str, before: Resource | None) -> str:
        id = resource.id if resource else section
        placed = self._stops.get(id)
        if placed is not None:
            if section not in placed.serves:
                self._stops[id] = replace(placed, serves=(*placed.serves, section))
            return id
        after: dict[str, None] = {}
        assumes: list[str] = []
        lacking: list[str] = []
        for needed in self._requirements(resource, section):
            ids = self._need(needed)
            if not ids and not self._is_known(needed):
                lacking.append(needed)
            elif not ids:
                assumes += self._known_of(needed)
            elif needed in self._corpus.resource_by_id or not after.keys() & ids:
                after |= dict.fromkeys(ids)
        optional = self._optional or (
            self._is_refresher
            and resource is not None
            and resource.section in self._foundations
            and not self._lacks(resource.id)
        )
        order = [stop for stop in self._stops if stop in after]
        self._stops[id] = Stop(
            resource,
            (section,),
            tuple(order),
            tuple(dict.fromkeys(assumes)),
            before,
            optional,
            lacking=tuple(lacking),
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
        """The resource's own prerequisites, then those of the sections that it belongs to and serves.

        What was named by the learner needs its own alone.
        """
        ids = [*(resource.prerequisites if resource else ())]
        if self._refs:
            return ids
        for served in (resource.section if resource else section, section):
            if served in self._corpus.section_by_id:
                ids += self._corpus.section_by_id[served].prerequisites
        return [id for id in dict.fromkeys(ids) if id != section]

    def _need(self, id: str) -> list[str]:
        """See to it that a prerequisite stands on the path; which stops meet it.

        None do where it is known, and in a list that the learner has made.
        """
        if self._is_known(id):
            return []
        placed = self._placed(id)
        if placed or self._is_list:
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
        if section == self.start and self._short and self.entry:
            return [self._place(self.entry, section, None)]
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
        if id in known or (id in self._foundations and (self._learner.no_foundations or self._short)):
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
