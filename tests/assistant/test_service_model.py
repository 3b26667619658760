"""The service with a language model behind it: streamed and whole answers are the same, and keep the promises."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from assistant.channels.http.app import make_app
from assistant.errors import UsageError
from assistant.generate import open_generator
from assistant.generators.openai_api import OpenAIGenerator
from assistant.reword import Rewriter
from assistant.service import Ask, Assistant
from assistant.settings import Settings, read_settings
from assistant.store import MemoryStore
from assistant.understanding.model_reader import ModelReader
from assistant.verify import Verifier
from tests.assistant.stub_model import OK, StubModel

QUESTION = "how do I start deep learning?"


@pytest.fixture
async def stub() -> AsyncIterator[StubModel]:
    async with StubModel().serve() as server:
        yield server


@pytest.fixture
def with_model(assistant: Assistant, stub: StubModel) -> Assistant:
    verifier = Verifier(assistant.corpus, assistant.searcher.encoder)
    rewriter = Rewriter(assistant.corpus, verifier, OpenAIGenerator("stub", stub.url))
    return Assistant(assistant.corpus, assistant.searcher, assistant.reader, MemoryStore(), rewriter)


async def test_a_model_s_answer_names_the_model_and_streams_to_the_same_text(
    with_model: Assistant, stub: StubModel
) -> None:
    stub.play = stub.evidence()
    answer = await with_model.answer(Ask(QUESTION))
    assert answer.generator == "stub"
    events = [event async for event in with_model.stream(Ask(QUESTION))]
    assert [events[0].name, events[-1].name] == ["meta", "done"]
    text = "".join(event.data["text"] for event in events if event.name == "delta")
    assert text == events[-1].data["text"] == answer.text
    assert [e.data["number"] for e in events if e.name == "citation"] == [c.number for c in answer.citations]
    assert events[0].data["id"] == events[-1].data["id"]


async def test_a_model_that_fails_is_not_noticed(
    with_model: Assistant, assistant: Assistant, stub: StubModel
) -> None:
    stub.play = stub.raw(b"HTTP/1.1 500 Oops\r\n\r\n")
    composed = await assistant.answer(Ask(QUESTION))
    answer = await with_model.answer(Ask(QUESTION))
    assert (answer.generator, answer.text) == ("composer", composed.text)
    events = [event async for event in with_model.stream(Ask(QUESTION))]
    assert "".join(event.data["text"] for event in events if event.name == "delta") == composed.text


async def test_small_talk_and_what_is_not_covered_never_reach_the_model(
    with_model: Assistant, stub: StubModel
) -> None:
    for question in ("hi", "how do I bake bread?"):
        await with_model.answer(Ask(question))
    assert stub.bodies == []


@pytest.fixture
def with_model_reader(assistant: Assistant, stub: StubModel) -> Assistant:
    reader = ModelReader(OpenAIGenerator("stub", stub.url))
    parts = (assistant.corpus, assistant.searcher, assistant.reader, MemoryStore(), None, reader)
    return Assistant(*parts)


async def test_a_message_is_answered_as_the_model_reads_it(
    with_model_reader: Assistant, stub: StubModel
) -> None:
    told = {"act": "about", "aspects": ["cost"], "items": [{"number": 1, "stance": "asks"}]}
    stub.play = stub.say(json.dumps(told))
    answer = await with_model_reader.answer(Ask("CS231n wie viel geld pls"))
    assert "free" in answer.text and {c.resource for c in answer.citations} == {"cs231n"}
    assert json.loads(stub.bodies[0]["messages"][1]["content"])["items"][0]["name"] == "CS231n"  # type: ignore[index]


async def test_what_was_shown_is_offered_to_the_model_by_its_names(
    with_model_reader: Assistant, stub: StubModel
) -> None:
    stub.play = stub.raw(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
    first = await with_model_reader.answer(Ask(QUESTION))
    stub.play = stub.say(
        json.dumps({"act": "about", "aspects": ["length"], "items": [{"number": 1, "stance": "asks"}]})
    )
    second = await with_model_reader.answer(Ask("and how long?", first.conversation_id))
    said = json.loads(stub.bodies[-1]["messages"][1]["content"])  # type: ignore[index]
    assert said["previous_message"] == QUESTION
    assert said["items"][0]["name"] == "CS231n" and said["items"][0]["shown"]
    assert "cs231n" in {c.resource for c in second.citations}


@pytest.mark.parametrize("answer", [b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", OK, b""])
async def test_a_model_that_can_t_read_changes_no_answer(
    with_model_reader: Assistant, assistant: Assistant, stub: StubModel, answer: bytes
) -> None:
    stub.play = stub.raw(answer)
    for question in (QUESTION, "is CS231n free?", "hi"):
        assert (await with_model_reader.answer(Ask(question))).text == (
            await assistant.answer(Ask(question))
        ).text


async def test_a_client_that_leaves_stops_the_model(with_model: Assistant, stub: StubModel) -> None:
    stub.play = stub.raw(OK, then_wait=30)
    stream = with_model.stream(Ask(QUESTION))
    async for event in stream:
        assert event.name == "meta"
        break
    await asyncio.wait_for(stream.aclose(), 5)  # type: ignore[attr-defined]


async def test_the_service_closes_its_model_when_it_stops(with_model: Assistant, settings: Settings) -> None:
    app = make_app(settings.replace(store_questions=False), load=lambda: with_model)
    async with app.router.lifespan_context(app):
        await app.state.loading
        generator = with_model.rewriter and with_model.rewriter._generator
        assert isinstance(generator, OpenAIGenerator) and not generator._client.is_closed
    assert generator._client.is_closed


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({}, "NoneType"),
        ({"DLSTART_GENERATOR": "composer"}, "NoneType"),
        (
            {"DLSTART_GENERATOR": "openai:m", "DLSTART_GENERATOR_URL": "http://127.0.0.1:1/v1"},
            "OpenAIGenerator",
        ),
        ({"DLSTART_GENERATOR": "transformers:/somewhere", "DLSTART_DEVICE": "cpu"}, "TransformersGenerator"),
    ],
)
def test_the_setting_names_the_engine(values: dict[str, str], kind: str) -> None:
    assert type(open_generator(read_settings(values))).__name__ == kind


def test_auto_uses_a_configured_model_only_where_there_is_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    settings: Settings = read_settings({"DLSTART_GENERATOR_MODEL": "/somewhere"})
    monkeypatch.setattr("assistant.generate.choose_device", lambda wanted: "cpu")
    assert open_generator(settings) is None
    monkeypatch.setattr("assistant.generate.choose_device", lambda wanted: "cuda")
    assert type(open_generator(settings)).__name__ == "TransformersGenerator"


@pytest.mark.parametrize(
    "values",
    [
        {"DLSTART_GENERATOR": "gpt"},
        {"DLSTART_GENERATOR": "openai:"},
        {"DLSTART_GENERATOR": "openai:m"},
        {"DLSTART_GENERATOR": "openai:m", "DLSTART_GENERATOR_URL": "file:///etc/passwd"},
        {"DLSTART_GENERATOR_TIMEOUT": "soon"},
    ],
)
def test_an_unusable_setting_is_named(values: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        open_generator(read_settings(values))
