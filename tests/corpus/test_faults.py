"""Every fault of a corpus is reported with file, line and how to mend it, all at once."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli import app
from corpus import CorpusError, default_corpus_path, load_corpus
from corpus.check import find_warnings
from corpus.errors import Problem
from corpus.load import read_corpus

Edit = Callable[[Path], None]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the corpus that a test may spoil."""
    for name in ("guide.md", "concepts.toml"):
        shutil.copy(default_corpus_path() / name, tmp_path / name)
    for name in ("resources", "questions"):
        shutil.copytree(default_corpus_path() / name, tmp_path / name)
    return tmp_path


def replace(file: str, old: str, new: str) -> Edit:
    def edit(root: Path) -> None:
        text = (root / file).read_text("utf-8")
        assert old in text
        (root / file).write_text(text.replace(old, new, 1), "utf-8")

    return edit


def line_of(root: Path, file: str, words: str) -> int:
    text = (root / file).read_text("utf-8")
    return text.count("\n", 0, text.index(words)) + 1


TORCH = "resources/torch.md"
FAULTS: list[tuple[str, Edit, str, str, str, str]] = [
    ("unknown key", replace(TORCH, "level:", "lvel: x\nlevel:"), TORCH, "lvel:", "`lvel`", "`level`"),
    ("missing key", replace(TORCH, "level: intermediate\n", ""), TORCH, "---", "`level` is missing", "add"),
    ("wrong value", replace(TORCH, "status: disc", "status: disk"), TORCH, "status:", "diskontinued", "`disc"),
    ("unknown section", replace(TORCH, "section: fr", "section: gr"), TORCH, "section:", "grameworks", "`fram"),
    ("unknown prerequisite", replace(TORCH, "prerequisites: []", "prerequisites: [pytorh]"), TORCH,
     "prerequisites:", "pytorh", "`pytorch`"),
    ("unknown successor", replace(TORCH, "successor: pytorch", "successor: pytorsh"), TORCH, "successor:",
     "pytorsh", "`pytorch`"),
    ("key given twice", replace(TORCH, "level:", "kind: framework\nlevel:"), TORCH, "kind: framework\nlevel",
     "twice", "remove"),
    ("no address", replace(TORCH, "url: http://torch.ch/", "url: torch"), TORCH, "url: torch", "no address",
     "https://"),
    ("no date", replace(TORCH, "status_checked: 2026-11-22", "status_checked: soon"), TORCH, "status_checked",
     "not a date", "2026-11-22"),
    ("no list", replace(TORCH, "prerequisites: []", "prerequisites: x"), TORCH, "prerequisites:", "not a list",
     "[one, two]"),
    ("no YAML", replace(TORCH, "level: inter", "level: 'inter"), TORCH, "level:", "not YAML", "quotes"),
    ("front matter without end", replace(TORCH, "\n---\n", "\n"), TORCH, "---", "no end", "three dashes"),
    ("section given twice", replace("guide.md", "{#rnn}", "{#nlp}"), "guide.md",
     "## Next step: natural", "`nlp` is given twice", "another id"),
    ("section without an id", replace("guide.md", " {#rnn}", ""), "guide.md", "## Next step: recurrent",
     "has no id", "{#its-id}"),
    ("unknown concept target", replace("concepts.toml", '"olah-lstm"', '"olah-lsmt"'), "concepts.toml", "",
     "olah-lsmt", "`olah-lstm`"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("edit", "file", "at", "what", "mend"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS]
)
def test_a_fault_is_named_with_its_place_and_its_mend(
    copy: Path, edit: Edit, file: str, at: str, what: str, mend: str
) -> None:
    edit(copy)
    with pytest.raises(CorpusError) as caught:
        load_corpus(copy)
    found = [p for p in caught.value.problems if p.path == file and what in p.what and mend in p.mend]
    assert found, caught.value
    # A quote that is never closed is noticed where the text below it goes wrong.
    if what != "not YAML":
        assert found[0].line == (line_of(copy, file, at) if at else 1)


def test_all_faults_are_reported_at_once(copy: Path) -> None:
    replace(TORCH, "kind: framework", "kind: framwork")(copy)
    replace("resources/theano.md", "level: intermediate\n", "")(copy)
    replace("guide.md", "{#rnn}", "{#nlp}")(copy)
    _, problems = read_corpus(copy)
    assert {TORCH, "resources/theano.md", "guide.md"} <= {problem.path for problem in problems}


def test_a_circle_of_prerequisites_is_an_error(copy: Path) -> None:
    replace("resources/strang-linear-algebra.md", "prerequisites: []", "prerequisites: [cs231n]")(copy)
    with pytest.raises(CorpusError, match="circle: .*cs231n -> strang-linear-algebra"):
        load_corpus(copy)


def test_a_resource_that_has_aged_without_a_note_is_an_error(copy: Path) -> None:
    text = (copy / TORCH).read_text("utf-8")
    note = next(line for line in text.splitlines() if line.startswith("status_note:"))
    replace(TORCH, note, 'status_note: ""')(copy)
    with pytest.raises(CorpusError, match="`torch` is discontinued, and `status_note` is empty"):
        load_corpus(copy)


def test_a_file_that_is_not_utf8_is_named_with_its_line(copy: Path) -> None:
    (copy / TORCH).write_bytes(b"---\ntitle: T\n\xff\n---\n")
    with pytest.raises(CorpusError, match=r"resources/torch.md:3: error: it is not UTF-8; save it as UTF-8"):
        load_corpus(copy)


@pytest.mark.parametrize(
    ("text", "what"),
    [("", "no text"), ("just words, no link", "no link"), ("\x00\x01", "no link")],
)
def test_a_file_that_is_no_guide_says_why(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "x.md").write_text(text, "utf-8")
    with pytest.raises(CorpusError, match=f"it is no guide: there is {what} in it"):
        load_corpus(tmp_path / "x.md")


def test_a_directory_without_a_guide_says_so(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"has no guide\.md"):
        load_corpus(tmp_path)


def warnings_after(root: Path, edit: Edit) -> list[Problem]:
    edit(root)
    return find_warnings(load_corpus(root))


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (replace(TORCH, "Torch is free and", "This is free and"), "starts with “This” and can't be quoted alone"),
        (replace(TORCH, "Torch is free and", "See https://torch.ch/ for the"), "holds a bare address"),
        (replace(TORCH, "is actively developed.\n", "is actively developed\n"), "does not end like a sentence"),
        (replace(TORCH, "and PyTorch took its place", "and others took its place"), "does not name the successor"),
        (replace("guide.md", "(http://torch.ch/)", "(http://torch.example/)"), "the guide does not link to it"),
        (replace("questions/nlp.txt", "\n", "\nis torch any good for beginners\n"), "is asked in"),
    ],
)  # fmt: skip
def test_what_would_spoil_an_answer_is_a_warning(copy: Path, edit: Edit, what: str) -> None:
    found = warnings_after(copy, edit)
    assert all(problem.level == "warning" for problem in found)
    assert [what in problem.what for problem in found] == [True]


def test_the_corpus_that_comes_along_has_no_fault_and_no_warning() -> None:
    corpus, problems = read_corpus()
    assert corpus is not None
    assert [str(problem) for problem in (*problems, *find_warnings(corpus))] == []


def test_a_new_resource_makes_its_folder_and_may_be_of_any_ordinary_kind(tmp_path: Path) -> None:
    (tmp_path / "guide.md").write_text("---\ntitle: T\n---\n\n## A {#a}\n\nText.\n", "utf-8")
    command = ["corpus", "new", "mill", "--title", "Mill", "--url", "https://a.org", "--section", "a"]
    result = CliRunner().invoke(app, [*command, "--corpus", str(tmp_path)])
    assert result.exit_code == 0, result.output
    for kind in ("software", "shop", "forum", "channel", "podcast", "website"):
        path = tmp_path / "resources" / "mill.md"
        text = re.sub(r"kind: \S+", f"kind: {kind}", path.read_text("utf-8"))
        path.write_text(text, "utf-8")
        assert load_corpus(tmp_path).resources[0].kind == kind


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/dev/null", "neither a file nor a directory"),
        ("/no/such/place", "there is no such file or directory"),
    ],
)
def test_a_path_that_holds_no_corpus_says_what_it_is(path: str, said: str) -> None:
    with pytest.raises(CorpusError) as error:
        load_corpus(path)
    assert said in str(error.value.problems[0])


def test_a_line_of_the_report_has_a_length_that_a_terminal_shows(copy: Path) -> None:
    guide = copy / "guide.md"
    guide.write_text(guide.read_text("utf-8") + f"\n\n{'x' * 50_000} {'y' * 50_000}\n", "utf-8")
    result = CliRunner().invoke(app, ["corpus", "check", str(copy)])
    long = [line for line in result.output.splitlines() if "xxxx" in line]
    assert long and max(map(len, long)) < 800
    assert any("does not end like a sentence; end it with a full stop" in line for line in long)
