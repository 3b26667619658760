"""/healthz, /readyz and /metrics."""

from __future__ import annotations

import asyncio
import time
from typing import Literal

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
"""Seconds that the index on disk may be unusable before the service says so: it may be on its way."""

_MEANWHILE = "the one before goes on answering; dlstart index build makes a new one"


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
        # A widget on another origin finds out by it whether the service is there at all.
        return JSONResponse({"status": "ok"}, headers={"Cross-Origin-Resource-Policy": "cross-origin"})

    @app.get(
        "/readyz",
        summary="Index and models are loaded, and belong together",
        description="With `exclude=index` a service that answers from its old index, because it can't use the new one "
        "on disk, is ready too: for balancers, where all machines share one index directory.",
        tags=["operations"],
        response_model=None,
        responses=answers({"model": ReadyBody}, 422, 500, 503),
    )
    async def readyz(request: Request, exclude: Literal["index"] | None = None) -> Response:
        reason = await asyncio.to_thread(readiness.why_not, exclude != "index")
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

    def why_not(self, disk: bool = True) -> str | None:
        """What keeps the service from answering well, in a sentence; None when nothing does.

        `disk`: whether an index on disk that can't be used counts, although the one in memory answers.
        """
        if self._desk.draining:
            return "The service is stopping."
        if not self._desk.loaded:
            return "The service is still loading."
        why = _why_stale(self._desk, self._desk.settings) if disk else None
        if why is None:
            self._stale_since = None if disk else self._stale_since
            return None
        now = time.monotonic()
        self._stale_since = self._stale_since or now
        return why if now - self._stale_since >= STALE_AFTER else None


def _why_stale(desk: Desk, settings: Settings) -> str | None:
    """Why the index on disk can't be used; one that is being picked up can."""
    try:
        on_disk = read_manifest(settings.index_path)
    except IndexProblem:
        return f"The index on disk is missing or damaged; {_MEANWHILE}."
    assistant = desk.assistant
    encoder = assistant.searcher.encoder
    why = None
    if on_disk.corpus_hash != assistant.corpus.hash:
        why = f"The index on disk was built from another corpus than the texts here; {_MEANWHILE}."
    elif (on_disk.encoder_id, on_disk.encoder_revision) != (encoder.id, encoder.revision):
        why = f"The index on disk was built with another encoder; {_MEANWHILE}."
    return why if why and not assistant.picks_up() else None
