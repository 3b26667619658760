"""The bot: what it listens to, and what it does then."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any

import aiohttp
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from assistant.channels.slack import blocks, messages
from assistant.channels.slack.claims import Claims
from assistant.channels.slack.escape import escape, read
from assistant.channels.slack.events import Message, Place, read_message
from assistant.channels.slack.names import Names
from assistant.channels.slack.reply import SLACK_FAILED, Pace, Reply, reason
from assistant.errors import AssistantError, BadRequest, Unavailable
from assistant.service import Ask, Assistant
from assistant.settings import Settings
from assistant.store import Feedback

log = logging.getLogger(__name__)

ACK_SECONDS = 2.0
"""Slack waits three seconds for an acknowledgement. It gets one when the work is done, or after two."""
ANSWER_SECONDS = 60.0
"""How long an answer may take, waits for Slack's rate limits included. Less than a claim lasts."""
APOLOGY_SECONDS = 10.0
"""How long saying that there is no answer may take."""
CALL_SECONDS = 10
"""How long one call to Slack may take."""
_QUIET = frozenset({"off_topic", "smalltalk", "refused"})
"""What needs no reply where nobody asked the bot."""
_ASK = re.compile(r"ask:\w+:\d+")

Work = Callable[[], Awaitable[None]]


class SlackBot:
    """One bot over one assistant, for HTTP and Socket Mode alike."""

    def __init__(self, assistant: Assistant, settings: Settings) -> None:
        self.assistant = assistant
        self.settings = settings
        self.names = Names(settings.slack_signing_secret or settings.slack_app_token)
        self.claims = Claims(assistant.store)
        self.pace = Pace()
        self.client = AsyncWebClient(
            token=settings.slack_bot_token or None,
            base_url=settings.slack_api_url,
            timeout=CALL_SECONDS,
            retry_handlers=_retries(),
        )
        # Bolt makes a client for each request from this one, with the token that authorize gives.
        self._tokenless = AsyncWebClient(
            base_url=settings.slack_api_url, timeout=CALL_SECONDS, retry_handlers=_retries()
        )
        self._identity: AuthorizeResult | None = None
        self._running: set[asyncio.Task[BoltResponse]] = set()
        self.app = self._make_app()

    def _make_app(self) -> AsyncApp:
        async def authorize() -> AuthorizeResult:
            return await self._identify()

        app = AsyncApp(
            name="dlstart",
            client=self._tokenless,
            authorize=authorize,
            signing_secret=self.settings.slack_signing_secret,
            # The caller waits for the listener, or acknowledges when two seconds are over: see dispatch.
            process_before_response=True,
            ssl_check_enabled=False,
        )
        app.event("app_mention")(self.on_message)
        app.event("message")(self.on_message)
        app.event("app_home_opened")(self.on_home)
        app.command("/learn-dl")(self.on_command)
        app.shortcut("answer_message")(self.on_shortcut)
        app.action("feedback")(self.on_feedback)
        app.view("reason")(self.on_reason)
        app.action(_ASK)(self.on_button)
        app.action("share")(self.on_share)
        return app

    async def open(self) -> None:
        """Open the connections that all calls share."""
        if self.client.session is None or self.client.session.closed:
            timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
            self.client.session = self._tokenless.session = aiohttp.ClientSession(timeout=timeout)

    async def close(self) -> None:
        """Let answers that are being written end, then close the connections."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=ANSWER_SECONDS / 2)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self.client.session is not None:
            await self.client.session.close()

    async def dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        """Have a request handled; its response, or an empty acknowledgement after ACK_SECONDS.

        Acknowledging late is what makes a killed process visible to Slack, which then sends the event again.
        """
        task = asyncio.create_task(self.app.async_dispatch(request))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        done, _ = await asyncio.wait({task}, timeout=ACK_SECONDS)
        return task.result() if done else BoltResponse(status=200, body="")

    async def _identify(self) -> AuthorizeResult:
        """Who the bot is in its one workspace, asked once. Raises Unavailable, so that Slack sends it again."""
        if self._identity is None:
            try:
                who = await self.client.auth_test()
            except SLACK_FAILED as error:
                log.error("Slack does not accept the bot token: %s", reason(error))
                raise Unavailable("Slack can't be reached", "dlstart doctor --slack") from error
            self._identity = AuthorizeResult.from_auth_test_response(
                bot_token=self.client.token, auth_test_response=who
            )
        return self._identity

    # What people do

    async def on_message(
        self, body: dict[str, Any], context: AsyncBoltContext, client: AsyncWebClient
    ) -> None:
        """A mention, a direct message, or a message in a channel that the bot follows."""
        message = read_message(body, context.bot_user_id)
        if message is not None and await self._wants(message):
            await self.claims.once(message.key, lambda: self._answer_message(message, client))

    async def on_home(self, event: dict[str, Any], client: AsyncWebClient) -> None:
        """The messages tab opens: offer questions. They belong to the tab, so there is no thread."""
        if event.get("tab") == "messages":
            await client.assistant_threads_setSuggestedPrompts(
                channel_id=event["channel"],
                title=messages.PROMPTS_TITLE,
                prompts=[{"title": title, "message": message} for title, message in messages.PROMPTS],
            )

    async def on_command(self, ack: AsyncAck, command: dict[str, Any]) -> None:
        """`/learn-dl QUESTION`: an answer for the one who asks."""
        await ack()
        question = read(command.get("text") or "")
        if question.lower() in ("", "help"):
            await self._respond(command, {"text": messages.HELP_COMMAND, "blocks": _help_blocks()})
            return
        conversation = self.names.conversation("command", command["team_id"], command["trigger_id"])
        await self._answer_alone(command, question, conversation)

    async def on_shortcut(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Answer this message: in its thread, or for the one who asks where the bot is no member."""
        await ack()
        text, ts = body["message"].get("text") or "", body["message"]["ts"]
        place = _place(body, body["message"].get("thread_ts") or ts)
        if not read(text):
            await self._respond(body, {"text": messages.NOTHING_TO_ANSWER})
            return
        key = f"{place.team}:{place.channel}:{ts}"
        try:
            await self.claims.once(key, lambda: self._answer(place, read(text), client))
        except SlackApiError as error:
            log.info("a shortcut is answered to its user alone: %s", reason(error))
            conversation = self.names.conversation(place.team, place.channel, place.root, place.user)
            await self._answer_alone(body, read(text), conversation, messages.NO_ACCESS)

    async def on_button(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """An option of a question back, or a suggestion: ask it."""
        await ack()
        prompt = blocks.Prompt.decode(body["actions"][0]["value"])
        if body["container"].get("is_ephemeral"):
            conversation = prompt.conversation or self.names.conversation("button", body["trigger_id"])
            await self._answer_alone(body, prompt.question, conversation)
            return
        message = body["message"]
        place = _place(body, message.get("thread_ts") or message["ts"])
        key = f"{place.team}:{place.channel}:{message['ts']}:{body['actions'][0]['action_id']}"
        await self.claims.once(
            key,
            lambda: self._answer(
                place,
                prompt.question,
                client,
                heading=_heading(prompt.question),
                conversation=prompt.conversation,
            ),
        )

    async def on_share(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Show the channel an answer that only its asker saw."""
        await ack()
        conversation_id, answer_id = body["actions"][0]["value"].split()
        conversation = await self.assistant.store.conversation(conversation_id)
        exchanges = conversation.exchanges if conversation else ()
        kept = next((exchange for exchange in exchanges if exchange.answer_id == answer_id), None)
        if kept is None:
            await self._respond(body, {"text": messages.NOT_KEPT, "replace_original": False})
            return
        answer = asdict(kept)
        shown = [
            blocks.asked(body["user"]["id"], kept.question),
            *blocks.answer_blocks(answer, conversation_id),
        ]
        await self._respond(
            body,
            {
                "response_type": "in_channel",
                "replace_original": False,
                "text": blocks.notification(answer),
                "blocks": shown,
            },
        )

    async def on_feedback(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """A thumb: keep the vote; a thumb down asks why. The last vote counts."""
        await ack()
        value, answer_id = body["actions"][0]["value"].split()
        vote = Feedback(answer_id, "up" if value == "up" else "down")
        try:
            kept = await self.assistant.store.add_feedback(vote)
        except Unavailable:
            await self._respond(body, {"text": messages.UNAVAILABLE, "replace_original": False})
            return
        if not kept:
            await self._respond(body, {"text": messages.NOT_KEPT, "replace_original": False})
        elif value == "down":
            await client.views_open(trigger_id=body["trigger_id"], view=blocks.reason_modal(answer_id))

    async def on_reason(self, ack: AsyncAck, view: dict[str, Any]) -> None:
        """The reason for a thumb down."""
        await ack()
        values = view["state"]["values"]
        chosen = values["reason"]["reason"]["selected_option"]
        await self.assistant.store.add_feedback(
            Feedback(
                answer_id=view["private_metadata"],
                value="down",
                reason=chosen["value"] if chosen else None,
                comment=values["comment"]["comment"].get("value") or None,
            )
        )

    # How it answers

    async def _wants(self, message: Message) -> bool:
        """Whether a message is for the bot: said to it, or in a place that it follows."""
        if message.direct or message.mentioned:
            return True
        modes: Mapping[str, str] = self.settings.slack_replies
        mode = modes.get(message.place.channel, modes[""])
        if mode == "mention" or message.to_somebody or not read(message.text):
            return False
        if mode == "always":
            return True
        return message.in_thread and await self._follows(message.place)

    async def _follows(self, place: Place) -> bool:
        conversation = self.names.conversation(place.team, place.channel, place.root)
        return await self.assistant.store.conversation(conversation) is not None

    async def _answer_message(self, message: Message, client: AsyncWebClient) -> None:
        called = message.direct or message.mentioned
        await self._answer(message.place, read(message.text), client, quiet=not called)

    async def _answer(
        self,
        place: Place,
        question: str,
        client: AsyncWebClient,
        *,
        heading: str = "",
        conversation: str | None = None,
        quiet: bool = False,
    ) -> None:
        """Answer in a thread. Whatever fails, a few honest words stand there in the end."""
        reply = Reply(client, place, self.pace, heading)
        conversation = conversation or self.names.conversation(place.team, place.channel, place.root)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if question:
                    await self._write(reply, Ask(question, conversation, channel="slack"), quiet)
                else:
                    await reply.say(messages.HELP, _help_blocks())
        except SLACK_FAILED as error:
            log.warning("an answer could not be shown: %s", reason(error))
            await _apologise(reply, messages.SLOW if isinstance(error, TimeoutError) else messages.BROKEN)
        except AssistantError as error:
            await _apologise(reply, _excuse(error))
        except Exception:
            # The event is acknowledged and a person waits: they are owed a word, whatever broke.
            log.exception("an answer failed")
            await _apologise(reply, messages.BROKEN)
        finally:
            await reply.clear_status()

    async def _write(self, reply: Reply, ask: Ask, quiet: bool) -> None:
        status = None if quiet else asyncio.create_task(reply.show_status())
        try:
            async for event in self.assistant.stream(ask):
                if event.name == "meta" and quiet and event.data["outcome"] in _QUIET:
                    return
                if status is not None:
                    await status
                if event.name == "delta":
                    await reply.write(event.data["text"])
                elif event.name == "done":
                    answer = event.data
                    await reply.finish(answer, blocks.footer(answer), blocks.notification(answer))
        finally:
            if status is not None:
                await status

    async def _answer_alone(
        self, body: Mapping[str, Any], question: str, conversation: str, note: str = ""
    ) -> None:
        """Answer to one person, through the address that came with what they did."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self.assistant.answer(Ask(question, conversation, channel="slack"))
        except TimeoutError:
            await self._respond(body, {"text": messages.SLOW, "replace_original": False})
            return
        except AssistantError as error:
            await self._respond(body, {"text": _excuse(error), "replace_original": False})
            return
        except Exception:
            # The command is acknowledged and a person waits: they are owed a word, whatever broke.
            log.exception("an answer failed")
            await self._respond(body, {"text": messages.BROKEN, "replace_original": False})
            return
        whole = answer.as_dict()
        user = body.get("user_id") or body["user"]["id"]
        shown = [
            *([blocks.context(note)] if note else []),
            blocks.asked(user, question),
            *blocks.answer_blocks(whole, answer.conversation_id),
            blocks.share(answer.conversation_id, answer.id),
        ]
        await self._respond(
            body, {"text": blocks.notification(whole), "blocks": shown, "replace_original": False}
        )

    async def _respond(self, body: Mapping[str, Any], message: dict[str, Any]) -> None:
        """Send to the address that came with a command, a button or a shortcut; to its user alone."""
        url = body.get("response_url")
        if not url:
            return
        webhook = AsyncWebhookClient(
            url, timeout=CALL_SECONDS, session=self.client.session, retry_handlers=_retries()
        )
        whole = {"response_type": "ephemeral", "unfurl_links": False, "unfurl_media": False, **message}
        response = await webhook.send_dict(whole)
        if response.status_code != 200:
            log.warning("Slack refused a response: %s %s", response.status_code, response.body[:60])
            if "blocks" in whole:
                await webhook.send_dict({**whole, "blocks": None})


async def _apologise(reply: Reply, words: str) -> None:
    async with asyncio.timeout(APOLOGY_SECONDS):
        await reply.fail(words)


def _retries() -> list[AsyncRetryHandler]:
    """Waits as long as `Retry-After` says, and tries again what did not reach Slack."""
    return [
        AsyncConnectionErrorRetryHandler(max_retry_count=2),
        AsyncRateLimitErrorRetryHandler(max_retry_count=5),
        AsyncServerErrorRetryHandler(max_retry_count=2),
    ]


def _place(body: Mapping[str, Any], root: str) -> Place:
    user = body["user"]
    team = body["team"]["id"] if body.get("team") else user["team_id"]
    return Place(team, body["channel"]["id"], root, user["id"], user.get("team_id") or team)


def _heading(question: str) -> str:
    return f"> {escape(' '.join(question.split()), 'markdown', 500)}\n\n"


def _help_blocks() -> list[blocks.Block]:
    return [blocks.section(messages.HELP), *blocks.suggestions(messages.EXAMPLES)]


def _excuse(error: AssistantError) -> str:
    return messages.TOO_LONG if isinstance(error, BadRequest) else messages.UNAVAILABLE
