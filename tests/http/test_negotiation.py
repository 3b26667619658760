"""Accept, Accept-Encoding and If-None-Match, as RFC 9110 reads them; events for readers with their own lines."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers

from assistant.channels.http.events import event
from assistant.channels.http.negotiation import takes_gzip, wants_events
from tests.http.conftest import read_events
from tests.http.test_problems import check_problem

ASK = {"question": "Where can I learn about LSTMs?"}


@pytest.mark.parametrize(
    ("accept", "events"),
    [
        ([], False),
        (["*/*"], False),
        (["application/json"], False),
        (["text/html"], False),
        (["text/event-stream"], True),
        (["Text/Event-Stream; charset=utf-8"], True),
        (["text/event-stream;q=0"], False),
        (["text/event-stream; q=0.0"], False),
        (["text/event-stream;Q=0, application/json"], False),
        (["text/event-stream;q=0, */*"], False),
        (["text/event-stream, */*;q=0.1"], True),
        (["application/json, text/event-stream"], True),
        (["application/json;q=0.9, text/event-stream;q=0.5"], False),
        (["application/json;q=0.5, text/event-stream;q=0.9"], True),
        (["application/json", "text/event-stream"], True),
        (["text/*"], True),
    ],
)
def test_events_come_to_who_would_rather_have_them(accept: list[str], events: bool) -> None:
    assert wants_events(Headers(raw=[(b"accept", line.encode()) for line in accept])) is events


@pytest.mark.parametrize(
    ("body", "accept", "events"),
    [
        ({}, "text/event-stream", True),
        ({}, "text/event-stream;q=0", False),
        ({"stream": False}, "text/event-stream", False),
        ({"stream": True}, "application/json", True),
        ({"stream": True}, "text/event-stream;q=0", True),
    ],
)
async def test_the_field_is_stronger_than_the_header(
    client: httpx.AsyncClient, body: dict[str, Any], accept: str, events: bool
) -> None:
    response = await client.post("/v1/ask", json=ASK | body, headers={"Accept": accept})
    assert response.headers["content-type"].startswith("text/event-stream") is events


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("gzip, br", True),
        ("gzip;q=0", False),
        ("gzip; q=0, identity", False),
        ("br, gzip;q=0.000", False),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("identity", False),
        ("", False),
        ("gzipped", False),
    ],
)
async def test_a_file_is_packed_for_who_can_unpack_it(
    client: httpx.AsyncClient, encoding: str, packed: bool
) -> None:
    assert takes_gzip(Headers({"accept-encoding": encoding})) is packed
    response = await client.get("/widget.js", headers={"Accept-Encoding": encoding})
    assert ("content-encoding" in response.headers) is packed
    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/widget.js", "/v1/resources", "/v1/sections"])
async def test_a_copy_that_is_known_is_not_sent_again(client: httpx.AsyncClient, path: str) -> None:
    tag = (await client.get(path)).headers["etag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        response = await client.get(path, headers={"If-None-Match": known})
        assert (response.status_code, response.content) == (304, b""), known
    for other in ('"x"', tag.strip('"'), f'"x{tag[1:]}'):
        assert (await client.get(path, headers={"If-None-Match": other})).status_code == 200, other


def test_an_event_holds_no_line_end_of_any_reader() -> None:
    data = {"text": "a\u2028b\u2029c\u0085d\re\nf\x0bg\x0ch\x1ci"}
    written = event("delta", "1", data).decode()
    assert written.splitlines() == written.split("\n")[:-1]
    assert json.loads(written.split("\n")[2].removeprefix("data: ")) == data


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions"])
async def test_a_stream_holds_no_line_end_of_any_reader(client: httpx.AsyncClient, path: str) -> None:
    question = "Where can I learn\u2028about\u0085LSTMs?"
    bodies: dict[str, Any] = {
        "/v1/ask": {"question": question, "profile": {"avoids": ["a\u2028b\u2029c\u0085d"]}},
        "/v1/chat/completions": {"messages": [{"role": "user", "content": question}]},
    }
    response = await client.post(path, json=bodies[path] | {"stream": True})
    assert response.text.splitlines() == response.text.split("\n")[:-1]
    if path == "/v1/ask":
        assert read_events(response.text)[-1][2]["profile"]["avoids"] == ["a\u2028b\u2029c\u0085d"]


@pytest.mark.parametrize(
    "path", ["/v1/resources?status=current", "/v1/sections?x=1", "/v1/resources?kind=course&x="]
)
async def test_a_filter_that_there_is_not_is_refused(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    check_problem(response, 422, path.partition("?")[0])
    assert response.json()["errors"][0]["field"] in path


@pytest.mark.parametrize(
    "body",
    [
        {"start": "9999-12-31"},
        {"start": "3000-01-01", "format": "ics"},
        {"start": "0001-01-01", "format": "ics"},
        {"start": "2026-13-01"},
        {"start": "soon"},
    ],
)
async def test_a_start_that_no_calendar_holds_names_its_field(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    response = await client.post("/v1/plan", json={"format": "ics"} | body)
    check_problem(response, 422, "/v1/plan")
    assert [error["field"] for error in response.json()["errors"]] == ["start"]


@pytest.mark.parametrize("hours", [0.1, 0.30000000000000004, 168])
async def test_the_last_start_and_any_pace_make_a_calendar(client: httpx.AsyncClient, hours: float) -> None:
    body = {"format": "ics", "start": "2999-12-31", "hours_per_week": hours}
    response = await client.post("/v1/plan", json=body)
    assert response.status_code == 200 and response.text.startswith("BEGIN:VCALENDAR")
