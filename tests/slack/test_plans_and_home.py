"""Study plans, and what a person finds in the App Home."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistant.channels.slack import messages, plans
from assistant.service import Assistant
from assistant.types import Profile
from tests.slack.block_kit import check_message
from tests.slack.workspace import Workspace

QUESTION = "I don't know linear algebra"
CHOSEN: dict[str, Any] = {
    "goal": {"goal": {"selected_option": {"value": "vision"}}},
    "background": {"background": {"selected_option": {"value": "some-maths"}}},
    "prefers": {"prefers": {"selected_options": [{"value": "video"}]}},
    "hours": {"hours": {"value": "6"}},
}


async def test_a_plan_is_one_block_a_step_with_its_files_in_the_thread(workspace: Workspace) -> None:
    shown = await workspace.ask("Make me a study plan")
    steps = [block["text"]["text"] for block in shown.blocks if block["type"] == "section"]
    assert [step.split(".")[0] for step in steps] == [f"*{n}" for n in range(1, len(steps) + 1)]
    assert all("[" in step for step in steps)
    assert shown.blocks[-1]["type"] == "context_actions"
    files = {file["filename"]: file for file in workspace.slack.files}
    assert files["study-plan.md"]["bytes"].startswith(b"# Your study plan")
    assert {file["thread_ts"] for file in files.values()} == {shown.thread_ts}


@pytest.mark.skipif(not plans.can_paint(), reason="needs a font: apt-get install fonts-dejavu-core")
async def test_the_roadmap_is_a_picture_with_words(workspace: Workspace) -> None:
    await workspace.ask("Make me a study plan")
    picture = next(file for file in workspace.slack.files if file["filename"] == "study-plan.png")
    assert picture["bytes"].startswith(b"\x89PNG")
    assert "Step 1:" in picture["alt_txt"]


async def test_without_the_scope_for_files_a_plan_is_still_shown(workspace: Workspace) -> None:
    workspace.slack.scopes = "chat:write"
    shown = await workspace.ask("plan")
    assert messages.PLAN_TITLE in json.dumps(shown.blocks)
    assert not workspace.slack.files


async def test_the_command_makes_a_plan_for_its_user_alone(workspace: Workspace) -> None:
    await workspace.command("plan")
    [alone] = workspace.slack.responses
    assert alone["response_type"] == "ephemeral"
    assert alone["blocks"][0]["text"]["text"] == messages.PLAN_TITLE


@pytest.mark.parametrize("goal", ["vision", "rnn", "nlp", "rl", "general"])
@pytest.mark.parametrize("background", ["none", "ml"])
def test_every_plan_is_a_message_that_slack_takes(assistant: Assistant, goal: str, background: Any) -> None:
    plan = assistant.plan(Profile(goal=(goal,), background=background, hours_per_week=5))
    check_message(messages.PLAN_READY, plans.plan_blocks(plan, "ans_1"))


async def test_the_home_of_a_stranger_says_how_to_ask(workspace: Workspace) -> None:
    view = json.dumps(await workspace.open_home())
    for words in (messages.HOME_ASK, messages.HOME_NO_PLAN, messages.HOME_NO_FEEDBACK):
        assert json.dumps(words)[1:-1] in view
    assert "delete_data" not in view


async def test_a_plan_is_made_at_home_and_stays_there(workspace: Workspace) -> None:
    await workspace.open_home()
    await workspace.press_at_home("make_plan")
    assert (await workspace.submit(workspace.slack.views[-1], CHOSEN)).status_code == 200
    view = json.dumps(await workspace.open_home(), ensure_ascii=False)
    assert "cs231n" in view.lower()
    assert messages.HOME_CHANGE_PLAN in view
    assert "cs231n" not in json.dumps(await workspace.open_home("U2")).lower()


async def test_my_feedback_and_my_data_are_shown_and_deleted(workspace: Workspace, fresh: Assistant) -> None:
    shown = await workspace.ask(QUESTION)
    await workspace.vote(shown, "up")
    view = json.dumps(await workspace.open_home(), ensure_ascii=False)
    assert f"👍 {QUESTION}" in view
    assert messages.HOME_KEPT.format(1) in view
    await workspace.press_at_home("delete_data")
    view = json.dumps(workspace.slack.homes["U1"], ensure_ascii=False)
    assert QUESTION not in view and messages.HOME_KEPT.format(0) in view
    vote = await workspace.vote(shown, "up")
    assert vote.status_code == 200
    assert workspace.slack.responses[-1]["text"] == messages.NOT_KEPT
