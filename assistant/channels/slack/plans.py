"""A study plan as blocks, with its picture and its full text as files."""

from __future__ import annotations

from functools import cache
from typing import Any

from assistant.channels.slack import messages
from assistant.channels.slack.blocks import Block, context, feedback, header, plain, section, sources
from assistant.channels.slack.escape import escape, link
from assistant.channels.slack.picture import find_font, paint
from assistant.plan.roadmap import describe, draw
from assistant.plan.study_plan import asks_for_plan
from assistant.types import Plan, Profile, Step
from corpus.types import About

_STEPS = 20
_WORDS = 8000
"""Units of all reasons together; a step has its share, and 450 at most."""


def wants_plan(question: str) -> bool:
    """Whether somebody asks for a plan, also with the one word that the command takes."""
    return question.strip(" .!?").lower() in ("plan", "my plan", "study plan") or asks_for_plan(question)


def plan_blocks(plan: Plan, answer_id: str) -> list[Block]:
    """Every step with its reason, its state and what comes before it; then the sources and the thumbs."""
    room = min(450, _WORDS // max(len(plan.steps), 1))
    cited = [
        {
            "number": citation.number,
            "title": citation.title,
            "url": citation.url,
            "kind": citation.kind,
            "status": citation.status,
            "successor": None,
        }
        for citation in plan.citations
    ]
    return [
        header(messages.PLAN_TITLE),
        *(
            [context(escape(_summary(plan), "mrkdwn", 500))]
            if plan.steps
            else [section(messages.NOTHING_LEFT)]
        ),
        *(section(_step(step, plan, room)) for step in plan.steps[:_STEPS]),
        *(sources(cited, 1500)),
        feedback(answer_id),
    ]


def plan_summary(plan: Plan) -> str:
    """The plan in a few lines of mrkdwn: titles and addresses."""
    return "\n".join(f"{step.number}. {link(step.url, step.title, 120)}" for step in plan.steps[:10])


def plan_files(plan: Plan) -> list[dict[str, Any]]:
    """The roadmap with its words, where it can be painted, and the whole plan as Markdown."""
    files: list[dict[str, Any]] = []
    if can_paint():
        words = escape(describe(plan), "plain", 1000)
        picture = {"filename": "study-plan.png", "title": messages.ROADMAP, "alt_txt": words}
        files.append({**picture, "content": paint(draw(plan))})
    text = {"filename": "study-plan.md", "title": messages.FULL_PLAN, "content": plan.text}
    return [*files, text]


@cache
def can_paint() -> bool:
    """Whether this machine has the renderer, and a font for it to write with."""
    try:
        return find_font() is not None
    except ModuleNotFoundError:
        return False


def plan_modal(about: About) -> Block:
    """Asks what a plan needs to know; of goals and backgrounds, those that the guide has."""
    goals = {goal.id: _upper(goal.label) for goal in about.goals}
    stages = {stage.id: _upper(stage.label) for stage in about.backgrounds}
    return {
        "type": "modal",
        "callback_id": "plan",
        "title": plain(messages.PLAN_TITLE),
        "submit": plain(messages.PLAN_MAKE),
        "close": plain(messages.CANCEL),
        "blocks": [
            *([_input("goal", messages.GOAL_LABEL, _select("static_select", goals))] if goals else []),
            *(
                [_input("background", messages.BACKGROUND_LABEL, _select("static_select", stages))]
                if stages
                else []
            ),
            _input("prefers", messages.PREFERS_LABEL, _select("checkboxes", messages.PREFERENCES)),
            _input(
                "hours",
                messages.HOURS_LABEL,
                {"type": "number_input", "is_decimal_allowed": True, "min_value": "1", "max_value": "80"},
            ),
        ],
    }


def read_plan_modal(values: dict[str, Any]) -> Profile:
    """What somebody chose there."""
    goal, background = (
        values.get(name, {}).get(name, {}).get("selected_option") for name in ("goal", "background")
    )
    hours = values["hours"]["hours"].get("value")
    return Profile(
        goal=(goal["value"],) if goal else (),
        background=background["value"] if background else None,
        prefers=tuple(
            option["value"] for option in values["prefers"]["prefers"].get("selected_options") or ()
        ),
        hours_per_week=float(hours) if hours else None,
    )


def _summary(plan: Plan) -> str:
    """The first paragraph of the plan's text: for whom it is, and how long it takes."""
    return next((part for part in plan.text.split("\n\n") if not part.startswith("#")), "")


def _step(step: Step, plan: Plan, room: int) -> str:
    numbers = {other.resource or other.section: other.number for other in plan.steps}
    after = [str(numbers[id]) for id in step.prerequisites if id in numbers]
    facts = [
        messages.OPTIONAL if step.optional else "",
        messages.ADDITION if step.origin == "addition" else "",
        f"{messages.AFTER} {', '.join(after)}" if after else "",
        escape(step.effort or "", "mrkdwn", 120),
        messages.BADGES[step.status] if step.status else "",
    ]
    if step.successor and step.status != "current":
        facts.append(f"{messages.SUCCESSOR} {link(step.successor.url, step.successor.title, 120)}")
    title = f"*{step.number}. {link(step.url, step.title, 150)}*"
    return "\n".join([title, escape(step.why, "mrkdwn", room), " · ".join(filter(None, facts))])


def _input(name: str, label: str, element: Block) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "optional": True,
        "label": plain(label),
        "element": {**element, "action_id": name},
    }


def _select(kind: str, labels: dict[str, str]) -> Block:
    options = [{"text": plain(label), "value": value} for value, label in labels.items()]
    return {"type": kind, "options": options}


def _upper(label: str) -> str:
    return label[:1].upper() + label[1:]
