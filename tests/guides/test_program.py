"""The program knows no guide: no id and no subject of the built-in one stands in its code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from corpus import Corpus

ROOT = Path(__file__).parent.parent.parent
OTHER_THINGS = {
    "reading": "a preference of the contract's profile",
    "hardware": "a field of the contract's profile",
    "intro": "a level of the contract's front matter, and where a plain guide's text before its headings goes",
    "torch": "the library",
    "tensorflow": "a word of questions on frameworks, beside other tools, in aspects.toml",
    "pytorch": "the same",
    "jax": "the same",
}
"""Ids that are words of their own, and what else they mean in code."""
EXAMPLES = ("assistant/channels/http/examples.py", "index/encoders/export.py")
"""Files that show what a request or a sentence may look like."""


def code() -> Iterator[tuple[str, str]]:
    """Path and text of every module and table of the program; what `corpus/` says is the guide's own."""
    for folder in ("assistant", "index", "corpus"):
        for file in sorted((ROOT / folder).rglob("*")):
            name = file.relative_to(ROOT).as_posix()
            if "node_modules" in name or name == "corpus/concepts.toml":
                continue
            if name not in EXAMPLES and file.suffix in (".py", ".toml"):
                yield name, file.read_text("utf-8")


def test_no_section_or_resource_id_stands_in_code(corpus: Corpus) -> None:
    ids = {*corpus.section_by_id, *corpus.resource_by_id} - OTHER_THINGS.keys()
    found = re.compile(rf"(?<![\w/-])(?:{'|'.join(sorted(ids, key=len, reverse=True))})(?![\w/-])")
    named = {f"{name}: {hit[0]}" for name, text in code() for hit in found.finditer(text)}
    assert sorted(named) == []


def test_no_code_speaks_of_the_built_in_subject(corpus: Corpus) -> None:
    subject = re.compile(re.escape(corpus.about.subject), re.IGNORECASE)
    assert [name for name, text in code() if subject.search(text)] == []


def test_every_exception_is_still_an_id(corpus: Corpus) -> None:
    assert OTHER_THINGS.keys() <= {*corpus.section_by_id, *corpus.resource_by_id}
