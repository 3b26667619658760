"""What the pages of the service say of its corpus, and what pages elsewhere may load."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest

from assistant.channels.http.pages import measured_on
from assistant.channels.widget import assets
from assistant.service import Assistant
from tests.http.conftest import MakeClient


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch, assistant: Assistant) -> dict[str, str]:
    """Packaged quality figures that were measured on the corpus that is served."""
    found = assets.asset("/quality.json")
    assert found is not None
    body: dict[str, str] = json.loads(found.body) | {"corpus": assistant.corpus.hash}
    packaged = replace(found, body=json.dumps(body).encode())
    monkeypatch.setattr("assistant.channels.http.pages.asset", lambda path: packaged)
    return body


async def test_quality_figures_are_sent_for_the_corpus_that_they_were_measured_on(
    client: httpx.AsyncClient, figures: dict[str, str]
) -> None:
    response = await client.get("/quality.json", headers={"Accept-Encoding": "identity"})
    assert response.status_code == 200
    assert response.json() == figures


async def test_quality_figures_of_another_corpus_are_not_sent(
    client: httpx.AsyncClient, figures: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = assets.asset("/quality.json")
    assert found is not None
    other = replace(found, body=json.dumps(figures | {"corpus": "c0ffee"}).encode())
    monkeypatch.setattr("assistant.channels.http.pages.asset", lambda path: other)
    response = await client.get("/quality.json")
    assert response.status_code == 404
    assert "not been measured on this corpus" in response.json()["detail"]


async def test_quality_waits_with_a_service_that_is_loading(make_client: MakeClient) -> None:
    async with make_client(serve=None) as client:
        assert (await client.get("/quality.json")).status_code == 503


def test_the_packaged_figures_name_their_corpus() -> None:
    hash = measured_on("/quality.json")
    assert hash is not None
    assert len(hash) == 64


async def test_sections_come_with_what_the_guide_says_of_itself(
    client: httpx.AsyncClient, assistant: Assistant
) -> None:
    body = (await client.get("/v1/sections")).json()
    assert body["guide"]["title"] == assistant.corpus.title
    assert [each["id"] for each in body["sections"]] == [each.id for each in assistant.corpus.sections]


async def test_pages_of_other_origins_may_see_that_the_process_is_up_and_nothing_else(
    client: httpx.AsyncClient,
) -> None:
    policy = "Cross-Origin-Resource-Policy"
    assert (await client.get("/healthz")).headers[policy] == "cross-origin"
    for path in ("/readyz", "/metrics", "/v1/sections", "/"):
        assert (await client.get(path)).headers[policy] == "same-origin"


async def test_every_address_of_the_page_is_relative(client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text
    script = (await client.get("/assets/page.js")).text
    assert 'href="/' not in page
    assert 'src="/' not in page
    assert 'fetch("/' not in script
    assert 'load("/' not in script
