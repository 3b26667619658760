"""The forms of a plan, and which one a client wants."""

from __future__ import annotations

from fastapi.responses import JSONResponse, Response

from assistant.types import Plan

FORMS = {
    "json": "application/json",
    "markdown": "text/markdown",
    "svg": "image/svg+xml",
    "ics": "text/calendar",
}


def choose_form(format: str | None, accept: str) -> str | None:
    """The media type of a plan: what is named, else what is accepted most; None where nothing fits."""
    if format is not None:
        return FORMS[format]
    wishes = [_read_range(part) for part in accept.split(",") if part.strip()]
    best = max(FORMS.values(), key=lambda form: _quality(form, wishes))
    return best if not wishes or _quality(best, wishes) > 0 else None


def render_plan(plan: Plan, form: str) -> Response:
    """A plan in one of its forms."""
    if form == FORMS["json"]:
        return JSONResponse(plan.as_dict(), headers={"Vary": "Accept"})
    from assistant.roadmap import draw

    text = {FORMS["markdown"]: lambda: plan.text, FORMS["svg"]: lambda: draw(plan)}
    name = {"text/markdown": "plan.md", "image/svg+xml": "plan.svg", "text/calendar": "plan.ics"}[form]
    headers = {"Vary": "Accept", "Content-Disposition": f'inline; filename="{name}"'}
    return Response(text[form](), media_type=form, headers=headers)


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
