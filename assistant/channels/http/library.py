"""What the service knows and keeps: resources, sections, conversations."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response
from fastapi.responses import JSONResponse

from assistant.channels.http.bodies import (
    CONVERSATION_ID,
    ConversationBody,
    ResourceBody,
    ResourcesBody,
    SectionsBody,
)
from assistant.channels.http.desk import Desk
from assistant.channels.http.docs import GET, REQUEST_ID, answers, failures
from assistant.channels.http.problems import problem
from assistant.channels.widget.assets import is_known
from assistant.types import as_values
from corpus import Corpus
from corpus.describe import describe_corpus, describe_guide

_EXTRA = {"parameters": [REQUEST_ID]}

ConversationPath = Annotated[str, Path(pattern=CONVERSATION_ID)]


def add_library_routes(app: FastAPI, desk: Desk) -> None:
    """Add the routes that list what there is."""

    def listed(request: Request, what: str) -> Response:
        return _refuse_parameters(request) or _list(request, desk.assistant.corpus, what)

    @app.get(
        "/v1/resources",
        summary="Every resource, with its state and what took its place",
        tags=["corpus"],
        response_model=None,
        responses=answers({"model": ResourcesBody}, *GET, 422),
        openapi_extra=_EXTRA,
    )
    async def resources(request: Request) -> Response:
        return listed(request, "resources")

    @app.get(
        "/v1/sections",
        summary="Every section of the guide",
        tags=["corpus"],
        response_model=None,
        responses=answers({"model": SectionsBody}, *GET, 422),
        openapi_extra=_EXTRA,
    )
    async def sections(request: Request) -> Response:
        return listed(request, "sections")

    @app.get(
        "/v1/resources/{id}",
        summary="One resource",
        tags=["corpus"],
        response_model=None,
        responses=answers({"model": ResourceBody}, *GET, 404),
        openapi_extra=_EXTRA,
    )
    async def resource(request: Request, id: str) -> Response:
        for known in describe_corpus(desk.assistant.corpus)["resources"]:
            if known["id"] == id:
                return JSONResponse(known)
        return problem(request.scope, 404, "There is no resource with this id.")

    @app.get(
        "/v1/conversations/{id}",
        summary="What is kept of a conversation",
        tags=["conversations"],
        response_model=None,
        responses=answers({"model": ConversationBody}, *GET, 404, 422),
        openapi_extra=_EXTRA,
    )
    async def conversation(request: Request, id: ConversationPath) -> Response:
        kept = await desk.assistant.store.conversation(id, request.scope["owner"])
        if kept is None:
            return problem(request.scope, 404, "No conversation with this id is kept.")
        shown: dict[str, Any] = as_values(kept) | {"profile": kept.profile.as_dict()}
        del shown["owner"]
        return JSONResponse(shown)

    @app.delete(
        "/v1/conversations/{id}",
        summary="Forget a conversation",
        description="Its questions, answers and votes are deleted.",
        tags=["conversations"],
        status_code=204,
        response_model=None,
        responses=failures(*GET, 404, 422),
        openapi_extra=_EXTRA,
    )
    async def forget(request: Request, id: ConversationPath) -> Response:
        if not await desk.assistant.store.forget(id, request.scope["owner"]):
            return problem(request.scope, 404, "No conversation with this id is kept.")
        return Response(status_code=204)


def _refuse_parameters(request: Request) -> Response | None:
    """A filter that there is not would give a list that is not what was asked for."""
    errors = [{"field": name, "message": "There is no such parameter."} for name in request.query_params]
    return problem(request.scope, 422, "This list takes no parameters.", errors=errors) if errors else None


def _list(request: Request, corpus: Corpus, what: str) -> Response:
    tag = f'"{corpus.hash[:24]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if is_known(tag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    about = {"guide": describe_guide(corpus)} if what == "sections" else {}
    return JSONResponse(about | {what: describe_corpus(corpus)[what]}, headers=headers)
