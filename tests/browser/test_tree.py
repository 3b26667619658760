"""Markdown to the typed tree, by value, and against texts that no one would write."""

from __future__ import annotations

import random
from typing import Any

import pytest

pytest.importorskip("playwright", reason="browser tests need playwright: pip install playwright")

from tests.browser.conftest import WIDGET, Tab
from tests.browser.stub import Stub


@pytest.fixture
def modules(tab: Tab, stub: Stub) -> Tab:
    """A page that can import the sources."""
    for path in (WIDGET / "src").glob("*.js"):
        stub.scripts[f"/src/{path.name}"] = path.read_text(encoding="utf-8")
    stub.pages["/empty"] = ("<!doctype html>", {})
    tab.page.goto(f"{stub.url}/empty")
    return tab


def parse(tab: Tab, text: str, partial: bool = False) -> Any:
    """The blocks of a text."""
    return tab.page.evaluate(
        "async ([text, partial]) => (await import('/src/tree.js')).parse(text, partial)", [text, partial]
    )


def plain(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def test_blocks(modules: Tab) -> None:
    text = "# Head\n\nOne\ntwo.\n\n- a\n  - b\n- c\n\n3. d\n4. e\n\n> said\n\n```\ncode *here*\n```"
    assert parse(modules, text) == [
        {"type": "heading", "inline": [plain("Head")]},
        {"type": "paragraph", "inline": [plain("One two.")]},
        {
            "type": "list",
            "ordered": False,
            "start": 1,
            "items": [
                {
                    "inline": [plain("a")],
                    "list": {
                        "type": "list",
                        "ordered": False,
                        "start": 1,
                        "items": [{"inline": [plain("b")], "list": None}],
                    },
                },
                {"inline": [plain("c")], "list": None},
            ],
        },
        {
            "type": "list",
            "ordered": True,
            "start": 3,
            "items": [{"inline": [plain("d")], "list": None}, {"inline": [plain("e")], "list": None}],
        },
        {"type": "quote", "inline": [plain("said")]},
        {"type": "pre", "text": "code *here*"},
    ]


def test_tables(modules: Tab) -> None:
    assert parse(modules, "| a | b |\n|---|:-:|\n| 1 | **2** |") == [
        {
            "type": "table",
            "head": [[plain("a")], [plain("b")]],
            "rows": [[[plain("1")], [{"type": "strong", "inline": [plain("2")]}]]],
        }
    ]


@pytest.mark.parametrize(
    ("text", "inline"),
    [
        ("**a** *b* _c_ `d`", ["strong:a", " ", "em:b", " ", "em:c", " ", "code:d"]),
        ("snake_case_name", ["snake_case_name"]),
        ("2 * 3 * 4", ["2 * 3 * 4"]),
        (r"\*not\* \[1\]", ["*not* [1]"]),
        ("x [1][12].", ["x\u202f", "marker:1", "marker:12", "."]),
        ("[a](https://x.org/y_(z))", ["link:https://x.org/y_(z)"]),
        ("[a](javascript:alert(1))", ["a"]),
        ("[a](//x.org)", ["a"]),
        ("see https://x.org/a, then", ["see ", "link:https://x.org/a", ", then"]),
        ("one  \ntwo", ["one  ", "break", "two"]),
        ("**open", ["**open"]),
        ("[1](https://x.org/)", ["link:https://x.org/"]),
    ],
)
def test_inline(modules: Tab, text: str, inline: list[str]) -> None:
    def short(node: dict[str, Any]) -> str:
        match node["type"]:
            case "text":
                return str(node["text"])
            case "code":
                return f"code:{node['text']}"
            case "marker":
                return f"marker:{node['number']}"
            case "link":
                return f"link:{node['url']}"
            case "break":
                return "break"
            case kind:
                return f"{kind}:{node['inline'][0]['text']}"

    [block] = parse(modules, text)
    assert [short(node) for node in block["inline"]] == inline


@pytest.mark.parametrize(
    ("text", "shown"),
    [("It is **bo", "It is bo"), ("It is [", "It is "), ("It is [1", "It is "), ("It is **", "It is ")],
)
def test_the_end_of_a_growing_text_does_not_flicker(modules: Tab, text: str, shown: str) -> None:
    words = modules.page.evaluate(
        """async (text) => {
            const tree = (await import('/src/tree.js')).parse(text, true);
            const words = (inline) => inline.map((node) => node.text ?? words(node.inline)).join('');
            return words(tree[0].inline);
        }""",
        text,
    )
    assert words == shown


def test_no_text_is_slow_or_breaks_it_and_no_word_is_lost(modules: Tab) -> None:
    dice = random.Random(7)
    pieces = [*"*_`[]()|é🎓#", "**", "[1]", "](", "\\", "http://", "word", "|-|", "```"]
    pieces += ["\n", "\n\n", "- ", "1. ", "> ", " "]
    texts = ["".join(dice.choices(pieces, k=dice.randint(1, 60))) for _ in range(1500)]
    texts += [
        piece * 20000 for piece in ("*", "_a", "[", "**a ", "`a", "[a](", "> ", "|a", "- ", "  - ", "http://")
    ]
    lost, slowest = modules.page.evaluate(
        """async (texts) => {
            const {parse} = await import('/src/tree.js');
            const words = (node) => Array.isArray(node) ? node.map(words).join('')
                : node && typeof node === 'object'
                    ? (node.type === 'text' || node.type === 'code' || node.type === 'pre' ? node.text : '')
                        + (node.type === 'link' ? node.url : '')
                        + Object.values(node).filter((each) => typeof each === 'object').map(words).join('')
                    : '';
            const lost = [];
            let slowest = 0;
            for (const text of texts) {
                const start = performance.now();
                const tree = parse(text);
                parse(text, true);
                slowest = Math.max(slowest, performance.now() - start);
                if (text.length > 10000) continue;
                const count = (all) => all.split('word').length;
                // A bad link's address goes; words in a code fence's first line are its language.
                if (count(words(tree)) < count(text) && !/\\]\\(|```|http/.test(text)) lost.push(text);
            }
            return [lost, slowest];
        }""",
        texts,
    )
    assert lost == []
    assert slowest < 1000
