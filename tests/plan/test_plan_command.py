"""`dlstart plan` on the command line."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import pytest
from typer.testing import CliRunner

from assistant.cli import app
from assistant.errors import UsageError


def run(*options: str) -> str:
    result = CliRunner().invoke(app, ["plan", *options])
    if result.exception is not None:
        raise result.exception
    return result.output


def test_json_has_every_field_of_the_contract() -> None:
    made = json.loads(run("--goal", "rnn,nlp", "--background", "maths", "--prefer", "reading", "--json"))
    assert made["profile"]["goal"] == ["rnn", "nlp"]
    assert set(made["steps"][0]) >= {
        *("number", "section", "resource", "title", "why", "url", "status", "successor"),
        *("prerequisites", "effort", "citations"),
    }
    assert [step["number"] for step in made["steps"]] == list(range(1, len(made["steps"]) + 1))


def test_every_format_is_what_it_says() -> None:
    assert run("--hours-per-week", "6").startswith("# Your study plan\n")
    assert ET.fromstring(run("--format", "svg")).tag == "{http://www.w3.org/2000/svg}svg"
    assert "DTSTART:20261130T180000" in run("--format", "ics", "--start", "2026-11-30")


def test_the_text_ends_with_its_sources() -> None:
    text, _, listed = run("--goal", "vision", "--background", "maths").partition("\n## Sources\n\n")
    made = json.loads(run("--goal", "vision", "--background", "maths", "--json"))
    lines = listed.splitlines()
    assert lines and all(line.startswith("- [") for line in lines)
    for citation in (citation for step in made["steps"] for citation in step["citations"]):
        assert f"[{citation['number']}]" in text
        line = next(line for line in lines if f"[{citation['number']}]" in line)
        assert citation["title"] in line and line.endswith(citation["url"])


def test_the_picture_shows_the_total_time() -> None:
    given = ("--background", "none", "--knows", "linear algebra", "--hours-per-week", "6")
    text = run(*given)
    found = re.search(r"\d+ hours in all, .* which is \d+ weeks at", text)
    assert found is not None
    words = " ".join(ET.fromstring(run(*given, "--format", "svg")).itertext())
    assert found[0] in " ".join(words.split())


@pytest.mark.parametrize("avoid", ["video", "hands-on", "video,reading,hands-on", "calculus", "rnn"])
def test_text_and_picture_say_what_could_not_be_avoided(avoid: str) -> None:
    given = ("--goal", "nlp", "--avoid", avoid)
    made = json.loads(run(*given, "--json"))
    parts = []
    for word in avoid.split(","):
        numbers = [str(step["number"]) for step in made["steps"] if word in step["avoided"]]
        parts.append(f"{word} ({'step' if len(numbers) == 1 else 'steps'} {', '.join(numbers)})")
        assert numbers
    said = f"Could not be avoided: {', '.join(parts)}."
    assert said in run(*given)
    picture = ET.fromstring(run(*given, "--format", "svg"))
    assert said in " ".join(" ".join(picture.itertext()).split())
    assert said in (picture.findtext("{http://www.w3.org/2000/svg}desc") or "")


@pytest.mark.parametrize(
    ("options", "cure"),
    [
        (("--done", "nope"), "name or id"),
        (("--knows", "quantum gravity"), "name or id"),
        (("--knows", "linear algbra"), "linear algebra"),
        (("--done", "nilsen-book"), "nielsen-book"),
        (("--avoid", "nope"), "video"),
        (("--avoid", "cs231n,videos"), "did you mean video"),
    ],
)
def test_a_word_that_names_nothing_is_refused_with_what_is_near(options: tuple[str, str], cure: str) -> None:
    with pytest.raises(UsageError) as error:
        run(*options)
    option, words = options
    assert str(error.value) == f"{option} {words.split(',')[-1]!r} names nothing that is known"
    assert cure in error.value.cure


def test_what_is_known_is_left_out() -> None:
    made = run("--knows", "linear algebra")
    assert "### 1. [Calculus 1A" in made


@pytest.mark.parametrize(
    "options",
    [
        ("--goal", "cooking"),
        ("--background", "phd"),
        ("--prefer", "podcasts"),
        ("--format", "pdf"),
        ("--hours-per-week", "0"),
        ("--hours-per-week", "nan"),
        ("--start", "tomorrow"),
        ("--start", "9999-12-31"),
        ("--start", "0001-01-01"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_expected(options: tuple[str, str]) -> None:
    with pytest.raises(UsageError) as error:
        run(*options)
    assert options[0].strip("-") in str(error.value)
    assert error.value.cure
