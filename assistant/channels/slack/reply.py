"""The one writer of one reply: status, text as it comes, footer; and a way out for each way that Slack can fail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from assistant.channels.slack import messages
from assistant.channels.slack.blocks import PART, Block, cut, markdown, plain_answer
from assistant.channels.slack.escape import escape, measure
from assistant.channels.slack.events import Place

log = logging.getLogger(__name__)

SLACK_FAILED = (SlackClientError, ClientError, TimeoutError)
"""What a call to Slack raises when it fails for good."""
BUFFER = 256
"""Characters that wait before they are sent: fewer calls, and no visible stutter."""
UPDATE_SECONDS = 1.2
"""Between two versions of a message where streams are not to be had: Slack takes one a second."""


class Pace:
    """Lets one message at a time into a channel: whoever is told to wait makes those behind wait too."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, channel: str) -> AsyncIterator[None]:
        """Wait for the channel."""
        lock = self._locks.setdefault(channel, asyncio.Lock())
        async with lock:
            yield


@dataclass(slots=True)
class Reply:
    """Writes one reply into a thread."""

    client: AsyncWebClient
    """Calls Slack, and waits where Slack says so."""
    place: Place
    """The thread."""
    pace: Pace
    """Shared by all replies of the process."""
    heading: str = ""
    """Escaped Markdown before the text."""
    _rest: str = ""
    _unsent: str = ""
    _message: str | None = None
    _shown: str = ""
    _streaming: bool = True
    _open: bool = False
    _updated: float = 0.0
    _status: bool = False
    _quick: AsyncWebClient | None = None
    _refused: bool = False

    def __post_init__(self) -> None:
        self._unsent = self.heading

    async def show_status(self) -> None:
        """Say that an answer is on its way. It is not worth a failure, nor a wait."""
        try:
            await self._impatient.assistant_threads_setStatus(
                channel_id=self.place.channel,
                thread_ts=self.place.root,
                status=messages.STATUS,
                loading_messages=list(messages.LOADING),
            )
            self._status = True
        except SLACK_FAILED as error:
            log.debug("no status: %s", reason(error))

    async def clear_status(self) -> None:
        """Take the status away, whatever happened."""
        if not self._status:
            return
        try:
            await self.client.assistant_threads_setStatus(
                channel_id=self.place.channel, thread_ts=self.place.root, status=""
            )
            self._status = False
        except SLACK_FAILED as error:
            log.warning("the status stays: %s", reason(error))

    async def write(self, text: str) -> None:
        """Add raw Markdown. It is escaped here, up to the last space: what follows may belong together."""
        self._rest += text
        end = max(self._rest.rfind(" "), self._rest.rfind("\n"), 0)
        self._take(end)
        if measure(self._unsent) >= BUFFER and not self._refused:
            try:
                await self._send()
            except SLACK_FAILED as error:
                # What was refused in the middle is refused at the end: then the whole is sent without blocks.
                log.warning("Slack refused a part of an answer: %s", reason(error))
                self._refused = True

    async def finish(self, answer: Mapping[str, Any], footer: list[Block], text: str) -> None:
        """Write the rest, and the footer under it. Raises one of SLACK_FAILED if nothing could be shown."""
        self._take(len(self._rest))
        if self._refused:
            await self._post(plain_answer(answer), None)
            return
        try:
            await self._finish(footer, text)
        except SLACK_FAILED as error:
            log.warning("Slack refused an answer, so it is sent without blocks: %s", reason(error))
            await self._post(plain_answer(answer), None)

    async def say(self, text: str, blocks: list[Block]) -> None:
        """Post words of the bot's own, escaped by the caller. Raises one of SLACK_FAILED."""
        await self._post(text, blocks)

    async def attach(self, files: list[dict[str, Any]]) -> None:
        """Put files into the thread. Raises one of SLACK_FAILED."""
        async with self.pace.turn(self.place.channel):
            await self.client.files_upload_v2(
                file_uploads=files, channel=self.place.channel, thread_ts=self.place.root
            )

    async def fail(self, words: str) -> None:
        """Say in a few words that there is no answer. Raises one of SLACK_FAILED."""
        if self._open and self._message is not None:
            with suppress(*SLACK_FAILED):
                await self._stop(f"\n\n{messages.CUT_SHORT}", None)
                return
        await self._post(words, None)

    @property
    def _impatient(self) -> AsyncWebClient:
        """The same client, which fails at once where the other would wait."""
        if self._quick is None:
            other = self.client
            self._quick = AsyncWebClient(
                token=other.token,
                base_url=other.base_url,
                timeout=other.timeout,
                session=other.session,
                ssl=other.ssl,
                proxy=other.proxy,
                headers=other.headers,
                retry_handlers=[],
            )
        return self._quick

    def _take(self, end: int) -> None:
        self._unsent += escape(self._rest[:end], "markdown")
        self._rest = self._rest[end:]

    async def _send(self) -> None:
        """Show what waits, in a stream or else by updates; begin a new message where one is full."""
        if measure(self._shown) + measure(self._unsent) > PART:
            room = max(PART - measure(self._shown), 0)
            self._unsent, rest = cut(self._unsent, room) if room > BUFFER else ("", self._unsent)
            await self._close_part()
            self._unsent = rest
            return
        if self._streaming:
            await self._stream()
        elif asyncio.get_running_loop().time() - self._updated > UPDATE_SECONDS:
            await self._update()

    async def _stream(self) -> None:
        try:
            if self._message is None:
                async with self.pace.turn(self.place.channel):
                    started = await self._impatient.chat_startStream(
                        channel=self.place.channel,
                        thread_ts=self.place.root,
                        markdown_text=self._unsent,
                        recipient_team_id=self.place.user_team,
                        recipient_user_id=self.place.user,
                    )
                self._message = str(started["ts"])
                self._open = True
            else:
                await self._impatient.chat_appendStream(
                    channel=self.place.channel, ts=self._message, markdown_text=self._unsent
                )
        except SLACK_FAILED as error:
            if self._message is not None and reason(error) == "ratelimited":
                return
            log.info("no stream, so the message is updated instead: %s", reason(error))
            self._streaming = self._open = False
            return
        self._shown += self._unsent
        self._unsent = ""

    async def _update(self) -> None:
        whole = self._shown + self._unsent
        await self._put([markdown(whole)], escape(whole, "mrkdwn", 600))
        self._shown += self._unsent
        self._unsent = ""
        self._updated = asyncio.get_running_loop().time()

    async def _close_part(self) -> None:
        """End a message that is full; the next one begins empty."""
        await self._end(None, escape(self._shown + self._unsent, "mrkdwn", 600))
        self._message, self._shown, self._unsent, self._open = None, "", "", False

    async def _finish(self, footer: list[Block], text: str) -> None:
        while measure(self._shown) + measure(self._unsent) > PART:
            await self._send()
        if self._streaming and self._message is None:
            await self._stream()
        await self._end(footer, text)

    async def _end(self, footer: list[Block] | None, text: str) -> None:
        if self._open:
            try:
                await self._stop(self._unsent, footer)
                return
            except SLACK_FAILED as error:
                log.info("the stream could not be ended, so its message is updated: %s", reason(error))
        whole = self._shown + self._unsent
        await self._put([*([markdown(whole)] if whole.strip() else []), *(footer or [])], text)

    async def _stop(self, rest: str, footer: list[Block] | None) -> None:
        async with self.pace.turn(self.place.channel):
            await self.client.chat_stopStream(
                channel=self.place.channel,
                ts=str(self._message),
                markdown_text=rest or None,
                blocks=footer or None,
            )
        self._open = False

    async def _put(self, blocks: list[Block], text: str) -> None:
        if self._message is None:
            await self._post(text, blocks)
            return
        async with self.pace.turn(self.place.channel):
            await self.client.chat_update(
                channel=self.place.channel, ts=self._message, text=text, blocks=blocks
            )
        self._open = False

    async def _post(self, text: str, blocks: list[Block] | None) -> None:
        async with self.pace.turn(self.place.channel):
            posted = await self.client.chat_postMessage(
                channel=self.place.channel,
                thread_ts=self.place.root,
                text=text,
                blocks=blocks,
                unfurl_links=False,
                unfurl_media=False,
            )
        self._message = str(posted["ts"])


def reason(error: Exception) -> str:
    """Why a call failed, without anything that was sent."""
    if isinstance(error, SlackApiError):
        return str(error.response.get("error") or "no reason given")
    return type(error).__name__
