"""The Markdown that guides are written in: GitHub's, and what MkDocs, Docusaurus, Jekyll and Pandoc add to it."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

# `!!! note "Title"`, `??? tip`, `=== "Tab"`: what belongs to it is indented by four.
_ADMONITION = re.compile(
    r"(?:(?:!!!|\?\?\?\+?)[ \t]*\w[^\"\n]*?|===[!+]{0,2})(?:[ \t]+[\"“](?P<title>[^\"”\n]*)[\"”])?[ \t]*"
)
# `:::tip[Title]`, `::: warning Title`, `::: {.callout-note}`, `:::`: its content stands below, up to the next one.
_FENCE = re.compile(
    r":{3,}[ \t]*(?:\{[^}\n]*\}|[\w-]+)?[ \t]*(?:\[(?P<bracketed>[^\]\n]*)\]|(?P<title>\w[^{\n]*?))?"
    r"[ \t]*(?:\{[^}\n]*\})?[ \t]*:*[ \t]*"
)
# `[TOC]`, and attributes of the block above: `{: .class }`.
_MARK = re.compile(r"\[\[?_?toc_?\]?\]|\{:[^}\n]*\}", re.IGNORECASE)
_INDENT = 4
# `\(video\)` is an escaped remark, and `\[1\]` an escaped number. What makes a formula of each:
_MATHS = {
    "\\(": ("\\)", re.compile(r"[_^=+*<>]|\\[A-Za-z]|\A\s*[A-Za-z]\d?\s*\Z")),
    "\\[": ("\\]", re.compile(r"[_^]|\\[A-Za-z]")),
}
_ESCAPED = re.compile(r"\\[\W_]")
_LONGEST_FORMULA = 1000
_INTERRUPTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}


def make_parser() -> MarkdownIt:
    """A Markdown parser whose tokens hold what a page shows. HTML stays as tokens; bare addresses stay text."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    # An escaped mark is a letter like any other: it is kept apart from the text that is searched for marks.
    parser.disable("text_join")
    parser.use(footnote_plugin, move_to_end=False, always_match_refs=True)
    parser.use(
        dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True
    )
    parser.inline.ruler.before("escape", "bracket_math", _read_maths)
    parser.block.ruler.before("fence", "admonition", _read_admonition, _INTERRUPTS)
    parser.block.ruler.before("fence", "mark", _read_mark, _INTERRUPTS)
    return parser


def _read_maths(state: StateInline, silent: bool) -> bool:
    r"""`\(…\)` and `\[…\]` are kept letter by letter; the latter only where it looks like a formula."""
    opening = state.src[state.pos : state.pos + 2]
    if opening not in _MATHS:
        return False
    closing, formula = _MATHS[opening]
    start = state.pos + 2
    end = state.src.find(closing, start, min(start + _LONGEST_FORMULA, state.posMax))
    if end < 0 or not formula.search(_ESCAPED.sub("", state.src[start:end])):
        return False
    if not silent:
        state.push("math_inline", "math", 0).content = state.src[state.pos : end + 2]
    state.pos = end + 2
    return True


def _read_mark(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line that only marks something: its title is kept as a paragraph, its content is the text around it."""
    line = _line(state, start)
    found = _FENCE.fullmatch(line) if line.startswith(":::") else _MARK.fullmatch(line)
    if found is None or state.is_code_block(start):
        return False
    if silent:
        return True
    titles = found.groupdict()
    _push_title(state, start, titles.get("bracketed") or titles.get("title"))
    state.line = start + 1
    return True


def _read_admonition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """An admonition or tab: its title, then what is indented below it."""
    line = _line(state, start)
    found = _ADMONITION.fullmatch(line) if line.startswith(("!!!", "???", "===")) else None
    if found is None or state.is_code_block(start) or (line.startswith("===") and found["title"] is None):
        return False
    if silent:
        return True
    indent = state.sCount[start] + _INDENT
    after = start + 1
    while after < end and (state.isEmpty(after) or state.sCount[after] >= indent):
        after += 1
    _push_title(state, start, found["title"])
    outer = state.blkIndent, state.lineMax, state.parentType
    state.blkIndent, state.lineMax, state.parentType = indent, after, "admonition"
    state.md.block.tokenize(state, start + 1, after)
    state.blkIndent, state.lineMax, state.parentType = outer
    state.line = after
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()


def _push_title(state: StateBlock, line: int, title: str | None) -> None:
    if not title or not title.strip():
        return
    token = state.push("paragraph_open", "p", 1)
    token.map = [line, line + 1]
    token = state.push("inline", "", 0)
    token.content, token.map, token.children = title.strip(), [line, line + 1], []
    state.push("paragraph_close", "p", -1)
