"""The widget's files and the page at `/`, ready to be sent: body, type, cache headers, ETag."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

HERE = Path(__file__).parent

PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""The policy of our own page. The widget works under it, so it works under a host's."""

_TYPES = {
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".ts": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
}

_FILES = {
    "/": "page/index.html",
    "/widget.js": "widget.js",
    "/widget.d.ts": "widget.d.ts",
    "/favicon.ico": "page/icon.svg",
    "/assets/page.css": "page/page.css",
    "/assets/page.js": "page/page.js",
    "/assets/icon.svg": "page/icon.svg",
    "/quality.json": "quality.json",  # written by the evaluation; not there before the first one
}

_TITLE = re.compile(r"(?<=<title>)([^<]*)(?=</title>)")
_DESCRIPTION = re.compile(r'(?<=<meta name="description" content=")([^"]*)(?=">)')

PATHS = tuple(path for path, name in _FILES.items() if (HERE / name).is_file())
"""Every path that `asset` knows, so that a router can list them."""


@dataclass(frozen=True)
class Asset:
    """One file as it goes over the line."""

    body: bytes
    """The file's bytes."""
    gzipped: bytes
    """The same, compressed, for a client that accepts gzip; send it with `Content-Encoding: gzip`."""
    content_type: str
    """The media type, with its charset."""
    etag: str
    """Quoted, strong, from the content."""
    headers: dict[str, str]
    """Cache-Control, ETag, Vary and what else the file needs; not its type, length or encoding."""

    def unchanged(self, if_none_match: str | None) -> bool:
        """Whether the client's copy, by its `If-None-Match` header, is this one: then 304 is the answer."""
        return is_known(self.etag, if_none_match)


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Whether an `If-None-Match` header names this copy, or any."""
    known = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    return etag in known or "*" in known


@lru_cache(maxsize=64)
def asset(path: str) -> Asset | None:
    """The file behind a request path such as `/widget.js`; None where there is none. Read once a process."""
    if path not in PATHS:
        return None
    return _make(path, (HERE / _FILES[path]).read_bytes())


@lru_cache(maxsize=8)
def page(title: str, subject: str) -> Asset:
    """The page at `/`, whose head speaks of a guide: what search engines and link previews show."""
    text = (HERE / _FILES["/"]).read_text("utf-8")
    for pattern, words in (
        (_TITLE, f"{title}: a guide you can ask"),
        (
            _DESCRIPTION,
            f"Ask where to begin with {subject}. Every sentence of the answer has a source that you can open.",
        ),
    ):
        before, _, after = pattern.split(text, maxsplit=1)
        text = f"{before}{escape(words)}{after}"
    return _make("/", text.encode())


def _make(path: str, body: bytes) -> Asset:
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {
        "Cache-Control": "no-cache"
        if path in ("/", "/quality.json")
        else "public, max-age=300, stale-while-revalidate=86400",
        "ETag": etag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if path == "/":
        headers["Content-Security-Policy"] = PAGE_POLICY
        headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    else:
        # A module script is fetched with CORS: without these lines no page of another site could load it.
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    gzipped = gzip.compress(body, 9, mtime=0)
    return Asset(body, gzipped, _TYPES[Path(_FILES[path]).suffix], etag, headers)
