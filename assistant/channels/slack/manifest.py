"""The app's manifest: what the app is allowed, and told of."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

FOLLOWING = ("channels:history", "groups:history")
"""Scopes that only following threads without a mention needs."""


@cache
def read_manifest() -> dict[str, Any]:
    """The manifest as it is shipped: for Socket Mode, answering mentions."""
    import yaml

    manifest: dict[str, Any] = yaml.safe_load(files(__package__).joinpath("manifest.yaml").read_text("utf-8"))
    return manifest


def scopes(followed: bool) -> list[str]:
    """The scopes that the app needs; more where it also reads the channels that it is in."""
    needed: list[str] = read_manifest()["oauth_config"]["scopes"]["bot"]
    return [*needed, *(FOLLOWING if followed else ())]
