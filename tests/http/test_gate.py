"""Who comes in: keys, rates, origins; and the headers of everything that goes out."""

from __future__ import annotations

import httpx
import pytest

from assistant.service import Assistant
from tests.http.conftest import MakeClient
from tests.http.test_problems import Faulty, check_problem

ASK = {"question": "How do I start?"}


async def test_with_keys_only_their_holders_may_ask(make_client: MakeClient) -> None:
    async with make_client(api_keys=("first-key", "second-key")) as client:
        for headers in ({}, {"Authorization": "Bearer nope"}, {"Authorization": "Basic first-key"}):
            response = await client.post("/v1/ask", json=ASK, headers=headers)
            check_problem(response, 401, "/v1/ask")
            assert response.headers["www-authenticate"] == "Bearer"
        for key in ("first-key", "second-key"):
            response = await client.post("/v1/ask", json=ASK, headers={"Authorization": f"Bearer {key}"})
            assert response.status_code == 200
        for path in ("/healthz", "/readyz", "/", "/widget.js", "/openapi.json", "/docs"):
            assert (await client.get(path)).status_code == 200


async def test_a_rate_is_kept_for_each_address(make_client: MakeClient) -> None:
    async with make_client(rate_limit="2/minute", peer="192.0.2.1") as client:
        codes = [(await client.post("/v1/ask", json=ASK)).status_code for _ in range(2)]
        assert codes == [200, 200]
        response = await client.post("/v1/ask", json=ASK)
        check_problem(response, 429, "/v1/ask")
        assert 1 <= int(response.headers["retry-after"]) <= 61
        assert (await client.get("/healthz")).status_code == 200


async def test_a_rate_that_is_set_holds_for_this_machine_too(make_client: MakeClient) -> None:
    async with make_client(rate_limit="1/minute") as client:
        codes = [(await client.get("/v1/sections")).status_code for _ in range(2)]
    assert codes == [200, 429]


async def test_the_default_rate_spares_this_machine_alone(make_client: MakeClient) -> None:
    for peer, last in (("127.0.0.1", 200), ("192.0.2.1", 429)):
        async with make_client(peer=peer) as client:
            codes = [(await client.get("/v1/sections")).status_code for _ in range(121)]
        assert codes == [200] * 120 + [last]


async def test_a_rate_is_kept_for_each_key(make_client: MakeClient) -> None:
    async with make_client(rate_limit="1/minute", api_keys=("first-key", "second-key")) as client:
        codes = [
            (await client.get("/v1/sections", headers={"Authorization": f"Bearer {key}"})).status_code
            for key in ("first-key", "first-key", "second-key")
        ]
    assert codes == [200, 429, 200]


@pytest.mark.parametrize("peer", ["127.0.0.1", "192.0.2.1"])
async def test_wrong_keys_are_counted_by_address_and_keep_no_holder_out(
    make_client: MakeClient, peer: str
) -> None:
    right = {"Authorization": "Bearer first-key"}
    async with make_client(rate_limit="2/minute", api_keys=("first-key",), peer=peer) as client:
        codes = []
        for headers in ({"Authorization": "Bearer a"}, {}, {"Authorization": "Bearer c"}, right):
            codes.append((await client.get("/v1/sections", headers=headers)).status_code)
        response = await client.post("/v1/ask", json=ASK, headers={"Authorization": "Bearer d"})
        check_problem(response, 429, "/v1/ask")
    assert codes == [401, 401, 429, 200]
    assert 1 <= int(response.headers["retry-after"]) <= 61


async def test_the_default_rate_counts_wrong_keys_of_this_machine_too(make_client: MakeClient) -> None:
    async with make_client(api_keys=("first-key",)) as client:
        codes = [(await client.get("/v1/sections")).status_code for _ in range(121)]
    assert codes == [401] * 120 + [429]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "codes"),
    [
        (0, ["198.51.100.1", "198.51.100.2"], [200, 429]),
        (1, ["198.51.100.1", "198.51.100.2"], [200, 200]),
        (1, ["203.0.113.9, 198.51.100.1", "203.0.113.8, 198.51.100.1"], [200, 429]),
        (2, ["198.51.100.1, 10.0.0.1", "198.51.100.2, 10.0.0.1"], [200, 200]),
        (2, ["203.0.113.9, 198.51.100.1, 10.0.0.1", "203.0.113.8, 198.51.100.1, 10.0.0.1"], [200, 429]),
        (1, ["2001:db8::1", "2001:db8::2"], [200, 429]),
        (1, ["2001:db8::1", "2001:db8:0:1::1"], [200, 200]),
        (1, ["nonsense", "other nonsense"], [200, 429]),
    ],
)
async def test_only_trusted_proxies_say_who_the_client_is(
    make_client: MakeClient, proxies: int, forwarded: list[str], codes: list[int]
) -> None:
    async with make_client(rate_limit="1/minute", trusted_proxies=proxies, peer="10.0.0.2") as client:
        got = [
            (await client.get("/v1/sections", headers={"X-Forwarded-For": hops})).status_code
            for hops in forwarded
        ]
    assert got == codes


async def test_a_client_can_not_choose_its_address_with_a_line_of_its_own(make_client: MakeClient) -> None:
    async with make_client(rate_limit="1/minute", trusted_proxies=1, peer="10.0.0.2") as client:
        got = [
            (
                await client.get(
                    "/v1/sections", headers=[("X-Forwarded-For", own), ("X-Forwarded-For", "203.0.113.7:80")]
                )
            ).status_code
            for own in ("9.9.9.1", "9.9.9.2", "[2001:db8::1]:1")
        ]
    assert got == [200, 429, 429]


async def test_pages_of_allowed_origins_may_ask(make_client: MakeClient) -> None:
    async with make_client(allowed_origins=("https://good.example",)) as client:
        for origin, allowed in (("https://good.example", True), ("https://evil.example", False)):
            asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            preflight = await client.options("/v1/ask", headers=asked)
            assert preflight.status_code == 204
            assert ("access-control-allow-methods" in preflight.headers) == allowed
            response = await client.post("/v1/ask", json=ASK, headers={"Origin": origin})
            assert response.headers.get("access-control-allow-origin") == (origin if allowed else None)
            assert "Origin" in response.headers["vary"]
            failed = await client.post("/v1/ask", json={}, headers={"Origin": origin})
            assert failed.headers.get("access-control-allow-origin") == (origin if allowed else None)


async def test_a_page_may_read_failures_of_the_inside_too(
    assistant: Assistant, make_client: MakeClient
) -> None:
    origin = "https://good.example"
    async with make_client(serve=Faulty(assistant, RuntimeError()), allowed_origins=(origin,)) as client:
        response = await client.post("/v1/ask", json=ASK, headers={"Origin": origin})
    check_problem(response, 500, "/v1/ask")
    assert response.headers["access-control-allow-origin"] == origin


async def test_without_allowed_origins_no_page_of_another_site_may_ask(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/ask", json=ASK, headers={"Origin": "https://any.example"})
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/v1/sections", "/", "/widget.js", "/docs", "/metrics"]
)
async def test_head_is_get_without_its_body(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/v1/ask", "OPTIONS, POST"), ("/v1/conversations/x", "DELETE, GET, HEAD, OPTIONS")],
)
async def test_options_names_the_methods(client: httpx.AsyncClient, path: str, methods: str) -> None:
    response = await client.options(path)
    assert (response.status_code, response.headers["allow"]) == (204, methods)


async def test_a_slash_at_the_end_changes_nothing(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/ask/", json=ASK)).status_code == 200
    assert (await client.get("/v1/sections/")).json() == (await client.get("/v1/sections")).json()


@pytest.mark.parametrize("path", ["/healthz", "/v1/sections", "/", "/docs", "/nope", "/openapi.json"])
async def test_every_answer_has_its_security_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors" in policy
    assert "http" not in policy and "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("style-src")[0]
    assert headers["x-content-type-options"] == "nosniff"
    assert "referrer-policy" in headers and "server" not in headers and "x-powered-by" not in headers


async def test_a_request_id_comes_back_and_an_unusable_one_is_replaced(client: httpx.AsyncClient) -> None:
    given = await client.get("/healthz", headers={"X-Request-ID": "my-id.1"})
    assert given.headers["x-request-id"] == "my-id.1"
    for bad in ("a b", "x" * 129, "<script>", ""):
        made = (await client.get("/healthz", headers={"X-Request-ID": bad})).headers["x-request-id"]
        assert made.startswith("req_") and len(made) == 28


async def test_the_documentation_needs_no_other_host(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    assert "http://" not in page and "https://" not in page and "<script>" not in page
    for path in ("/docs/start.js", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"):
        assert (await client.get(path)).status_code == 200
