"""An OpenAI-compatible server that refuses an option, and what the log says of a refusal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest

from assistant.generate import GeneratorFailed, Prompt
from assistant.generators.openai_api import OpenAIGenerator
from tests.assistant.stub_model import OK, StubModel, event

QUESTION = "do i need a gpu for this secret project"
PROMPT = Prompt("Answer.", f"Evidence:\n[1] A GPU helps.\n\nQuestion: {QUESTION}")


@pytest.fixture
async def stub() -> AsyncIterator[StubModel]:
    async with StubModel().serve() as server:
        yield server


def refuse(message: str, status: int = 400) -> bytes:
    body = json.dumps({"error": {"message": message, "type": "invalid_request_error"}}).encode()
    head = f"HTTP/1.1 {status} No\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def picky(stub: StubModel, *unwanted: str) -> Callable[[str, asyncio.StreamWriter], object]:
    """Refuses these options, one at a time."""

    async def play(prompt: str, writer: asyncio.StreamWriter) -> None:
        for name in unwanted:
            if name in stub.bodies[-1]:
                writer.write(refuse(f"Unsupported parameter: '{name}' is not supported with this model."))
                return
        writer.write(OK + event("A GPU helps. [1]") + b"data: [DONE]\n\n")

    return play


async def write(generator: OpenAIGenerator) -> str:
    return "".join([piece async for piece in generator.write(PROMPT)])


@pytest.mark.parametrize(
    ("unwanted", "sent"),
    [
        ((), {"temperature", "max_tokens"}),
        (("max_tokens",), {"temperature", "max_completion_tokens"}),
        (("temperature",), {"max_tokens"}),
        (("max_tokens", "temperature"), {"max_completion_tokens"}),
    ],
)
async def test_an_option_that_is_refused_is_changed_for_good(
    stub: StubModel, unwanted: tuple[str, ...], sent: set[str]
) -> None:
    stub.play = picky(stub, *unwanted)
    generator = OpenAIGenerator("stub", stub.url)
    assert await write(generator) == "A GPU helps. [1]"
    assert len(stub.bodies) == 1 + len(unwanted)
    assert set(stub.bodies[-1]) - {"model", "messages", "stream"} == sent
    assert await write(generator) == "A GPU helps. [1]"
    assert len(stub.bodies) == 2 + len(unwanted)
    await generator.close()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            refuse("The model `x` does not exist", 404),
            "the server answered 404: The model `x` does not exist",
        ),
        (refuse("a\nb\x1b[0m" + "c" * 900), "the server answered 400: a b [0m" + "c" * 192),
        (refuse(f"Your prompt '{QUESTION}' is refused"), "the server answered 400"),
        (refuse("policy: this secret project is refused"), "the server answered 400"),
        (b"HTTP/1.1 502 Bad\r\nContent-Length: 9\r\n\r\n<h1>x</h1", "the server answered 502: <h1>x</h1"),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "the server answered 500"),
        (b"HTTP/1.1 400 No\r\nContent-Length: 5\r\n\r\n[1,2]", "the server answered 400: [1,2]"),
        (
            refuse("max_tokens is too large; max_completion_tokens too; temperature too"),
            "max_tokens is too large",
        ),
    ],
)
async def test_a_refusal_is_told_with_its_reason_and_without_the_question(
    stub: StubModel, answer: bytes, said: str
) -> None:
    stub.play = stub.raw(answer)
    generator = OpenAIGenerator("stub", stub.url)
    with pytest.raises(GeneratorFailed) as error:
        await write(generator)
    assert said in str(error.value) and len(str(error.value)) < 260
    assert "secret" not in str(error.value)
    await generator.close()


async def test_an_endless_refusal_is_cut_off(stub: StubModel) -> None:
    async def play(prompt: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 No\r\nConnection: close\r\n\r\n")
        for _ in range(100_000):
            writer.write(b"x" * 1000)
            await writer.drain()

    stub.play = play
    generator = OpenAIGenerator("stub", stub.url)
    with pytest.raises(GeneratorFailed, match="answered 400: xxx"):
        await write(generator)
    await generator.close()
