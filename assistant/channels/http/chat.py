"""POST /v1/chat/completions and GET /v1/models."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from assistant.channels.http import examples
from assistant.channels.http.desk import Desk
from assistant.channels.http.docs import CHUNK, GET, POST, REQUEST_ID, answers
from assistant.channels.http.events import open_stream, replay, while_connected, write_line
from assistant.channels.http.problems import describe, problem, problem_body
from assistant.channels.openai_api import (
    MODEL,
    ChatRequest,
    describe_model,
    read_request,
    reply_at_once,
    write_chunks,
    write_completion,
)
from assistant.errors import AssistantError
from assistant.service import Ask, Event
from assistant.types import Answer

_COMPLETION = {"type": "object", "required": ["id", "object", "created", "model", "choices", "usage"]}
_MODELS = {"type": "object", "required": ["object", "data"]}
_MODEL = {"type": "object", "required": ["id", "object", "created", "owned_by"]}


def add_chat_routes(app: FastAPI, desk: Desk) -> None:
    """Add the routes that OpenAI's clients use."""
    created = int(time.time())
    listed = desk.settings.openai_sources == "text"

    @app.post(
        "/v1/chat/completions",
        summary="The same answers for OpenAI's clients",
        tags=["openai"],
        response_model=None,
        responses=answers(
            {
                "description": "A chat completion, or with `stream` its chunks.",
                "content": {
                    "application/json": {"schema": _COMPLETION},
                    "text/event-stream": {"schema": CHUNK},
                },
            },
            *POST,
            404,
        ),
        openapi_extra=examples.request(examples.CHATS, REQUEST_ID),
    )
    async def completions(request: Request, body: ChatRequest) -> Response:
        if body.model != MODEL:
            return problem(request.scope, 404, f"There is no such model; there is {MODEL}.")
        now = int(time.time())
        owner = request.scope["owner"]
        asked = reply_at_once(body, desk.assistant.corpus.title) or read_request(body, owner)
        if desk.settings.log_questions and isinstance(asked, Ask):
            request.scope["notes"]["question"] = asked.question
        if body.stream:
            events = pieces(request, body, _stream(desk, asked), now)
            return await open_stream(events, desk.settings.timeout)
        answer = await while_connected(request, _answer(desk, asked))
        request.scope["notes"] |= {"outcome": answer["outcome"], "answer": answer["id"]}
        return JSONResponse(write_completion(answer, body, now, listed))

    async def pieces(
        request: Request, body: ChatRequest, events: AsyncGenerator[Event, None], now: int
    ) -> AsyncGenerator[bytes, None]:
        began = False
        try:
            async with aclosing(write_chunks(events, body, now, listed)) as chunks:
                async for chunk in chunks:
                    yield _data(chunk)
                    began = True
        except AssistantError as error:
            if not began:
                raise
            status, detail, _, more = describe(error)
            yield _data(problem_body(request.scope, status, detail, **more))
        yield b"data: [DONE]\n\n"

    @app.get(
        "/v1/models",
        summary="The one model",
        tags=["openai"],
        response_model=None,
        responses=answers(
            {"description": "A list.", "content": {"application/json": {"schema": _MODELS}}}, *GET
        ),
    )
    async def models() -> JSONResponse:
        return JSONResponse({"object": "list", "data": [describe_model(created)]})

    @app.get(
        "/v1/models/{id}",
        summary="The one model by its id",
        tags=["openai"],
        response_model=None,
        responses=answers(
            {"description": "A model.", "content": {"application/json": {"schema": _MODEL}}}, *GET, 404
        ),
    )
    async def model(request: Request, id: str) -> Response:
        if id != MODEL:
            return problem(request.scope, 404, f"There is no such model; there is {MODEL}.")
        return JSONResponse(describe_model(created))


def _stream(desk: Desk, asked: Ask | str) -> AsyncGenerator[Event, None]:
    return replay(_say(asked)) if isinstance(asked, str) else desk.stream(asked)


async def _answer(desk: Desk, asked: Ask | str) -> dict[str, Any]:
    return _say(asked) if isinstance(asked, str) else (await desk.answer(asked)).as_dict()


def _say(text: str) -> dict[str, Any]:
    """A reply that is no answer of the assistant's, in the form of one; it is not kept."""
    id, conversation_id = (f"{kind}_{secrets.token_hex(12)}" for kind in ("ans", "con"))
    return Answer(id=id, conversation_id=conversation_id, outcome="smalltalk", text=text).as_dict()


def _data(chunk: dict[str, Any]) -> bytes:
    return f"data: {write_line(chunk)}\n\n".encode()
