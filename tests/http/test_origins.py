"""Which pages may ask from a browser, and what their preflights are told."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.channels.http.origins import Origins
from assistant.errors import UsageError
from assistant.settings import read_settings
from tests.http.conftest import MakeClient

# What openai 6.49 asks for from a browser.
SDK_HEADERS = (
    "authorization,content-type,x-stainless-arch,x-stainless-lang,x-stainless-os,x-stainless-package-version,"
    "x-stainless-retry-count,x-stainless-runtime,x-stainless-runtime-version,x-stainless-timeout"
)


def read_origins(text: str) -> Any:
    return read_settings({"DLSTART_ALLOWED_ORIGINS": text}).allowed_origins


@pytest.mark.parametrize(
    ("allowed", "origin", "may"),
    [
        ("https://x.example", "https://x.example", True),
        ("https://x.example", "http://x.example", False),
        ("https://x.example", "https://x.example:8443", False),
        ("https://x.example:443", "https://x.example", True),
        ("https://x.example:443/", "https://x.example", True),
        ("http://x.example:80", "http://x.example", True),
        ("http://x.example:443", "http://x.example", False),
        ("HTTPS://X.Example", "https://x.example", True),
        ("https://x.example:8443", "https://x.example:8443", True),
        ("http://[::1]:8000", "http://[::1]:8000", True),
        ("https://münchen.example", "https://xn--mnchen-3ya.example", True),
        ("app://obsidian.md", "app://obsidian.md", True),
        ("app://obsidian.md", "app://other.md", False),
        ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop", True),
        ("capacitor://localhost", "capacitor://localhost", True),
        ("tauri://localhost,https://x.example", "https://x.example", True),
        ("https://*.example.org", "https://docs.example.org", True),
        ("https://*.example.org", "https://a.b.example.org", True),
        ("https://*.example.org", "https://example.org", False),
        ("https://*.example.org", "https://evilexample.org", False),
        ("https://*.example.org", "https://docs.example.org.evil.example", False),
        ("https://*.example.org", "https://docs.example.org:8443", False),
        ("https://*.example.org", "http://docs.example.org", False),
        ("https://*.example.org", "https://evil.example/.example.org", False),
        ("https://*.example.org:8443", "https://docs.example.org:8443", True),
        ("https://*.example.org:443", "https://docs.example.org", True),
        ("https://x.example", "null", False),
        ("*", "null", True),
        ("*", "https://any.example", True),
        ("", "https://any.example", False),
    ],
)  # fmt: skip
def test_an_origin_is_compared_as_browsers_send_it(allowed: str, origin: str, may: bool) -> None:
    assert Origins(read_origins(allowed)).allows(origin) is may


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("null", "only \\* can allow them"),
        ("file:///home/me/page.html", "only \\* can allow them"),
        ("https://x.example/page", "without a path"),
        ("x.example", "x.example is no origin"),
        ("*.x.example", "such as .*https://\\*.example.org"),
        ("https://*", "is no origin"),
        ("https://x.*", "is no origin"),
        ("https://me@x.example", "is no origin"),
        ("https://x.example:port", "is no origin"),
    ],
)
def test_what_can_not_be_an_origin_is_refused_with_a_cure(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_origins(text)


async def test_a_preflight_may_ask_for_any_header(make_client: MakeClient) -> None:
    origin = "https://good.example"
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    async with make_client(allowed_origins=(origin,)) as client:
        answers = [
            (
                await client.options(
                    "/v1/chat/completions", headers=asked | {"Access-Control-Request-Headers": names}
                )
            )
            for names in (SDK_HEADERS, "x-request-id, X-My-Own", "bad name, x-ok,\x7f", "")
        ]
    allowed = [answer.headers["access-control-allow-headers"] for answer in answers]
    assert set(allowed[0].split(", ")) == set(SDK_HEADERS.split(","))
    assert allowed[1] == "x-request-id, X-My-Own"
    assert allowed[2] == "x-ok"
    assert "authorization" in allowed[3] and "content-type" in allowed[3]
    assert all("access-control-allow-credentials" not in answer.headers for answer in answers)


async def test_a_preflight_of_another_origin_is_told_nothing(make_client: MakeClient) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    async with make_client(allowed_origins=("https://good.example",)) as client:
        answer = await client.options(
            "/v1/ask", headers=asked | {"Access-Control-Request-Headers": "x-stainless-os"}
        )
    assert answer.status_code == 204
    assert [name for name in answer.headers if name.startswith("access-control")] == []
