"""What the OpenAPI document says beside the shapes: failures, streams, links."""

from __future__ import annotations

from typing import Any

from assistant.channels.http.bodies import ProblemBody
from assistant.channels.http.problems import MEDIA_TYPE

_MEANING = {
    400: "The body is not JSON in UTF-8.",
    401: "A key is needed.",
    404: "There is nothing by that name.",
    406: "None of the accepted forms can be given.",
    408: "The body did not come in time.",
    409: "The same request is still being answered; Retry-After says when.",
    413: "The body is larger than 64 KiB, for chat completions than 8 MiB.",
    415: "The body is not called JSON.",
    421: "The service is not called by this name.",
    422: "A part of the request is not usable.",
    429: "Too many requests; Retry-After says when.",
    500: "A fault of the service.",
    503: "Loading, stopping or too busy; Retry-After says when.",
}
GET = (401, 421, 429, 500, 503)
POST = (400, 401, 408, 413, 415, 421, 422, 429, 500, 503)


def answers(success: dict[str, Any], *failures: int) -> dict[int | str, dict[str, Any]]:
    """The documentation of what a route answers: 200, and these failures."""
    return {200: success, **{status: _failure(status) for status in sorted(failures)}}


def failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documentation of the failures alone."""
    return {status: _failure(status) for status in sorted(statuses)}


def _failure(status: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "description": _MEANING[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemBody.__name__}"}}},
    }
    if status in (409, 429, 503):
        entry["headers"] = {
            "Retry-After": {"description": "Seconds.", "required": True, "schema": {"type": "integer"}}
        }
    return entry


EVENT = {
    "type": "object",
    "required": ["event", "id", "data"],
    "properties": {
        "event": {"enum": ["meta", "delta", "citation", "done", "error"]},
        "id": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
"""One event of a streamed answer."""
CHUNK = {
    "type": "object",
    "required": ["data"],
    "properties": {"data": {"type": "string", "description": "A chat.completion.chunk, at the end [DONE]."}},
}
"""One event of a streamed chat completion."""
REQUEST_ID = {
    "name": "X-Request-ID",
    "in": "header",
    "required": False,
    "description": "Comes back with the answer and stands in the log; an unusable one is replaced.",
    "schema": {"type": "string"},
}
IDEMPOTENCY = (
    " A request that is sent again with its `Idempotency-Key` (1 to 255 visible characters) gets the first one's "
    "answer, for ten minutes; with another body it is refused."
)
"""Said in words: as a parameter it would be one whose validity hangs on earlier requests."""
