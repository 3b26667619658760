"""The chat completions of OpenAI's interface: requests in, answers out, nothing else.

Sources come twice: as `[n]` in the text and as `url_citation` annotations whose indexes are those of the marker.
Sampling parameters and the caller's system messages are read past; what would change the form of the answer
(several choices, JSON on demand, a forced tool) is refused.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from assistant.errors import BadRequest
from assistant.service import Ask, Event
from assistant.types import MARKER, MAX_QUESTION, Turn

MODEL = "dlstart"
_PIECE = re.compile(r"\w+|[^\w\s]")
_WORDS = {"type": "string", "pattern": r"[\w?]", "maxLength": MAX_QUESTION}
_QUESTION = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {
        "role": {"const": "user"},
        "content": {
            "anyOf": [
                _WORDS,
                {
                    "type": "array",
                    "contains": {"type": "object", "required": ["text"], "properties": {"text": _WORDS}},
                },
            ]
        },
    },
}
"""One of the messages is the user's, and says something."""


class Part(BaseModel):
    """A part of a message; only its text is read."""

    type: Annotated[str, Field(max_length=50)]
    text: Annotated[str, Field(max_length=60_000)] = ""


class Message(BaseModel):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: (
        Annotated[str, Field(max_length=60_000)] | Annotated[list[Part], Field(max_length=100)] | None
    ) = None

    def words(self) -> str:
        """Its text."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.text)
        return self.content or ""


class StreamOptions(BaseModel):
    """What a stream says beside its text."""

    include_usage: StrictBool | None = None


class ResponseFormat(BaseModel):
    """Only plain text can be given."""

    type: Literal["text"]


class ChatRequest(BaseModel):
    """A chat completion request. Other fields are read past."""

    model_config = ConfigDict(extra="ignore")

    model: Annotated[str, Field(max_length=200)] = MODEL
    messages: Annotated[
        list[Message],
        Field(
            min_length=1,
            max_length=200,
            description="The user's last message is the question, the ones before it are the history.",
            json_schema_extra={"contains": _QUESTION},
        ),
    ]
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None
    response_format: ResponseFormat | None = None
    tool_choice: Literal["none", "auto"] | None = None

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)


def read_request(request: ChatRequest) -> Ask:
    """The user's last message is the question, the ones before are the history. Raises BadRequest."""
    spoken = [message for message in request.messages if message.words().strip()]
    while spoken and spoken[-1].role != "user":
        spoken.pop()
    if not spoken:
        raise BadRequest("a message must be the user's question", "put it last", "messages")
    question = spoken.pop().words().strip()
    if len(question) > MAX_QUESTION:
        raise BadRequest(
            f"the question has {len(question)} characters", f"keep it to {MAX_QUESTION}", "messages"
        )
    turns = [
        Turn("user" if message.role == "user" else "assistant", message.words())
        for message in spoken
        if message.role in ("user", "assistant")
    ]
    return Ask(question, history=tuple(turns), channel="openai")


def write_completion(answer: Mapping[str, Any], request: ChatRequest, created: int) -> dict[str, Any]:
    """An answer in its JSON form as one chat completion."""
    message = {
        "role": "assistant",
        "content": answer["text"],
        "refusal": None,
        "annotations": annotate(answer["text"], answer["citations"]),
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {
        "id": answer["id"],
        "object": "chat.completion",
        "created": created,
        "model": MODEL,
        "choices": [choice],
        "usage": _usage(request, answer["text"]),
        "dlstart": _beside(answer),
    }


async def write_chunks(
    events: AsyncGenerator[Event, None], request: ChatRequest, created: int
) -> AsyncGenerator[dict[str, Any], None]:
    """A streamed answer as chunks. The last words come with the annotations, which have no place in the standard."""
    head: dict[str, Any] = {"object": "chat.completion.chunk", "created": created, "model": MODEL}
    if request.wants_usage:
        head["usage"] = None
    async with aclosing(events) as opened:
        async for event in opened:
            if event.name == "meta":
                head["id"] = event.data["id"]
            for chunk in _write_event(event, request):
                yield head | chunk


def _write_event(event: Event, request: ChatRequest) -> Iterator[dict[str, Any]]:
    if event.name == "meta":
        yield _choice({"role": "assistant", "content": ""})
    elif event.name == "delta":
        yield _choice({"content": event.data["text"]})
    elif event.name == "done":
        answer = event.data
        yield _choice({"content": "", "annotations": annotate(answer["text"], answer["citations"])})
        yield _choice({}, "stop") | {"dlstart": _beside(answer)}
        if request.wants_usage:
            yield {"choices": [], "usage": _usage(request, answer["text"])}


def annotate(text: str, citations: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """An annotation for each marker whose source can be opened; indexes are of characters."""
    sources = {citation["number"]: citation for citation in citations if citation["url"]}
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": marker.start(),
                "end_index": marker.end(),
                "title": sources[number]["title"],
                "url": sources[number]["url"],
            },
        }
        for marker in MARKER.finditer(text)
        if (number := int(marker[1])) in sources
    ]


def describe_model(created: int) -> dict[str, Any]:
    """The one model."""
    return {"id": MODEL, "object": "model", "created": created, "owned_by": "dlstart"}


def _choice(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]}


def _beside(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What an answer holds that a chat completion has no field for."""
    kept = ("conversation_id", "outcome", "citations", "related", "clarifying_question", "suggestions")
    return {name: answer[name] for name in kept}


def _usage(request: ChatRequest, text: str) -> dict[str, int]:
    """Words and signs, counted: no model with a vocabulary of its own need be at work."""
    asked = sum(len(_PIECE.findall(message.words())) for message in request.messages)
    said = len(_PIECE.findall(text))
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
