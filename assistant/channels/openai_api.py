"""The chat completions of OpenAI's interface: requests in, answers out, nothing else.

Sources come as `[n]` in the text, as a list at its end, and as `url_citation` annotations whose indexes are those of
the marker. Sampling parameters and the caller's system messages are ignored; what would change the form of the answer
(several choices, JSON on demand, a forced tool, log probabilities, sound) is refused. A conversation of any length is
read from its end.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, field_validator

from assistant.channels.chores import answer_chore
from assistant.ending import pick_option, read_ending, write_ending
from assistant.errors import BadRequest
from assistant.service import Ask, Event
from assistant.types import ANYONE, MARKER, MAX_QUESTION, Turn

MODEL = "dlstart"
UNREAD = "Pictures, sounds and files can't be read here, only words."
_MAX_TURNS = 100
_MAX_READ = 30_000
"""Characters of the turns before that are read, the last ones first: 0.2 s of work at most."""
_MAX_MESSAGES = 1000
"""Messages that are looked at, the last ones: a body has room for 200,000 empty ones."""
_SYSTEM = 3
"""Messages at the start of a conversation that may be the front end's instructions."""
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

    type: str
    text: str | None = None


class Message(BaseModel):
    """One message of the conversation."""

    role: Annotated[
        Literal["system", "developer", "user", "assistant", "tool", "function"],
        BeforeValidator(lambda role: role.strip().lower() if isinstance(role, str) else role),
    ]
    content: str | list[Part] | None = None

    def words(self) -> str:
        """Its text."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.text)
        return self.content or ""

    @property
    def has_unread(self) -> bool:
        """Whether it holds a picture, a sound or a file, which are not read."""
        return isinstance(self.content, list) and any(
            part.type not in ("text", "input_text") for part in self.content
        )


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
            description="The user's last message is the question, the ones before it are the history; "
            "of a long one the end is read.",
            json_schema_extra={"contains": _QUESTION},
        ),
    ]
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None
    response_format: ResponseFormat | None = None
    tool_choice: Literal["none", "auto"] | None = None
    logprobs: Literal[False] | None = None
    modalities: Annotated[list[Literal["text"]], Field(min_length=1)] | None = None

    @field_validator("messages", mode="before")
    @classmethod
    def keep_end(cls, value: object) -> object:
        """The end of a long conversation."""
        return value[-_MAX_MESSAGES:] if isinstance(value, list) else value

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)


def read_request(request: ChatRequest, owner: str = ANYONE) -> Ask:
    """The user's last message is the question, the ones before are the history. Raises BadRequest."""
    question, before = _split(request)
    words = question.words().strip()
    turns, options = _read_turns(before)
    words = pick_option(words, options)
    if len(words) > MAX_QUESTION:
        raise BadRequest(
            f"the question has {len(words)} characters", f"keep it to {MAX_QUESTION}", "messages"
        )
    return Ask(words, history=turns, channel="openai", owner=owner)


def reply_at_once(request: ChatRequest, guide: str) -> str | None:
    """What is said without asking the assistant: to a front end's own request, and to a picture without words."""
    question, before = _split(request)
    words = question.words()
    if not words.strip():
        return f"{UNREAD} Please ask in words."
    turns, _ = _read_turns(before)
    instructions = [words, *(m.words() for m in before[:_SYSTEM] if m.role in ("system", "developer"))]
    replies = (answer_chore(text, turns or (Turn("user", words),), guide) for text in instructions)
    return next((reply for reply in replies if reply is not None), None)


def note_on(request: ChatRequest) -> str:
    """What the user is told about a question with parts that are not read; else nothing."""
    question, _ = _split(request)
    return UNREAD if question.has_unread and question.words().strip() else ""


def _split(request: ChatRequest) -> tuple[Message, list[Message]]:
    """The user's last message, and those before it. Raises BadRequest where the user says nothing."""
    for place in range(len(request.messages) - 1, -1, -1):
        message = request.messages[place]
        if message.role == "user" and (message.words().strip() or message.has_unread):
            return message, request.messages[:place]
    raise BadRequest("a message must be the user's question", "put it last", "messages")


def _read_turns(messages: Sequence[Message]) -> tuple[tuple[Turn, ...], tuple[str, ...]]:
    """The end of a conversation, oldest first, and the options that its last message offers."""
    turns: list[Turn] = []
    offered: tuple[str, ...] = ()
    room = _MAX_READ
    for message in reversed(messages):
        words = message.words().strip()
        if message.role not in ("user", "assistant") or not words:
            continue
        room -= len(words)
        if len(turns) == _MAX_TURNS or room < 0:
            break
        if message.role == "assistant":
            words, options = read_ending(words)
            offered = offered if turns else options
        turns.append(Turn("user" if message.role == "user" else "assistant", words))
    return tuple(reversed(turns)), offered


def write_completion(
    answer: Mapping[str, Any], request: ChatRequest, created: int, sources: bool = True
) -> dict[str, Any]:
    """An answer in its JSON form as one chat completion; `sources`: as a list at the end of the text, too."""
    content = answer["text"] + write_ending(answer, sources, note_on(request))
    message = {
        "role": "assistant",
        "content": content,
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
        "usage": _usage(request, content),
        "dlstart": _beside(answer),
    }


async def write_chunks(
    events: AsyncGenerator[Event, None], request: ChatRequest, created: int, sources: bool = True
) -> AsyncGenerator[dict[str, Any], None]:
    """A streamed answer as chunks. The annotations come after the words; they have no place in the standard."""
    head: dict[str, Any] = {"object": "chat.completion.chunk", "created": created, "model": MODEL}
    if request.wants_usage:
        head["usage"] = None
    async with aclosing(events) as opened:
        async for event in opened:
            if event.name == "meta":
                head["id"] = event.data["id"]
            for chunk in _write_event(event, request, sources):
                yield head | chunk


def _write_event(event: Event, request: ChatRequest, sources: bool) -> Iterator[dict[str, Any]]:
    if event.name == "meta":
        yield _choice({"role": "assistant", "content": ""})
    elif event.name == "delta":
        yield _choice({"content": event.data["text"]})
    elif event.name == "done":
        answer = event.data
        ending = write_ending(answer, sources, note_on(request))
        yield _choice({"content": ending, "annotations": annotate(answer["text"], answer["citations"])})
        yield _choice({}, "stop") | {"dlstart": _beside(answer)}
        if request.wants_usage:
            yield {"choices": [], "usage": _usage(request, answer["text"] + ending)}


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
