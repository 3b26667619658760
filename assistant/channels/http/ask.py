"""POST /v1/ask, /v1/search, /v1/plan and /v1/feedback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from assistant.channels.http import examples
from assistant.channels.http.bodies import (
    AnswerBody,
    AskRequest,
    FeedbackBody,
    FeedbackRequest,
    PlanBody,
    PlanRequest,
    SearchBody,
    SearchRequest,
)
from assistant.channels.http.desk import Desk
from assistant.channels.http.docs import EVENT, IDEMPOTENCY, POST, REQUEST_ID, answers
from assistant.channels.http.events import EventStream, event, open_stream, replay, while_connected
from assistant.channels.http.forms import choose_form, render_plan
from assistant.channels.http.negotiation import wants_events
from assistant.channels.http.problems import describe, problem, problem_body
from assistant.channels.http.replies import Replies
from assistant.channels.http.shapes import describe_found
from assistant.errors import AssistantError
from assistant.service import Ask
from assistant.store import Feedback

FINISH = 0.5
"""Seconds in which a streamed answer with an Idempotency-Key may become whole after its client has left."""


def add_ask_routes(app: FastAPI, desk: Desk, replies: Replies) -> None:
    """Add the routes that ask the assistant."""

    @app.post(
        "/v1/ask",
        summary="Ask a question",
        description="One answer; with `stream`, else by `Accept: text/event-stream`, as server-sent events: "
        "`meta`, `delta`, `citation`, `done`, or `error`." + IDEMPOTENCY,
        tags=["questions"],
        response_model=None,
        responses=answers(
            {
                "model": AnswerBody,
                "content": {
                    "application/json": {"examples": examples.ANSWERS},
                    "text/event-stream": {"schema": EVENT},
                },
                "links": examples.ANSWER_LINKS,
            },
            *POST,
            404,
            409,
        ),
        openapi_extra=examples.request(examples.QUESTIONS, REQUEST_ID),
    )
    async def ask(request: Request, body: AskRequest) -> Response:
        question = body.to_ask("http", request.scope["owner"])
        if desk.settings.log_questions:
            request.scope["notes"]["question"] = body.question
        if body.stream if "stream" in body.model_fields_set else wants_events(request.headers):
            return await stream(request, question)
        answer = await while_connected(request, answer_once(request, question))
        _note(request, answer)
        return JSONResponse(answer)

    async def answer_once(request: Request, question: Ask) -> dict[str, Any]:
        async with replies.call(request) as call:
            if call.body is not None:
                return call.body
            answer = (await desk.answer(question)).as_dict()
            call.keep(answer)
            return answer

    async def stream(request: Request, question: Ask) -> EventStream:
        # Who sends a key comes again for the same answer.
        finish = FINISH if "idempotency-key" in request.headers else 0.0
        return await open_stream(pieces(request, question), desk.settings.timeout, finish)

    async def pieces(request: Request, question: Ask) -> AsyncGenerator[bytes, None]:
        began = False
        try:
            async with replies.call(request) as call:
                events = desk.stream(question) if call.body is None else replay(call.body)
                number = 0
                id = ""
                async with aclosing(events) as opened:
                    async for one in opened:
                        if one.name == "meta":
                            id = one.data["id"]
                        if one.name == "done":
                            call.keep(one.data)
                            _note(request, one.data)
                        yield event(one.name, f"{id}-{number}", one.data)
                        began = True
                        number += 1
        except AssistantError as error:
            if not began:
                raise
            status, detail, _, more = describe(error)
            request.scope["notes"]["outcome"] = "error"
            yield event("error", "error", problem_body(request.scope, status, detail, **more))

    @app.post(
        "/v1/search",
        summary="Search without an answer",
        tags=["questions"],
        response_model=None,
        responses=answers({"model": SearchBody}, *POST),
        openapi_extra=examples.request(examples.SEARCHES, REQUEST_ID),
    )
    async def search(request: Request, body: SearchRequest) -> JSONResponse:
        found = await while_connected(request, desk.search(body.question, body.k))
        return JSONResponse(describe_found(found))

    @app.post(
        "/v1/plan",
        summary="Make a study plan",
        description="JSON, or by `Accept` (or `format`) a picture, Markdown, or a calendar.",
        tags=["questions"],
        response_model=None,
        responses=answers(
            {
                "model": PlanBody,
                "content": {
                    form: {"schema": {"type": "string"}}
                    for form in ("image/svg+xml", "text/markdown", "text/calendar")
                },
            },
            *POST,
            406,
        ),
        openapi_extra=examples.request(examples.PLANS, REQUEST_ID),
    )
    async def plan(request: Request, body: PlanRequest) -> Response:
        form = choose_form(body.format, request.headers)
        if form is None:
            return problem(request.scope, 406, "A plan comes as JSON, SVG, Markdown or calendar.")
        made = await while_connected(request, desk.plan(body.to_profile(), body.wishes()))
        return await asyncio.to_thread(render_plan, made, form, body.start)

    @app.post(
        "/v1/feedback",
        summary="Say whether an answer helped",
        description="The last vote on an answer wins." + IDEMPOTENCY,
        tags=["questions"],
        response_model=None,
        responses=answers({"model": FeedbackBody}, *POST, 404, 409),
        openapi_extra=examples.request(examples.VOTES, REQUEST_ID),
    )
    async def feedback(request: Request, body: FeedbackRequest) -> JSONResponse:
        async with replies.call(request) as call:
            if call.body is not None:
                return JSONResponse(call.body)
            owner = request.scope["owner"]
            vote = Feedback(body.answer_id, body.value, body.reason, body.comment, owner=owner)
            if not await desk.assistant.store.add_feedback(vote):
                return problem(request.scope, 404, "No answer with this id is kept.")
            desk.metrics.feedback.labels(body.value).inc()
            kept = {"answer_id": body.answer_id, "value": body.value}
            call.keep(kept)
            return JSONResponse(kept)


def _note(request: Request, answer: dict[str, Any]) -> None:
    request.scope["notes"] |= {
        "outcome": answer["outcome"],
        "answer": answer["id"],
        "timings_ms": answer["timings_ms"],
    }
