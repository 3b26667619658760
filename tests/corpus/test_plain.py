"""Any Markdown guide with links is a corpus."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from corpus import load_corpus
from corpus.check import find_warnings
from corpus.load import read_corpus
from index.chunk import cut


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


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ("---\ntitle: Bread\n---\n", "Bread"),
        ("---\ntitle: Bread\ntags: [x]\n...\n", "Bread"),
        ('+++\ntitle = "Bread"\n+++\n', "Bread"),
        ("+++\nno toml\n+++\n", "Top"),
        ('{\n  "title": "Bread",\n  "draft": true\n}\n', "Bread"),
        ("---\n---\n", "Top"),
        ("---\n\n", "Top"),
        ("---\n\nSome text.\n\n---\n\n", "Top"),
        ("---\ntitle: Bread [1] <b>\n---\n", "Bread (1) ＜b>"),
    ],
)
def test_front_matter_of_any_kind_gives_the_title_and_is_not_shown(
    tmp_path: Path, front: str, title: str
) -> None:
    path = write(tmp_path, f"{front}# Top\n\nSee [A](https://a.org).\n")
    corpus = load_corpus(path)
    paragraphs = [paragraph for section in corpus.sections for paragraph in section.paragraphs]
    assert corpus.title == title
    assert [p.text for p in paragraphs if p.text != "Some text."] == ["See A."]
    start, end = paragraphs[-1].span
    assert path.read_text("utf-8")[start:end] == "See [A](https://a.org).\n"


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\u2029"])
def test_a_fault_in_front_matter_is_on_its_line_whatever_marks_stand_above(tmp_path: Path, mark: str) -> None:
    path = write(tmp_path, f"---\ntitle: 'a{mark}b'\nkey: [\n---\n# T\n\n[A](https://a.org)\n")
    _, problems = read_corpus(path)
    assert [(problem.line, "not YAML" in problem.what) for problem in problems] in ([(3, True)], [(4, True)])
    path = write(tmp_path, "---\ntitle: a\nkey: b\x0c\n---\n# T\n\n[A](https://a.org)\n")
    assert [problem.line for problem in read_corpus(path)[1]] == [3]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# A\n\n[x](https://x.org)\n\n# B\n\nText.", "A"),
        ("<h1 align=center>A <img src=b.svg></h1>\n\n[x](https://x.org)", "A"),
        ("A\n===\n\n[x](https://x.org)", "A"),
        ("# [A](https://a.org)\n\nText.", "A"),
        ("## B\n\n[x](https://x.org)", "Guide"),
    ],
)
def test_the_title_is_the_first_level_1_heading(tmp_path: Path, text: str, title: str) -> None:
    assert load_corpus(write(tmp_path, text)).title == title


def test_a_heading_given_twice_has_the_headings_above_it_and_a_unique_id(tmp_path: Path) -> None:
    text = (
        "# G\n\n## Fish\n\n### Tools\n\n[a](https://a.org)\n\n## Bread\n\n### Tools\n\nB.\n\n### Ovens\n\nC.\n\n"
        "## 烤箱\n\nD.\n\n## 🍞\n\nE."
    )
    corpus = load_corpus(write(tmp_path, text))
    assert [(section.id, section.title) for section in corpus.sections] == [
        ("fish-tools", "Fish › Tools"),
        ("bread-tools", "Bread › Tools"),
        ("ovens", "Ovens"),
        ("烤箱", "烤箱"),
        ("section", "🍞"),
    ]


def quotes(path: Path) -> list[tuple[str, tuple[str, ...]]]:
    return [(chunk.quote(s), s.resources) for chunk in cut(load_corpus(path)) for s in chunk.sentences]


def test_items_keep_their_lead_in_their_path_and_what_they_are_about(tmp_path: Path) -> None:
    text = (
        "# G\n\nOvens are hot. You need:\n\n- a pot,\n- a stone, to keep the heat, and\n- gloves\n\n"
        "Never do these:\n\n- Touch [the oven](https://a.org).\n- Run.\n\n"
        "Books\n\n- [Crust](https://b.org)\n  - costs 20 euros.\n  - Chapters\n"
        "    - [One](https://c.org)\n\nAll are good.\n\n- Alone."
    )
    assert quotes(write(tmp_path, text)) == [
        ("Ovens are hot.", ()),
        ("You need: a pot; a stone, to keep the heat; gloves.", ()),
        ("Never do these: Touch the oven.", ("the-oven",)),
        ("Never do these: Run.", ()),
        ("Books: Crust", ("crust",)),
        ("Books: Crust: costs 20 euros.", ("crust",)),
        ("Books: Crust: Chapters: One", ("one",)),
        ("All are good.", ()),
        ("Alone.", ()),
    ]


def test_a_heading_that_is_a_link_is_a_resource_and_what_its_section_speaks_of(tmp_path: Path) -> None:
    text = "# G\n\n## [Crust](https://a.org)\n\nA good book. See [Rye](https://b.org).\n\n## [Oats](https://c.org)\n"
    assert quotes(write(tmp_path, text)) == [
        ("A good book.", ("crust",)),
        ("See Rye.", ("rye",)),
        ("Oats", ("oats",)),
    ]


def test_a_paragraph_that_begins_with_a_pronoun_is_quoted_with_the_one_before_it(tmp_path: Path) -> None:
    text = "# G\n\nRead [Crust](https://a.org).\n\nIt is free.\n\n- It is a list.\n"
    assert quotes(write(tmp_path, text)) == [
        ("Read Crust. It is free.", ("crust",)),
        ("It is a list.", ()),
    ]


def test_a_bare_address_has_the_name_before_it(tmp_path: Path) -> None:
    text = "# G\n\n- Bread school: https://a.org/x\n- Rye is at https://b.org/y/.\n\n"
    text += "| Shop | At |\n|---|---|\n| Mill | https://c.org |\n"
    corpus = load_corpus(write(tmp_path, text))
    assert [(r.id, r.title) for r in corpus.resources] == [
        ("bread-school", "Bread school"),
        ("b-org-y", "b.org/y"),
        ("mill", "Mill"),
    ]


def test_the_check_says_what_is_not_read_and_warns_as_for_a_directory(tmp_path: Path) -> None:
    text = "# G\n\nSee [A](https://a.org) and [b](b.md).\n\n![x](y)\n\n```\nz\n```\n\nIt is free\n"
    corpus, problems = read_corpus(write(tmp_path, text))
    assert corpus is not None
    found = {(p.line, p.level, p.what) for p in (*problems, *find_warnings(corpus))}
    assert found == {
        (3, "warning", "1 link to no web address is not read: a reader of an answer can't open it"),
        (5, "warning", "1 picture is not read: answers quote sentences"),
        (7, "warning", "1 code block is not read: answers quote sentences"),
        (3, "warning", "“It is free …” starts with “It” and can't be quoted alone"),
        (3, "warning", "“It is free …” does not end like a sentence"),
    }


OLD = "[Old](https://old.example)"
NEW = "[New](https://new.example)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"Read ~~{OLD}~~ {NEW}.", ["Read New."]),
        (f"Read {NEW} ~~and {OLD}~~.", ["Read New."]),
        (f"Read {NEW}.\n\n~~Then {OLD} and https://old.example/2.~~", ["Read New."]),
        (f"- ~~{OLD}~~\n- {NEW} is good.", ["New is good."]),
        (f"| book | price |\n|---|---|\n| ~~{OLD}~~ | - |\n| {NEW} | 5 euros |", ["New – price: 5 euros."]),
        (f"# ~~Read {OLD}~~\n\nRead {NEW}.", ["Read New."]),
        ("Read <s>Old https://old.example</s> https://new.example.", ["Read https://new.example."]),
        (f"<del>Read {OLD}.</del> Read {NEW}.", ["Read New."]),
        (f"<del>\n\nRead {OLD}.\n\n- and {OLD}.\n\n</del>\n\nRead {NEW}.", ["Read New."]),
        (
            "<p>Read <del>x <a href='https://old.example'>Old</a></del> <a href='https://new.example'>New</a>.</p>",
            ["Read New."],
        ),
        (f"<del>\n\nRead {NEW}.", ["Read New."]),
        (f"The token <s> opens. Not this.\n\nRead {NEW}.", ["The token", "Read New."]),
    ],
)
def test_what_is_crossed_out_is_neither_said_nor_a_resource(
    text: str, said: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "guide.md"
    file.write_text(text, "utf-8")
    corpus, problems = read_corpus(file)
    assert corpus is not None
    assert [p.text for section in corpus.sections for p in section.paragraphs] == said
    assert [resource.url for resource in corpus.resources] == ["https://new.example"]
    crossed = [(fault.level, fault.mend) for fault in problems if "crossed-out" in fault.what]
    assert crossed == [("warning", "remove it")]
