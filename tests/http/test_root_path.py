"""Behind a proxy that serves the program under a path."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest

from tests.http.conftest import MakeClient


@pytest.mark.parametrize("strips", [True, False])
async def test_every_route_answers_whether_the_proxy_strips_the_path_or_not(
    make_client: MakeClient, strips: bool
) -> None:
    prefix = "" if strips else "/guide"
    async with make_client(root_path="/guide") as client:
        for path in (
            "/",
            "/healthz",
            "/docs",
            "/docs/start.js",
            "/widget.js",
            "/v1/sections",
            "/openapi.json",
        ):
            assert (await client.get(prefix + path)).status_code == 200, path
        answer = await client.post(f"{prefix}/v1/ask", json={"question": "Where can I learn about LSTMs?"})
        assert answer.status_code == 200
        assert (await client.get("/guidebook/healthz")).status_code == 404
        assert (await client.get("/other/guide/healthz")).status_code == 404
        servers = (await client.get(f"{prefix}/openapi.json")).json()["servers"]
    assert servers == [{"url": "/guide"}]


@pytest.mark.parametrize(
    ("proxies", "told", "servers"),
    [
        (1, "/guide", [{"url": "/guide"}]),
        (1, "/a/b/", [{"url": "/a/b"}]),
        (0, "/guide", None),
        (1, "", None),
        (1, "//evil.example", None),
        (1, "https://evil.example", None),
        (1, "/a?b", None),
    ],
)
async def test_a_trusted_proxy_may_tell_the_path(
    make_client: MakeClient, proxies: int, told: str, servers: list[dict[str, str]] | None
) -> None:
    async with make_client(trusted_proxies=proxies) as client:
        response = await client.get("/openapi.json", headers={"X-Forwarded-Prefix": told})
        assert (await client.get("/openapi.json")).json().get("servers") is None
    assert response.json().get("servers") == servers


@pytest.mark.parametrize("page", ["/docs", "/docs/"])
async def test_the_documentation_has_relative_addresses_alone(make_client: MakeClient, page: str) -> None:
    async with make_client() as client:
        html = (await client.get(page)).text
        addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
        assert len(addresses) == 5
        for address in addresses:
            assert address.startswith(".")
            under = urljoin(f"http://proxy.example/guide{page}", address)
            assert under.startswith("http://proxy.example/guide/")
            response = await client.get(under.removeprefix("http://proxy.example/guide"))
            assert response.status_code == 200, address
        script = (await client.get("/docs/start.js")).text
    assert '"/' not in script.replace('|| "/"', "")
