"""By which names the service may be called: a page whose name was made to point here is not this machine's own."""

from __future__ import annotations

import ipaddress
from fnmatch import fnmatchcase

from starlette.datastructures import Headers
from starlette.types import Scope

from assistant.settings import Settings

_FREE = ("/healthz", "/readyz", "/metrics", "/slack/")
"""Probes and Prometheus come by addresses, and Slack signs what it sends."""


class Hosts:
    """Checks the `Host` of requests.

    With names in the settings, always. Without, only where nothing else guards the service and a browser on this
    machine could be made to speak to it: on a loopback address, without API keys, and not behind a proxy.
    """

    def __init__(self, settings: Settings) -> None:
        self._names: tuple[str, ...] = settings.allowed_hosts
        self._guarded = bool(settings.api_keys or settings.trusted_proxies)

    def allow(self, scope: Scope, headers: Headers) -> bool:
        """Whether a request called the service by a name of its own."""
        if "*" in self._names or scope["path"].startswith(_FREE):
            return True
        if not self._names and (self._guarded or not _is_loopback((scope.get("server") or ("",))[0])):
            return True
        return all(self._is_ours(_name(host)) for host in headers.getlist("host"))

    def _is_ours(self, name: str) -> bool:
        own = name == "localhost" or name.endswith(".localhost") or _is_loopback(name)
        return own or any(fnmatchcase(name, allowed) for allowed in self._names)


def _name(host: str) -> str:
    """A host without its port, brackets and last dot, in lower case."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].removesuffix(".")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
