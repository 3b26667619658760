"""`dlstart plan`: an ordered, cited study plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Literal, TypeVar, get_args

import typer

from assistant.commands.output import print_json
from assistant.errors import UsageError
from assistant.settings import read_settings
from assistant.types import Background, Plan, Preference, Profile

Format = Literal["markdown", "svg", "ics"]
_Name = TypeVar("_Name", bound=str)
_LEAST_HOURS = 0.1
_MOST_HOURS = 168


def plan(
    goal: Annotated[
        str,
        typer.Option(
            help="What for: ids of the guide's goals, as `dlstart corpus list` shows them; several with commas."
        ),
    ] = "",
    background: Annotated[str, typer.Option(help=f"What you bring: {', '.join(get_args(Background))}.")] = "",
    prefer: Annotated[str, typer.Option(help=f"What you like: {', '.join(get_args(Preference))}.")] = "",
    avoid: Annotated[str, typer.Option(help="What you refuse: formats, maths, paid, names or ids.")] = "",
    knows: Annotated[
        str, typer.Option(help="What you know: subjects, names or ids, such as linear algebra.")
    ] = "",
    done: Annotated[
        str, typer.Option(help="What you have finished: names or ids, as `dlstart corpus list` shows them.")
    ] = "",
    hours_per_week: Annotated[float | None, typer.Option(help="How many hours a week you have.")] = None,
    start: Annotated[
        str, typer.Option(help="First day of the calendar, YYYY-MM-DD; next Monday otherwise.")
    ] = "",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    format_: Annotated[
        str, typer.Option("--format", help=f"One of {', '.join(get_args(Format))}.")
    ] = "markdown",
) -> None:
    """Make a study plan: every step after what it needs, with the reason in the guide's words."""
    form = _one("--format", format_, get_args(Format))
    if hours_per_week is not None and not _LEAST_HOURS <= hours_per_week <= _MOST_HOURS:
        raise UsageError(f"--hours-per-week {hours_per_week:g}", f"expected {_LEAST_HOURS} to {_MOST_HOURS}")
    first = _read_day(start)
    profile = Profile(
        background=_one("--background", background, get_args(Background)) if background else None,
        prefers=_several("--prefer", prefer, get_args(Preference)),
        avoids=_split(avoid),
        knows=_split(knows),
        done=_split(done),
        hours_per_week=hours_per_week,
    )
    made = _make(profile, goal)
    if json_:
        print_json(made.as_dict())
    else:
        print(_write(made, form, first), end="")


def _make(profile: Profile, goal: str) -> Plan:
    # No index and no encoder: a plan needs the texts alone.
    from assistant.plan.study_plan import make_plan
    from assistant.plan.wishes import find_unknown
    from assistant.texts import open_corpus
    from index.chunk import cut

    corpus = open_corpus(read_settings())
    profile = replace(profile, goal=_several("--goal", goal, corpus.about.goal_ids))
    unknown = find_unknown(corpus, profile)
    if unknown is not None:
        raise UsageError(f"--{unknown.field} {unknown.word!r} names nothing that is known", unknown.cure)
    return make_plan(corpus, cut(corpus), profile)


def _write(made: Plan, form: str, first: date) -> str:
    if form == "svg":
        from assistant.plan.roadmap import draw

        return draw(made)
    if form == "ics":
        from assistant.plan.calendar import write_calendar

        return write_calendar(made, first)
    return made.text


def _read_day(text: str) -> date:
    from assistant.plan.calendar import FIRST_DAY, LAST_DAY, next_monday

    if not text:
        return next_monday(date.today())
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--start {text!r} is not a day", "write it as YYYY-MM-DD") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise UsageError(f"--start {text} is too far away", f"expected {FIRST_DAY} to {LAST_DAY}")
    return day


def _split(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _several(option: str, text: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_one(option, word, allowed) for word in _split(text)))


def _one(option: str, word: str, allowed: tuple[_Name, ...]) -> _Name:
    for name in allowed:
        if name.casefold() == word.strip().casefold():
            return name
    raise UsageError(f"{option} {word!r} is not known", f"expected {', '.join(allowed)}")
