"""Every failure as application/problem+json (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content", 499: "Client Closed Request"}
_SAID = {
    401: "This is not signed, or not with the right key.",
    413: "The request body is too large.",
    400: "The request body is not JSON.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
}
_OPENAI = ("/v1/chat/", "/v1/models")


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
    if scope["path"].startswith(_OPENAI):
        # What OpenAI's clients look for; the document stays a problem document.
        body["error"] = {"message": detail, "type": body["title"], "param": None, "code": status}
    return body


def problem(
    scope: Scope, status: int, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """One failure as a response."""
    return JSONResponse(problem_body(scope, status, detail, **more), status, headers, media_type=MEDIA_TYPE)


def plain_problem(scope: Scope, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    """A failure of which nothing but the status is known."""
    return problem(scope, status, _SAID.get(status, "The request can't be served."), headers)


def describe(error: AssistantError) -> tuple[int, str, dict[str, str], dict[str, Any]]:
    """Status, detail, headers and further members for an error that a user can be told."""
    if isinstance(error, BadRequest):
        detail = _sentence(error)
        return 422, detail, {}, {"errors": [{"field": error.field, "message": detail}]}
    if isinstance(error, NotKept):
        return 404, _sentence(error), {}, {}
    if isinstance(error, InProgress):
        return 409, _sentence(error), {"Retry-After": str(error.retry_after)}, {}
    wait = error.retry_after if isinstance(error, Unavailable) else Unavailable.retry_after
    # Another kind of AssistantError is about this machine: its words name paths and commands, so the log gets them.
    detail = _sentence(error) if isinstance(error, Unavailable) else "The service can't answer now."
    return 503, detail, {"Retry-After": str(wait)}, {}


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error of the app's routes with a problem document."""

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = error.errors()
        if any(fault["type"] == "json_invalid" for fault in faults):
            return problem(request.scope, 400, _SAID[400])
        errors = [{"field": _field(fault["loc"]), "message": fault["msg"]} for fault in faults]
        return problem(request.scope, 422, "A part of the request is not usable.", errors=errors)

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


def _field(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in place if part != "body") or "body"


def _sentence(error: AssistantError) -> str:
    text = f"{error}; {error.cure}" if error.cure else str(error)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"
