"""The unchanged `openai` package, and an agent library that uses it, against a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from assistant.channels.openai_api import annotate
from tests.http.server import Server

START = "Where can I learn about LSTMs?"


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as opened:
        yield opened


def check_annotations(text: str, annotations: list[dict[str, Any]], citations: list[dict[str, Any]]) -> None:
    """Each annotation spans the marker of the source that it names."""
    assert annotations
    for annotation in annotations:
        source = annotation["url_citation"]
        marker = text[source["start_index"] : source["end_index"]]
        citation = citations[int(marker.strip("[]")) - 1]
        assert marker == f"[{citation['number']}]"
        assert (source["title"], source["url"]) == (citation["title"], citation["url"])


def test_a_completion_has_text_annotations_and_usage(client: OpenAI) -> None:
    completion = client.chat.completions.create(
        model="dlstart",
        messages=[{"role": "system", "content": "Be a pirate."}, {"role": "user", "content": START}],
        temperature=0.2,
        max_tokens=5,
    )
    message = completion.choices[0].message
    assert message.content and "[1]" in message.content
    assert completion.choices[0].finish_reason == "stop" and completion.id.startswith("ans_")
    assert message.annotations is not None and completion.usage is not None
    beside: dict[str, Any] = completion.model_extra["dlstart"] if completion.model_extra else {}
    check_annotations(message.content, [one.model_dump() for one in message.annotations], beside["citations"])
    usage = completion.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens > 10


def test_a_stream_says_the_same_and_ends_with_annotations_and_usage(client: OpenAI) -> None:
    messages: Any = [{"role": "user", "content": START}]
    whole = client.chat.completions.create(model="dlstart", messages=messages).choices[0].message.content
    stream = client.chat.completions.create(
        model="dlstart", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert len({chunk.id for chunk in chunks}) == 1 and len({chunk.created for chunk in chunks}) == 1
    *said, last = chunks
    assert last.choices == [] and last.usage is not None and last.usage.completion_tokens > 10
    assert said[0].choices[0].delta.role == "assistant"
    text = "".join(chunk.choices[0].delta.content or "" for chunk in said)
    assert text == whole
    assert [chunk.choices[0].finish_reason for chunk in said] == [None] * (len(said) - 1) + ["stop"]
    extra = [chunk.choices[0].delta.model_extra or {} for chunk in said]
    annotations = next(one["annotations"] for one in extra if "annotations" in one)
    beside: dict[str, Any] = said[-1].model_extra["dlstart"] if said[-1].model_extra else {}
    check_annotations(text, annotations, beside["citations"])


def test_the_history_decides_what_a_follow_up_means(client: OpenAI) -> None:
    first = client.chat.completions.create(model="dlstart", messages=[{"role": "user", "content": START}])
    answer = first.choices[0].message.content
    second = client.chat.completions.create(
        model="dlstart",
        messages=[
            {"role": "user", "content": START},
            {"role": "assistant", "content": answer},
            {"role": "user", "content": [{"type": "text", "text": "Is it free?"}]},
        ],
    )
    assert second.choices[0].message.content != answer


def test_the_list_of_models_holds_the_one(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["dlstart"]
    assert client.models.retrieve("dlstart").owned_by == "dlstart"


def test_errors_arrive_as_the_package_s_own(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="no such model"):
        client.chat.completions.create(model="gpt-4", messages=[{"role": "user", "content": START}])
    with pytest.raises(openai.UnprocessableEntityError, match="user's question"):
        client.chat.completions.create(model="dlstart", messages=[{"role": "system", "content": "x"}])


def test_the_stream_ends_with_done(server: Server) -> None:
    body = {"model": "dlstart", "stream": True, "messages": [{"role": "user", "content": START}]}
    text = httpx.post(f"{server.url}/v1/chat/completions", json=body).text
    lines = [line for line in text.split("\n\n") if line and not line.startswith(":")]
    assert lines[-1] == "data: [DONE]"
    assert all(json.loads(line.removeprefix("data: "))["choices"] for line in lines[:-1])


async def test_an_agent_library_gets_its_answer(server: Server) -> None:
    agents = pytest.importorskip("agents")
    agents.set_tracing_disabled(True)
    async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none") as client:
        model = agents.OpenAIChatCompletionsModel(model="dlstart", openai_client=client)
        agent = agents.Agent(name="guide", instructions="Ask the guide.", model=model)
        result = await agents.Runner.run(agent, START)
        assert "[1]" in result.final_output
        streamed = agents.Runner.run_streamed(agent, START)
        async for _ in streamed.stream_events():
            pass
        assert streamed.final_output == result.final_output


def test_a_source_without_an_address_has_no_annotation() -> None:
    citations = [
        {"number": 1, "title": "a", "url": None},
        {"number": 2, "title": "b", "url": "https://b.example"},
    ]
    assert annotate("One [1]. Two [2][1].", citations) == [
        {
            "type": "url_citation",
            "url_citation": {"start_index": 13, "end_index": 16, "title": "b", "url": "https://b.example"},
        }
    ]
