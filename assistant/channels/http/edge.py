"""The outermost layer: every request gets an id, a log line, its headers, and an answer."""

from __future__ import annotations

import logging
import re
import secrets
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.channels.http.problems import MEDIA_TYPE, plain_problem, problem
from assistant.metrics import Metrics
from assistant.settings import ROOT_PATH, Settings

log = logging.getLogger("dlstart.http")

_ID = re.compile(rb"[A-Za-z0-9._:+/=@-]{1,128}")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Edge:
    """Wraps the application. Nothing passes it without an id; no error passes it as anything but a problem."""

    def __init__(self, app: ASGIApp, metrics: Metrics, settings: Settings) -> None:
        self._app = app
        self._metrics = metrics
        self._root_path: str = settings.root_path
        self._trusts_proxies: bool = settings.trusted_proxies > 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        method: str = scope["method"]
        request_id = _request_id(scope)
        notes: dict[str, object] = {}
        # A copy: the server reads its own scope again, and writes no body by the method that stands there.
        scope = {**scope, "request_id": request_id, "notes": notes, "path": self._own_path(scope["path"])}
        scope["root_path"] = self._prefix(scope)
        if method == "HEAD":
            scope["method"] = "GET"
        status = 0
        replaced = False

        async def answer(message: Message) -> None:
            nonlocal status, replaced
            if replaced:
                return
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                if status >= 400 and scope["path"] != "/mcp" and headers.get("content-type") != MEDIA_TYPE:
                    # A part that is not ours fails in its own words; MCP alone has a form for that.
                    response = plain_problem(scope, status)
                    await response(scope, receive, answer)
                    replaced = True
                    return
                headers["X-Request-ID"] = request_id
                for name, value in (scope.get("cors", {}) | _HEADERS).items():
                    headers.setdefault(name, value)
                if "cors" in scope:
                    headers.add_vary_header("Origin")
            elif method == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        self._metrics.open.inc()
        try:
            await self._app(scope, receive, answer)
        except Exception:
            log.exception("a request failed", extra={"data": {"id": request_id}})
            if not status:
                response = problem(scope, 500, "Something went wrong here; the log says what.")
                await response(scope, receive, answer)
        finally:
            self._metrics.open.dec()
            self._note(scope, method, status or 499, perf_counter() - started)

    def _own_path(self, path: str) -> str:
        """The path without a slash at its end, and without the path that a proxy serves the program under."""
        if self._root_path and f"{path}/".startswith(f"{self._root_path}/"):
            path = path.removeprefix(self._root_path)
        return path.rstrip("/") or "/"

    def _prefix(self, scope: Scope) -> str:
        """The path that a proxy adds: the OpenAPI document names it, no route needs it."""
        if scope["path"] != "/openapi.json":
            return ""
        told = Headers(scope=scope).get("x-forwarded-prefix", "").strip().rstrip("/")
        trusted = self._trusts_proxies and ROOT_PATH.fullmatch(told)
        return self._root_path or (told if trusted else "")

    def _note(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        route = scope.get("route_path", "other")
        known = method if method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS") else "other"
        self._metrics.requests.labels(route, known, str(status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        line = {"id": scope["request_id"], "method": known, "route": route, "status": status}
        line |= {"ms": round(seconds * 1e3, 2)} | scope["notes"]
        level = (
            logging.DEBUG if route in ("/healthz", "/readyz", "/metrics") and status == 200 else logging.INFO
        )
        log.log(level, "request", extra={"data": line})


def _request_id(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if _ID.fullmatch(given) else f"req_{secrets.token_hex(12)}"
