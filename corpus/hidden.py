"""What stands in a Markdown file and on no page: comments, template tags, shortcodes."""

from __future__ import annotations

import re
from functools import cache

_OPENING = re.compile(
    r"^[ \t>]*(?:[-*+]|\d{1,9}[.)])?[ \t]*(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})"
    r"|(?<![\\`])(?P<code>`+)"
    r"|(?<!\\)(?P<tag><!--|\{\{|\{%|\{#(?=\s))",
    re.MULTILINE,
)
_CLOSING = {"<!--": "-->", "{{": "}}", "{%": "%}", "{#": "#}"}
_NAME = re.compile(r"\{%-?\s*comment\b")
_END_OF_COMMENT = re.compile(r"\{%-?\s*endcomment\s*-?%\}")
_BLANK_LINE = re.compile(r"\n[ \t>]*\n")
_PUNCTUATION = tuple(".,;:!?)")
_LONGEST_TAG = 2000


def blank_hidden(text: str) -> tuple[str, tuple[int, ...]]:
    """Take comments and template tags out of a Markdown text: (what is left, offsets of the tags).

    Every line stays where it is. Code keeps what it holds, since a page shows it.
    """
    if not any(opening in text for opening in _CLOSING):
        return text, ()
    kept, tags, at = [], [], 0
    scan = _Scan(text)
    while found := _OPENING.search(text, at):
        if found["tag"]:
            end = scan.end_of_tag(found["tag"], found.start())
            if end is not None:
                before = text[at : found.start()]
                # The space before it would stand before the full stop behind it.
                before = before.rstrip(" ") if text[end : end + 1] in _PUNCTUATION else before
                kept += [before, "\n" * text.count("\n", found.start(), end)]
                if found["tag"] != "<!--":
                    tags.append(found.start())
                at = end
                continue
            end = found.end()
        elif found["code"]:
            end = scan.end_of_span(found["code"], found.end())
        else:
            end = scan.end_of_fence(found["fence"], found.end())
        kept.append(text[at:end])
        at = end
    return "".join([*kept, text[at:]]), tuple(tags)


class _Scan:
    """Finds where things end, in time that grows with the text alone: no end is looked for twice."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._next: dict[str, int] = {}

    def end_of_tag(self, opening: str, start: int) -> int | None:
        """Offset past a comment or tag; None where it has no end, and so is text."""
        if opening == "{%" and _NAME.match(self._text, start):
            word = self._find("endcomment", start)
            closed = word >= 0 and _END_OF_COMMENT.search(self._text, max(start, word - 9), word + 99)
            return closed.end() if closed else None
        closing = _CLOSING[opening]
        end = self._find(closing, start + 2)
        if end < 0:
            return None
        end += len(closing)
        if opening == "<!--":
            return end
        if end - start > _LONGEST_TAG or _BLANK_LINE.search(self._text, start, end):
            return None
        return end

    def end_of_span(self, ticks: str, start: int) -> int:
        """Offset past a code span that opened before `start`; `start` where none closes it in its paragraph."""
        last = self._find("\n\n", start)
        closed = _closing_ticks(len(ticks)).search(self._text, start, len(self._text) if last < 0 else last)
        return closed.end() if closed else start

    def end_of_fence(self, fence: str, start: int) -> int:
        """Offset past a fenced block that opened before `start`; the text's end where none closes it."""
        closed = _closing_fence(fence[0], len(fence)).search(self._text, start)
        return closed.end() if closed else len(self._text)

    def _find(self, words: str, start: int) -> int:
        """Offset of the next `words` at or after `start`; -1 where there is none."""
        known = self._next.get(words, 0)
        if known >= 0 and known < start:
            known = self._next[words] = self._text.find(words, start)
        return known


@cache
def _closing_ticks(length: int) -> re.Pattern[str]:
    return re.compile(rf"(?<!`)`{{{length}}}(?!`)")


@cache
def _closing_fence(mark: str, length: int) -> re.Pattern[str]:
    return re.compile(rf"^[ \t>]*{mark}{{{length},}}[ \t]*$", re.MULTILINE)
