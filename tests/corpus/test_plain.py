"""Any Markdown guide with links is a corpus."""

from __future__ import annotations

import time
from pathlib import Path

from corpus import load_corpus


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "guide.md"
    path.write_text(text, "utf-8")
    return path


def test_headings_become_sections_and_links_become_resources(tmp_path: Path) -> None:
    corpus = load_corpus(
        write(
            tmp_path,
            "# Bread\n\nHello.\n\n## Dough\n\nRead [Tartine](https://a.org/t).\n\n## Oven\n\nUse [this](https://b.org).\n",
        )
    )
    assert corpus.title == "Bread"
    assert [(section.id, section.title) for section in corpus.sections] == [
        ("intro", "Bread"),
        ("dough", "Dough"),
        ("oven", "Oven"),
    ]
    assert [(r.id, r.title, r.url, r.section) for r in corpus.resources] == [
        ("tartine", "Tartine", "https://a.org/t", "dough"),
        ("this", "this", "https://b.org", "oven"),
    ]


def test_bold_lead_ins_become_sections_where_there_is_no_heading(tmp_path: Path) -> None:
    corpus = load_corpus(
        write(
            tmp_path,
            "Welcome.\n\n**If you rush:** see [A](https://a.org).\n\n - **Later:** see [B](https://b.org).\n",
        )
    )
    assert [section.title for section in corpus.sections] == ["Guide", "If you rush", "Later"]
    assert corpus.sections[1].paragraphs[0].text == "If you rush: see A."


def test_tags_are_not_shown_and_an_address_that_is_not_of_the_web_is_no_resource(tmp_path: Path) -> None:
    corpus = load_corpus(
        write(
            tmp_path,
            "# T\n\n<b onclick=x>Hi</b> [a](javascript:alert(1)) [b](mailto:x@y.z) [c](https://c.org)\n",
        )
    )
    assert [resource.url for resource in corpus.resources] == ["https://c.org"]
    assert corpus.sections[0].paragraphs[0].text == "Hi a (javascript:alert(1)) b c"


def test_a_link_that_is_given_twice_is_one_resource_and_two_of_one_name_are_two(tmp_path: Path) -> None:
    corpus = load_corpus(
        write(tmp_path, "# T\n\n[here](https://a.org) [here](https://b.org) [again](https://a.org)\n")
    )
    assert [(resource.id, resource.url) for resource in corpus.resources] == [
        ("here", "https://a.org"),
        ("here-2", "https://b.org"),
    ]


def test_5000_links_are_read_in_seconds(tmp_path: Path) -> None:
    text = "".join(f"## Part {n}\n\nSee [name {n}](https://a.org/{n}) for more.\n\n" for n in range(5000))
    started = time.perf_counter()
    corpus = load_corpus(write(tmp_path, text))
    assert (len(corpus.sections), len(corpus.resources)) == (5000, 5000)
    assert time.perf_counter() - started < 30


def test_a_guide_of_10_megabytes_is_read(tmp_path: Path) -> None:
    paragraph = "A sentence that says what everybody knows. " * 240 + "See [it](https://a.org).\n\n"
    corpus = load_corpus(write(tmp_path, "# T\n\n" + paragraph * 1000))
    assert sum(len(p.text) for section in corpus.sections for p in section.paragraphs) > 10_000_000
