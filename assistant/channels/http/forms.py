"""The forms of a plan, and which one a client wants."""

from __future__ import annotations

from datetime import date

from fastapi.responses import JSONResponse, Response
from starlette.datastructures import Headers

from assistant.channels.http.negotiation import media_quality, read_ranges
from assistant.plan.calendar import next_monday, write_calendar
from assistant.plan.roadmap import draw
from assistant.types import Plan

FORMS = {
    "json": "application/json",
    "markdown": "text/markdown",
    "svg": "image/svg+xml",
    "ics": "text/calendar",
}
_NAMES = {"text/markdown": "plan.md", "image/svg+xml": "plan.svg", "text/calendar": "plan.ics"}


def choose_form(format: str | None, headers: Headers) -> str | None:
    """The media type of a plan: what is named, else what is accepted most; None where nothing fits."""
    if format is not None:
        return FORMS[format]
    ranges = read_ranges(headers, "accept")
    best = max(FORMS.values(), key=lambda form: media_quality(form, ranges))
    return best if media_quality(best, ranges) > 0 else None


def render_plan(plan: Plan, form: str, start: date | None = None) -> Response:
    """A plan in one of its forms; the calendar begins on a day, else next Monday."""
    if form == FORMS["json"]:
        return JSONResponse(plan.as_dict(), headers={"Vary": "Accept"})
    headers = {"Vary": "Accept", "Content-Disposition": f'inline; filename="{_NAMES[form]}"'}
    return Response(write_form(plan, form, start), media_type=form, headers=headers)


def write_form(plan: Plan, form: str, start: date | None = None) -> str:
    """A plan as text of a media type other than JSON."""
    if form == FORMS["svg"]:
        return draw(plan)
    if form == FORMS["ics"]:
        return write_calendar(plan, start or next_monday(date.today()))
    return plan.text
