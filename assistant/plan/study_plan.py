"""The study plan: the path of one learner, each step with its reason in the corpus's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.cite import Draft, Pick, cite_safely, report_broken
from assistant.plan.learner import Learner
from assistant.plan.pace import estimate_hours, hours_facts, stated_hours
from assistant.plan.path import Stop, find_entry, find_path, start_of
from assistant.plan.wants import Terms, Way, merge_wants
from assistant.plan.writing import write_brief, write_plan
from assistant.types import BrokenPromise, Citation, OtherWay, Place, Plan, Profile, Step, check_text
from corpus.types import Corpus, Part, Resource
from index.types import Chunk

_ADVICE = re.compile(r"\b(recommends?|calls|names|picked|lists|points to|links to|starts? with|turn to)\b")
_SUITS = re.compile(r"\bsuits?\b(?! people who already)")
_ASKED = re.compile(
    r"\b(?:make|give|build|create|draw|write|design|suggest|show|sketch|need|want|prepare|put together)\b"
    r"[^.?!]{0,40}\b(?:plan|roadmap|road map|curriculum|schedule|timetable|study path|learning path)\b"
    r"|\b(?:study|learning|weekly)[ -](?:plan|roadmap|path|schedule)\b"
    r"|\b(?:plan|schedule) (?:for me|my (?:studies|learning|week))\b",
    re.IGNORECASE,
)
_ON_PROGRAMMING = re.compile(r"programming\b", re.IGNORECASE)
_STEP_LINE = re.compile(r"^(?:### )?\d{1,2}\. ", re.MULTILINE)


def make_plan(
    corpus: Corpus,
    chunks: Sequence[Chunk],
    profile: Profile,
    wants: Sequence[str] = (),
    refs: Sequence[str] = (),
) -> Plan:
    """Order what this learner should take, each step after its prerequisites, and say why.

    `wants`: what was said of the plan itself, as `merge_wants` reads it; the plan's profile holds them. `refs`: ids
    of the resources that the plan is to be made of: one with what it needs, several in their order.
    """
    terms = merge_wants(profile, wants)
    learner = Learner(corpus, terms.profile)
    entry = find_entry(learner, chunks)
    way = _choose_way(learner, entry, terms)
    stops = find_path(learner, chunks, way, refs)
    if terms.brief:
        stops = _drop_optional(stops)
    # Who refuses the foundations has one way only.
    other = None if refs or learner.no_foundations else entry
    return _Builder(learner, chunks, terms).build(stops, way, other)


def plan_draft(corpus: Corpus, plan: Plan) -> Draft:
    """The plan as an answer in a conversation: a line a step, its main sources, no addresses in the text."""
    return write_brief(corpus, plan)


def list_items(corpus: Corpus, text: str) -> tuple[str, ...]:
    """Ids of what the steps of a plan's text take, in their order, so that `step 3` is the third; none of another text.

    Reads what `make_plan` and `plan_draft` write; a step that names only a section gives its id.
    """
    names = {r.title: r.id for r in corpus.resources}
    names |= {r.successor.title: r.id for r in corpus.resources if r.successor and r.status != "current"}
    names |= {r.title: r.id for r in corpus.resources} | {s.title: s.id for s in corpus.sections}
    items: list[str] = []
    for found in _STEP_LINE.finditer(text):
        line = text[found.end() :].partition("\n")[0].removeprefix("Go on with ").lstrip("*[")
        title = max((name for name in names if line.startswith(name)), key=len, default=None)
        if title is None:
            return ()
        items.append(names[title])
    return tuple(items)


def asks_for_plan(question: str) -> bool:
    """Whether somebody wants a plan, and not one answer."""
    return bool(_ASKED.search(question))


def _choose_way(learner: Learner, entry: Resource | None, terms: Terms) -> Way:
    """The way for a learner: as they ask, else the short one for who programs and brings nothing of the foundations."""
    if entry is None:
        return "long"
    if learner.no_foundations:
        return "short"
    builds = bool(learner.can_program) or entry.id in learner.doing
    unread = terms.profile.background in (None, "none") and not learner.brings_foundations
    if terms.way == "short" and learner.can_program is False:
        return "long"
    return terms.way or ("short" if builds and (unread or terms.brief) else "long")


def _drop_optional(stops: Sequence[Stop]) -> tuple[Stop, ...]:
    """The stops that can't be left out, without a word of those that can."""
    kept = {stop.id for stop in stops if not stop.optional}
    return tuple(
        replace(stop, after=tuple(id for id in stop.after if id in kept)) for stop in stops if stop.id in kept
    )


class _Builder:
    """Turns stops into a plan, and counts its sources."""

    def __init__(self, learner: Learner, chunks: Sequence[Chunk], terms: Terms) -> None:
        self.corpus = learner.corpus
        self._learner = learner
        self._terms = terms
        self._chunks = {chunk.id: chunk for chunk in chunks}
        self._sources = _Sources(learner.corpus, chunks)
        self._count = 0
        """Number of the last source."""

    def build(self, stops: Sequence[Stop], way: Way, entry: Resource | None) -> Plan:
        """The plan; `entry`: what the short way begins with, where there is one and another beside it."""
        profile = self._terms.profile
        may_not_program = not self._learner.can_program and profile.background != "ml"
        steps: list[Step] = []
        left_out: set[str] = set()
        for stop in stops:
            picks = self._sources.reasons(stop)
            if may_not_program and start_of(self.corpus) in stop.serves:
                picks += self._sources.on_programming()
            step = self._step(stop, len(steps) + 1, picks)
            if step is None:
                left_out.add(stop.id)
                continue
            kept = tuple(id for id in step.prerequisites if id not in left_out)
            steps.append(replace(step, prerequisites=kept))
        other = self._other(way, entry, steps)
        return Plan(
            steps=tuple(steps),
            profile=profile,
            text=write_plan(self.corpus, steps, profile, other, self._terms.weeks),
            other=other,
            weeks=self._terms.weeks,
            evidence=self._chunks,
            addresses=self.corpus.urls,
        )

    def _step(self, stop: Stop, number: int, picks: Sequence[Pick]) -> Step | None:
        """One step; None, and a line in the log, where what it shows would break a promise."""
        before = self._count
        why = self._cite(picks)
        timed = self._cite(self._sources.on_hours(stop.resource)) if stop.resource else ()
        step = _make_step(self.corpus, stop, number, why, timed)
        if _is_sound(self.corpus, step):
            return step
        self._count = before
        return None

    def _cite(self, picks: Sequence[Pick]) -> tuple[Citation, ...]:
        citations: list[Citation] = []
        for pick in picks:
            citation = cite_safely(self.corpus, self._chunks, pick, self._count + 1)
            if citation is not None:
                self._count += 1
                citations.append(citation)
        return tuple(citations)

    def _other(self, way: Way, entry: Resource | None, steps: Sequence[Step]) -> OtherWay | None:
        """The way that was not taken, where the plan leads to the start and there is another."""
        start = start_of(self.corpus)
        if entry is None or start is None or not steps:
            return None
        foundations = [self.corpus.about.labels.get(id) for id in self.corpus.about.sections("foundations")]
        if way == "long":
            name, picks = "building first", self._sources.on_entry(start, entry)
        else:
            name = f"{next(filter(None, foundations), 'the basics')} first"
            picks = self._sources.on_start(start)
        cited = self._cite(picks)
        return OtherWay(name, cited[0]) if cited else None


def _is_sound(corpus: Corpus, step: Step) -> bool:
    """Whether what a step shows beside its sentences keeps the promises; a step that does not is logged."""
    shown = (
        step.title,
        step.url,
        step.effort,
        step.cost,
        step.successor.title if step.successor else None,
        step.instead_of.title if step.instead_of else None,
    )
    try:
        check_text(" \n ".join(filter(None, shown)), corpus.urls)
    except BrokenPromise as broken:
        report_broken(broken)
        return False
    return True


def _make_step(
    corpus: Corpus, stop: Stop, number: int, why: tuple[Citation, ...], timed: tuple[Citation, ...]
) -> Step:
    resource = stop.resource
    section = corpus.section_by_id[resource.section if resource else stop.serves[0]]
    step = Step(
        number=number,
        section=section.id,
        resource=None,
        title=section.title,
        why=" ".join(f"{citation.quote} [{citation.number}]" for citation in why),
        url=None,
        status=None,
        successor=None,
        prerequisites=stop.after,
        effort=None,
        citations=(*why, *timed),
        optional=stop.optional,
        assumes=stop.assumes,
        avoided=stop.avoided,
        doing=stop.doing,
        lacking=stop.lacking,
    )
    if resource is None:
        return step
    hours = stated_hours(resource)
    estimate, basis = (None, None) if hours is not None else estimate_hours(resource)
    after = resource.successor
    before = stop.instead_of or (resource if _title_today(resource) != resource.title else None)
    return replace(
        step,
        resource=resource.id,
        title=_title_today(resource),
        url=resource.current_url,
        status=resource.status,
        successor=Place(after.title, after.url) if after else None,
        effort=resource.length,
        format=resource.format,
        hours=hours,
        estimate=estimate,
        basis=basis,
        cost=resource.cost,
        origin=resource.origin,
        instead_of=Place(before.title, before.current_url) if before else None,
    )


def _title_today(resource: Resource) -> str:
    """What is taken today: the successor that its address opens, for what is superseded; else its own title."""
    after = resource.successor
    gone = resource.status in ("superseded", "discontinued")
    return after.title if gone and after and after.url == resource.current_url else resource.title


class _Sources:
    """Finds the sentences that carry a step."""

    def __init__(self, corpus: Corpus, chunks: Sequence[Chunk]) -> None:
        self.corpus = corpus
        self._guide: dict[tuple[str | None, Part], list[Chunk]] = {}
        self._own: dict[tuple[str | None, Part], list[Chunk]] = {}
        for chunk in chunks:
            of, place = (self._guide, chunk.section) if chunk.kind == "guide" else (self._own, chunk.resource)
            of.setdefault((place, chunk.part), []).append(chunk)

    def reasons(self, stop: Stop) -> list[Pick]:
        """Why to take it, whom it suits or what else it serves, and what has become of it; nothing twice.

        What lives comes first, the guide's own pick that it stands in for after it.
        """
        resource = stop.resource
        if resource is None:
            return list(self._said(stop.serves[0], "guide", None))[:1]
        picks: list[Pick] = []
        for section in stop.serves[:2]:
            picks += self._advice(section, resource)
        if not picks:
            picks += list(self._described(resource, "description"))[:1]
        if stop.instead_of is not None:
            picks += self._advice(stop.serves[0], stop.instead_of)
        fits = [pick for pick in self._described(resource, "description") if _SUITS.search(_quote(pick))]
        if len(stop.serves) == 1 and not any(_SUITS.search(_quote(pick)) for pick in picks):
            picks += fits[:1]
        if resource.status != "current":
            state = list(self._described(resource, "status"))[:1]
            picks = [*state, *picks] if _title_today(resource) != resource.title else [*picks, *state]
        unique = {_quote(pick): pick for pick in reversed(picks)}
        return list(reversed(unique.values()))

    def on_hours(self, resource: Resource) -> list[Pick]:
        """The sentences that carry the hours that are stated for a resource; none where they are no facts."""
        words = [fact.words for fact in hours_facts(resource)]
        said = [*self._described(resource, "description"), *self._described(resource, "status")]
        picks = [next((pick for pick in said if word in _quote(pick)), None) for word in words]
        return list({_quote(pick): pick for pick in picks if pick is not None}.values())

    def on_programming(self) -> list[Pick]:
        """What the guide says of programming to those who may not know it: a sentence that begins with it."""
        start = start_of(self.corpus)
        said = self._said(start, "guide", None) if start else ()
        return [pick for pick in said if _ON_PROGRAMMING.match(_quote(pick))][:1]

    def on_entry(self, start: str, entry: Resource) -> list[Pick]:
        """The sentence that speaks for what the short way begins with."""
        return self._advice(start, entry) or list(self._described(entry, "description"))[:1]

    def on_start(self, start: str) -> list[Pick]:
        """The guide's sentence on where to begin: the first of the start that recommends something."""
        said = [pick for pick in self._said(start, "guide", None) if pick.sentence.resources]
        return sorted(said, key=lambda pick: not _ADVICE.search(_quote(pick)))[:1]

    def _advice(self, section: str, resource: Resource) -> list[Pick]:
        """The sentence in which the guide, or its editors, recommend a resource; at most one."""
        own = resource.section
        places: tuple[tuple[Part, str], ...]
        places = (("guide", section), ("guide", own), ("today", section), ("today", own))
        for part, place in places:
            said = list(self._said(place, part, resource))
            said.sort(
                key=lambda pick: (not _ADVICE.search(_quote(pick)), pick.sentence.resources[0] != resource.id)
            )
            if said:
                return said[:1]
        return []

    def _said(self, section: str, part: Part, resource: Resource | None) -> Iterator[Pick]:
        for chunk in self._guide.get((section, part), ()):
            for sentence in chunk.sentences:
                if resource is None or resource.id in sentence.resources:
                    yield Pick(chunk, sentence)

    def _described(self, resource: Resource, part: Part) -> Iterator[Pick]:
        for chunk in self._own.get((resource.id, part), ()):
            for sentence in chunk.sentences:
                yield Pick(chunk, sentence)


def _quote(pick: Pick) -> str:
    return pick.chunk.quote(pick.sentence)
