"""What makes an answer right, wrong, well cited: small answers, judged by hand."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.evaluation.judgement import judge, spoken, stating_sentences
from assistant.evaluation.questions import Expected
from assistant.types import Answer, Citation, Clarification, Outcome, Place
from index.types import Chunk

QUOTE = "The guide recommends CS231n."
CHUNK = Chunk("c1", "guide", "guide", "have-basics", None, "Start", None, QUOTE, (), "guide.md", 1, (0, 10))


def cite(
    number: int = 1, resource: str | None = "cs231n", section: str = "have-basics", **more: Any
) -> Citation:
    names = (resource,) if resource else ()
    return Citation(number, "c1", "guide", section, resource, names, "CS231n", None, QUOTE, **more)


def answer(text: str, *citations: Citation, outcome: Outcome = "answered", **more: Any) -> Answer:
    return Answer("ans_1", "con_1", outcome, text, citations, evidence={"c1": CHUNK}, **more)


GOOD = answer("The guide recommends CS231n. [1]", cite())


def test_an_answer_with_the_outcome_a_resource_and_the_facts_is_right() -> None:
    expected = Expected(
        ("answered",), ("have-basics",), ("ng", "cs231n"), (), (("nope", "recommends"),), ("evil",)
    )
    judged = judge(expected, GOOD)
    assert judged.right
    assert judged.reasons == ()
    assert (judged.resource_cited, judged.facts_mentioned, judged.forbidden_avoided) == (True, True, True)
    assert (judged.citation_precision, judged.citation_recall) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("expected", "reasons"),
    [
        (Expected(("off_topic", "refused")), ("outcome",)),
        (Expected(("answered",), resources=("ng",)), ("resource",)),
        (Expected(("answered",), must_mention=(("recommends",), ("gpu", "cpu"))), ("fact",)),
        (Expected(("answered",), must_not_mention=("cs231n",)), ("forbidden text",)),
        (Expected(("refused",), resources=("ng",), must_mention=(("x",),)), ("outcome", "resource", "fact")),
    ],
)
def test_each_thing_that_is_wrong_is_named(expected: Expected, reasons: tuple[str, ...]) -> None:
    assert judge(expected, GOOD).reasons == reasons


def test_resources_and_facts_count_only_where_the_question_was_answered() -> None:
    expected = Expected(("not_covered", "answered"), resources=("ng",), must_mention=(("fact",),))
    judged = judge(expected, answer("That is not in the guide.", outcome="not_covered"))
    assert judged.right
    assert (judged.resource_cited, judged.facts_mentioned, judged.citation_recall) == (None, None, None)


def test_an_acceptable_addition_counts_as_an_expected_resource() -> None:
    expected = Expected(("answered",), resources=("ng",), additions=("cs231n",))
    judged = judge(expected, GOOD)
    assert (judged.resource_cited, judged.lead_right, judged.citation_precision) == (True, True, 1.0)


def test_the_first_resource_that_is_cited_must_be_acceptable_and_alive() -> None:
    expected = Expected(("answered",), resources=("ng", "cs231n"))
    two = answer("A. [1] B. [2]", cite(1, "torch"), cite(2, "ng"))
    judged = judge(expected, two, living={"ng", "cs231n"})
    assert (judged.resource_cited, judged.lead_right, judged.living_first) == (True, False, False)
    judged = judge(expected, GOOD, living={"ng", "cs231n"})
    assert (judged.lead_right, judged.living_first) == (True, True)


def test_living_first_asks_nothing_where_all_that_is_acceptable_is_gone() -> None:
    assert judge(Expected(("answered",), resources=("cs231n",)), GOOD, living={"ng"}).living_first is None


def test_a_resource_that_the_quote_names_beside_its_first_counts_as_cited() -> None:
    citation = Citation(1, "c1", "guide", "have-basics", "cs231n", ("cs231n", "ng"), "CS231n", None, QUOTE)
    assert (
        judge(Expected(("answered",), resources=("ng",)), answer("x. [1]", citation)).resource_cited is True
    )


def test_a_question_back_counts_as_answering_only_beside_a_provisional_answer() -> None:
    expected = Expected(("answered",))
    back = Clarification("Which one?", ("a", "b"))
    asked = answer("The guide recommends CS231n. [1]", cite(), outcome="clarify", clarifying_question=back)
    alone = answer("Which one?", outcome="clarify", clarifying_question=back)
    assert judge(expected, asked).outcome_right
    assert not judge(expected, alone).outcome_right
    assert not judge(Expected(("off_topic",)), asked).outcome_right


def test_titles_status_notes_and_successors_count_as_mentioned_but_quotes_do_not() -> None:
    citation = cite(status="superseded", status_note="It’s OLD.", successor=Place("PyTorch", "https://x.org"))
    said = spoken(answer("Text. [1]", citation, addresses={"https://x.org"}))
    assert "it's old." in said
    assert "pytorch" in said
    assert "cs231n" in said
    assert "recommends" not in said
    assert "x.org" not in said


@pytest.mark.parametrize(
    ("expected", "precision"),
    [
        (Expected(("answered",), ("have-basics",), ("cs231n",)), 2 / 3),
        (Expected(("answered",), ("have-basics",), ("cs231n",), ("ng",)), 1.0),
        (Expected(("answered",), ("have-basics",)), 1.0),
        (Expected(("answered",), ("rnn",)), 0.0),
        (Expected(("answered",), ("rnn",), ("cs231n",)), 1 / 3),
        (Expected(("answered",)), None),
    ],
)
def test_a_citation_fits_by_its_resource_else_by_its_section(
    expected: Expected, precision: float | None
) -> None:
    one = answer("A. [1] B. [2] C. [3]", cite(1), cite(2, "ng"), cite(3, None))
    assert judge(expected, one).citation_precision == (
        None if precision is None else pytest.approx(precision)
    )


def test_sentences_that_state_something_are_found_with_their_markers() -> None:
    text = (
        "# Heading\n"
        "First one. Second one. [1][2]\n"
        "Which do you mean?\n"
        "For example:\n"
        "- **Third.** [3]\n"
        "| | A |\n"
        "|---|---|\n"
        "| Cost | free [4] |\n"
        "Last one."
    )
    assert list(stating_sentences(text)) == [
        ("First one", ()),
        ("Second one", (1, 2)),
        ("- **Third", (3,)),
        ("Cost | free", (4,)),
        ("Last one", ()),
    ]


@pytest.mark.parametrize(
    ("text", "recall"),
    [
        ("The guide recommends CS231n. [1]", 1.0),
        ("The guide recommends CS231n. [1] Buy a boat.", 0.5),
        ("Buy a boat from Harvard tomorrow. [1]", 0.0),
        ("Here, the guide recommends CS231n. [1]", 1.0),
    ],
)
def test_recall_is_the_share_of_sentences_that_their_sources_hold(text: str, recall: float) -> None:
    assert judge(Expected(("answered",)), answer(text, cite())).citation_recall == recall
