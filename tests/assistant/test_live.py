"""A running assistant picks up a new index; no request is dropped, none is answered by two indexes."""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import live as live_module
from assistant.live import LiveAssistant
from assistant.service import Ask, Assistant
from assistant.settings import Settings, read_settings
from assistant.store import MemoryStore
from assistant.texts import open_corpus
from index.build import build_index
from index.encoders.hashed import HashedEncoder

TOPICS = ("convolutional networks", "recurrent networks", "reinforcement learning", "language models")


def write(path: Path, version: int) -> None:
    """A plain guide whose every sentence names its version."""
    lines = ["# A guide", ""]
    for number, topic in enumerate(TOPICS):
        lines += [f"## {topic.capitalize()}", ""]
        link = f"[here](https://example.org/{version}/{number})"
        weeks = f"In version {version}, {topic} take 4 weeks of exercises."
        lines += [f"In version {version}, learn {topic} {link}. {weeks}", ""]
        lines += [f"Learn thing {number} first in version {version}.", ""]
    path.write_text("\n".join(lines), "utf-8")


def versions_in(*texts: str) -> set[str]:
    return set(re.findall(r"version (\d+)", " ".join(texts)))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    write(tmp_path / "guide.md", 0)
    return read_settings(
        {
            "DLSTART_DATA_DIR": str(tmp_path / "data"),
            "DLSTART_CORPUS": str(tmp_path / "guide.md"),
            "DLSTART_ENCODER": "hashed",
        }
    )


@pytest.fixture
def live(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveAssistant]:
    monkeypatch.setattr("assistant.live._EVERY_S", 0.02)
    assistant = LiveAssistant.open(settings)
    yield assistant
    assistant.close()


def rebuild(settings: Settings, version: int) -> None:
    write(settings.corpus, version)
    build_index(open_corpus(settings), HashedEncoder(), settings.index_path)


async def test_a_new_index_is_picked_up(live: LiveAssistant, settings: Settings) -> None:
    rebuild(settings, 1)
    for _ in range(500):
        found = await live.search("thing 3")
        if "version 1" in found.hits[0].chunk.text:
            break
        await asyncio.sleep(0.02)
    assert "version 1" in found.hits[0].chunk.text
    assert live.corpus.hash == live.searcher.index.manifest.corpus_hash


async def test_no_request_is_dropped_or_mixed_while_indexes_change(
    live: LiveAssistant, settings: Settings
) -> None:
    done = threading.Event()
    seen: set[str] = set()

    async def ask_on() -> int:
        count = 0
        while not done.is_set():
            found = await live.search("learn thing 2 of reinforcement learning", 6)
            versions = versions_in(*(hit.chunk.text for hit in found.hits))
            assert len(versions) == 1
            seen.update(versions)
            answer = await live.answer(Ask("how do I learn reinforcement learning?"))
            assert len(answer.citations) > 1
            assert len(versions_in(answer.text, *(citation.quote for citation in answer.citations))) == 1
            count += 1
        return count

    def change() -> None:
        for version in range(1, 6):
            rebuild(settings, version)
            done.wait(0.15)
        done.set()

    changing = threading.Thread(target=change)
    changing.start()
    counts = await asyncio.wait_for(asyncio.gather(*(ask_on() for _ in range(4))), 60)
    changing.join()
    assert min(counts) > 0
    assert len(seen) > 1


async def test_a_request_keeps_the_index_it_began_with(live: LiveAssistant, settings: Settings) -> None:
    stream = live.stream(Ask("how do I learn language models?"))
    rebuild(settings, 1)
    live.close()
    live.refresh()
    events = [event async for event in stream]
    assert versions_in(events[-1].data["text"]) == {"0"}
    assert "version 1" in (await live.search("thing 3")).hits[0].chunk.text


@pytest.mark.parametrize("fault", ["damaged", "other texts", "gone"])
async def test_the_old_index_goes_on_where_the_new_one_is_unusable(
    live: LiveAssistant, settings: Settings, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    live.close()
    caplog.set_level(logging.WARNING)
    if fault == "gone":
        (settings.index_path / "manifest.json").unlink()
    else:
        rebuild(settings, 1)
        write(settings.corpus, 2 if fault == "other texts" else 1)
        if fault == "damaged":
            next(settings.index_path.glob("vectors-*")).write_bytes(b"")
    assert not live.refresh()
    assert "version 0" in (await live.search("thing 3")).hits[0].chunk.text
    assert ("not used" in caplog.text) is (fault != "gone")


async def test_an_index_is_being_picked_up_until_it_is_refused_and_is_tried_again(
    live: LiveAssistant, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.close()
    assert live.picks_up()
    rebuild(settings, 1)
    assert live.picks_up()
    vectors = next(settings.index_path.glob("vectors-*"))
    late = vectors.rename(vectors.with_name("late"))  # A copy's manifest may come before its files.
    assert not live.refresh()
    assert not live.picks_up()
    late.rename(vectors)
    assert not live.refresh()
    monkeypatch.setattr("assistant.live._AGAIN_S", 0.0)
    assert live.refresh()
    assert live.picks_up()
    assert "version 1" in (await live.search("thing 3")).hits[0].chunk.text


async def test_the_watch_goes_on_after_a_fault_that_nobody_thought_of(
    live: LiveAssistant, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reopen = live_module._reopen

    def broken(*_: object) -> Assistant:
        raise MemoryError("no room")

    monkeypatch.setattr(live_module, "_reopen", broken)
    rebuild(settings, 1)
    for _ in range(500):
        if "not used" in caplog.text:
            break
        await asyncio.sleep(0.02)
    assert [record.data["why"] for record in caplog.records if "not used" in record.message] == [  # type: ignore[attr-defined]
        "MemoryError: no room"
    ]
    monkeypatch.setattr(live_module, "_reopen", reopen)
    monkeypatch.setattr(live_module, "_AGAIN_S", 0.0)
    for _ in range(500):
        found = await live.search("thing 3")
        if "version 1" in found.hits[0].chunk.text:
            break
        await asyncio.sleep(0.02)
    assert "version 1" in found.hits[0].chunk.text


async def test_one_store_serves_every_index(live: LiveAssistant, settings: Settings) -> None:
    live.close()
    live.store = kept = MemoryStore()
    before = await live.answer(Ask("learn thing 1 of deep learning"))
    rebuild(settings, 1)
    assert live.refresh()
    after = await live.answer(Ask("learn thing 3 of deep learning", before.conversation_id))
    assert after.conversation_id == before.conversation_id
    assert live.store is kept
    assert await kept.conversation(before.conversation_id) is not None


def test_every_way_to_ask_goes_to_the_index_of_the_moment() -> None:
    public = {
        name
        for name, _ in inspect.getmembers(Assistant, callable)
        if not name.startswith("_") and name in vars(Assistant)
    }
    assert public <= set(vars(LiveAssistant))
