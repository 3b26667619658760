"""What browsers get: the page, the widget, the documentation of the interface."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request, Response

from assistant.channels.http.desk import Desk
from assistant.channels.http.negotiation import takes_gzip
from assistant.channels.http.problems import problem
from assistant.channels.widget.assets import PATHS, Asset, asset, page

HERE = Path(__file__).parent

_DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI sets styles on its elements; scripts come from here alone."""

QUALITY = "/quality.json"
_DOCS = {"/docs": "docs.html", "/docs/start.js": "docs.js"}
_SWAGGER = {
    "/docs/swagger-ui-bundle.js": "swagger-ui-bundle.js",
    "/docs/swagger-ui.css": "swagger-ui.css",
}
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


def add_pages(app: FastAPI, desk: Desk) -> None:
    """Add the pages and their files."""
    for path in PATHS:
        if path in ("/", QUALITY):
            continue
        app.add_api_route(path, send_asset, methods=["GET"], include_in_schema=False, response_model=None)
    for path in (*_DOCS, *_SWAGGER):
        app.add_api_route(path, send_docs, methods=["GET"], include_in_schema=False, response_model=None)

    @app.get("/", include_in_schema=False, response_model=None)
    def home(request: Request) -> Response:
        if not desk.loaded:
            return send_asset(request)
        corpus = desk.assistant.corpus
        return _send(request, page(corpus.title, corpus.about.subject))

    @app.get(QUALITY, include_in_schema=False, response_model=None)
    def quality(request: Request) -> Response:
        # Figures say nothing of another corpus than the one that they were measured on.
        if measured_on(QUALITY) != desk.assistant.corpus.hash:
            return problem(request.scope, 404, "The quality has not been measured on this corpus.")
        return send_asset(request)


def measured_on(path: str) -> str | None:
    """The hash of the corpus that the packaged figures were measured on; None where there are none."""
    file = asset(path)
    return None if file is None else json.loads(file.body).get("corpus")


def send_asset(request: Request) -> Response:
    """A file of the widget or of its page."""
    file = asset(request.scope["path"])
    if file is None:
        return problem(request.scope, 404, "There is nothing at this address.")
    return _send(request, file)


def _send(request: Request, file: Asset) -> Response:
    headers = dict(file.headers)
    if file.unchanged(request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    body = file.body
    if takes_gzip(request.headers):
        headers["Content-Encoding"] = "gzip"
        body = file.gzipped
    return Response(body, headers=headers | {"Content-Type": file.content_type})


def send_docs(request: Request) -> Response:
    """A file of the interface's documentation; Swagger UI comes from a package, never from another host."""
    path = request.scope["path"]
    file = HERE / _DOCS[path] if path in _DOCS else files("fastapi_offline") / "static" / _SWAGGER[path]
    headers = {"Content-Security-Policy": _DOCS_POLICY, "Cache-Control": "no-cache"}
    body = file.read_bytes()
    if path == "/docs" and request.scope.get("raw_path", b"").endswith(b"/"):
        # The addresses are relative, so that they hold under a proxy's path; a slash is one level more.
        body = body.replace(b'="./', b'="../')
    return Response(body, media_type=_TYPES[Path(file.name).suffix], headers=headers)
