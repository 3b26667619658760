"""The forms of a plan, and which one a client wants."""

from __future__ import annotations

from datetime import date

from fastapi.responses import JSONResponse, Response

from assistant.calendar import next_monday, write_calendar
from assistant.roadmap import draw
from assistant.types import Plan

FORMS = {
    "json": "application/json",
    "markdown": "text/markdown",
    "svg": "image/svg+xml",
    "ics": "text/calendar",
}
_NAMES = {"text/markdown": "plan.md", "image/svg+xml": "plan.svg", "text/calendar": "plan.ics"}


def choose_form(format: str | None, accept: str) -> str | None:
    """The media type of a plan: what is named, else what is accepted most; None where nothing fits."""
    if format is not None:
        return FORMS[format]
    wishes = [_read_range(part) for part in accept.split(",") if part.strip()]
    best = max(FORMS.values(), key=lambda form: _quality(form, wishes))
    return best if not wishes or _quality(best, wishes) > 0 else None


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


def _read_range(part: str) -> tuple[str, float]:
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = next((value for value in parameters if value.startswith("q=")), "q=1")
    try:
        return media, float(quality[2:])
    except ValueError:
        return media, 1.0


def _quality(form: str, wishes: list[tuple[str, float]]) -> float:
    """The quality that the most exact of the ranges gives a form."""
    major = form.partition("/")[0]
    for pattern in (form, f"{major}/*", "*/*"):
        for media, quality in wishes:
            if media == pattern:
                return quality
    return 0.0
