"""A new index reaches two machines while they answer: no answer is mixed, none fails, both stay ready."""

from __future__ import annotations

import asyncio
import re
import shutil
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from corpus import load_corpus
from index.store import publish, read_manifest, write_file
from tests.http.server import ROOT, Server
from tests.replicas.balancer import balanced, replicas

ASK = {"question": "I want to learn convolutional networks"}
VERSIONS = 4


class Published:
    """The guide, and indexes of it. Every address of a version begins with its number, so every citation names it."""

    def __init__(self, place: Path, data_dir: Path) -> None:
        self.corpus = place / "corpus"
        self._index = data_dir / "index"
        self._chunks = (self._index / read_manifest(self._index).files["chunks"].name).read_text("utf-8")

    def write(self, version: int) -> None:
        """Write the texts of a version."""
        for source in (ROOT / "corpus").rglob("*"):
            if source.suffix in (".md", ".toml", ".txt"):
                copy = self.corpus / source.relative_to(ROOT / "corpus")
                copy.parent.mkdir(parents=True, exist_ok=True)
                text = source.read_text("utf-8")
                copy.write_text(number(text, version) if source.suffix == ".md" else text, "utf-8")

    def publish(self, data_dir: Path, version: int, corpus_hash: str) -> None:
        """Put an index of a version in place of what is there, as `dlstart index build` does at its end."""
        directory = data_dir / "index"
        if not directory.exists():
            shutil.copytree(self._index, directory)

        def write(path: Path) -> None:
            path.write_text(number(self._chunks, version), "utf-8")

        chunks = write_file(directory, "chunks", ".json", write)
        manifest = read_manifest(directory)
        files = {**manifest.files, "chunks": chunks}
        publish(directory, replace(manifest, files=files, corpus_hash=corpus_hash))


def number(text: str, version: int) -> str:
    """The same text, with addresses of a version."""
    return re.sub(r"https?://", lambda found: f"{found[0]}v{version}.", text)


def versions_of(urls: list[str]) -> set[int]:
    """Which versions addresses are of."""
    return {int(url.split("://v")[1].split(".")[0]) for url in urls}


async def versions(http: httpx.AsyncClient, address: str) -> set[int]:
    """Which versions one search and one answer are of; each is of one."""
    found, answer = await asyncio.gather(
        http.post(f"{address}/v1/search", json=ASK), http.post(f"{address}/v1/ask", json=ASK)
    )
    assert (found.status_code, answer.status_code) == (200, 200)
    hits = versions_of([hit["url"] for hit in found.json()["hits"] if hit["url"]])
    cited = versions_of([citation["url"] for citation in answer.json()["citations"]])
    assert (len(hits), len(cited)) == (1, 1)
    return hits | cited


async def test_an_index_update_mixes_no_answer_and_takes_no_machine_out(
    data_dir: Path, tmp_path: Path
) -> None:
    guide = Published(tmp_path, data_dir)
    place = tmp_path / "data"
    guide.write(0)
    guide.publish(place, 0, load_corpus(guide.corpus).hash)
    seen: set[int] = set()
    with (
        replicas((place, place), DLSTART_CORPUS=str(guide.corpus)) as (one, two),
        balanced(tmp_path, one, two) as url,
    ):
        async with httpx.AsyncClient(timeout=60) as http:

            async def watch() -> None:
                while True:
                    seen.update(await versions(http, url))
                    for server in (one, two):
                        ready = await http.get(f"{server.url}/readyz")
                        assert ready.status_code == 200, ready.text

            watching = asyncio.create_task(watch())
            for version in range(1, VERSIONS):
                guide.write(version)
                guide.publish(place, version, load_corpus(guide.corpus).hash)
                async with asyncio.timeout(60):
                    for server in (one, two):
                        while await versions(http, server.url) != {version}:
                            assert not watching.done(), watching.exception()
            watching.cancel()
            with pytest.raises(asyncio.CancelledError):
                await watching
            assert seen >= {0, VERSIONS - 1}
            await check_refusal(http, guide, place, one, two)


async def check_refusal(http: httpx.AsyncClient, guide: Published, place: Path, *servers: Server) -> None:
    """An index of texts that nobody here has is not used; for their balancer the machines stay ready."""
    guide.publish(place, VERSIONS, "0" * 64)
    async with asyncio.timeout(60):
        for server in servers:
            while (strict := await http.get(f"{server.url}/readyz")).status_code == 200:
                await asyncio.sleep(0.1)
            assert "another corpus" in strict.json()["detail"]
            assert (await http.get(f"{server.url}/readyz?exclude=index")).status_code == 200
            assert await versions(http, server.url) == {VERSIONS - 1}
