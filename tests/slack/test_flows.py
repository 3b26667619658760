"""What people can do."""

from __future__ import annotations

from datetime import UTC, datetime

from assistant.channels.slack import messages
from assistant.service import Ask, Assistant
from tests.slack.workspace import Workspace, find_element, message

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
QUESTION = "I don't know linear algebra"


async def test_a_mention_is_answered_in_its_thread_with_sources_and_thumbs(workspace: Workspace) -> None:
    shown = await workspace.ask(QUESTION)
    assert not shown.streaming
    assert "[1]" in shown.words
    kinds = [block["type"] for block in shown.blocks]
    assert kinds[0] == "context" and kinds[-1] == "context_actions"
    assert "https://" in shown.blocks[0]["elements"][0]["text"]
    assert workspace.slack.called("chat.startStream")[0]["recipient_user_id"] == "U1"
    assert not workspace.slack.called("chat.postMessage")


async def test_the_status_is_shown_and_cleared(workspace: Workspace) -> None:
    shown = await workspace.ask(QUESTION)
    first, last = workspace.slack.called("assistant.threads.setStatus")
    assert first["status"] == messages.STATUS and first["loading_messages"]
    assert last["status"] == ""
    assert workspace.slack.status("C1", str(shown.thread_ts)) == ""


async def test_slack_says_what_every_other_channel_says(workspace: Workspace, fresh: Assistant) -> None:
    answer = await fresh.answer(Ask(QUESTION))
    shown = await workspace.ask(QUESTION)
    assert shown.words == answer.text
    listed = shown.blocks[0]["elements"][0]["text"]
    for citation in answer.citations:
        assert f"[{citation.number}]" in listed
        assert str(citation.url).replace("&", "&amp;") in listed


async def test_a_direct_message_is_answered_under_it(workspace: Workspace) -> None:
    shown = await workspace.ask(QUESTION, "D1")
    assert "[1]" in shown.words


async def test_a_mention_without_words_gets_help(workspace: Workspace) -> None:
    shown = await workspace.ask("")
    assert "Ask me about deep learning" in shown.blocks[0]["text"]["text"]
    assert find_element(shown.blocks, "ask:suggestion:0")["text"]["text"] == "How do I start deep learning?"


async def test_the_command_answers_its_user_alone_and_can_be_shared(workspace: Workspace) -> None:
    response = await workspace.command(QUESTION)
    assert (response.status_code, response.text) == (200, "")
    [alone] = workspace.slack.responses
    assert alone["response_type"] == "ephemeral"
    assert "[1]" in alone["blocks"][1]["text"]
    await workspace.press(alone, "share")
    shared = workspace.slack.responses[-1]
    assert shared["response_type"] == "in_channel"
    assert shared["blocks"][1] == alone["blocks"][1]
    assert "<@U1>" in shared["blocks"][0]["elements"][0]["text"]


async def test_a_thumb_down_asks_why_and_the_last_vote_counts(workspace: Workspace, fresh: Assistant) -> None:
    shown = await workspace.ask(QUESTION)
    await workspace.vote(shown, "down")
    [view] = workspace.slack.views
    chosen = {"reason": {"reason": {"selected_option": {"value": "outdated"}}}}
    comment = {"comment": {"comment": {"value": "from 2016"}}}
    assert (await workspace.submit(view, chosen | comment)).status_code == 200
    [vote] = await fresh.store.answers_since(LONG_AGO)
    assert (vote.vote, vote.reason, vote.comment) == ("down", "outdated", "from 2016")
    await workspace.vote(shown, "up")
    [vote] = await fresh.store.answers_since(LONG_AGO)
    assert (vote.vote, vote.reason) == ("up", None)


async def test_a_suggestion_is_a_button_that_asks_it(workspace: Workspace) -> None:
    shown = await workspace.ask("hello")
    button = find_element(shown.blocks, "ask:suggestion:0")
    await workspace.press(shown, "ask:suggestion:0")
    first, second = workspace.slack.thread("C1", str(shown.thread_ts))
    assert first is shown
    assert second.words.startswith(f"> {button['text']['text']}")
    assert "[1]" in second.words


async def test_the_messages_tab_opens_with_prompts_and_no_thread(workspace: Workspace) -> None:
    await workspace.happen({"type": "app_home_opened", "tab": "messages", "user": "U1", "channel": "D1"})
    [prompts] = workspace.slack.prompts
    assert prompts["channel_id"] == "D1" and "thread_ts" not in prompts
    assert len(prompts["prompts"]) == 4


async def test_a_message_in_a_channel_that_nobody_addressed_to_it_is_left_alone(workspace: Workspace) -> None:
    await workspace.happen(message("what shall we have for lunch?"))
    assert not workspace.slack.messages
