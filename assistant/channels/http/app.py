"""The application: routes over one Assistant."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from assistant.channels.http.problems import add_problem_handlers
from assistant.service import Ask, Assistant
from assistant.types import MAX_QUESTION


class SearchRequest(BaseModel):
    """What POST /v1/search takes."""

    model_config = ConfigDict(extra="forbid")
    question: str = Field(min_length=1, max_length=MAX_QUESTION)
    k: int = Field(10, ge=1, le=50)


class AskRequest(BaseModel):
    """What POST /v1/ask takes."""

    model_config = ConfigDict(extra="forbid")
    question: str = Field(min_length=1, max_length=MAX_QUESTION)
    conversation_id: str | None = None


def make_app(assistant: Assistant) -> FastAPI:
    """The HTTP service of one assistant."""
    app = FastAPI(title="dlstart", version=version("dlstart"))
    add_problem_handlers(app)

    @app.post("/v1/ask")
    async def ask(body: AskRequest) -> JSONResponse:
        answer = await assistant.answer(Ask(body.question, body.conversation_id))
        return JSONResponse(answer.as_dict())

    @app.post("/v1/search")
    async def search(body: SearchRequest) -> dict[str, Any]:
        found = await assistant.search(body.question, body.k)
        hits = [
            {
                "chunk_id": hit.chunk.id,
                "section": hit.chunk.section,
                "resource": hit.chunk.resource,
                "kind": hit.chunk.kind,
                "title": hit.chunk.title,
                "url": hit.chunk.url,
                "text": hit.chunk.text,
                "view": hit.view,
                "score": hit.score,
            }
            for hit in found.hits
        ]
        return {"hits": hits, "confidence": found.confidence, "timings_ms": found.timings_ms}

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> dict[str, str]:
        return {"status": "ready", "device": assistant.searcher.encoder.device}

    return app
