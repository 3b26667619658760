"""The log's two forms."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from assistant.logs import configure_logs, log_progress


@pytest.fixture(autouse=True)
def restore_logs() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_record_is_one_json_object_whatever_its_words() -> None:
    stream = io.StringIO()
    configure_logs("auto", stream)
    logging.getLogger("dlstart.test").info("request", extra={"data": {"id": "a\nb", "ms": 1.5}})
    (line,) = stream.getvalue().splitlines()
    record = json.loads(line)
    assert (record["event"], record["id"], record["ms"], record["level"]) == ("request", "a\nb", 1.5, "info")


def test_a_traceback_stays_in_its_record() -> None:
    stream = io.StringIO()
    configure_logs("json", stream)
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("dlstart.test").exception("a request failed")
    (line,) = stream.getvalue().splitlines()
    assert "ValueError: why" in json.loads(line)["traceback"]


def test_a_terminal_gets_readable_lines_in_which_control_characters_do_nothing() -> None:
    stream = Terminal()
    configure_logs("auto", stream)
    logging.getLogger("dlstart.test").info("request", extra={"data": {"id": "x\x1b[2J\n", "status": 200}})
    (line,) = stream.getvalue().splitlines()
    assert line.endswith("info request id='x\\x1b[2J\\n' status=200")
    assert "\x1b" not in line


def test_progress_is_a_line_for_each_tenth(caplog: pytest.LogCaptureFixture) -> None:
    progress = log_progress("building")
    with caplog.at_level(logging.INFO, "dlstart.service"):
        progress(0, 0)
        assert len(caplog.records) == 1
        for done in range(201):
            progress(done, 200)
    percents = [getattr(record, "data", {})["percent"] for record in caplog.records]
    assert percents == list(range(0, 101, 10))
    assert {record.getMessage() for record in caplog.records} == {"building"}
