"""What an admin can rely on: signatures, acknowledgements, each question answered once, limits honoured."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from assistant.channels.slack import app, messages, reply
from assistant.channels.slack.claims import Claims
from assistant.service import Ask, Assistant, Event
from assistant.settings import Settings
from assistant.store import MemoryStore
from assistant.types import Answer
from tests.slack.conftest import open_workspace
from tests.slack.stub import BOT_ID, BOT_USER, Order, StubSlack
from tests.slack.workspace import Workspace, envelope, mention, message, sign, until

QUESTION = "I don't know linear algebra"


async def test_slack_can_verify_the_address(workspace: Workspace) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "t"}).encode()
    response = await workspace.send(body, "application/json")
    assert (response.status_code, response.text) == (200, '{"challenge": "abc"}')


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Signature": "v0=00"},
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Signature": "v0=\u00e9"},
    ],
)
async def test_what_slack_did_not_sign_is_refused(workspace: Workspace, headers: dict[str, str]) -> None:
    body = json.dumps(envelope(mention(QUESTION))).encode()
    signed = sign(body) | headers if headers else {}
    encoded = {name: value.encode("latin-1") for name, value in signed.items()}
    response = await workspace.http.post("/slack/events", content=body, headers=encoded)  # type: ignore[arg-type]
    assert response.status_code == 401
    assert not workspace.slack.calls


async def test_a_changed_byte_breaks_the_signature(workspace: Workspace) -> None:
    body = json.dumps(envelope(mention(QUESTION))).encode()
    headers = {"Content-Type": "application/json", **sign(body)}
    for changed in (body + b" ", body.replace(b'"', b"'", 1), b"\xff" + body):
        response = await workspace.http.post("/slack/events", content=changed, headers=headers)
        assert response.status_code == 401


@pytest.mark.parametrize("age", [-400, 400])
async def test_an_old_request_is_refused_though_its_signature_is_right(
    workspace: Workspace, age: int
) -> None:
    body = json.dumps(envelope(mention(QUESTION))).encode()
    headers = {"Content-Type": "application/json", **sign(body, timestamp=int(time.time()) + age)}
    assert (await workspace.http.post("/slack/events", content=body, headers=headers)).status_code == 401
    assert not workspace.slack.messages


@pytest.mark.parametrize("body", [b"ssl_check=1&token=abc", b"ssl_check=1"])
async def test_the_check_of_the_certificate_is_answered_signed_or_not(
    workspace: Workspace, body: bytes
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await workspace.send(body, form["Content-Type"])).status_code == 200
    unsigned = await workspace.http.post("/slack/events", content=body, headers=form)
    assert (unsigned.status_code, unsigned.content) == (200, b"")
    other = await workspace.http.post("/slack/events", content=b"ssl_check=0&text=hi", headers=form)
    assert other.status_code == 401


async def test_word_of_held_back_events_is_taken(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    told = {
        "type": "app_rate_limited",
        "team_id": "T1",
        "minute_rate_limited": 1518467820,
        "api_app_id": "A1",
    }
    response = await workspace.send(json.dumps(told).encode(), "application/json")
    assert response.status_code == 200
    assert "holds events back" in caplog.text and not workspace.slack.calls


@pytest.mark.parametrize("media", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"payload=%7B", b"payload=", b"payload=null", b"payload=[1]", b"payload=%22x%22", b"{}"],
)
async def test_a_signed_body_that_is_no_json_object_is_a_bad_request(
    workspace: Workspace, body: bytes, media: str
) -> None:
    assert (await workspace.send(body, media)).status_code == 400


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"', b"[" * 60_000, b"nonsense"])
async def test_signed_json_that_is_no_object_is_a_bad_request(workspace: Workspace, body: bytes) -> None:
    assert (await workspace.send(body, "application/json")).status_code == 400


async def test_a_command_with_the_word_payload_is_a_command(workspace: Workspace) -> None:
    response = await workspace.command("is the payload of an LSTM its state?")
    assert response.status_code == 200
    await until(lambda: bool(workspace.slack.responses))


async def test_slackbot_gets_no_answer(workspace: Workspace) -> None:
    event = message("Reminder: how do I start?", channel="D1", user="USLACKBOT")
    assert (await workspace.happen(event)).status_code == 200
    assert not workspace.slack.messages


BLOCKS = [
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "user", "user_id": BOT_USER},
                    {"type": "text", "text": " Where can I learn "},
                    {"type": "text", "text": "about LSTMs?", "style": {"bold": True}},
                ],
            }
        ],
    }
]


@pytest.mark.parametrize(
    "parts",
    [
        {"blocks": BLOCKS},
        {
            "blocks": [
                {"type": "section", "text": {"type": "mrkdwn", "text": "Where can I learn about LSTMs?"}}
            ]
        },
        {"files": [{"transcription": {"preview": {"content": "Where can I learn about LSTMs?"}}}]},
        {"attachments": [{"text": "Where can I learn about LSTMs?"}]},
    ],
)
async def test_words_that_stand_outside_the_text_are_read(
    workspace: Workspace, parts: dict[str, Any]
) -> None:
    posted = await workspace.ask("", channel="D1", **parts)
    assert "LSTM" in posted.words


@pytest.mark.parametrize(
    "parts",
    [
        {"blocks": [None, 1, {"elements": "x"}, {"text": {"text": 7}}]},
        {"files": [None]},
        {"files": {}},
        {"blocks": {}},
    ],
)
async def test_odd_blocks_are_answered_with_help(workspace: Workspace, parts: dict[str, Any]) -> None:
    posted = await workspace.ask("", channel="D1", **parts)
    assert messages.HELP.format(subject="deep learning") in json.dumps(posted.blocks)


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(workspace: Workspace) -> None:
    response = await workspace.send(b"x" * (2 << 20), "application/json")
    assert response.status_code == 413


async def test_a_retry_of_an_answered_event_changes_nothing(workspace: Workspace) -> None:
    event = mention(QUESTION)
    for retry in range(4):
        assert (await workspace.happen(event, "Ev1", retry)).status_code == 200
    assert len(workspace.slack.thread("C1", event["ts"])) == 1


async def test_deliveries_at_once_and_as_two_kinds_of_event_make_one_answer(
    fresh: Assistant, slack_settings: Settings, slack: StubSlack
) -> None:
    changed = slack_settings.replace(slack_replies={"": "always"})
    event = mention(QUESTION)
    other = {**event, "type": "message", "channel_type": "channel"}
    async with (
        open_workspace(fresh, changed, slack) as one,
        open_workspace(fresh, changed, slack) as two,
    ):
        bodies = [one.happen(event, "Ev1"), two.happen(event, "Ev1", 1), two.happen(other), one.happen(other)]
        responses = await asyncio.gather(*bodies)
    assert [response.status_code for response in responses] == [200] * 4
    assert len(slack.thread("C1", event["ts"])) == 1


async def test_events_in_the_wrong_order_are_each_answered_in_their_thread(workspace: Workspace) -> None:
    first = mention(QUESTION)
    second = mention("and is it free?", thread_ts=first["ts"])
    for event in (second, first):
        await workspace.happen(event)
    assert len(workspace.slack.thread("C1", first["ts"])) == 2


async def test_a_question_whose_worker_died_is_answered_by_the_retry() -> None:
    store = MemoryStore()
    claims = Claims(store, lease=0.3)
    assert await store.claim("slack:working:x", 0.3)  # the first delivery, which is heard of no more
    done: list[int] = []

    async def work() -> None:
        done.append(1)

    results = await asyncio.gather(*(claims.once("x", work) for _ in range(3)))
    assert sorted(results) == [False, False, True]
    assert done == [1]


async def test_work_that_fails_gives_its_claim_back() -> None:
    claims = Claims(MemoryStore(), lease=5)

    async def fail() -> None:
        raise ValueError("broken")

    async def work() -> None:
        return

    with pytest.raises(ValueError, match="broken"):
        await claims.once("x", fail)
    assert await claims.once("x", work)
    assert not await claims.once("x", work)


class _Slow(Assistant):
    """Takes its time, or breaks."""

    seconds = 0.0
    fault: Exception | None = None
    after_text = False

    async def answer(self, ask: Ask) -> Answer:
        await asyncio.sleep(self.seconds)
        if self.fault is not None and not self.after_text:
            raise self.fault
        return await super().answer(ask)

    async def stream(self, ask: Ask) -> AsyncIterator[Event]:
        async for event in super().stream(ask):
            yield event
            if self.fault is not None and event.name == "delta":
                yield Event("delta", {"text": "word " * 100})
                raise self.fault


@pytest.fixture
def slow(assistant: Assistant) -> _Slow:
    """An assistant that tests can slow down and break."""
    return _Slow(assistant.corpus, assistant.searcher, assistant.reader, MemoryStore())


async def test_a_slow_answer_is_acknowledged_in_time_and_still_given(
    slow: _Slow, slack_settings: Settings, slack: StubSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "ACK_SECONDS", 0.2)
    slow.seconds = 0.6
    event = mention(QUESTION)
    async with open_workspace(slow, slack_settings, slack) as workspace:
        started = time.monotonic()
        assert (await workspace.happen(event)).status_code == 200
        assert time.monotonic() - started < 0.5
        assert slack.status("C1", event["ts"]) == messages.STATUS
        await until(lambda: slack.thread("C1", event["ts"]))
        await until(lambda: not slack.status("C1", event["ts"]))
    assert "[1]" in slack.thread("C1", event["ts"])[0].words


async def test_a_slow_slack_does_not_delay_the_acknowledgement(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "ACK_SECONDS", 0.2)
    workspace.slack.order("auth.test", Order(delay=0.5))
    workspace.slack.order("chat.startStream", Order(delay=0.5))
    event = mention(QUESTION)
    started = time.monotonic()
    assert (await workspace.happen(event)).status_code == 200
    assert time.monotonic() - started < 0.45
    await until(lambda: workspace.slack.thread("C1", event["ts"]))


@pytest.mark.parametrize("after_text", [False, True])
async def test_a_failure_leaves_an_honest_reply_and_no_status(
    slow: _Slow, slack_settings: Settings, slack: StubSlack, after_text: bool
) -> None:
    slow.fault, slow.after_text = RuntimeError("secret detail"), after_text
    async with open_workspace(slow, slack_settings, slack) as workspace:
        shown = await workspace.ask(QUESTION)
    assert (messages.CUT_SHORT if after_text else messages.BROKEN) in shown.words
    assert "secret" not in shown.words
    assert not shown.streaming
    assert slack.status("C1", str(shown.thread_ts)) == ""


async def test_a_failure_of_the_command_is_told_to_its_user(
    slow: _Slow, slack_settings: Settings, slack: StubSlack
) -> None:
    slow.fault = RuntimeError("secret detail")
    async with open_workspace(slow, slack_settings, slack) as workspace:
        await workspace.command(QUESTION)
    assert slack.responses[-1]["text"] == messages.BROKEN


async def test_an_answer_that_takes_too_long_is_given_up_with_a_word(
    slow: _Slow, slack_settings: Settings, slack: StubSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "ANSWER_SECONDS", 0.2)
    slow.seconds = 5
    async with open_workspace(slow, slack_settings, slack) as workspace:
        shown = await workspace.ask(QUESTION)
    assert shown.words == messages.SLOW
    assert slack.status("C1", str(shown.thread_ts)) == ""


async def test_a_question_that_is_too_long_is_told_so(workspace: Workspace) -> None:
    shown = await workspace.ask("why " * 600)
    assert shown.words == messages.TOO_LONG


@pytest.mark.parametrize("error", ["unknown_method", "ratelimited", "not_allowed_token_type", "fatal_error"])
async def test_without_streams_the_answer_is_posted(workspace: Workspace, error: str) -> None:
    order = Order(retry_after=1) if error == "ratelimited" else Order(error=error)
    workspace.slack.order("chat.startStream", order, always=True)
    shown = await workspace.ask(QUESTION)
    assert "[1]" in shown.words
    assert shown.blocks[-1]["type"] == "context_actions"
    assert len(workspace.slack.called("chat.postMessage")) == 1
    assert workspace.slack.called("chat.postMessage")[0]["unfurl_links"] is False


async def test_a_stream_that_slack_ended_is_finished_by_an_update(
    slow: _Slow, slack_settings: Settings, slack: StubSlack
) -> None:
    slack.order("chat.stopStream", Order(error="message_not_in_streaming_state"), always=True)
    async with open_workspace(slow, slack_settings, slack) as workspace:
        shown = await workspace.ask(QUESTION)
    whole = await slow.answer(Ask(QUESTION))
    assert shown.words == whole.text
    assert shown.blocks[-1]["type"] == "context_actions"
    assert len(slack.messages) == 1


async def test_when_slack_refuses_the_blocks_the_words_are_sent_without(workspace: Workspace) -> None:
    workspace.slack.order("chat.startStream", Order(error="unknown_method"), always=True)
    workspace.slack.order("chat.postMessage", Order(error="invalid_blocks"))
    shown = await workspace.ask(QUESTION)
    assert shown.blocks == []
    assert "[1]" in shown.text and "<https://" in shown.text


async def test_retry_after_is_honoured(workspace: Workspace) -> None:
    workspace.slack.order("chat.stopStream", Order(retry_after=1))
    started = time.monotonic()
    shown = await workspace.ask(QUESTION)
    assert time.monotonic() - started >= 1
    assert not shown.streaming and "[1]" in shown.words


async def test_a_connection_that_breaks_is_tried_again(workspace: Workspace) -> None:
    workspace.slack.order("chat.stopStream", Order(hang_up=True))
    shown = await workspace.ask(QUESTION)
    assert not shown.streaming and "[1]" in shown.words
    assert len(workspace.slack.messages) == 1


async def test_a_bad_token_makes_slack_try_again_instead_of_losing_the_question(workspace: Workspace) -> None:
    event = mention(QUESTION)
    workspace.slack.order("auth.test", Order(error="invalid_auth"))
    assert (await workspace.happen(event)).status_code == 500
    assert (await workspace.happen(event, retry=1)).status_code == 200
    assert len(workspace.slack.thread("C1", event["ts"])) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"bot_id": "BOTHER"},
        {"bot_id": BOT_ID, "user": BOT_USER},
        {"user": BOT_USER},
        {"subtype": "message_changed"},
        {"subtype": "message_deleted", "hidden": True},
        {"subtype": "bot_message", "user": None},
        {"subtype": "channel_join"},
    ],
)
async def test_what_no_person_wrote_is_ignored(workspace: Workspace, more: dict[str, Any]) -> None:
    assert (await workspace.happen(message(QUESTION, "D1", **more))).status_code == 200
    assert (await workspace.happen(mention(QUESTION, **more))).status_code == 200
    assert not workspace.slack.messages


async def test_fifty_questions_at_once_in_one_channel_are_each_answered_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reply, "UPDATE_SECONDS", 0.1)
    workspace.slack.per_second = {"chat.startStream": 5, "chat.postMessage": 25}
    events = [mention(QUESTION) for _ in range(50)]
    responses = await asyncio.gather(*(workspace.happen(event) for event in events))
    assert {response.status_code for response in responses} == {200}
    slack = workspace.slack
    await until(lambda: all(slack.thread("C1", event["ts"]) for event in events), 40)
    await until(lambda: not any(shown.streaming for shown in slack.messages.values()), 20)
    assert [len(slack.thread("C1", event["ts"])) for event in events] == [1] * 50
    assert all("[1]" in shown.words for shown in slack.messages.values())
    await until(lambda: not any(slack.statuses.values()))


async def test_a_long_answer_is_split_and_loses_no_word(
    workspace: Workspace, fresh: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reply, "PART", 200)
    monkeypatch.setattr(reply, "BUFFER", 40)
    whole = (await fresh.answer(Ask(QUESTION))).text
    last = await workspace.ask(QUESTION)
    shown = workspace.slack.thread("C1", str(last.thread_ts))
    assert len(shown) > 1
    assert " ".join(part.words for part in shown).split() == whole.split()
    footers = [any(block["type"] == "context_actions" for block in part.blocks) for part in shown]
    assert footers == [False] * (len(shown) - 1) + [True]


async def test_a_long_answer_without_streams_is_split_too(
    workspace: Workspace, fresh: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reply, "PART", 200)
    monkeypatch.setattr(reply, "BUFFER", 40)
    monkeypatch.setattr(reply, "UPDATE_SECONDS", 0.0)
    workspace.slack.order("chat.startStream", Order(error="unknown_method"), always=True)
    whole = (await fresh.answer(Ask(QUESTION))).text
    last = await workspace.ask(QUESTION)
    shown = workspace.slack.thread("C1", str(last.thread_ts))
    assert " ".join(part.words for part in shown).split() == whole.split()
