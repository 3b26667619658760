"""JSON forms of what has none of its own."""

from __future__ import annotations

from typing import Any

from index.search import Found


def describe_found(found: Found) -> dict[str, Any]:
    """The JSON form of a search."""
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
            "score": round(float(hit.score), 6),
        }
        for hit in found.hits
    ]
    timings = {name: round(value, 3) for name, value in found.timings_ms.items()}
    return {"hits": hits, "confidence": round(found.confidence, 4), "timings_ms": timings}
