"""What a user can be told.

AssistantError        what went wrong, and the cure
├── BadRequest        the question or a setting of it is not usable (exit 1; HTTP 422)
├── NotKept           no conversation with this id is kept for who asks (exit 1; HTTP 404)
├── InProgress        the same request is still being answered (HTTP 409)
├── OutputLost        what was to be shown can't be written (exit 1)
├── UsageError        wrong options or settings (exit 2)
├── IndexUnusable     the index is missing, stale or damaged (exit 3; HTTP 503)
└── Unavailable       a part of the service is not there now (exit 1; HTTP 503)
    ├── Loading       the service has just started (HTTP 503)
    ├── Overloaded    too many questions at once (HTTP 503)
    └── TookTooLong   the time for a request is over (HTTP 503)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from index.errors import IndexProblem


class AssistantError(Exception):
    """`str` says what is wrong in plain words; `cure` says what to do, or is empty."""

    exit_status = 1

    def __init__(self, what: str, cure: str = "") -> None:
        super().__init__(what)
        self.cure = cure


class BadRequest(AssistantError):
    """The question, or what came with it, is not usable. `field` names the part."""

    def __init__(self, what: str, cure: str = "", field: str = "question") -> None:
        super().__init__(what, cure)
        self.field = field


class NotKept(AssistantError):
    """No conversation with this id is kept, or it is somebody else's: the two are told apart by nobody."""


class InProgress(AssistantError):
    """The same request is still being answered. `retry_after`: seconds after which another try makes sense."""

    retry_after = 2


class OutputLost(AssistantError):
    """Standard output can't be written: the disk is full."""


class UsageError(AssistantError):
    """Wrong options or settings."""

    exit_status = 2


class IndexUnusable(AssistantError):
    """The index is missing, stale or damaged."""

    exit_status = 3


@contextmanager
def index_problems() -> Iterator[None]:
    """Problems of the index as a user is told them: IndexUnusable, with the command that mends it."""
    try:
        yield
    except IndexProblem as problem:
        raise IndexUnusable(str(problem), problem.cure) from problem


class Unavailable(AssistantError):
    """A part of the service is not there now. `retry_after`: seconds after which another try makes sense."""

    retry_after = 5
    reason = "unavailable"
    """What programs can tell it by: loading, overloaded, timeout, unavailable."""


class Loading(Unavailable):
    """The service has just started, or is about to stop."""

    retry_after = 2
    reason = "loading"


class Overloaded(Unavailable):
    """Too many questions at once."""

    retry_after = 1
    reason = "overloaded"


class TookTooLong(Unavailable):
    """The time that a request may take is over."""

    reason = "timeout"
