"""A plan in words: the whole as Markdown, and a line a step for a conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.cite import Draft
from assistant.ending import list_sources
from assistant.plan.learner import is_plain
from assistant.plan.pace import count_weeks, total_hours, weeks_for
from assistant.plan.path import start_of
from assistant.types import Citation, OtherWay, Plan, Profile, Step, as_values
from corpus.types import Corpus

_NOTHING_LEFT = "Nothing is left to learn here: you know what the guide would recommend."


def write_plan(
    corpus: Corpus,
    steps: Sequence[Step],
    profile: Profile,
    other: OtherWay | None = None,
    weeks: float | None = None,
) -> str:
    """The plan as Markdown. Its sentences are quotes; its lists say format, time and what comes before."""
    numbers = {step.resource or step.section: step.number for step in steps}
    said = (
        f"{_heading(corpus, profile, steps)}{write_total(steps, profile)}"
        f"{_deadline(steps, profile, weeks)}{write_avoided(steps)}"
    )
    blocks = [f"# Your study plan\n\n{said}"]
    if not steps:
        blocks.append(_NOTHING_LEFT)
    path, branches = split_branches(steps)
    blocks += [_write_step(corpus, step, numbers, profile) for step in path]
    if branches:
        blocks.append("## Side branches\n\nThe plan holds without them.")
        blocks += [_write_step(corpus, step, numbers, profile) for step in branches]
    if other:
        blocks.append(f"## The other way\n\n{_write_other(other, other.citation.number)}")
    cited = [citation for step in steps for citation in step.citations]
    cited += [other.citation] if other else []
    if cited:
        sources = list_sources(as_values(citation) for citation in cited)
        blocks.append("\n".join(["## Sources\n", *(f"- {line}" for line in sources)]))
    return "\n\n".join(blocks) + "\n"


def write_brief(corpus: Corpus, plan: Plan) -> Draft:
    """A line a step of the path, the optional ones and the other way in one line each; sources counted anew."""
    cited: list[Citation] = []

    def mark(citation: Citation) -> str:
        """The marker of a source, which is counted where it is new."""
        known = next((one.number for one in cited if one.quote == citation.quote), None)
        if known is None:
            known = len(cited) + 1
            cited.append(replace(citation, number=known))
        return f"[{known}]"

    if not plan.steps:
        return Draft(_NOTHING_LEFT, ())
    path, branches = split_branches(plan.steps)
    profile = plan.profile
    lines = [
        f"{_opening(corpus, plan)}{write_total(plan.steps, profile)}"
        f"{_deadline(plan.steps, profile, plan.weeks)}{write_avoided(plan.steps)}"
    ]
    lines.append("\n".join(_brief_step(corpus, step, mark) for step in path))
    if said := _on_programming(path, mark):
        lines.append(said)
    if branches:
        names = [f"{step.title}{_origin(step)} {_main(step, mark)}".rstrip() for step in branches]
        lines.append(f"Optional: {'; '.join(names)}.")
    if plan.other:
        lines.append(_write_other(plan.other, int(mark(plan.other.citation)[1:-1])))
    return Draft("\n\n".join(lines), tuple(cited))


def split_branches(steps: Sequence[Step]) -> tuple[list[Step], list[Step]]:
    """The path up to its last step that can't be left out, and the side branches after it."""
    last = max((step.number for step in steps if not step.optional), default=0)
    return [step for step in steps if step.number <= last], [step for step in steps if step.number > last]


def write_total(steps: Sequence[Step], profile: Profile) -> str:
    """How many hours the path takes, which of them are estimated, and the weeks; after a space, empty without hours."""
    hours = total_hours(steps)
    if not hours:
        return ""
    needed = [step for step in steps if not step.optional]
    stated = sum(step.hours or 0 for step in needed)
    guessed = [str(step.number) for step in needed if step.hours is None and step.estimate]
    parts = f"{_hours(hours)} in all"
    if guessed:
        part = _number(hours - stated)
        kind = f"{part} of them an estimate" if part != _number(hours) else "an estimate"
        parts = f"about {parts}, {kind} ({_steps(guessed)})"
    weeks = count_weeks(hours, profile.hours_per_week)
    pace = f", which is {_count(weeks)} at your {profile.hours_per_week:g} hours a week" if weeks else ""
    return f" The path takes {parts}{pace}."


def write_avoided(steps: Sequence[Step]) -> str:
    """What could not be avoided, and in which steps, after a space; empty where everything could."""
    where: dict[str, list[str]] = {}
    for step in steps:
        for word in step.avoided:
            where.setdefault(word, []).append(str(step.number))
    parts = [f"{word} ({_steps(numbers)})" for word, numbers in where.items()]
    return f" Could not be avoided: {', '.join(parts)}." if parts else ""


def _deadline(steps: Sequence[Step], profile: Profile, weeks: float | None) -> str:
    """What of the path fits into the weeks that there are, after a space; empty where nobody set an end."""
    hours, pace = total_hours(steps), profile.hours_per_week
    if not weeks or not hours:
        return ""
    span = _count(round(weeks))
    if not pace:
        return f" To end in {span} takes {_hours(hours / weeks)} a week."
    room = pace * weeks
    if room >= hours:
        return f" It fits into your {span}."
    done: list[str] = []
    used = 0.0
    for step in steps:
        used += 0 if step.optional else step.load
        if used > room:
            break
        done.append(str(step.number))
    reach = f"finish {_steps(done)}" if done else f"get into step {steps[0].number}"
    rest = count_weeks(hours - room, pace) or 1
    return f" In your {span} you have {_hours(room)} and can {reach}; the rest takes {_count(rest)} more."


def _opening(corpus: Corpus, plan: Plan) -> str:
    """What the plan leads to, in how many steps, and what comes first."""
    path, _ = split_branches(plan.steps)
    end = _goal(corpus, plan.profile, plan.steps)
    count = f"{len(path)} {'step' if len(path) == 1 else 'steps'}"
    brought = _subjects(corpus, tuple(dict.fromkeys(id for step in path for id in step.assumes)))
    since = f" You bring {_join(brought)}." if brought else ""
    beside = _subjects(corpus, tuple(dict.fromkeys(id for step in path for id in step.lacking)))
    since += f" It builds on {_join(beside)}, too, which you did not name." if beside else ""
    return f"Your plan for {end} has {count}.{since}" if end else f"Your plan has {count}.{since}"


def _heading(corpus: Corpus, profile: Profile, steps: Sequence[Step]) -> str:
    about = corpus.about
    end = _goal(corpus, profile, steps)
    parts = [f"Goal: {end}"] if end else []
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
    said = "; ".join(parts)
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def _goal(corpus: Corpus, profile: Profile, steps: Sequence[Step]) -> str:
    """What a plan leads to, in words; empty where it is made of what the learner named, and leads past the start."""
    about = corpus.about
    labels = {goal.id: goal.label for goal in about.goals}
    goals = [labels[goal] for goal in profile.goal if goal in labels]
    if goals:
        return ", ".join(goals)
    start = start_of(corpus)
    begins = start is None or not steps or any(step.section in _starts(corpus) for step in steps)
    return (about.labels.get(start or "") or about.subject) if begins else ""


def _starts(corpus: Corpus) -> tuple[str, ...]:
    return corpus.about.sections("start", "alternatives")


def _write_step(corpus: Corpus, step: Step, numbers: dict[str, int], profile: Profile) -> str:
    title = f"[{step.title}]({step.url})" if step.url else step.title
    going = "Go on with " if step.doing else ""
    lines = [f"### {step.number}. {going}{title}{_marks(step)}", "", step.why, ""]
    if step.prerequisites:
        after = [f"step {numbers[id]}" for id in step.prerequisites if id in numbers]
        lines.append(f"- After: {', '.join(after)}")
    if step.assumes:
        lines.append(f"- You bring: {', '.join(_subjects(corpus, step.assumes))}")
    if step.lacking:
        lines.append(f"- Builds on, too: {', '.join(_subjects(corpus, step.lacking))}")
    if step.format:
        lines.append(f"- Format: {', '.join(step.format)}")
    if step.load:
        lines.append(f"- Time: {_write_time(step, profile)}")
    if step.cost:
        lines.append(f"- Cost: {step.cost}")
    if step.status not in (None, "current"):
        lines.append(f"- State: {step.status}")
    if step.successor and step.status != "current" and step.successor.title != step.title:
        lines.append(f"- Now: [{step.successor.title}]({step.successor.url})")
    if step.instead_of:
        lines.append(f"- In place of the guide's: {step.instead_of.title}")
    return "\n".join(lines).rstrip()


def _write_time(step: Step, profile: Profile) -> str:
    """The length as the corpus states it, the hours with their sources or as an estimate, and the weeks."""
    timed = [citation for citation in step.citations if f"[{citation.number}]" not in step.why]
    marks = "".join(f"[{citation.number}]" for citation in timed)
    if step.hours is not None:
        # Where the length says its hours itself, they need no second mention.
        hours = _hours(step.hours)
        known = step.effort and (not marks or hours in step.effort)
        parts = [step.effort or hours] if known else [part for part in (step.effort, hours) if part]
        parts[-1] += f" {marks}" if marks else ""
    else:
        estimate = f"about {_hours(step.estimate or 0)} by estimate ({step.basis})"
        parts = [part for part in (step.effort, estimate) if part]
    weeks = weeks_for(step, profile.hours_per_week)
    pace = f", {_count(weeks)} at your {profile.hours_per_week:g} hours a week" if weeks else ""
    return "; ".join(parts) + pace


def _brief_step(corpus: Corpus, step: Step, mark: Callable[[Citation], str]) -> str:
    """One step in a line: its name, what it is for, how long it takes, its state, its sources."""
    timed = [citation for citation in step.citations if f"[{citation.number}]" not in step.why]
    about = f"about {_hours(step.estimate)} by estimate" if step.estimate else ""
    parts = [
        _serves(corpus, step),
        _hours(step.hours) if step.hours is not None else about,
        _state(step),
    ]
    said = "; ".join(filter(None, parts))
    going = "Go on with " if step.doing else ""
    marks = _main(step, mark) + "".join(dict.fromkeys(mark(citation) for citation in timed))
    return f"{step.number}. {going}**{step.title}**{_marks(step)}: {said} {marks}".rstrip()


def _serves(corpus: Corpus, step: Step) -> str:
    """What a step is for: the basic that it teaches, else the goal or the label of its section."""
    about = corpus.about
    for basic in about.basics:
        if basic.taught_in == step.resource:
            return basic.id.replace("-", " ")
    labels = {goal.section: goal.label for goal in about.goals} | dict(about.labels)
    return labels.get(step.section, "")


def _state(step: Step) -> str:
    """What has become of a step's resource, or whose place it has taken; empty where there is nothing to say."""
    if step.instead_of:
        return f"in place of the guide's {step.instead_of.title}"
    if step.status in (None, "current"):
        return ""
    if step.successor and step.successor.title != step.title:
        return f"{step.status}, now {step.successor.title}"
    return str(step.status)


def _main(step: Step, mark: Callable[[Citation], str]) -> str:
    """The marker of the sentence that speaks for a step; empty where none does."""
    own = [citation for citation in step.citations if citation.resource == step.resource]
    chosen = next(iter((*own, *step.citations)), None)
    return f" {mark(chosen)}".strip() if chosen else ""


def _on_programming(path: Sequence[Step], mark: Callable[[Citation], str]) -> str:
    """What the guide says of programming, where a step quotes it: what names nothing to take stands for itself."""
    for step in path:
        for citation in step.citations:
            if step.resource and not citation.resource and not citation.resources:
                return f"Before step {step.number}: {citation.quote} {mark(citation)}"
    return ""


def _write_other(other: OtherWay, number: int) -> str:
    return f"The other way, {other.name}: {other.citation.quote} [{number}]"


def _origin(step: Step) -> str:
    return " (addition)" if step.origin == "addition" else ""


def _marks(step: Step) -> str:
    marks = [
        name for name, on in (("addition", step.origin == "addition"), ("optional", step.optional)) if on
    ]
    return f" ({', '.join(marks)})" if marks else ""


def _subjects(corpus: Corpus, ids: Sequence[str]) -> list[str]:
    """What ids are about; a section speaks for its resources."""
    names: dict[str, None] = {}
    taught = {basic.taught_in: basic.id.replace("-", " ") for basic in corpus.about.basics}
    for id in ids:
        resource = corpus.resource_by_id.get(id)
        if resource is None:
            names[corpus.about.labels.get(id) or corpus.section_by_id[id].title] = None
        elif resource.section not in ids:
            names[taught.get(id) or resource.title] = None
    return list(names)


def _join(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _steps(numbers: Sequence[str]) -> str:
    return f"{'step' if len(numbers) == 1 else 'steps'} {', '.join(numbers)}"


def _count(weeks: int | None) -> str:
    return f"{weeks} {'week' if weeks == 1 else 'weeks'}"


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{max(1, round(hours * 60))} minutes"
    return f"{_number(hours)} {'hour' if _number(hours) == '1' else 'hours'}"


def _number(hours: float) -> str:
    """Hours as somebody would say them: whole from 2 on, in quarters below."""
    return f"{round(hours):g}" if hours >= 2 else f"{round(hours * 4) / 4:g}"
