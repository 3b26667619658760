"""One core: through every face the same question gets the same text and the same sources."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client

from assistant.ending import write_ending
from tests.http.conftest import read_events
from tests.http.server import ROOT, Server

QUESTIONS = [
    "Where can I learn about LSTMs?",
    "I don't know linear algebra, and I prefer reading. Where do I start?",
    "Should I learn Torch?",
    "How do I bake bread?",
    "hi",
]

Said = tuple[str, list[dict[str, Any]]]


def over_json(server: Server, question: str) -> Said:
    answer = httpx.post(f"{server.url}/v1/ask", json={"question": question}, timeout=60).json()
    return answer["text"], answer["citations"]


def over_events(server: Server, question: str) -> Said:
    body = {"question": question, "stream": True}
    events = read_events(httpx.post(f"{server.url}/v1/ask", json=body, timeout=60).text)
    text = "".join(data["text"] for name, _, data in events if name == "delta")
    return text, [data for name, _, data in events if name == "citation"]


def over_openai(server: Server, question: str, stream: bool) -> Said:
    body = {"model": "dlstart", "messages": [{"role": "user", "content": question}], "stream": stream}
    response = httpx.post(f"{server.url}/v1/chat/completions", json=body, timeout=60)
    if not stream:
        completion = response.json()
        return _without_ending(completion["choices"][0]["message"]["content"], completion["dlstart"])
    lines = [
        line.removeprefix("data: ") for line in response.text.split("\n\n") if line.startswith("data: {")
    ]
    chunks = [json.loads(line) for line in lines]
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    return _without_ending(text, chunks[-1]["dlstart"])


def _without_ending(content: str, beside: dict[str, Any]) -> Said:
    """A text without what OpenAI's clients are shown below it, and its citations."""
    ending = write_ending(beside)
    assert content.endswith(ending)
    return content.removesuffix(ending), beside["citations"]


async def over_mcp(server: Server, question: str) -> Said:
    async with Client(f"{server.url}/mcp") as client:
        result = await client.call_tool("ask", {"question": question})
    assert result.structured_content is not None
    return result.structured_content["text"], result.structured_content["citations"]


def on_the_terminal(data_dir: Path, question: str) -> Said:
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "ask", question, "--json"],
        cwd=ROOT,
        env={"DLSTART_DATA_DIR": str(data_dir), "DLSTART_DEVICE": "cpu", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
        timeout=120,
    )
    answer = json.loads(done.stdout)
    return answer["text"], answer["citations"]


@pytest.mark.parametrize("question", QUESTIONS)
async def test_every_face_says_the_same(server: Server, data_dir: Path, question: str) -> None:
    expected = over_json(server, question)
    assert over_events(server, question) == expected
    assert over_openai(server, question, stream=False) == expected
    assert over_openai(server, question, stream=True) == expected
    assert await over_mcp(server, question) == expected
    if question == QUESTIONS[0]:
        assert on_the_terminal(data_dir, question) == expected
