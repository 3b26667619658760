"""Standard output and error: no word of an answer is worth a traceback, whatever a console can show."""

from __future__ import annotations

import codecs
import io
import json
import sys
import unicodedata
from typing import Any

_ERRORS = "dlstart-plain"
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


def print_json(value: Any) -> None:
    """JSON, indented; escaped where the console is not UTF-8, so that what is read back is what was meant."""
    unicode = "utf" in (sys.stdout.encoding or "").lower()
    text = json.dumps(value, ensure_ascii=not unicode, indent=2)
    print(text.encode("utf-8", "replace").decode() if unicode else text)


def _show_plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(char: str) -> str:
    words = char.translate(_PLAIN)
    if not words.isascii():
        words = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return words or "?"
