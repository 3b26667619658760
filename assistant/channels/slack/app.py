"""The bot: what it listens to, and what it does then."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from assistant.answering.suggestions import starters
from assistant.channels.slack import blocks, messages
from assistant.channels.slack.claims import Claims
from assistant.channels.slack.escape import escape, read
from assistant.channels.slack.events import Message, Place, read_elsewhere, read_message
from assistant.channels.slack.home import Home, home_view
from assistant.channels.slack.manifest import scopes
from assistant.channels.slack.names import Names
from assistant.channels.slack.plans import plan_blocks, plan_files, plan_modal, read_plan_modal, wants_plan
from assistant.channels.slack.reply import SLACK_FAILED, Pace, Reply, reason
from assistant.errors import AssistantError, BadRequest, Unavailable
from assistant.metrics import Metrics
from assistant.service import Ask, Assistant
from assistant.settings import Settings
from assistant.store import Feedback
from assistant.types import Answer, Plan, Profile, as_values
from corpus.types import Corpus

if TYPE_CHECKING:
    from assistant.stores.installations import Installations

log = logging.getLogger(__name__)

ACK_SECONDS = 2.0
"""Slack waits three seconds for an acknowledgement. It gets one when the work is done, or after two."""
ANSWER_SECONDS = 60.0
"""How long an answer may take, waits for Slack's rate limits included. Less than a claim lasts."""
APOLOGY_SECONDS = 10.0
"""How long saying that there is no answer may take."""
CALL_SECONDS = 10
"""How long one call to Slack may take."""
PLAN_QUESTION = "Make me a study plan"
"""What one who writes "plan" means."""
OWNER = "slack"
"""Whose the bot's conversations are: their ids are keyed hashes of where they are, so nobody elsewhere needs them."""
_QUIET = frozenset({"off_topic", "smalltalk", "refused"})
"""What needs no reply where nobody asked the bot."""
_ASK = re.compile(r"ask:\w+:\d+")

Work = Callable[[], Awaitable[None]]


class SlackBot:
    """One bot over one assistant, for HTTP and Socket Mode alike."""

    def __init__(self, assistant: Assistant, settings: Settings, metrics: Metrics | None = None) -> None:
        self.assistant = assistant
        self.metrics = metrics
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
        self._installations = _open_installations(settings) if settings.slack_client_id else None
        self._identity: AuthorizeResult | None = None
        self._running: set[asyncio.Task[BoltResponse]] = set()
        self.app = self._make_app()

    def _make_app(self) -> AsyncApp:
        async def authorize() -> AuthorizeResult:
            return await self._identify()

        oauth = None if self._installations is None else self._oauth(self._installations)
        app = AsyncApp(
            name="dlstart",
            client=self._tokenless,
            authorize=None if oauth else authorize,
            oauth_settings=oauth,
            user_facing_authorize_error_message=messages.NOT_INSTALLED,
            signing_secret=self.settings.slack_signing_secret,
            # The caller waits for the listener, or acknowledges when two seconds are over: see dispatch.
            process_before_response=True,
            ssl_check_enabled=False,
        )
        if oauth:
            app.enable_token_revocation_listeners()
        app.event("app_mention")(self.on_message)
        app.event("message")(self.on_message)
        app.event("app_home_opened")(self.on_home)
        app.command("/learn-dl")(self.on_command)
        app.shortcut("answer_message")(self.on_shortcut)
        app.action("feedback")(self.on_feedback)
        app.view("reason")(self.on_reason)
        app.action(_ASK)(self.on_button)
        app.action("share")(self.on_share)
        app.action("make_plan")(self.on_make_plan)
        app.view("plan")(self.on_plan)
        app.action("delete_data")(self.on_delete)
        return app

    def _oauth(self, installations: Installations) -> AsyncOAuthSettings:
        oauth = AsyncOAuthSettings(
            client_id=self.settings.slack_client_id,
            client_secret=self.settings.slack_client_secret,
            scopes=scopes(followed=set(self.settings.slack_replies.values()) != {"mention"}),
            user_scopes=[],
            installation_store=installations.workspaces,
            installation_store_bot_only=True,
            state_store=installations.states,
        )
        # Who a token belongs to does not change; without this every event costs a call to auth.test.
        oauth.authorize.cache_enabled = True  # type: ignore[attr-defined]
        return oauth

    async def install(self, request: AsyncBoltRequest) -> BoltResponse:
        """The page that begins an installation in a workspace."""
        await self.open()
        flow = self.app.oauth_flow
        return await flow.handle_installation(request) if flow else BoltResponse(status=404)

    async def installed(self, request: AsyncBoltRequest) -> BoltResponse:
        """Where Slack sends the browser back to: keep the workspace's token."""
        await self.open()
        flow = self.app.oauth_flow
        return await flow.handle_callback(request) if flow else BoltResponse(status=404)

    async def open(self) -> None:
        """Open what all calls share; once is enough, more do no harm. Raises Unavailable."""
        if self.client.session is None or self.client.session.closed:
            timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
            self.client.session = self._tokenless.session = aiohttp.ClientSession(timeout=timeout)
        if self._installations is not None:
            await self._installations.open()

    async def close(self) -> None:
        """Let answers that are being written end, then close the connections."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=ANSWER_SECONDS / 2)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self.client.session is not None:
            await self.client.session.close()
        if self._installations is not None:
            await self._installations.close()

    async def dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        """Have a request handled; its response, or an empty acknowledgement after ACK_SECONDS.

        Acknowledging late is what makes a killed process visible to Slack, which then sends the event again.
        """
        await self.open()
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
            first = await self.claims.once(message.key, lambda: self._answer_message(message, client))
            if not first and self.metrics is not None:
                self.metrics.slack_duplicates.inc()

    async def on_home(self, body: dict[str, Any], event: dict[str, Any], client: AsyncWebClient) -> None:
        """A tab of the app opens: show the home, or offer questions (to the tab, so there is no thread)."""
        if event.get("tab") == "home":
            await self._show_home(body["team_id"], event["user"], client)
        elif event.get("tab") == "messages":
            await client.assistant_threads_setSuggestedPrompts(
                channel_id=event["channel"],
                title=messages.PROMPTS_TITLE,
                prompts=[
                    {"title": question, "message": question}
                    for question in (*starters(self.assistant.corpus)[:3], messages.PLAN_PROMPT)
                ],
            )

    async def on_command(self, ack: AsyncAck, command: dict[str, Any]) -> None:
        """`/learn-dl QUESTION`: an answer for the one who asks."""
        await ack()
        question = read(command.get("text") or "")
        if question.lower() in ("", "help"):
            shown = help_blocks(self.assistant.corpus)
            await self._respond(command, {"text": messages.HELP_COMMAND, "blocks": shown})
            return
        conversation = self.names.conversation("command", command["team_id"], command["trigger_id"])
        await self._answer_alone(command, question, conversation)

    async def on_shortcut(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Answer this message: in its thread, or for the one who asks where the bot is no member."""
        await ack()
        text = body["message"].get("text") or read_elsewhere(body["message"])
        ts = body["message"]["ts"]
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
        # A suggestion is a complete question; an option answers the question before.
        standalone = body["actions"][0]["action_id"].startswith("ask:suggestion:")
        if body["container"].get("is_ephemeral"):
            conversation = prompt.conversation or self.names.conversation("button", body["trigger_id"])
            await self._answer_alone(body, prompt.question, conversation, standalone=standalone)
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
                standalone=standalone,
            ),
        )

    async def on_share(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Show the channel an answer that only its asker saw."""
        await ack()
        conversation_id, answer_id = body["actions"][0]["value"].split()
        conversation = None
        with suppress(Unavailable):
            conversation = await self.assistant.store.conversation(conversation_id, OWNER)
        exchanges = conversation.exchanges if conversation else ()
        kept = next((exchange for exchange in exchanges if exchange.answer_id == answer_id), None)
        if kept is None:
            await self._respond(body, {"text": messages.NOT_KEPT, "replace_original": False})
            return
        answer = as_values(kept)
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

    async def on_make_plan(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Ask what a plan needs to know."""
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=plan_modal(self.assistant.corpus.about))

    async def on_plan(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Keep what somebody said about themselves, and show them their plan at home."""
        await ack()
        team, user = _team(body), body["user"]["id"]
        profile = read_plan_modal(body["view"]["state"]["values"])
        conversation = self._home_conversation(team, user)
        await self.assistant.store.forget(conversation, OWNER)
        await self.assistant.answer(_ask(PLAN_QUESTION, conversation, profile))
        await self.assistant.store.link(self.names.person(team, user), conversation)
        await self._show_home(team, user, client)

    async def on_delete(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Delete what somebody said, and show them that it is gone."""
        await ack()
        team, user = _team(body), body["user"]["id"]
        await self.assistant.store.forget_person(self.names.person(team, user))
        await self._show_home(team, user, client)

    async def on_feedback(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """A thumb: keep the vote; a thumb down asks why. The last vote counts."""
        await ack()
        value, answer_id = body["actions"][0]["value"].split()
        person = self.names.person(_team(body), body["user"]["id"])
        vote = Feedback(answer_id, "up" if value == "up" else "down", person=person, owner=OWNER)
        try:
            kept = await self.assistant.store.add_feedback(vote)
        except Unavailable:
            await self._respond(body, {"text": messages.UNAVAILABLE, "replace_original": False})
            return
        if not kept:
            await self._respond(body, {"text": messages.NOT_KEPT, "replace_original": False})
            return
        if self.metrics is not None:
            self.metrics.feedback.labels(vote.value).inc()
        if value == "down":
            await client.views_open(trigger_id=body["trigger_id"], view=blocks.reason_modal(answer_id))

    async def on_reason(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
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
                person=self.names.person(_team(body), body["user"]["id"]),
                owner=OWNER,
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
        with suppress(Unavailable):
            return await self.assistant.store.conversation(conversation, OWNER) is not None
        return False

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
        standalone: bool = False,
    ) -> None:
        """Answer in a thread. Whatever fails, a few honest words stand there in the end."""
        reply = Reply(client, place, self.pace, heading)
        conversation = conversation or self.names.conversation(place.team, place.channel, place.root)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if question:
                    ask = _ask(question, conversation, standalone=standalone)
                    write = self._write_plan if wants_plan(question) and not quiet else self._write
                    await write(reply, ask, quiet)
                    await self.assistant.store.link(self.names.person(place.team, place.user), conversation)
                else:
                    corpus = self.assistant.corpus
                    await reply.say(say_help(corpus), help_blocks(corpus))
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
                    self._count(answer)
                    await reply.finish(answer, blocks.footer(answer), blocks.notification(answer))
        finally:
            if status is not None:
                await status

    def _count(self, answer: Mapping[str, Any]) -> None:
        if self.metrics is not None:
            sources = len(answer["citations"])
            self.metrics.count_answer("slack", answer["outcome"], sources, answer["timings_ms"])

    async def _write_plan(self, reply: Reply, ask: Ask, quiet: bool) -> None:
        """A plan's steps are blocks; its picture and its full text follow as files, where that is allowed."""
        answer, plan = await self._plan(ask)
        await reply.say(messages.PLAN_READY, plan_blocks(plan, answer.id))
        try:
            await reply.attach(await asyncio.to_thread(plan_files, plan))
        except SLACK_FAILED as error:
            log.info("a plan is shown without its files: %s", reason(error))

    async def _plan(self, ask: Ask) -> tuple[Answer, Plan]:
        """The answer keeps the conversation and reads the learner's profile; the plan is for that profile."""
        answer = await self.assistant.answer(replace(ask, question=_in_full(ask.question)))
        self._count(answer.as_dict())
        return answer, await asyncio.to_thread(self.assistant.plan, answer.profile)

    async def _show_home(self, team: str, user: str, client: AsyncWebClient) -> None:
        try:
            home = await self._home(team, user)
        except Unavailable:
            home = None
        await client.views_publish(user_id=user, view=home_view(home))

    async def _home(self, team: str, user: str) -> Home:
        store, person = self.assistant.store, self.names.person(team, user)
        conversations = await store.conversations_of(person)
        ids = [self._home_conversation(team, user), *conversations[:1]]
        kept = [
            conversation for id in ids if (conversation := await store.conversation(id, OWNER)) is not None
        ]
        profile = next((one.profile for one in kept if one.profile != Profile()), None)
        plan = await asyncio.to_thread(self.assistant.plan, profile) if profile else None
        days: int = self.settings.retention_days
        return Home(plan, await store.votes_of(person), len(conversations), days)

    def _home_conversation(self, team: str, user: str) -> str:
        return self.names.conversation("home", team, user)

    async def _answer_alone(
        self,
        body: Mapping[str, Any],
        question: str,
        conversation: str,
        note: str = "",
        standalone: bool = False,
    ) -> None:
        """Answer to one person, through the address that came with what they did."""
        user = body.get("user_id") or body["user"]["id"]
        ask = _ask(question, conversation, standalone=standalone)
        plan: Plan | None = None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if wants_plan(question):
                    answer, plan = await self._plan(ask)
                else:
                    answer = await self.assistant.answer(ask)
                    self._count(answer.as_dict())
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
        if plan is not None:
            shown = plan_blocks(plan, answer.id)
        else:
            shown = [
                *([blocks.context(note)] if note else []),
                blocks.asked(user, question),
                *blocks.answer_blocks(whole, conversation),
                blocks.share(conversation, answer.id),
            ]
        text = messages.PLAN_READY if plan else blocks.notification(whole)
        await self._respond(body, {"text": text, "blocks": shown, "replace_original": False})
        await self.assistant.store.link(self.names.person(_team(body), user), conversation)

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


def _open_installations(settings: Settings) -> Installations:
    from assistant.stores.installations import Installations

    return Installations(settings)


def _retries() -> list[AsyncRetryHandler]:
    """Waits as long as `Retry-After` says, and tries again what did not reach Slack."""
    return [
        AsyncConnectionErrorRetryHandler(max_retry_count=2),
        AsyncRateLimitErrorRetryHandler(max_retry_count=5),
        AsyncServerErrorRetryHandler(max_retry_count=2),
    ]


def _ask(question: str, conversation: str, profile: Profile | None = None, standalone: bool = False) -> Ask:
    return Ask(
        question,
        conversation,
        profile=profile,
        channel="slack",
        owner=OWNER,
        begins=True,
        standalone=standalone,
    )


def _place(body: Mapping[str, Any], root: str) -> Place:
    user, team = body["user"], _team(body)
    return Place(team, body["channel"]["id"], root, user["id"], user.get("team_id") or team)


def _team(body: Mapping[str, Any]) -> str:
    """The workspace; an app of a whole organisation is told it with the user."""
    team = body["team_id"] if "team_id" in body else (body.get("team") or {}).get("id")
    return str(team or body["user"]["team_id"])


def _in_full(question: str) -> str:
    return question if len(question) > len("my study plan?") else PLAN_QUESTION


def _heading(question: str) -> str:
    return f"> {escape(' '.join(question.split()), 'markdown', 500)}\n\n"


def say_help(corpus: Corpus) -> str:
    """What to ask, in one paragraph."""
    return messages.HELP.format(subject=corpus.about.subject or "the guide")


def help_blocks(corpus: Corpus) -> list[blocks.Block]:
    """What somebody sees who writes nothing, or "help"."""
    return [
        blocks.section(escape(say_help(corpus), "mrkdwn", 500)),
        *blocks.suggestions(starters(corpus)),
    ]


def _excuse(error: AssistantError) -> str:
    return messages.TOO_LONG if isinstance(error, BadRequest) else messages.UNAVAILABLE
