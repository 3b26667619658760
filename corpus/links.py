"""Are the addresses alive? Asked concurrently, gently for each host."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import httpx

from corpus.addresses import address_host
from corpus.types import Corpus

Verdict = Literal["alive", "moved", "unsure", "dead"]

USER_AGENT = "dlstart-link-check/1.0 (checks the links of a learning guide)"
_AT_ONCE = 16
_AT_ONCE_PER_HOST = 2
_MOST_REDIRECTS = 8
_PERMANENT = (301, 308)
# What a server says to a program, or while it has trouble, tells nothing about the page. 999 is LinkedIn's refusal.
_UNSURE = frozenset((401, 402, 403, 405, 406, 407, 408, 418, 421, 423, 425, 428, 429, 451, 999))


@dataclass(frozen=True, slots=True)
class LinkState:
    """What became of one address."""

    url: str
    """As the corpus has it."""
    verdict: Verdict
    """`moved`: alive after a permanent redirect; `unsure`: the server refuses to say, or has trouble; `dead`: gone."""
    status: int | None
    """The last HTTP status; None when no answer came."""
    target: str | None
    """Where redirects led, if they did."""
    reason: str
    """In words."""
    places: tuple[str, ...]
    """Where the corpus uses it."""

    @property
    def archive(self) -> str:
        """Where a copy may be kept."""
        return f"https://web.archive.org/web/2016*/{self.url}"


def list_addresses(corpus: Corpus) -> dict[str, tuple[str, ...]]:
    """Every address of the corpus, and where it is used."""
    places: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for resource in corpus.resources:
        for url in (resource.url, resource.current_url, *resource.sources):
            places[url][resource.path] = None
        if resource.successor is not None:
            places[resource.successor.url][resource.path] = None
    for section in corpus.sections:
        for paragraph in section.paragraphs:
            for link in paragraph.links:
                places[link.url][f"{paragraph.path}:{paragraph.line}"] = None
    return {url: tuple(where) for url, where in places.items() if address_host(url)}


async def check_links(
    addresses: Mapping[str, tuple[str, ...]], *, timeout: float = 15.0, pause: float = 1.0
) -> AsyncIterator[LinkState]:
    """Yield the state of each address as it becomes known.

    `timeout`: seconds for each wait; `pause`: seconds before the one retry. HEAD is asked first, GET where
    that is refused.
    """
    doors = _Doors()
    limits = httpx.Limits(max_connections=_AT_ONCE)
    async with httpx.AsyncClient(
        timeout=timeout, limits=limits, headers={"User-Agent": USER_AGENT}, follow_redirects=False
    ) as client:
        tasks = [
            asyncio.create_task(_check(client, doors, url, where, pause)) for url, where in addresses.items()
        ]
        try:
            for task in asyncio.as_completed(tasks):
                yield await task
        finally:
            for task in tasks:
                task.cancel()


class _Doors:
    """Lets a few requests out at once, and fewer to each host."""

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(_AT_ONCE)
        self._hosts: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(_AT_ONCE_PER_HOST)
        )

    @asynccontextmanager
    async def open(self, url: str) -> AsyncIterator[None]:
        async with self._hosts[address_host(url)], self._all:
            yield


async def _check(
    client: httpx.AsyncClient, doors: _Doors, url: str, places: tuple[str, ...], pause: float
) -> LinkState:
    state = await _follow(client, doors, url, places)
    if state.status is None or state.status == 429 or state.status >= 500:
        await asyncio.sleep(pause)
        state = await _follow(client, doors, url, places)
    return state


async def _follow(client: httpx.AsyncClient, doors: _Doors, url: str, places: tuple[str, ...]) -> LinkState:
    at, moved = url, False

    def state(verdict: Verdict, status: int | None, reason: str) -> LinkState:
        return LinkState(url, verdict, status, at if at != url else None, reason, places)

    try:
        for _ in range(_MOST_REDIRECTS):
            answer = await _ask(client, doors, at)
            if not answer.has_redirect_location:
                break
            moved = moved or answer.status_code in _PERMANENT
            at = str(answer.url.join(answer.headers["location"]))
        else:
            return state("dead", answer.status_code, "redirects without end")
    except httpx.TimeoutException:
        return state("dead", None, "no answer in time")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OverflowError, ExceptionGroup) as error:
        # All but the first: what parser, resolver or socket say of an address that can't be one.
        return state("dead", None, f"no connection ({type(error).__name__})")
    code = answer.status_code
    if code < 400:
        return state("moved" if moved else "alive", code, "moved for good" if moved else "answers")
    if code in _UNSURE:
        return state("unsure", code, f"the server refuses to say ({code})")
    if code >= 500:
        return state("unsure", code, f"the server has trouble ({code})")
    return state("dead", code, f"the server says {code}")


async def _ask(client: httpx.AsyncClient, doors: _Doors, url: str) -> httpx.Response:
    _ = urlsplit(url).port  # Raises ValueError for a port that can't be, which sockets tell in many ways.
    async with doors.open(url):
        answer = await client.head(url)
        if answer.status_code < 400:
            return answer
        # Many servers answer HEAD wrongly; what counts is what a browser would get. Its body is not read.
        async with client.stream("GET", url) as got:
            return got
