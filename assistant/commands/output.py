"""Standard output and error: no word of an answer is worth a traceback, whatever a console can show."""

from __future__ import annotations

import codecs
import errno
import io
import json
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from assistant.errors import OutputLost

_ERRORS = "dlstart-plain"
_LOST = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EPIPE))
"""Of a stream that can't be written; a file's errors name it."""
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("‘’‚", "'"),
        **dict.fromkeys("–—‑−", "-"),
        **dict.fromkeys("·•", "*"),
        "…": "...",
        "→": "->",
        "×": "x",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
    }
)
"""What consoles without Unicode are shown; a letter with a mark loses it, everything else becomes `?`."""


def prepare_output() -> None:
    """Let a console that lacks a character show the nearest one it has."""
    codecs.register_error(_ERRORS, _show_plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)


@contextmanager
def written_output() -> Iterator[None]:
    """What is printed inside arrives, or OutputLost is raised: a full disk is no traceback, and no success.

    Where the reader has left (`| head`), the program ends with status 1 and says nothing.
    """
    try:
        try:
            yield
        finally:
            _flush()
    except OSError as error:
        if error.filename is not None or error.errno not in _LOST:
            raise
        # Python's own flush at the end would fail again, with two more lines.
        sys.stdout = None  # as where there is no standard output
        if isinstance(error, BrokenPipeError):
            raise SystemExit(1) from None
        raise OutputLost(
            f"the output can't be written ({error.strerror})", "make room, or send it elsewhere"
        ) from error


def print_json(value: Any) -> None:
    """JSON, indented; escaped where the console is not UTF-8, so that what is read back is what was meant."""
    unicode = "utf" in (getattr(sys.stdout, "encoding", None) or "").lower()
    text = json.dumps(value, ensure_ascii=not unicode, indent=2)
    print(text.encode("utf-8", "replace").decode() if unicode else text)


def _flush() -> None:
    # The service's protocols may have closed it; without a console there is none.
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()


def _show_plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(char: str) -> str:
    words = char.translate(_PLAIN)
    if not words.isascii():
        words = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return words or "?"
