"""Every failure as application/problem+json (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from assistant.errors import AssistantError, BadRequest


def problem(request: Request, status: int, detail: str, **more: Any) -> JSONResponse:
    """One problem document."""
    title = HTTPStatus(status).phrase
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "request_id": request.scope.get("request_id"),
        **more,
    }
    return JSONResponse(body, status, media_type="application/problem+json")


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error of the app with a problem document."""

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            {
                "field": ".".join(str(part) for part in fault["loc"] if part != "body") or "body",
                "message": fault["msg"],
            }
            for fault in error.errors()
        ]
        return problem(request, 422, "The request body is not usable.", errors=errors)

    @app.exception_handler(BadRequest)
    async def bad(request: Request, error: BadRequest) -> JSONResponse:
        errors = [{"field": error.field, "message": f"{error}; {error.cure}"}]
        return problem(request, 422, f"{error}; {error.cure}", errors=errors)

    @app.exception_handler(AssistantError)
    async def unavailable(request: Request, error: AssistantError) -> JSONResponse:
        return problem(request, 503, f"{error}")

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        answer = problem(request, error.status_code, str(error.detail))
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        return problem(request, 500, "Something went wrong here; the log says what.")
