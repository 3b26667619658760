"""The study plan: the path of one learner, each step with its reason in the corpus's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.cite import Draft, Pick, cite_safely, report_broken
from assistant.ending import list_sources
from assistant.path import Stop, find_path, is_plain, start_of
from assistant.types import BrokenPromise, Citation, Place, Plan, Profile, Step, as_values, check_text
from corpus.facts import count_hours
from corpus.types import Corpus, Part, Resource
from index.types import Chunk

_ADVICE = re.compile(r"\b(recommends?|calls|names|picked|lists|points to|links to|starts? with|turn to)\b")
_SUITS = re.compile(r"\bsuits?\b(?! people who already)")
_NUMBER = re.compile(r"\d+(?:,\d{3})*")
_WEEKS = re.compile(r"(\d+(?:\.\d+)?) weeks? at (\d+(?:\.\d+)?) hours? a week")
_HOURS = re.compile(r"(\d+(?:\.\d+)?) hours?\b(?! a week| each)")
_ASKED = re.compile(
    r"\b(?:make|give|build|create|draw|write|design|suggest|show|sketch|need|want|prepare|put together)\b"
    r"[^.?!]{0,40}\b(?:plan|roadmap|road map|curriculum|schedule|timetable|study path|learning path)\b"
    r"|\b(?:study|learning|weekly)[ -](?:plan|roadmap|path|schedule)\b"
    r"|\b(?:plan|schedule) (?:for me|my (?:studies|learning|week))\b",
    re.IGNORECASE,
)
_ON_PROGRAMMING = re.compile(r"programming\b", re.IGNORECASE)


def make_plan(corpus: Corpus, chunks: Sequence[Chunk], profile: Profile) -> Plan:
    """Order what this learner should take, each step after its prerequisites, and say why."""
    by_id = {chunk.id: chunk for chunk in chunks}
    sources = _Sources(corpus, chunks)
    steps: list[Step] = []
    left_out: set[str] = set()
    number = 0
    for stop in find_path(corpus, chunks, profile):
        picks = sources.reasons(stop)
        if profile.can_program is False and start_of(corpus) in stop.serves:
            picks += sources.on_programming()
        citations: list[Citation] = []
        for pick in picks:
            citation = cite_safely(corpus, by_id, pick, number + len(citations) + 1)
            citations += [citation] if citation else []
        step = _step(stop, len(steps) + 1, tuple(citations), sources)
        if not _is_sound(corpus, step):
            left_out.add(stop.id)
            continue
        number += len(citations)
        kept = tuple(id for id in step.prerequisites if id not in left_out)
        steps.append(replace(step, prerequisites=kept))
    return Plan(
        steps=tuple(steps),
        profile=profile,
        text=write_plan(corpus, steps, profile),
        evidence=by_id,
        addresses=corpus.urls,
    )


def _is_sound(corpus: Corpus, step: Step) -> bool:
    """Whether what a step shows beside its sentences keeps the promises; a step that does not is logged."""
    shown = (step.title, step.url, step.effort, step.successor.title if step.successor else None)
    try:
        check_text(" \n ".join(filter(None, shown)), corpus.urls)
    except BrokenPromise as broken:
        report_broken(broken)
        return False
    return True


def plan_draft(corpus: Corpus, plan: Plan) -> Draft:
    """The plan as an answer in a conversation: the same steps and sources, without links in the text."""
    return Draft(write_plan(corpus, plan.steps, plan.profile, links=False), plan.citations)


def asks_for_plan(question: str) -> bool:
    """Whether somebody wants a plan, and not one answer."""
    return bool(_ASKED.search(question))


def read_hours(length: str | None) -> float | None:
    """Hours of `N weeks at M hours a week` or `N hours`; None where a length is not stated in hours."""
    weeks = _WEEKS.search(length or "")
    if weeks:
        return float(weeks[1]) * float(weeks[2])
    hours = _HOURS.search(length or "")
    return float(hours[1]) if hours else None


def _hours(resource: Resource) -> float | None:
    """How long a resource takes, by its facts, else by its stated length; None where neither tells it."""
    counted = count_hours({fact.name: fact for fact in resource.facts})
    return read_hours(resource.length) if counted is None else round(counted, 1)


def weeks_for(step: Step, hours_per_week: float | None) -> int | None:
    """Whole weeks that a step takes at that pace; None where either is not known."""
    if step.hours is None or not hours_per_week:
        return None
    return max(1, -int(-step.hours // hours_per_week))


def write_plan(corpus: Corpus, steps: Sequence[Step], profile: Profile, links: bool = True) -> str:
    """The plan as Markdown. Its sentences are quotes; its lists say format, time and what comes before."""
    numbers = {step.resource or step.section: step.number for step in steps}
    blocks = [
        f"# Your study plan\n\n{_heading(corpus, profile)}{write_total(steps, profile)}{write_avoided(steps)}"
    ]
    if not steps:
        blocks.append("Nothing is left to learn here: you know what the guide would recommend.")
    path = [step for step in steps if step.number <= _last_needed(steps)]
    branches = [step for step in steps if step not in path]
    for step in path:
        blocks.append(_write_step(corpus, step, numbers, profile, links))
    if branches:
        blocks.append("## Side branches\n\nThe plan holds without them.")
        blocks += [_write_step(corpus, step, numbers, profile, links) for step in branches]
    citations = [as_values(citation) for step in steps for citation in step.citations]
    if links and citations:
        # Where the text travels alone, as a file. In a conversation the channel shows the sources.
        blocks.append("\n".join(["## Sources\n", *(f"- {line}" for line in list_sources(citations))]))
    return "\n\n".join(blocks) + "\n"


def _last_needed(steps: Sequence[Step]) -> int:
    """Number of the last step that is not optional; optional ones before it are refreshers on the path."""
    return max((step.number for step in steps if not step.optional), default=0)


def _heading(corpus: Corpus, profile: Profile) -> str:
    about = corpus.about
    labels = {goal.id: goal.label for goal in about.goals}
    goals = [labels[goal] for goal in profile.goal if goal in labels]
    start = about.labels.get(start_of(corpus) or "")
    parts = [f"Goal: {', '.join(goals) or start or about.subject}"]
    stages = {stage.id: stage.label for stage in about.backgrounds}
    if profile.background in stages:
        parts.append(f"you bring: {stages[profile.background]}")
    # A client may send anything in a profile: markup and addresses would be taken for the corpus's.
    if prefers := list(filter(is_plain, profile.prefers)):
        parts.append(f"you prefer: {', '.join(prefers)}")
    if avoids := list(filter(is_plain, profile.avoids)):
        parts.append(f"you avoid: {', '.join(avoids)}")
    if profile.hours_per_week:
        parts.append(f"{profile.hours_per_week:g} hours a week")
    return "; ".join(parts) + "."


def write_total(steps: Sequence[Step], profile: Profile) -> str:
    """How many hours the corpus states for the path, and for which steps, after a space; empty where it states none."""
    stated = [step for step in steps if step.hours is not None and not step.optional]
    hours = sum(step.hours or 0 for step in stated)
    if not hours:
        return ""
    numbers = ", ".join(str(step.number) for step in stated)
    weeks = sum(weeks_for(step, profile.hours_per_week) or 0 for step in stated)
    pace = f", which is {weeks} weeks at your pace" if weeks else ""
    which = f"step {numbers}" if len(stated) == 1 else f"steps {numbers}"
    return f" Hours are stated for {which}: {hours:g} in all{pace}."


def write_avoided(steps: Sequence[Step]) -> str:
    """What could not be avoided, and in which steps, after a space; empty where everything could."""
    where: dict[str, list[str]] = {}
    for step in steps:
        for word in step.avoided:
            where.setdefault(word, []).append(str(step.number))
    parts = [
        f"{word} ({'step' if len(numbers) == 1 else 'steps'} {', '.join(numbers)})"
        for word, numbers in where.items()
    ]
    return f" Could not be avoided: {', '.join(parts)}." if parts else ""


def _write_step(corpus: Corpus, step: Step, numbers: dict[str, int], profile: Profile, links: bool) -> str:
    title = f"[{step.title}]({step.url})" if links and step.url else step.title
    marks = [
        name for name, on in (("addition", step.origin == "addition"), ("optional", step.optional)) if on
    ]
    mark = f" ({', '.join(marks)})" if marks else ""
    lines = [f"### {step.number}. {title}{mark}", "", step.why, ""]
    if step.prerequisites:
        after = [f"step {numbers[id]}" for id in step.prerequisites if id in numbers]
        lines.append(f"- After: {', '.join(after)}")
    if step.assumes:
        lines.append(f"- You bring: {', '.join(_subjects(corpus, step.assumes))}")
    if step.format:
        lines.append(f"- Format: {', '.join(step.format)}")
    if step.effort:
        weeks = weeks_for(step, profile.hours_per_week)
        pace = f" ({weeks} weeks at your {profile.hours_per_week:g} hours a week)" if weeks else ""
        lines.append(f"- Time: {step.effort}{pace}")
    if step.status not in (None, "current"):
        lines.append(f"- State: {step.status}")
    if step.successor and step.status != "current":
        after_it = f"[{step.successor.title}]({step.successor.url})" if links else step.successor.title
        lines.append(f"- Now: {after_it}")
    return "\n".join(lines).rstrip()


def _subjects(corpus: Corpus, ids: Sequence[str]) -> list[str]:
    """What ids are about; a section speaks for its resources."""
    names: dict[str, None] = {}
    for id in ids:
        resource = corpus.resource_by_id.get(id)
        if resource is None:
            names[corpus.about.labels.get(id) or corpus.section_by_id[id].title] = None
        elif resource.section not in ids:
            names[resource.title] = None
    return list(names)


def _step(stop: Stop, number: int, citations: tuple[Citation, ...], sources: _Sources) -> Step:
    resource = stop.resource
    why = " ".join(f"{citation.quote} [{citation.number}]" for citation in citations)
    if resource is None:
        section = sources.corpus.section_by_id[stop.serves[0]]
        return Step(
            number,
            section.id,
            None,
            section.title,
            why,
            None,
            None,
            None,
            stop.after,
            None,
            citations,
            optional=stop.optional,
            assumes=stop.assumes,
            avoided=stop.avoided,
        )
    successor = resource.successor
    return Step(
        number=number,
        section=resource.section,
        resource=resource.id,
        title=resource.title,
        why=why,
        url=resource.current_url,
        status=resource.status,
        successor=Place(successor.title, successor.url) if successor else None,
        prerequisites=stop.after,
        effort=resource.length,
        citations=citations,
        optional=stop.optional,
        format=resource.format,
        assumes=stop.assumes,
        hours=_hours(resource),
        origin=resource.origin,
        avoided=stop.avoided,
    )


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
        """Why to take it, whom it suits or what else it serves, and what has become of it; nothing twice."""
        resource = stop.resource
        if resource is None:
            return list(self._said(stop.serves[0], "guide", None))[:1]
        picks: list[Pick] = []
        if stop.instead_of is not None:
            picks += self._advice(stop.serves[0], stop.instead_of)
        for section in stop.serves[:2]:
            picks += self._advice(section, resource)
        if not picks:
            picks += list(self._described(resource, "description"))[:1]
        fits = [pick for pick in self._described(resource, "description") if _SUITS.search(_quote(pick))]
        if len(stop.serves) == 1 and not any(_SUITS.search(_quote(pick)) for pick in picks):
            picks += fits[:1]
        if resource.status != "current":
            picks += list(self._described(resource, "status"))[:1]
        unique = {_quote(pick): pick for pick in reversed(picks)}
        return list(reversed(unique.values()))

    def on_programming(self) -> list[Pick]:
        """What the guide says of programming to those who can't program yet: a sentence that begins with it."""
        start = start_of(self.corpus)
        said = self._said(start, "guide", None) if start else ()
        return [pick for pick in said if _ON_PROGRAMMING.match(_quote(pick))][:1]

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
