"""What a message points at, and the request that it makes."""

from __future__ import annotations

import pytest

from assistant.dialogue.resolve import Resolver, context_of, expand
from assistant.dialogue.state import Shown, State
from assistant.lexicon import Lexicon
from assistant.types import Profile
from assistant.understanding.reading import Act, Mention, Reading, Statement
from corpus import Corpus
from tests.answering.looks import make_look

LIST = ("cs231n", "nielsen-book", "fastai-practical-deep-learning")


@pytest.fixture(scope="module")
def resolver(corpus: Corpus) -> Resolver:
    return Resolver(corpus, Lexicon(corpus))


def after(*items: str, asked: str = "", options: tuple[str, ...] = ()) -> State:
    """A conversation of one answer that showed these."""
    return State((Shown("where do I start", "start", "answered", items=items, asked=asked, options=options),))


def points(resolver: Resolver, text: str, act: Act, state: State, **more: object) -> tuple[str, ...]:
    """What a message points at."""
    reading = Reading(text, {act: 1.0}, **more)  # type: ignore[arg-type]
    return resolver.resolve(reading, state, make_look(resolver.corpus)).refs


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("how long is the first one", 0),
        ("is the second one free?", 1),
        ("quanto dura o segundo?", 1),
        ("la segunda es gratis?", 1),
        ("and the third, how hard is it", 2),
        ("第二个多长", 1),
    ],
)
def test_an_ordinal_points_into_the_last_list(resolver: Resolver, text: str, place: int) -> None:
    found = points(resolver, text, "about", after(*LIST), aspects=("length",))
    assert found[:1] == (LIST[place],)


def test_it_points_at_the_only_thing_that_was_shown(resolver: Resolver) -> None:
    assert points(resolver, "is it free?", "about", after("cs231n"), aspects=("cost",)) == ("cs231n",)


def test_a_comparison_points_at_the_two_of_the_list(resolver: Resolver) -> None:
    state = after("cs231n", "nielsen-book")
    assert set(points(resolver, "which of the two is shorter?", "compare", state)) == {
        "cs231n",
        "nielsen-book",
    }


def test_a_name_points_wherever_it_was_shown(resolver: Resolver) -> None:
    mention = Mention(8, 10, ("d2l",))
    assert points(resolver, "how hard is d2l", "about", State(), mentions=(mention,)) == ("d2l",)


def test_a_first_message_without_a_name_points_at_nothing(resolver: Resolver) -> None:
    assert points(resolver, "how do I start learning deep learning", "start", State()) == ()


def test_what_its_reader_tells_is_what_a_message_points_at(resolver: Resolver) -> None:
    assert points(resolver, "is it free?", "about", after(*LIST), refs=LIST[2:]) == LIST[2:]
    assert points(resolver, "is the second one free?", "about", after(*LIST), refs=()) == ()


def test_the_request_holds_the_learner_after_the_message(resolver: Resolver) -> None:
    reading = Reading("I know calculus", {"tell": 1.0}, says=(Statement("knows", "calculus"),))
    state = State(learner=Profile(lacks=("mitx-calculus",)))
    request = resolver.resolve(reading, state, make_look(resolver.corpus))
    assert (request.learner.knows, request.learner.lacks) == (("mitx-calculus",), ())
    assert (request.act, request.query, request.context) == ("tell", "I know calculus", "I know calculus")


def test_the_context_is_the_message_before_with_this_one() -> None:
    assert context_of("and books?", after()) == "where do I start and books?"
    assert context_of("and books?", State()) == "and books?"


@pytest.mark.parametrize(
    ("reply", "meant"),
    [("2", "Some of it"), ("the second", "Some of it"), ("1", "Yes"), ("letzte", "No"), ("4", "4")],
)
def test_a_number_is_the_option_of_the_question_back(reply: str, meant: str) -> None:
    assert expand(reply, after(asked="Do you know it?", options=("Yes", "Some of it", "No"))) == meant


def test_a_sentence_with_a_number_in_it_is_no_option() -> None:
    text = "the second course of the list is far too long for me I think"
    assert expand(text, after(asked="Do you know it?", options=("Yes", "No"))) == text
