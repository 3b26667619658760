"""Content negotiation (RFC 9110): what the Accept headers of a request want, and how much."""

from __future__ import annotations

from starlette.datastructures import Headers

Range = tuple[str, float]
"""A media range or coding in lower case, and its quality, 0 to 1."""


def read_ranges(headers: Headers, name: str) -> list[Range]:
    """The ranges of a header; all its lines are one list."""
    parts = ",".join(headers.getlist(name)).split(",")
    return [_read_range(part) for part in parts if part.strip()]


def media_quality(media: str, ranges: list[Range]) -> float:
    """The quality that the most exact of the ranges gives a media type; 1 where there are none."""
    if not ranges:
        return 1.0
    return _quality((media, f"{media.partition('/')[0]}/*", "*/*"), ranges)


def wants_events(headers: Headers) -> bool:
    """Whether a client would rather have server-sent events than JSON; only one that names them may."""
    ranges = read_ranges(headers, "accept")
    events = media_quality("text/event-stream", ranges)
    json = media_quality("application/json", ranges)
    named = any(media == "text/event-stream" for media, _ in ranges)
    return events > json or (named and events == json > 0)


def takes_gzip(headers: Headers) -> bool:
    """Whether a client can unpack gzip."""
    ranges = read_ranges(headers, "accept-encoding")
    return bool(ranges) and _quality(("gzip", "x-gzip", "*"), ranges) > 0


def _read_range(part: str) -> Range:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = next((value for value in parameters if value.startswith("q=")), "q=1")
    try:
        return name, float(quality[2:])
    except ValueError:
        return name, 1.0


def _quality(patterns: tuple[str, ...], ranges: list[Range]) -> float:
    """The quality of the first pattern that is among the ranges."""
    for pattern in patterns:
        for name, quality in ranges:
            if name == pattern:
                return quality
    return 0.0
