"""/healthz, /readyz and /metrics."""

from __future__ import annotations

import asyncio
import time

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from assistant.channels.http.bodies import HealthBody, ReadyBody
from assistant.channels.http.desk import Desk
from assistant.channels.http.docs import answers
from assistant.channels.http.problems import problem
from assistant.settings import Settings
from index.errors import IndexProblem
from index.store import read_manifest

STALE_AFTER = 5.0
"""Seconds that a new index on disk may differ from the one in use: it is being picked up."""


def add_health_routes(app: FastAPI, desk: Desk) -> None:
    """Add the routes for those who watch the service."""
    readiness = Readiness(desk)

    @app.get(
        "/healthz",
        summary="The process is up",
        tags=["operations"],
        response_model=None,
        responses=answers({"model": HealthBody}, 500),
    )
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @app.get(
        "/readyz",
        summary="Index and models are loaded, and belong together",
        tags=["operations"],
        response_model=None,
        responses=answers({"model": ReadyBody}, 500, 503),
    )
    async def readyz(request: Request) -> Response:
        reason = await asyncio.to_thread(readiness.why_not)
        if reason:
            return problem(request.scope, 503, reason, {"Retry-After": "2"})
        searcher = desk.assistant.searcher
        manifest = searcher.index.manifest
        return JSONResponse(
            {
                "status": "ready",
                "device": searcher.encoder.device,
                "encoder": manifest.encoder_id,
                "built_at": manifest.built_at,
                "chunks": manifest.chunks,
            }
        )

    @app.get(
        "/metrics",
        summary="Counters for Prometheus",
        tags=["operations"],
        response_model=None,
        responses=answers(
            {"description": "Text.", "content": {"text/plain": {"schema": {"type": "string"}}}}, 500
        ),
    )
    async def metrics() -> Response:
        if desk.loaded:
            desk.count_index()
        return Response(await asyncio.to_thread(desk.metrics.render), media_type=CONTENT_TYPE_LATEST)


class Readiness:
    """Whether the service answers well."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stale_since: float | None = None

    def why_not(self) -> str | None:
        """What keeps the service from answering well, in a sentence; None when nothing does."""
        if self._desk.draining:
            return "The service is stopping."
        if not self._desk.loaded:
            return "The service is still loading."
        why = _why_stale(self._desk, self._desk.settings)
        if why is None:
            self._stale_since = None
            return None
        now = time.monotonic()
        self._stale_since = self._stale_since or now
        return why if now - self._stale_since >= STALE_AFTER else None


def _why_stale(desk: Desk, settings: Settings) -> str | None:
    """Whether the index on disk belongs to something else than what is loaded."""
    try:
        on_disk = read_manifest(settings.index_path)
    except IndexProblem:
        return "The index on disk is missing or damaged; dlstart index build makes it anew."
    assistant = desk.assistant
    if on_disk.corpus_hash != assistant.corpus.hash:
        return "The index on disk was built from another corpus; restart the service."
    encoder = assistant.searcher.encoder
    if (on_disk.encoder_id, on_disk.encoder_revision) != (encoder.id, encoder.revision):
        return "The index on disk was built with another encoder; restart the service."
    return None
