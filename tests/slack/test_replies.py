"""Which messages get an answer, where it goes, and what its buttons do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from assistant.channels.slack import messages
from assistant.errors import UsageError
from assistant.service import Ask, Assistant, Event
from assistant.settings import Settings, read_settings
from assistant.store import MemoryStore
from tests.slack.conftest import open_workspace
from tests.slack.stub import TEAM, Order, StubSlack
from tests.slack.workspace import Workspace, find_element, message, new_ts, person

QUESTION = "I don't know linear algebra"


@pytest.fixture
async def modes(fresh: Assistant, slack_settings: Settings, slack: StubSlack) -> AsyncIterator[Workspace]:
    """C1 answers mentions, C2 follows its threads, C3 answers everything."""
    settings = slack_settings.replace(slack_replies={"": "mention", "C2": "followed", "C3": "always"})
    async with open_workspace(fresh, settings, slack) as workspace:
        yield workspace


@pytest.mark.parametrize(("channel", "answered"), [("C1", False), ("C2", True), ("C3", True)])
async def test_a_thread_goes_on_without_a_mention_where_the_channel_says_so(
    modes: Workspace, channel: str, answered: bool
) -> None:
    first = await modes.ask(QUESTION, channel)
    await modes.happen(message("where can I learn about LSTMs?", channel, thread_ts=first.thread_ts))
    assert len(modes.slack.thread(channel, str(first.thread_ts))) == (2 if answered else 1)


@pytest.mark.parametrize(("channel", "answered"), [("C1", False), ("C2", False), ("C3", True)])
async def test_a_question_outside_its_threads_is_answered_only_where_it_always_answers(
    modes: Workspace, channel: str, answered: bool
) -> None:
    for more in ({}, {"thread_ts": new_ts()}):
        await modes.happen(message(QUESTION, channel, **more))
    assert len(modes.slack.messages) == (2 if answered else 0)


@pytest.mark.parametrize("text", ["<@U7> what do you think?", "thanks!", "how do I bake bread?", "<@U7>", ""])
async def test_what_people_say_to_each_other_is_left_alone_even_where_it_always_answers(
    modes: Workspace, text: str
) -> None:
    await modes.happen(message(text, "C3"))
    assert not modes.slack.messages
    assert not modes.slack.called("assistant.threads.setStatus")


async def test_a_mention_always_gets_a_reply_also_to_what_is_off_topic(modes: Workspace) -> None:
    shown = await modes.ask("how do I bake bread?", "C3")
    assert shown.words


async def test_direct_messages_go_on_in_their_thread(workspace: Workspace, fresh: Assistant) -> None:
    first = await workspace.ask(QUESTION, "D1")
    await workspace.ask("where can I learn about LSTMs?", "D1", thread_ts=first.thread_ts)
    assert len(workspace.slack.thread("D1", str(first.thread_ts))) == 2
    kept = fresh.store._conversations.values()  # type: ignore[attr-defined]
    assert [len(conversation.exchanges) for conversation in kept] == [2]


async def test_two_threads_are_two_conversations_and_nobody_can_guess_their_ids(
    workspace: Workspace, fresh: Assistant
) -> None:
    shown = [await workspace.ask(QUESTION) for _ in range(2)]
    ids = set(fresh.store._conversations)  # type: ignore[attr-defined]
    assert len(ids) == 2
    for id in ids:
        assert id.startswith("con_")
        assert not any(str(part) in id for one in shown for part in (one.channel, one.thread_ts, TEAM))


@pytest.mark.parametrize("text", ["followed,C1=sometimes", "maybe"])
def test_a_reply_mode_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="DLSTART_SLACK_REPLIES"):
        read_settings({"DLSTART_SLACK_REPLIES": text})


def test_reply_modes_are_read_for_each_channel() -> None:
    modes = read_settings({"DLSTART_SLACK_REPLIES": "followed, C1=always,C2=mention"}).slack_replies
    assert modes == {"": "followed", "C1": "always", "C2": "mention"}


def shortcut(workspace: Workspace, text: str, channel: str = "C1") -> dict[str, Any]:
    """*Answer this message* on a message."""
    return person("U1") | {
        "type": "message_action",
        "callback_id": "answer_message",
        "trigger_id": "t1",
        "response_url": f"{workspace.slack.url}response/3",
        "channel": {"id": channel},
        "message": {"type": "message", "user": "U2", "ts": new_ts(), "text": text},
    }


async def test_the_shortcut_answers_a_message_in_its_thread_once(workspace: Workspace) -> None:
    payload = shortcut(workspace, QUESTION)
    for _ in range(2):
        await workspace.interact(payload)
    [shown] = workspace.slack.thread("C1", payload["message"]["ts"])
    assert "[1]" in shown.words


async def test_the_shortcut_answers_its_user_where_the_bot_is_no_member(workspace: Workspace) -> None:
    workspace.slack.not_in.add("C9")
    await workspace.interact(shortcut(workspace, QUESTION, "C9"))
    alone = workspace.slack.responses[-1]
    assert alone["response_type"] == "ephemeral"
    assert messages.NO_ACCESS in json.dumps(alone["blocks"])
    assert "[1]" in alone["blocks"][2]["text"]


async def test_the_shortcut_on_a_message_without_words_says_so(workspace: Workspace) -> None:
    await workspace.interact(shortcut(workspace, "<@U3>"))
    assert workspace.slack.responses[-1]["text"] == messages.NOTHING_TO_ANSWER


async def test_a_button_pressed_twice_or_by_two_people_is_answered_once(workspace: Workspace) -> None:
    shown = await workspace.ask("hello")
    for user in ("U1", "U1", "U2"):
        await workspace.press(shown, "ask:suggestion:0", user=user)
    assert len(workspace.slack.thread("C1", str(shown.thread_ts))) == 2


async def test_buttons_under_an_answer_for_one_are_answered_for_one(workspace: Workspace) -> None:
    await workspace.command("help")
    shown = workspace.slack.responses[-1]
    await workspace.press(shown, "ask:suggestion:1")
    assert workspace.slack.responses[-1]["response_type"] == "ephemeral"
    assert workspace.slack.responses[-1]["replace_original"] is False
    assert not workspace.slack.messages


class _Asking(Assistant):
    """Asks back."""

    async def stream(self, ask: Ask) -> AsyncIterator[Event]:
        async for event in super().stream(ask):
            if event.name == "done" and ask.question == QUESTION:
                back = {
                    "text": "What do you <!channel> want?",
                    "options": ("Vision", "where can I learn about LSTMs?"),
                }
                event = Event("done", {**event.data, "outcome": "clarify", "clarifying_question": back})
            yield event


async def test_the_options_of_a_question_back_are_buttons_that_answer_it(
    assistant: Assistant, slack_settings: Settings, slack: StubSlack
) -> None:
    asking = _Asking(assistant.corpus, assistant.searcher, assistant.reader, MemoryStore())
    async with open_workspace(asking, slack_settings, slack) as workspace:
        shown = await workspace.ask(QUESTION)
        assert find_element(shown.blocks, "ask:option:0")["text"]["text"] == "Vision"
        await workspace.press(shown, "ask:option:1")
    assert "[1]" in slack.thread("C1", str(shown.thread_ts))[-1].words


async def test_an_answer_that_is_no_longer_kept_can_not_be_shared(
    workspace: Workspace, fresh: Assistant
) -> None:
    await workspace.command(QUESTION)
    [alone] = workspace.slack.responses
    for id in list(fresh.store._conversations):  # type: ignore[attr-defined]
        await fresh.store.forget(id, "slack")
    await workspace.press(alone, "share")
    assert workspace.slack.responses[-1]["text"] == messages.NOT_KEPT
    assert workspace.slack.responses[-1]["response_type"] == "ephemeral"


async def test_a_response_that_slack_refuses_is_sent_without_blocks(workspace: Workspace) -> None:
    workspace.slack.order("response_url", Order(error="invalid_blocks"))
    await workspace.command(QUESTION)
    [sent] = workspace.slack.responses
    assert not sent.get("blocks") and sent["text"]


async def test_a_hostile_question_shared_with_the_channel_pings_nobody(workspace: Workspace) -> None:
    hostile = "<!channel> &lt;!here&gt; @everyone hello"
    await workspace.command(hostile)
    await workspace.press(workspace.slack.responses[-1], "share")
    shared = json.dumps(workspace.slack.responses[-1], ensure_ascii=False)
    assert workspace.slack.responses[-1]["response_type"] == "in_channel"
    assert "<!" not in shared and "@everyone" not in shared


async def test_an_edited_message_is_not_answered_again(workspace: Workspace) -> None:
    shown = await workspace.ask(QUESTION)
    edited = {
        "type": "app_mention",
        "ts": shown.thread_ts,
        "channel": "C1",
        "user": "U1",
        "text": "<@UBOT> and now?",
    }
    await workspace.happen({**edited, "edited": {"user": "U1", "ts": new_ts()}})
    assert len(workspace.slack.thread("C1", str(shown.thread_ts))) == 1


async def test_an_event_that_nobody_listens_to_is_not_acknowledged_as_done(workspace: Workspace) -> None:
    assert (await workspace.happen({"type": "reaction_added", "user": "U1"})).status_code == 404
