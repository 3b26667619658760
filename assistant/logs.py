"""The log: one JSON object a line for machines, readable lines for a terminal."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO


class JsonLines(logging.Formatter):
    """One JSON object a record; the record's `data` becomes its members."""

    def format(self, record: logging.LogRecord) -> str:
        """The record on one line, whatever its words are."""
        line = _begin(record) | getattr(record, "data", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class Readable(logging.Formatter):
    """Time, level, message, and what belongs to it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record for people; control characters are shown, not obeyed."""
        line = _begin(record)
        data: dict[str, Any] = getattr(record, "data", {})
        words = [line["time"][11:19], line["level"], line["event"]]
        words += [f"{name}={_show(value)}" for name, value in data.items()]
        text = " ".join(words)
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def configure_logs(format: str, stream: TextIO = sys.stderr) -> None:
    """Send every log to the stream, as `json`, `text`, or by what the stream is (`auto`)."""
    readable = format == "text" or (format == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Readable() if readable else JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("dlstart").setLevel(logging.INFO)


def log_progress(what: str) -> Callable[[int, int], None]:
    """A `progress(done, total)` for a service, whose log a bar would garble: a line for each tenth of the work."""
    log = logging.getLogger("dlstart.service")
    said = -1

    def note(done: int, total: int) -> None:
        nonlocal said
        tenth = 10 * done // total if total else 0
        if tenth > said:
            said = tenth
            log.info(what, extra={"data": {"percent": 10 * tenth}})

    return note


def _begin(record: logging.LogRecord) -> dict[str, Any]:
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    return {"time": time, "level": record.levelname.lower(), "event": record.getMessage()}


def _show(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_show(part)}" for name, part in value.items()) + "}"
    return repr(value) if isinstance(value, str) and not value.isprintable() else str(value)
