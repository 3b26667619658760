"""The Slack bot: mentions, direct messages, the slash command, the shortcut and the App Home."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from assistant.errors import UsageError


@contextmanager
def need_slack() -> Iterator[None]:
    """Import what comes with the extra. Raises UsageError where it is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(f"the Slack bot needs {error.name}", "pip install 'dlstart[slack]'") from error
