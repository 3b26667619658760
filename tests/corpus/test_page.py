"""A Markdown text is read as a reader of its page sees it: what is shown is text, what can be followed is a link."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Corpus
from corpus.addresses import find_addresses
from corpus.hidden import blank_hidden
from corpus.inert import inert_text
from corpus.markdown import read_blocks
from corpus.plain import parse_plain_guide
from corpus.sentences import split_quotes, split_sentences
from corpus.unread import Unread
from index.chunk import cut


def shown(text: str) -> list[str]:
    return [block.text for block in read_blocks(text)]


def links(text: str) -> list[tuple[str, str]]:
    return [
        (block.text[link.start : link.end], link.url) for block in read_blocks(text) for link in block.links
    ]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a <!-- TODO(ann): ask\n\nbefore we publish --> b", ["a", "b"]),
        ("<!-- x -->\n\nb", ["b"]),
        ("{% comment %}\n\nsecret\n\n{% endcomment %}\n\nb", ["b"]),
        ('Take {{< param "v" >}} or {{% x %}} or {{ y }}, {% include a.html b="c" %}.', ["Take or or,."]),
        ("{{< youtube w7Ft2ymGmfc >}}\n\nb", ["b"]),
        ("{{<\n  figure\n>}}\n\nb", ["b"]),
        (":::tip\nRest.\n:::", ["Rest."]),
        ("::: warning Hot oven\nRest.\n:::", ["Hot oven", "Rest."]),
        (":::note[Salt]\n\nRest.\n\n:::", ["Salt", "Rest."]),
        ("- item\n  :::tip\n  Rest.\n  :::", ["item", "Rest."]),
        ('!!! note "Salt"\n    Rest.\n\n    More.\n\nAfter.', ["Salt", "Rest.", "More.", "After."]),
        ("??? tip\n    Rest.", ["Rest."]),
        ("???+ tip inline end\n\n    - One\n    - Two", ["One", "Two"]),
        ('=== "Gas"\n\n    Hot.\n\n=== "Wood"\n\n    Slow.', ["Gas", "Hot.", "Wood", "Slow."]),
        ("> [!NOTE]\n> Rest.", ["Rest."]),
        ("> [!WARNING] Rest.", ["Rest."]),
        ("[TOC]\n\n[[_TOC_]]\n\nb", ["b"]),
        ("b\n{: .no_toc }\n\n{:toc}", ["b"]),
        ("## Salt {#salt .x}\n\n*b*{:.y} c{target=_blank} d{ .md-button } e{width=50%}", ["Salt", "b c d e"]),
        ("Keep {this} and {1, 2}.", ["Keep {this} and {1, 2}."]),
        ("- [ ] Buy flour\n- [x] Bake\n- [X] Eat", ["Buy flour", "Bake", "Eat"]),
        ("Rest.[^1]\n\n[^1]: It helps.", ["Rest.", "It helps."]),
        ("Rest.^[It helps.] Then [^none].", ["Rest. (It helps.) Then."]),
        ("Great :tada:! :rocket::star: at 10:30:45 in std::vector: x", ["Great! at 10:30:45 in std::vector: x"]),
        ("<kbd>Ctrl</kbd>+<kbd>C</kbd>, then<br>rest, 10<sup>6</sup> 1<sup>st</sup>", ["Ctrl+C, then rest, 10^6 1st"]),
        ("a <script>alert(1)</script> b <style>p {x: y}</style> c", ["a b c"]),
        ("<script>\nalert(1)\n</script>\n\nb", ["b"]),
        ("<h2 align=center>\n\nSalt\n\n</h2>\n\nb", ["Salt", "b"]),
        ("<details>\n<summary>More</summary>\n\nb\n\n</details>", ["More", "b"]),
        ("<p>a &amp; b</p>\n<ul><li>One<li>Two</ul>", ["a & b", "One", "Two"]),
        ("<div>\n**bold** [A](https://a.org)\n</div>", ["bold A"]),
        ("<div foo\n\nb", ["b"]),
        ("a ~~b~~ c", ["a c"]),
        (r"\(x_1*x_2\) and $a_1*b_1*c$ and \[ x^2 \]", [r"\(x_1*x_2\) and $a_1*b_1*c$ and \[ x^2 \]"]),
        (r"Wood \(video\) costs $5 or $6, *now*", ["Wood (video) costs $5 or $6, now"]),
        ("As measured [12] and \\[3\\] and `steps[0]`", ["As measured (12) and (3) and steps［0］"]),
        ("Use `<nav>` or \\<b> or &lt;i> or a<b", ["Use ＜nav> or ＜b> or ＜i> or a＜b"]),
        ("[a](b c) and [d](e", ["a (b c) and [d］(e"]),
        ("![alt](x.png) [![Build](b.svg)](https://ci.org) text", ["text"]),
        ("| a | b |\n|---|---|", []),
    ],
)  # fmt: skip
def test_a_text_shows_what_its_page_shows(text: str, seen: list[str]) -> None:
    assert shown(text) == seen


@pytest.mark.parametrize(
    ("text", "followed"),
    [
        ("- Rye: https://a.org/rye.", ["https://a.org/rye"]),
        ("(see https://a.org/x_(y)) or https://a.org/z).", ["https://a.org/x_(y)", "https://a.org/z"]),
        ("[G](https://a.org/Graph_(discrete))", ["https://a.org/Graph_(discrete)"]),
        ("www.a.org/b, http://localhost:8080", ["http://www.a.org/b", "http://localhost:8080"]),
        ("**https://a.org/b** and _https://a.org/c_", ["https://a.org/b", "https://a.org/c"]),
        ("见https://a.org/b。然后", ["https://a.org/b"]),
        ("“https://a.org/b” \"https://a.org/it's\"", ["https://a.org/b", "https://a.org/it's"]),
        ("https://a.org/?a=1&amp;b=2 https://a.org/c\\_d", ["https://a.org/?a=1&b=2", "https://a.org/c_d"]),
        ("[a][1] and [b]\n\n[1]: https://a.org/1\n[b]: https://a.org/b", ["https://a.org/1", "https://a.org/b"]),
        ("## [A](https://a.org)", ["https://a.org"]),
        ("<h2><a href='https://a.org?x=1&amp;y=2'>A</a></h2>", ["https://a.org?x=1&y=2"]),
        ("text <a class=x href=https://a.org>A</a> text", ["https://a.org"]),
        ("<ul>\n<li><a href=\"https://a.org/it's\">A</a>\n</ul>", ["https://a.org/it's"]),
        ("| [A](https://a.org/a\\|b) |\n|---|\n| https://a.org/c |", ["https://a.org/a%7Cb", "https://a.org/c"]),
        ("[^1]\n\n[^1]: <https://a.org>", ["https://a.org"]),
        ("`curl http://localhost:8080` <code>http://a.org</code>\n\n    http://a.org\n\n```\nhttp://a.org\n```", []),
        ("[![Build](b.svg)](https://ci.org) <a href=https://ci.org><img src=b.svg></a> ![i](https://i.org)", []),
        ("[ ](https://a.org) [](https://a.org) <!-- https://a.org -->", []),
        ("<https://a.org/[1]>", ["https://a.org/%5B1%5D"]),
    ],
)  # fmt: skip
def test_what_a_reader_can_follow_is_a_link_and_nothing_else_is(text: str, followed: list[str]) -> None:
    assert [url for _, url in links(text)] == followed


def test_a_table_row_is_one_sentence_with_its_columns_and_its_own_link() -> None:
    table = (
        "| Class | Topic | Weeks | Price |\n|---|:-:|--:|---|\n"
        "| [Crust](https://a.org) | Rye. Wheat | 6 | |\n| B | - | 2 | free |"
    )
    assert shown(table) == ["Crust – Topic: Rye. Wheat; Weeks: 6.", "B – Weeks: 2; Price: free."]
    assert links(table) == [("Crust", "https://a.org")]
    assert all(block.row for block in read_blocks(table))


def test_what_is_left_out_is_noted_with_its_line() -> None:
    unread: Unread = {}
    list(read_blocks("a\n\n![x](y)\n\n```\nz\n```\n\n{{< w >}}", first_line=11, unread=unread))
    assert unread == {"picture": [13], "code block": [15], "template tag": [19]}


def test_code_keeps_what_is_hidden_elsewhere_and_lines_stay_where_they_are() -> None:
    text = "`{{ a }}` {{ b\n}}\n```\n<!-- c -->\n```\n<!--\n\n--> d {{ never closed"
    left, tags = blank_hidden(text)
    assert left == "`{{ a }}` \n\n```\n<!-- c -->\n```\n\n\n d {{ never closed"
    assert tags == (10,)


# Pieces of what guides hold, in any order and number.
pieces = st.lists(
    st.sampled_from(
        [
            "word",
            " ",
            "\n",
            "\n\n",
            ". ",
            "It is",
            "# ",
            "- ",
            "  - ",
            "> ",
            "1. ",
            "| a | b |\n|---|---|\n",
            "|",
            "[1]",
            "[^1]",
            "[^1]: ",
            "[x] ",
            "[TOC]",
            "[a](",
            "[a](https://a.org)",
            ")",
            "https://b.org/c",
            "www.d.org",
            "`",
            "```\n",
            "**",
            "_",
            "<b>",
            "</b>",
            "<a href=https://e.org>",
            "</a>",
            "<div>",
            "</div>",
            "<table><tr><td>",
            "</td></tr></table>",
            "<br>",
            "<script>",
            "</script>",
            "<h1>",
            "</h1>",
            "<li>",
            "<!--",
            "-->",
            "<",
            ">",
            "{{",
            "}}",
            "{{< x >}}",
            "{% y %}",
            "{%",
            "%}",
            "{#id}",
            "{:.x}",
            "!!! note\n    ",
            "::: tip\n",
            ":::",
            "$",
            "$$",
            "\\(",
            "\\)",
            "\\",
            "&lt;i",
            ":tada:",
            "---\n",
            "+++\n",
            "\u2028",
            "\x85",
            "\x0c",
            "\x0b",
            "\x00",
            "\ufdd0",
            "。",
            "؟ ",
            "é",
            "Ü",
        ]
    ),
    max_size=25,
).map("".join)
NEVER = re.compile(r"</?[A-Za-z]|<!--|\{\{|\{%|\|\s*:?-{3}|\]\(|\[\d{1,3}\]|\n|[\ufdd0-\ufdef]")


@given(pieces)
def test_no_sentence_holds_markup_or_a_number_like_ours_and_every_address_is_known(text: str) -> None:
    title, credit, sections, resources = parse_plain_guide(text, "x.md", [])
    corpus = Corpus(title, credit, sections, resources)
    for chunk in cut(corpus):
        assert 0 <= chunk.span[0] < chunk.span[1] <= len(text)
        for sentence in chunk.sentences:
            assert chunk.quote(sentence).strip()
            assert not NEVER.search(chunk.quote(sentence))
    for section in sections:
        for paragraph in section.paragraphs:
            for link in paragraph.links:
                assert 0 <= link.start < link.end <= len(paragraph.text)
    names = [title, *(section.title for section in sections), *(resource.title for resource in resources)]
    assert not any(NEVER.search(name) for name in names)


@given(pieces)
def test_what_is_inert_stays_as_long_and_as_it_is(text: str) -> None:
    assert len(inert_text(text)) == len(text)
    assert inert_text(inert_text(text)) == inert_text(text)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Das ist alt. Über sie. Éclair. Ёлка.", ["Das ist alt.", "Über sie.", "Éclair.", "Ёлка."]),
        ("先说好。“好吗？”他问！3天｡", ["先说好。", "“好吗？”", "他问！", "3天｡"]),
        ("यह है। वह है॥", ["यह है।", "वह है॥"]),
        ("ما هذا؟ كتاب۔ كتاب. آخر", ["ما هذا؟", "كتاب۔", "كتاب.", "آخر"]),
        ("Öfen, z. B. Holz, ca. 3 Stück. А. С. Пушкин.", ["Öfen, z. B. Holz, ca. 3 Stück.", "А. С. Пушкин."]),
    ],
)  # fmt: skip
def test_sentences_end_in_every_script(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in split_sentences(text)] == sentences


def test_a_sentence_that_leans_on_another_is_quoted_with_it() -> None:
    text = "Mill is a book. It is free. But read it. There are two others. These cost money."
    assert [text[start:end] for start, end in split_quotes(text)] == [
        "Mill is a book. It is free. But read it.",
        "There are two others. These cost money.",
    ]


@given(st.text(st.sampled_from("ah ttps:/.w()[]<>'\"*_,;`。")))
def test_an_address_ends_like_no_sentence_and_closes_no_parenthesis_of_others(text: str) -> None:
    for start, end in find_addresses(text):
        address = text[start:end]
        assert not re.search(r"[\s<>\"`\[\]。]", address)
        assert address[-1] not in ".,:;*_'"
        assert not (address[-1] == ")" and address.count(")") > address.count("("))


@pytest.mark.parametrize(
    "piece",
    [
        "{{ ",
        "{% comment %}",
        "<!-- ",
        "`` ` ``` ",
        "<b <a ",
        "\\\\( ",
        "\\\\[ ",
        "$x $ ",
        "{.a .b ",
        "https://",
        "www.www.",
        ":a:b",
        "[^a ",
        "A. ",
    ],
)
def test_marks_that_nothing_closes_are_read_in_time_that_grows_with_the_text(piece: str) -> None:
    text = "# T\n\n[a](https://a.org) " + piece * (200_000 // len(piece))
    started = time.perf_counter()
    sections = parse_plain_guide(text, "x.md", [])[2]
    assert sections[0].paragraphs[0].text.startswith("a")
    assert time.perf_counter() - started < 20
