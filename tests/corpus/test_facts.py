"""Facts as values: read in form, carried by one sentence, refused with file and line otherwise."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from corpus import Corpus
from corpus.errors import Problem
from corpus.facts import Fact, count_hours, read_facts
from corpus.known import dump_resources, read_resources
from corpus.parse import parse_resource
from corpus.write import blank_addition, write_resource

TEXT = "The course takes 10 to 12 weeks at 6 hours a week. It is free. It is taught in Python, not in C."


def read(facts: Any, *texts: str) -> tuple[tuple[Fact, ...], list[tuple[str, str]]]:
    """What is read of some facts, and every fault."""
    faults: list[tuple[str, str]] = []

    def fault(what: str, mend: str, level: str = "error") -> None:
        faults.append((what, mend))

    return read_facts(facts, list(texts or (TEXT,)), fault), faults


def test_each_form_of_value_is_read() -> None:
    found, faults = read(
        {
            "weeks": {"value": [10, 12], "words": "10 to 12 weeks"},
            "hours_per_week": {"value": 6, "words": "6 hours a week"},
            "price": {"value": "free", "words": "is free"},
            "code": {"value": ["Python"], "words": "taught in Python"},
            "exercises": {"value": False, "words": "not in C"},
        }
    )
    assert faults == []
    assert {fact.name: fact.value for fact in found} == {
        "weeks": (10.0, 12.0),
        "hours_per_week": 6.0,
        "price": "free",
        "code": ("Python",),
        "exercises": False,
    }


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ([], "`facts` is not a table"),
        ({"price": "free"}, "fact `price` is not in form"),
        ({"price": {"value": "cheap", "words": "is free"}}, "fact `price` has no usable value"),
        ({"weeks": {"value": [12, 10], "words": "10 to 12 weeks"}}, "fact `weeks` has no usable value"),
        ({"weeks": {"value": True, "words": "10 to 12 weeks"}}, "fact `weeks` has no usable value"),
        ({"hours": {"value": -1, "words": "is free"}}, "fact `hours` has no usable value"),
        ({"exercises": {"value": "no", "words": "is free"}}, "fact `exercises` has no usable value"),
        ({"colour": {"value": "red", "words": "is free"}}, "`colour` is no fact"),
        ({"price": {"value": "free", "words": "costs nothing"}}, "stand in no sentence"),
        ({"price": {"value": "free", "words": "It is"}}, "stand in 2 sentences"),
    ],
)
def test_a_fact_that_is_not_in_form_is_a_fault_that_says_how_to_fix_it(facts: Any, fault: str) -> None:
    found, faults = read(facts)
    assert found == ()
    [(what, mend)] = faults
    assert fault in what and mend


def test_words_that_an_edit_removed_are_a_warning_with_the_line_of_the_key() -> None:
    text = write_resource(blank_addition("x", "X", "https://x.example/", "s"))
    text = text.replace("questions: []", "questions: []\nfacts:\n  price: {value: free, words: is not here}")
    problems: list[Problem] = []
    parsed = parse_resource(text, "resources/x.md", "x", problems)
    [problem] = [problem for problem in problems if "price" in problem.what]
    assert text.splitlines()[problem.line - 1] == "facts:"
    assert problem.level == "warning" and parsed is not None and parsed.facts == ()


@pytest.mark.parametrize(
    ("facts", "hours"),
    [
        ({"hours": 150, "weeks": 14, "hours_per_week": 12}, 150),
        ({"weeks": (12, 13), "hours_per_week": (6, 10)}, 130),
        ({"months": 3, "hours_per_week": 4}, 52),
        ({"minutes": 90}, 1.5),
        ({"weeks": 10}, None),
        ({"pages": 500}, None),
        ({}, None),
    ],
)
def test_hours_are_the_most_that_is_stated(facts: dict[str, Any], hours: float | None) -> None:
    assert count_hours({name: Fact(name, value, "") for name, value in facts.items()}) == hours  # type: ignore[arg-type]


def test_facts_survive_writing_and_the_record_of_known_resources() -> None:
    facts = (
        Fact("weeks", (8.0, 10.0), "x"),
        Fact("code", (), "x"),
        Fact("exercises", True, "x"),
        Fact("certificate", "no", "x"),
    )
    resource = replace(
        blank_addition("x", "x", "https://x.example/", "s"),
        facts=facts,
        path="resources/x.md",
        digest="0" * 64,
    )
    assert list(read_resources(dump_resources([resource])).values()) == [resource]
    parsed = parse_resource(write_resource(resource), "resources/x.md", "x", [])
    assert parsed is not None and parsed.facts == facts


def test_every_resource_of_the_guide_states_its_price(corpus: Corpus) -> None:
    assert [resource.id for resource in corpus.resources if resource.fact("price") is None] == []
    strang = corpus.resource_by_id["strang-linear-algebra"]
    assert count_hours({fact.name: fact for fact in strang.facts}) == 150


def test_every_resource_of_the_guide_says_what_must_be_known_before(corpus: Corpus) -> None:
    known = {*(basic.id for basic in corpus.about.basics), "programming"}
    needs = {resource.id: resource.fact("needs") for resource in corpus.resources}
    assert [id for id, fact in needs.items() if fact is None] == []
    assert {id for id, fact in needs.items() if fact and not known.issuperset(fact.value)} == set()  # type: ignore[arg-type]
    cs231n = needs["cs231n"]
    assert cs231n is not None
    assert cs231n.value == ("programming", "calculus", "linear-algebra", "probability")


def test_every_resource_but_what_was_not_checked_says_whether_it_has_exercises_and_code(
    corpus: Corpus,
) -> None:
    assert [r.id for r in corpus.resources if r.fact("exercises") is None] == []
    assert {r.id for r in corpus.resources if r.fact("code") is None} == {
        "abu-mostafa-telecourse",
        "cho-nlp-course",
    }


def test_what_the_guide_says_of_prices_and_origins_is_what_the_facts_count(corpus: Corpus) -> None:
    prices = Counter(fact.value for r in corpus.resources if (fact := r.fact("price")))
    said = _says(corpus, "intro")
    assert f"{prices['free']} of these {len(corpus.resources)} resources are free" in said
    assert f"{prices['part']} are free only in part, and {prices['paid']} is paid" in said
    origins = Counter(r.origin for r in corpus.resources)
    assert f"with its {origins['guide']} resources" in said and f"by {origins['addition']} additions" in said


def test_what_the_guide_says_of_the_hours_of_the_maths_is_the_sum_of_the_facts(corpus: Corpus) -> None:
    def span(id: str) -> tuple[float, float]:
        weeks, pace = (corpus.resource_by_id[id].fact(name) for name in ("weeks", "hours_per_week"))
        assert weeks and pace
        return _ends(weeks)[0] * _ends(pace)[0], _ends(weeks)[1] * _ends(pace)[1]

    strang = corpus.resource_by_id["strang-linear-algebra"].fact("hours")
    assert strang
    spans = [_ends(strang), span("mitx-calculus"), span("mitx-probability")]
    least, most = (sum(ends) for ends in zip(*spans, strict=True))
    said = _says(corpus, "math-background")
    assert f"between {least:g} and {most:g} hours" in said
    for pace in (5, 10):
        weeks = f"between {math.ceil(least / pace)} and {math.ceil(most / pace)} weeks at {pace} hours"
        assert weeks in said


def _ends(fact: Fact) -> tuple[float, float]:
    assert fact.most is not None
    return fact.value if isinstance(fact.value, tuple) else (fact.most, fact.most)  # type: ignore[return-value]


def _says(corpus: Corpus, section: str) -> str:
    return " ".join(paragraph.text for paragraph in corpus.section_by_id[section].paragraphs)
