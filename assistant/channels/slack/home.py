"""The App Home: how to ask, my plan, my feedback, my data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.channels.slack import messages
from assistant.channels.slack.blocks import Block, actions, button, context, header, plain, section
from assistant.channels.slack.escape import escape
from assistant.channels.slack.plans import plan_summary
from assistant.reasons import name_reason
from assistant.store import StoredAnswer
from assistant.types import Plan

_VOTES = 5


@dataclass(frozen=True, slots=True)
class Home:
    """What a person's home shows."""

    plan: Plan | None
    """Their plan, where they have said enough about themselves."""
    votes: Sequence[StoredAnswer]
    """The answers they voted on, newest first."""
    conversations: int
    """How many of their conversations are kept."""
    retention_days: int
    """Days that they are kept; 0: for ever."""


def home_view(home: Home | None) -> Block:
    """The view; None: what is kept can't be read right now."""
    blocks = [header(messages.HOME_ASK), section(messages.HOME_HOW)]
    if home is None:
        return {"type": "home", "blocks": [*blocks, section(messages.HOME_DOWN)]}
    blocks += [
        header(messages.HOME_PLAN),
        section(plan_summary(home.plan) if home.plan and home.plan.steps else messages.HOME_NO_PLAN),
        actions(
            button(messages.HOME_CHANGE_PLAN if home.plan else messages.HOME_MAKE_PLAN, "make_plan", "plan")
        ),
        header(messages.HOME_FEEDBACK),
        section("\n".join(map(_vote, home.votes[:_VOTES])) or messages.HOME_NO_FEEDBACK),
        header(messages.HOME_DATA),
        section(_kept(home)),
    ]
    if home.conversations or home.votes:
        delete = button(messages.HOME_DELETE, "delete_data", "delete")
        delete |= {
            "style": "danger",
            "confirm": {
                "title": plain(messages.HOME_DELETE),
                "text": plain(messages.HOME_DELETE_SURE),
                "confirm": plain(messages.HOME_DELETE_YES),
                "deny": plain(messages.CANCEL),
            },
        }
        blocks.append(actions(delete))
    return {"type": "home", "blocks": [*blocks, context(messages.HOME_FOOT)]}


def _vote(answer: StoredAnswer) -> str:
    thumb = "👍" if answer.vote == "up" else "👎"
    why = escape(name_reason(answer.reason or ""), "mrkdwn", 100)
    words = escape(" ".join(answer.question.split()), "mrkdwn", 150)
    return f"{thumb} {words}" + (f": {why}" if why else "")


def _kept(home: Home) -> str:
    days = home.retention_days
    until = messages.HOME_KEPT_DAYS.format(days) if days else messages.HOME_KEPT_EVER
    return f"{messages.HOME_KEPT.format(home.conversations)} {until}"
