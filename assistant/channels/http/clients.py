"""Who is asking: the key they show, the address they come from, and how often they may."""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256

from limits import parse
from starlette.datastructures import Headers
from starlette.types import Scope

from assistant.channels.http.counts import Counts
from assistant.settings import Settings
from assistant.types import ANYONE

_DEFAULT_RATE = "120/minute"
_HOP = re.compile(
    r'"?(?:\[(?P<bracketed>[^\]%]*)(?:%[^\]]*)?\](?::\d+)?|(?P<v4>[\d.]+)(?::\d+)?|(?P<v6>[\da-f:.]+)(?:%\S*)?)"?',
    re.IGNORECASE,
)
"""One entry of X-Forwarded-For: an address, maybe with a port or a zone; an IPv6 address with a port has brackets."""


class Keys:
    """The keys that may ask. Without any, everybody may."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [key.encode() for key in keys]

    def owner(self, headers: Mapping[str, str]) -> str | None:
        """A name for the key that was shown, ANYONE where no key is needed, None for a wrong or missing one.

        The name tells nothing of the key. What is kept belongs to it.
        """
        if not self._keys:
            return ANYONE
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        given = shown.strip().encode()
        # Every key is compared, each in constant time, so that the time tells nothing.
        matches = [hmac.compare_digest(given, key) for key in self._keys]
        if scheme.lower() != "bearer" or not any(matches):
            return None
        return f"key_{sha256(given).hexdigest()[:32]}"


class Rate:
    """How often each client may ask: by key, else by address."""

    def __init__(self, settings: Settings) -> None:
        text = settings.rate_limit or _DEFAULT_RATE
        self._limit = None if text == "off" else parse(text)
        self._spare_this_machine = not settings.rate_limit
        self._proxies: int = settings.trusted_proxies
        self._counts = Counts(settings.rate_limit_storage if self._limit else "")

    async def wait(self, scope: Scope, owner: str | None) -> int:
        """Count a request; 0, or the whole seconds after which the next one may come.

        `owner`: None where a wrong key or none was shown; those are counted by address, from this machine too.
        """
        if self._limit is None:
            return 0
        address = client_address(scope, self._proxies)
        if owner is None:
            return await self._counts.wait(self._limit, f"refused {_household(address)}")
        if owner == ANYONE and self._spare_this_machine and _is_this_machine(address):
            return 0
        client = owner if owner != ANYONE else _household(address)
        return await self._counts.wait(self._limit, client)

    async def close(self) -> None:
        """Let go of where requests are counted."""
        await self._counts.close()


def client_address(scope: Scope, proxies: int) -> str:
    """The client's address, behind so many trusted proxies.

    All X-Forwarded-For lines are one list, read from its end: each trusted proxy appended one entry, and what
    stands before them was written by the client. Where a proxy wrote no address (`unknown`), the next hop on
    the way here stands in. `Forwarded` is not read: a proxy that does not know it passes the client's own on.
    """
    peer = str((scope.get("client") or ("", 0))[0])
    if proxies == 0:
        return peer
    lines = Headers(scope=scope).getlist("x-forwarded-for")
    hops = [hop.strip() for hop in ",".join(lines).split(",") if hop.strip()]
    return next((address for hop in hops[-proxies:] if (address := _read_hop(hop))), peer)


def _read_hop(hop: str) -> str | None:
    """The address in one entry; None where it holds none."""
    found = _HOP.fullmatch(hop)
    if found is None:
        return None
    try:
        address = ipaddress.ip_address(found[found.lastgroup or 0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def _household(address: str) -> str:
    """What shares one limit: an IPv4 address, or the /64 that an IPv6 address is free to move in."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        return (
            str(ipaddress.ip_network((found, 64), strict=False))
            if found.ipv4_mapped is None
            else str(found.ipv4_mapped)
        )
    return str(found)


def _is_this_machine(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
