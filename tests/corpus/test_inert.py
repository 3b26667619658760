"""What a corpus text may hold: nothing that an answer could mistake for its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.inert import find_addresses, inert_address, inert_text
from corpus.load import load_corpus
from index.chunk import cut


@pytest.mark.parametrize(
    ("text", "inert"),
    [
        ("A stone helps, as measured [12].", "A stone helps, as measured (12)."),
        ("Steadier [3][4] and [2016]", "Steadier (3)(4) and (2016)"),
        ("as he says [sic]", "as he says [sic]"),
        ("see https://x.example/a?t=[1] and [1]", "see https://x.example/a?t=%5B1%5D and (1)"),
    ],
)
def test_a_text_holds_no_marker(text: str, inert: str) -> None:
    assert inert_text(text) == inert


def test_an_address_is_the_same_address_in_its_encoded_form() -> None:
    assert inert_address("https://x.example/?id=[4]") == "https://x.example/?id=%5B4%5D"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        (
            "See https://en.wikipedia.org/wiki/Course_(education), please.",
            ["https://en.wikipedia.org/wiki/Course_(education)"],
        ),
        ("(https://a.example/b)", ["https://a.example/b"]),
        ("at <https://a.example/x>.", ["https://a.example/x"]),
        ("www.a.example, or ftp://b.example/c!", ["www.a.example", "ftp://b.example/c"]),
        ("no address: http is a protocol", []),
    ],
)
def test_an_address_is_found_whole(text: str, addresses: list[str]) -> None:
    found = list(find_addresses(text))
    assert found[: len(addresses)] == addresses
    assert all(any(whole.startswith(part) for whole in addresses) for part in found)


def test_links_still_stand_on_their_words_behind_a_marker(tmp_path: Path) -> None:
    (tmp_path / "guide.md").write_text(
        "# B\n\n## Flour\n\nSee https://y.example/[1] then [2], and the [red book](https://a.example).\n",
        "utf-8",
    )
    corpus = load_corpus(tmp_path / "guide.md")
    paragraph = corpus.sections[0].paragraphs[0]
    assert paragraph.text == "See https://y.example/%5B1%5D then (2), and the red book."
    [link] = [link for link in paragraph.links if link.url == "https://a.example"]
    assert paragraph.text[link.start : link.end] == "red book"
    assert "https://y.example/%5B1%5D" in corpus.urls
    assert any("a.example" in url for url in corpus.urls)


PIECES = (
    "[1]",
    "[12]",
    "https://a.example/b",
    "(https://c.example/d_(e))",
    "word",
    "'",
    "|",
    "www.x.example",
    "[t](u)",
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "[1]",
                "[12]",
                "https://a.example/b",
                "(https://c.example/d_(e))",
                "word",
                "'",
                "|",
                "www.x.example",
                "[t](u)",
            ]
        ),
        min_size=1,
        max_size=8,
    )
)
def test_every_address_of_a_text_is_known_and_no_marker_is_left(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    path = tmp_path_factory.mktemp("guide") / "guide.md"
    path.write_text(f"# B\n\n## S\n\n[a](https://a.example) {' '.join(pieces)} end.\n", "utf-8")
    corpus = load_corpus(path)
    for chunk in cut(corpus):
        assert inert_text(chunk.text) == chunk.text
        assert set(find_addresses(chunk.text)) <= corpus.urls
