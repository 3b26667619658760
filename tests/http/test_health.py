"""/healthz, /readyz: up, ready, loading, stopping, stale."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.channels.http import health
from assistant.service import Assistant
from assistant.settings import Settings
from tests.http.conftest import MakeClient
from tests.http.test_problems import check_problem


async def test_ready_says_on_what_and_with_what(client: httpx.AsyncClient, settings: Settings) -> None:
    ready = (await client.get("/readyz")).json()
    manifest = json.loads((settings.index_path / "manifest.json").read_text())
    assert ready == {
        "status": "ready",
        "device": "cpu",
        "encoder": manifest["encoder_id"],
        "built_at": manifest["built_at"],
        "chunks": manifest["chunks"],
    }


@pytest.fixture
def other_index(settings: Settings, tmp_path: Path) -> Path:
    """A copy of the manifest, to be changed."""
    shutil.copy(settings.index_path / "manifest.json", tmp_path)
    return tmp_path


def change(index: Path, **values: Any) -> None:
    """Change a manifest."""
    file = index / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"corpus_hash": "0" * 64}, "another corpus"),
        ({"encoder_id": "another"}, "another encoder"),
        ({"encoder_revision": "0" * 64}, "another encoder"),
        ({"format": 0}, "missing or damaged"),
    ],
)
async def test_an_index_that_stays_different_is_stale(
    make_client: MakeClient,
    other_index: Path,
    monkeypatch: pytest.MonkeyPatch,
    values: dict[str, Any],
    said: str,
) -> None:
    monkeypatch.setattr(health, "STALE_AFTER", 0.0)
    async with make_client(index_dir=other_index) as client:
        assert (await client.get("/readyz")).status_code == 200
        change(other_index, **values)
        assert said in check_problem(await client.get("/readyz"), 503, "/readyz")["detail"]
        assert (await client.get("/readyz?exclude=index")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).json() == {"status": "ok"}


async def test_an_index_that_is_being_picked_up_is_not_stale(
    make_client: MakeClient, assistant: Assistant, other_index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "STALE_AFTER", 0.0)
    async with make_client(index_dir=other_index) as client:
        change(other_index, corpus_hash="0" * 64)
        monkeypatch.setattr(assistant, "picks_up", lambda: True)
        assert (await client.get("/readyz")).status_code == 200
        monkeypatch.setattr(assistant, "picks_up", lambda: False)
        assert (await client.get("/readyz")).status_code == 503


async def test_an_unusable_index_is_given_time_to_be_mended(
    make_client: MakeClient, other_index: Path
) -> None:
    async with make_client(index_dir=other_index) as client:
        change(other_index, corpus_hash="0" * 64)
        assert (await client.get("/readyz")).status_code == 200


async def test_only_the_index_can_be_excluded(client: httpx.AsyncClient) -> None:
    check_problem(await client.get("/readyz?exclude=everything"), 422, "/readyz")
