"""By which names the service may be called."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from assistant.channels.http.app import make_app
from assistant.errors import UsageError
from assistant.service import Assistant
from assistant.settings import Settings, read_settings
from tests.http.server import Server
from tests.http.test_problems import check_problem

OURS = [
    "localhost",
    "LOCALHOST:8000",
    "127.0.0.1:8000",
    "127.0.1.1",
    "[::1]:8000",
    "[::1]",
    "a.localhost:1",
    "localhost.",
]
FOREIGN = [
    "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.nip.io", "192.168.1.7", "0.0.0.0",
    "[fe80::1]", "localhost@evil.example", "evil-localhost", "", "127.0.0.1, evil.example",
]  # fmt: skip
ASK = {"question": "Where can I learn about LSTMs?"}


async def status(app: Any, host: str, path: str = "/v1/sections", at: str = "127.0.0.1") -> int:
    """The status of a request that calls the service by a name, at an address of this machine."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"http://{at}", headers={"Host": host}
    ) as client:
        response = await client.get(path)
        if response.status_code == 421:
            assert "DLSTART_ALLOWED_HOSTS" in check_problem(response, 421, path)["detail"]
        return response.status_code


@pytest.mark.parametrize("host", OURS)
async def test_this_machines_own_names_are_answered(
    assistant: Assistant, settings: Settings, host: str
) -> None:
    assert await status(make_app(settings, assistant), host) == 200


@pytest.mark.parametrize("host", FOREIGN)
async def test_on_loopback_no_other_name_is(assistant: Assistant, settings: Settings, host: str) -> None:
    app = make_app(settings, assistant)
    for path in ("/v1/sections", "/", "/openapi.json"):
        assert await status(app, host, path) == 421
    for path in ("/healthz", "/readyz?exclude=index", "/metrics"):
        assert await status(app, host, path) == 200


@pytest.mark.parametrize(
    "values", [{"api_keys": ("key",)}, {"trusted_proxies": 1}, {"allowed_hosts": ("*",)}]
)
async def test_where_something_else_guards_the_service_any_name_is(
    assistant: Assistant, settings: Settings, values: dict[str, Any]
) -> None:
    assert await status(make_app(settings.replace(**values), assistant), "learn.example.org", "/") == 200


async def test_at_other_addresses_of_the_machine_any_name_is(
    assistant: Assistant, settings: Settings
) -> None:
    assert await status(make_app(settings, assistant), "learn.example.org", at="192.0.2.1") == 200


async def test_the_names_of_the_setting_are_checked_everywhere(
    assistant: Assistant, settings: Settings
) -> None:
    named = settings.replace(allowed_hosts=("learn.example.org", "*.example.net"), trusted_proxies=1)
    app = make_app(named, assistant)
    for at in ("127.0.0.1", "192.0.2.1"):
        for host in ("learn.example.org", "Learn.Example.org:443", "a.example.net", "localhost"):
            assert await status(app, host, at=at) == 200
        for host in ("example.org", "example.net", "learn.example.org.evil.example"):
            assert await status(app, host, at=at) == 421


@pytest.mark.parametrize("text", ["http://a.example", "a.example:80", "a b", "*.*", "-"])
def test_a_name_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="DLSTART_ALLOWED_HOSTS"):
        read_settings({"DLSTART_ALLOWED_HOSTS": text})


def test_names_are_read_in_any_case() -> None:
    read = read_settings({"DLSTART_ALLOWED_HOSTS": "Learn.example.org, *.example.net,2001:db8::1"})
    assert read.allowed_hosts == ("learn.example.org", "*.example.net", "2001:db8::1")


@pytest.mark.parametrize("path", ["/v1/ask", "/mcp"])
def test_the_real_service_refuses_a_page_whose_name_points_here(server: Server, path: str) -> None:
    said = httpx.post(f"{server.url}{path}", json=ASK, headers={"Host": "evil.example"})
    assert said.status_code == 421
    assert json.loads(said.text)["status"] == 421
    assert httpx.get(f"{server.url}/v1/sections").status_code == 200
