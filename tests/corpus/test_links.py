"""The link checker against a server that plays every way to answer."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli import app
from corpus.links import USER_AGENT, LinkState, check_links, list_addresses
from corpus.load import load_corpus


class Site:
    """A web server on this machine that counts what it is asked."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.agents: set[str] = set()
        self.at_once = self.most_at_once = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            await self.answer(head, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.at_once -= 1
            writer.close()

    async def answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        method, path, _ = head.split("\r\n")[0].split(" ")
        self.agents.add(next(line for line in head.split("\r\n") if line.lower().startswith("user-agent")))
        self.asked[f"{method} {path}"] += 1
        if path == "/hang":
            await asyncio.sleep(30)
        if path == "/reset":
            writer.transport.abort()
            return
        status, extra = 200, ""
        if path in ("/moved", "/found", "/loop"):
            status = 302 if path == "/found" else 301
            extra = f"Location: {'/loop' if path == '/loop' else '/ok'}\r\n"
        elif path == "/astray":
            status, extra = 302, "Location: http://127.0.0.1:99999/\r\n"
        elif path == "/no-head" and method == "HEAD":
            status = 405
        elif path == "/busy-once":
            # The first try sends HEAD, then GET; the second try is let in.
            status = 429 if self.asked[f"HEAD {path}"] == 1 else 200
        elif path.strip("/").isdigit():
            status = int(path.strip("/"))
        writer.write(f"HTTP/1.1 {status} X\r\n{extra}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    here = Site()
    server = await asyncio.start_server(here.serve, "127.0.0.1", 0)
    here.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield here
    server.close()


async def state_of(site: Site, path: str) -> LinkState:
    addresses = {site.url + path: ("guide.md:3",)}
    states = [state async for state in check_links(addresses, timeout=0.3, pause=0.01)]
    assert len(states) == 1
    return states[0]


@pytest.mark.parametrize(
    ("path", "verdict", "status", "reason"),
    [
        ("/ok", "alive", 200, "answers"),
        ("/found", "alive", 200, "answers"),
        ("/moved", "moved", 200, "moved for good"),
        ("/no-head", "alive", 200, "answers"),
        ("/busy-once", "alive", 200, "answers"),
        ("/loop", "dead", 301, "redirects without end"),
        ("/hang", "dead", None, "no answer in time"),
        ("/reset", "dead", None, "no connection"),
        ("/403", "unsure", 403, "refuses to say"),
        ("/429", "unsure", 429, "refuses to say"),
        ("/404", "dead", 404, "the server says 404"),
        ("/410", "dead", 410, "the server says 410"),
        ("/500", "unsure", 500, "the server has trouble (500)"),
        ("/503", "unsure", 503, "the server has trouble (503)"),
        ("/520", "unsure", 520, "the server has trouble (520)"),
        ("/425", "unsure", 425, "refuses to say"),
        ("/999", "unsure", 999, "refuses to say"),
    ],
)
async def test_every_answer_gets_its_verdict(
    site: Site, path: str, verdict: str, status: int | None, reason: str
) -> None:
    state = await state_of(site, path)
    assert (state.verdict, state.status) == (verdict, status)
    assert reason in state.reason


async def test_a_redirect_is_recorded_with_its_target(site: Site) -> None:
    assert (await state_of(site, "/moved")).target == site.url + "/ok"


async def test_an_address_is_tried_twice_where_no_answer_came_and_once_where_it_is_gone(site: Site) -> None:
    await state_of(site, "/reset")
    await state_of(site, "/404")
    assert (site.asked["HEAD /reset"], site.asked["HEAD /404"], site.asked["GET /404"]) == (2, 1, 1)


async def test_one_host_is_asked_at_most_two_things_at_once_by_a_named_agent(site: Site) -> None:
    addresses = {f"{site.url}/{n}x": ("guide.md:1",) for n in range(40)}
    states = [state async for state in check_links(addresses, timeout=2, pause=0.01)]
    assert len(states) == 40
    assert site.most_at_once <= 2
    assert site.agents == {f"user-agent: {USER_AGENT}"} or site.agents == {f"User-Agent: {USER_AGENT}"}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:99999/x",
        "http://127.0.0.1:-1/",
        "http://127.0.0.1:port/",
        "http://[::1/",
        "http://exa mple.invalid/",
        "http://" + "a" * 70 + ".invalid/",
        "http://..invalid/",
        "http://xn--.invalid/",
        "http://\u2024/",
        "http://user:pass word@127.0.0.1:1/",
    ],
)
async def test_an_address_that_can_be_none_is_one_dead_link_in_a_whole_report(site: Site, url: str) -> None:
    addresses = {url: ("guide.md:1",), f"{site.url}/ok": ("guide.md:2",)}
    states = {state.url: state async for state in check_links(addresses, timeout=2, pause=0.01)}
    assert {url: state.verdict for url, state in states.items()} == {url: "dead", f"{site.url}/ok": "alive"}


async def test_a_redirect_to_an_address_that_can_be_none_is_a_dead_link(site: Site) -> None:
    assert (await state_of(site, "/astray")).verdict == "dead"


async def test_the_command_reports_dead_links_and_fails(site: Site, tmp_path: Path) -> None:
    guide = tmp_path / "guide.md"
    guide.write_text(
        f"# G\n\n## A\n\nSee [one]({site.url}/ok), [two]({site.url}/404), [three]({site.url}/moved).\n"
        "\n<http://127.0.0.1:99999/port>\n"
    )
    result = await asyncio.to_thread(
        CliRunner().invoke, app, ["corpus", "check", str(guide), "--links", "--json", "--timeout", "5"]
    )
    report = {Path(link["url"]).name: link for link in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert {name: link["verdict"] for name, link in report.items()} == {
        "ok": "alive",
        "404": "dead",
        "port": "dead",
        "moved": "moved",
    }
    assert report["404"]["archive"].endswith(f"{site.url}/404")


def test_every_address_of_the_corpus_is_listed_with_its_places() -> None:
    addresses = list_addresses(load_corpus())
    assert "resources/torch.md" in addresses["http://torch.ch/"]
    assert any(place.startswith("guide.md:") for place in addresses["http://torch.ch/"])
