"""What a guide says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corpus import load_corpus
from corpus.about import read_about, subject_of
from corpus.errors import Problem
from corpus.load import read_corpus
from corpus.types import About


def read(values: dict[str, Any]) -> tuple[About, list[Problem]]:
    problems: list[Problem] = []
    about = read_about(
        values, {"goals": 7}, "How to bake", ["start", "books"], ["oven"], "guide.md", problems
    )
    return about, problems


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("How to start brewing beer at home", "brewing beer at home"),
        ("How to start learning deep learning", "deep learning"),
        ("A beginner's guide to birdwatching", "birdwatching"),
        ("Learning Spanish", "Spanish"),
        ("Brot backen für Anfänger", "Brot backen für Anfänger"),
        ("Learning", "Learning"),
        ("", ""),
    ],
)
def test_the_subject_is_made_from_the_title(title: str, subject: str) -> None:
    assert subject_of(title) == subject


def test_a_guide_that_says_nothing_has_no_question_back_no_goal_and_no_role() -> None:
    about, problems = read({})
    assert problems == []
    assert about == About(subject="bake")
    assert about.sections("books", "start") == ()


def test_everything_that_is_said_is_read() -> None:
    about, problems = read(
        {
            "subject": "baking",
            "goals": [{"id": "rye", "label": "rye bread", "section": "start", "words": "rye|sourdough"}],
            "basics": [{"id": "scales", "words": "scales?", "taught_in": "oven"}],
            "backgrounds": [{"id": "none", "label": "no practice", "knows": []}],
            "roles": {"start": ["start"], "books": ["books"]},
            "learner_question": {"text": "Do you have an oven?", "options": ["Yes", "No"]},
            "asks": {"books": "Which book?"},
            "language": "en-GB",
        }
    )
    assert problems == []
    assert about.goal_sections == {"rye": "start"}
    assert about.basics[0].taught_in == "oven"
    assert about.sections("start", "books") == ("start", "books")
    assert about.learner_question is not None
    assert about.learner_question.options == ("Yes", "No")


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"goals": [{"id": "x", "section": "nowhere"}]}, "`section: nowhere` of `x` names nothing here"),
        ({"roles": {"boss": ["start"]}}, "`boss` is no role"),
        ({"roles": {"start": ["nowhere"]}}, "`roles` names no section `nowhere`"),
        ({"roles": ["start"]}, "`roles` is not in form"),
        ({"basics": [{"id": "x", "words": "("}]}, "`words: (` is no pattern"),
        ({"learner_question": "Do you?"}, "`learner_question` is not in form"),
        ({"language": "the English one"}, "`the English one` is no language tag"),
        ({"starters": "one"}, "`starters` is not a list of texts"),
        ({"subject": 7}, "`subject` is not a text"),
        ({"goals": {"a": 1}}, "`goals` is not a list"),
        ({"backgrounds": [{"id": "x", "knows": 3, "words": 4}]}, "`backgrounds` names no section `3`"),
    ],
)
def test_what_is_not_in_form_is_a_fault_with_its_line(values: dict[str, Any], what: str) -> None:
    _, problems = read(values)
    assert what in [problem.what for problem in problems]
    assert all(problem.line == (7 if "goals" in values else 1) for problem in problems)


def test_foreign_front_matter_of_a_plain_guide_is_no_fault(tmp_path: Path) -> None:
    guide = tmp_path / "guide.md"
    guide.write_text(
        "---\ntitle: Bread\nsubject: [a, b]\nlanguage: 7\n---\n\nSee [x](https://a.example).\n", "utf-8"
    )
    assert load_corpus(guide).about == About(subject="Bread")


def test_the_built_in_guide_says_all_of_it() -> None:
    about = load_corpus().about
    assert about.subject == "deep learning"
    assert list(about.goal_sections) == ["vision", "rnn", "nlp", "rl", "general"]
    assert about.learner_question is not None
    assert len(about.roles) == 9


@pytest.mark.parametrize(
    ("keys", "line", "what"),
    [
        ("roles: {start: [nonsense]}", 3, "`roles` names no section `nonsense`"),
        ("roles: {boss: [wax]}", 3, "`boss` is no role"),
        ("goals: nope", 3, "`goals` is not a list"),
        ("goals:\n  - id: g\n    section: nowhere", 3, "`section: nowhere` of `g` names nothing here"),
        ("goals:\n  - label: no id", 3, "an entry of `goals` has no `id`"),
        ("goals:\n  - {id: g, section: wax, words: '(open'}", 3, "`words: (open` is no pattern"),
        ("learner_question:\n  text: Why?\n  options: []", 3, "`learner_question` is not in form"),
        ("starters: 5", 3, "`starters` is not a list of texts"),
        ("labels: {nowhere: x}", 3, "`labels` names no section `nowhere`"),
        ("backgrounds:\n  - {id: none, knows: [nowhere]}", 3, "`backgrounds` names no section `nowhere`"),
        ("date: 2026\nlanguage: plain English", 4, "`plain English` is no language tag"),
        ("gaols: []", 3, "`gaols` is no key, and is left out"),
        ("Goals: []", 3, "`Goals` is no key, and is left out"),
        ("learner-question: x", 3, "`learner-question` is no key, and is left out"),
    ],
)
def test_a_plain_guide_is_read_with_a_warning_for_every_key_not_in_form(
    tmp_path: Path, keys: str, line: int, what: str
) -> None:
    file = tmp_path / "candles.md"
    file.write_text(
        f"---\ntitle: Candles\n{keys}\n---\n\n## Wax\n\nRead [it](https://wax.example).\n", "utf-8"
    )
    corpus, problems = read_corpus(file)
    assert corpus is not None and len(corpus.sections) == 1
    found = [(fault.level, fault.path, fault.line, fault.what) for fault in problems]
    assert found == [("warning", "candles.md", line, what)]
    assert problems[0].mend


def test_keys_of_other_programs_are_no_slips(tmp_path: Path) -> None:
    others = "author date draft tags topics categories layout lang weight subtitle slug image description summary toc"
    head = "\n".join(f"{key}: x" for key in others.split())
    file = tmp_path / "candles.md"
    file.write_text(f"---\n{head}\n---\n\n## Wax\n\nRead [it](https://wax.example).\n", "utf-8")
    assert read_corpus(file)[1] == []
