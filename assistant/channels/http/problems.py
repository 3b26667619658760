"""Every failure as application/problem+json (RFC 9457)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from assistant.errors import AssistantError, BadRequest, InProgress, NotKept, Unavailable

MEDIA_TYPE = "application/problem+json"
_SHOWN = 3
_BRANCH = re.compile(r"\w[\w-]*\[.*\]|str|int|float|bool|date")
"""What pydantic adds to a field's name where several types are possible."""
_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content", 499: "Client Closed Request"}
_SAID = {
    401: "This is not signed, or not with the right key.",
    413: "The request body is too large.",
    400: "The request body is not JSON.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
}
_CHAT = "/v1/chat/completions"
_OPENAI = ("/v1/chat", "/v1/models")
_ELSEWHERE = (
    "/v1/responses", "/v1/completions", "/v1/embeddings", "/v1/moderations", "/v1/images", "/v1/audio", "/v1/files",
    "/v1/assistants", "/v1/threads", "/v1/batches", "/v1/engines", "/v1/fine_tuning", "/v1/messages", "/v1/rerank",
)  # fmt: skip
"""What OpenAI's clients, and others, ask for elsewhere."""


def problem_body(scope: Scope, status: int, detail: str, **more: Any) -> dict[str, Any]:
    """The problem document of one failed request."""
    body = {
        "type": "about:blank",
        "title": _PHRASES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": scope["path"],
        "request_id": scope.get("request_id"),
        **more,
    }
    if scope["path"].startswith((*_OPENAI, *_ELSEWHERE)):
        # What OpenAI's clients look for; the document stays a problem document.
        body["error"] = {
            "message": _name_fault(detail, more.get("errors")),
            "type": body["title"],
            "param": more["errors"][0]["field"] if more.get("errors") else None,
            "code": status,
        }
    return body


def _name_fault(detail: str, errors: Sequence[Mapping[str, str]] | None) -> str:
    """One sentence for clients that show nothing else: it names the fields."""
    faults = [f"{error['field']}: {error['message']}" for error in errors or () if error["message"] != detail]
    return f"{detail} {'; '.join(faults[:_SHOWN])}" if faults else detail


def problem(
    scope: Scope, status: int, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """One failure as a response."""
    return JSONResponse(problem_body(scope, status, detail, **more), status, headers, media_type=MEDIA_TYPE)


def plain_problem(scope: Scope, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    """A failure of which nothing but the status is known."""
    detail = _SAID.get(status, "The request can't be served.")
    return problem(scope, status, f"{detail}{_hint(scope['path']) if status == 404 else ''}", headers)


def _hint(path: str) -> str:
    """What somebody may have looked for at an address that there is not."""
    if path.startswith(_ELSEWHERE):
        return f" Of OpenAI's interface there is POST {_CHAT} and GET /v1/models."
    if path.endswith("/chat/completions") or path in ("/completions", "/models", "/embeddings"):
        return " The base URL for OpenAI's clients ends in /v1, once."
    return ""


def describe(error: AssistantError) -> tuple[int, str, dict[str, str], dict[str, Any]]:
    """Status, detail, headers and further members for an error that a user can be told."""
    if isinstance(error, BadRequest):
        detail = _sentence(error)
        return 422, detail, {}, {"errors": [{"field": error.field, "message": detail}]}
    if isinstance(error, NotKept):
        return 404, _sentence(error), {}, {}
    if isinstance(error, InProgress):
        return 409, _sentence(error), {"Retry-After": str(error.retry_after)}, {}
    told = error if isinstance(error, Unavailable) else Unavailable
    # Another kind of AssistantError is about this machine: its words name paths and commands, so the log gets them.
    detail = _sentence(error) if isinstance(error, Unavailable) else "The service can't answer now."
    return 503, detail, {"Retry-After": str(told.retry_after)}, {"reason": told.reason}


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error of the app's routes with a problem document."""

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = error.errors()
        if any(fault["type"] == "json_invalid" for fault in faults):
            return problem(request.scope, 400, _SAID[400])
        return problem(
            request.scope, 422, "A part of the request is not usable.", errors=describe_faults(faults)
        )

    @app.exception_handler(AssistantError)
    async def known(request: Request, error: AssistantError) -> JSONResponse:
        status, detail, headers, more = describe(error)
        return problem(request.scope, status, detail, headers, **more)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(sorted(allowed_methods(request.app, request.scope["path"])))
        return plain_problem(request.scope, error.status_code, headers)


def allowed_methods(app: FastAPI, path: str, scope: Scope | None = None) -> set[str]:
    """What a path answers to; empty for an unknown path. The scope, if given, learns the route's name."""
    methods: set[str] = set()
    for route in _flatten(app.routes):
        if isinstance(route, Route) and route.path_regex.match(path):
            methods |= route.methods or set()
            if scope is not None:
                scope["route_path"] = route.path
    if "GET" in methods:
        methods.add("HEAD")
    return methods | {"OPTIONS"} if methods else methods


def _flatten(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """The routes, with those of included routers."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from _flatten(included.routes)


def describe_faults(faults: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What is wrong with which field, from pydantic's errors; the first fault of each field."""
    named: dict[str, str] = {}
    for fault in faults:
        named.setdefault(_field(fault["loc"]), _message(fault))
    return [{"field": field, "message": message} for field, message in named.items()]


def _field(place: tuple[int | str, ...]) -> str:
    names = (str(part) for part in place if part != "body")
    return ".".join(name for name in names if not _BRANCH.fullmatch(name)) or "body"


def _message(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "missing":
        return "This field is missing."
    if fault["type"] == "extra_forbidden":
        return "There is no such field."
    words = str(fault["msg"]).removeprefix("Value error, ")
    return words.replace("Input should", "It should", 1) + ("" if words.endswith(".") else ".")


def _sentence(error: AssistantError) -> str:
    text = f"{error}; {error.cure}" if error.cure else str(error)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"
