"""The origins whose pages may ask from a browser, and what a browser is told about them (CORS)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.settings import normalise_origin

_EXPOSED = "X-Request-ID, Retry-After"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_MAX_NAMES = 100
_DEFAULT_NAMES = (
    "authorization, content-type, idempotency-key, x-request-id, mcp-protocol-version, mcp-session-id"
)


class Origins:
    """The allowed origins: exact ones, `https://*.example.org` for every subdomain, `*` for every page."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._every = "*" in allowed
        self._exact = frozenset(allowed)
        self._subdomains = [
            re.compile(re.escape(origin).replace(r"\*\.", r"([a-z0-9_-]+\.)+", 1))
            for origin in allowed
            if "://*." in origin
        ]

    def __bool__(self) -> bool:
        """Whether pages of other sites may ask at all."""
        return bool(self._exact)

    def allows(self, origin: str) -> bool:
        """Whether the page of an `Origin` header may ask."""
        shown = normalise_origin(origin)
        return (
            self._every
            or shown in self._exact
            or any(pattern.fullmatch(shown) for pattern in self._subdomains)
        )

    def answer(self, origin: str) -> dict[str, str]:
        """The headers of a response to a page of another site; none where it may not read it."""
        if not self.allows(origin):
            return {}
        shown = "*" if self._every else origin
        return {"Access-Control-Allow-Origin": shown, "Access-Control-Expose-Headers": _EXPOSED}

    def answer_preflight(self, origin: str, methods: str, names: str) -> dict[str, str]:
        """What else a preflight is told: any header may be sent, because no request carries credentials."""
        if not self.allows(origin):
            return {}
        asked = [name.strip() for name in names.split(",")[:_MAX_NAMES]]
        return {
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": ", ".join(filter(_TOKEN.fullmatch, asked)) or _DEFAULT_NAMES,
            "Access-Control-Max-Age": "600",
        }
