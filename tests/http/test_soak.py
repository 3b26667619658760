"""Mixed load on 32 connections for a while: no failure that was not earned, steady memory, no long tail.

The default run takes 20 seconds; `pytest -m slow tests/http/test_soak.py` takes ten minutes, or SOAK_SECONDS.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.http.server import Server, running

CONNECTIONS = 32
QUESTIONS = [
    "How do I start learning deep learning?", "Where can I learn about LSTMs?", "I prefer reading to videos",
    "do i need a gpu", "wo fange ich an?", "Should I learn Torch?", "How do I bake bread?", "hi",
    "I don't know linear algebra", "What is reinforcement learning good for?",
]  # fmt: skip


class Load:
    """What the callers saw."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.codes: Counter[tuple[str, int]] = Counter()
        self.unearned: list[str] = []


async def call(client: httpx.AsyncClient, load: Load, dice: random.Random, asked: list[str]) -> None:
    """One request of the mixture: what it should be answered is known."""
    question = dice.choice(QUESTIONS)
    kind = dice.choices(
        ("ask", "stream", "follow", "search", "plan", "chat", "list", "wrong", "leave"),
        (8, 4, 3, 3, 1, 2, 2, 1, 1),
    )[0]
    expected = 200
    began = time.perf_counter()
    if kind == "stream":
        body = {"question": question, "stream": True}
        async with client.stream("POST", "/v1/ask", json=body) as response:
            text = (await response.aread()).decode()
        if "event: done" not in text and response.status_code == 200:
            load.unearned.append(f"a stream without an end: {text[-200:]}")
    elif kind == "leave":
        async with client.stream("POST", "/v1/ask", json={"question": question, "stream": True}) as response:
            pass
    elif kind == "follow" and asked:
        body = {"question": "Is it free?", "conversation_id": dice.choice(asked)}
        response = await client.post("/v1/ask", json=body)
    elif kind == "search":
        response = await client.post("/v1/search", json={"question": question})
    elif kind == "plan":
        response = await client.post("/v1/plan", json={"goal": ["nlp"]})
    elif kind == "chat":
        messages = [{"role": "user", "content": question}]
        response = await client.post("/v1/chat/completions", json={"model": "dlstart", "messages": messages})
    elif kind == "list":
        response = await client.get("/v1/resources")
    elif kind == "wrong":
        expected = 422
        response = await client.post("/v1/ask", json={"question": ""})
    else:
        response = await client.post("/v1/ask", json={"question": question})
        if response.status_code == 200:
            asked.append(response.json()["conversation_id"])
            load.seconds.append(time.perf_counter() - began)
    load.codes[kind, response.status_code] += 1
    # A full queue is the one refusal that a caller must expect.
    if response.status_code not in (expected, 503):
        load.unearned.append(f"{kind}: {response.status_code} {response.text[:300]}")


async def press(url: str, seconds: float) -> Load:
    """All connections at work for so long."""
    load = Load()
    ends = time.monotonic() + seconds

    async def caller(seed: int) -> None:
        dice = random.Random(seed)
        asked: list[str] = []
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            while time.monotonic() < ends:
                await call(client, load, dice, asked)
                del asked[:-5]

    await asyncio.gather(*(caller(seed) for seed in range(CONNECTIONS)))
    return load


def resident_mb(server: Server) -> float:
    """Resident memory of the process."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found is not None
    return int(found[1]) / 1024


def soak(data_dir: Path, tmp_path: Path, seconds: float) -> dict[str, Any]:
    """Press, and sum up what was seen."""
    index = data_dir / "index"
    # A database of its own: the load writes thousands of conversations.
    with running(tmp_path, DLSTART_INDEX_DIR=str(index), DLSTART_RATE_LIMIT="off") as server:
        asyncio.run(press(server.url, max(5.0, seconds / 4)))
        before = resident_mb(server)
        load = asyncio.run(press(server.url, seconds))
        after = resident_mb(server)
        crashes = [line for line in server.log if line["level"] == "error"]
    times = sorted(load.seconds)
    report = {
        "seconds": seconds,
        "requests": sum(load.codes.values()),
        "asks": len(times),
        "p50_ms": round(statistics.median(times) * 1e3, 1),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1e3, 1),
        "rss_mb": [round(before), round(after)],
        "codes": {f"{kind} {code}": count for (kind, code), count in sorted(load.codes.items())},
    }
    print(json.dumps(report))
    assert load.unearned == []
    assert crashes == []
    return report


def test_mixed_load_fails_nobody_and_memory_stays(data_dir: Path, tmp_path: Path) -> None:
    report = soak(data_dir, tmp_path, 15)
    assert report["asks"] > 50
    assert report["rss_mb"][1] - report["rss_mb"][0] < 60
    assert report["p99_ms"] < 8 * report["p50_ms"]


@pytest.mark.slow
def test_mixed_load_for_long(data_dir: Path, tmp_path: Path) -> None:
    report = soak(data_dir, tmp_path, float(os.environ.get("SOAK_SECONDS", "600")))
    assert report["rss_mb"][1] - report["rss_mb"][0] < 30
    assert report["p99_ms"] <= 5 * report["p50_ms"]
