"""What a corpus file holds that no answer can show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping

from corpus.errors import Problem

Unread = MutableMapping[str, list[int]]
"""1-based lines of what is left out, by its kind."""

_REASONS: Mapping[str, tuple[str, str]] = {
    "code block": ("answers quote sentences", "say in a sentence what matters in it"),
    "picture": ("answers quote sentences", "say in words what it shows, and give its link words"),
    "crossed-out text": ("its author has taken it back", "remove it"),
    "template tag": ("what it inserts is not in the file", "write what it inserts, where answers need it"),
    "link to no web address": (
        "a reader of an answer can't open it",
        "give its whole address, with https://",
    ),
}


def report_unread(unread: Unread, path: str) -> Iterator[Problem]:
    """Yield one warning for each kind of thing that is left out, at the first of them."""
    for kind, lines in unread.items():
        reason, mend = _REASONS[kind]
        what = (
            f"1 {kind} is not read" if len(lines) == 1 else f"{len(lines)} of the kind “{kind}” are not read"
        )
        yield Problem(path, min(lines), f"{what}: {reason}", mend, "warning")
