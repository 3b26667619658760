"""Which resources an answer shows, by the weights that are shipped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.answering.learner import Judge
from assistant.answering.ranking import ResourceRanker
from assistant.dialogue.request import Request
from assistant.dialogue.state import Shown, State
from assistant.types import Profile
from assistant.understanding.reading import Act, Mention, Reading
from corpus import Corpus, load_corpus
from tests.answering.looks import make_look
from tests.guides.conftest import FOLDER


@pytest.fixture(scope="module")
def ranker(corpus: Corpus) -> ResourceRanker:
    return ResourceRanker(corpus, Judge(corpus))


def ask(act: Act, text: str = "…", **more: object) -> Request:
    """A request of one act."""
    return Request(Reading(text, {act: 1.0}), act, text, text, **more)  # type: ignore[arg-type]


def test_every_resource_is_ranked_once_with_a_probability(ranker: ResourceRanker, corpus: Corpus) -> None:
    look = make_look(corpus, {"cs231n": 0.8})
    found = ranker.rank(ask("find"), look, look)
    assert {one.id for one in found} == set(corpus.resource_by_id)
    assert all(0 <= one.utility <= 1 for one in found)
    utilities = [one.utility for one in found]
    assert utilities == sorted(utilities, reverse=True)


def test_what_the_search_finds_comes_first(ranker: ResourceRanker, corpus: Corpus) -> None:
    look = make_look(corpus, {"choosing-a-gpu": 0.9})
    assert ranker.rank(ask("find", "which graphics card should I buy"), look, look)[0].id == "choosing-a-gpu"


def test_what_is_asked_about_comes_first_whatever_the_search_finds(
    ranker: ResourceRanker, corpus: Corpus
) -> None:
    look = make_look(corpus, {"nielsen-book": 0.5})
    state = State((Shown("a course?", "find", "answered", items=("cs231n",)),))
    request = ask("about", "how long is it", refs=("cs231n",), aspects=("length",), state=state)
    assert ranker.rank(request, look, look)[0].id == "cs231n"


@pytest.mark.parametrize(
    ("learner", "why"),
    [(Profile(done=("cs231n",)), "done"), (Profile(avoids=("cs231n",)), "refused")],
)
def test_what_is_done_or_refused_comes_last_with_the_reason(
    ranker: ResourceRanker, corpus: Corpus, learner: Profile, why: str
) -> None:
    look = make_look(corpus, {"cs231n": 0.9})
    last = ranker.rank(ask("find", learner=learner), look, look)[-1]
    assert (last.id, last.excluded) == ("cs231n", why)


def test_what_is_not_wanted_is_excluded(ranker: ResourceRanker, corpus: Corpus) -> None:
    look = make_look(corpus, {"cs231n": 0.9})
    found = ranker.rank(ask("another", wants=("not:cs231n",)), look, look)
    assert next(one for one in found if one.id == "cs231n").excluded == "not wanted"


def test_a_question_about_something_done_is_answered_about_it(ranker: ResourceRanker, corpus: Corpus) -> None:
    look = make_look(corpus)
    state = State((Shown("a course?", "find", "answered", items=("cs231n",)),))
    learner = Profile(done=("cs231n",))
    request = ask("about", "was that one still current?", refs=("cs231n",), learner=learner, state=state)
    first = ranker.rank(request, look, look)[0]
    assert (first.id, first.excluded) == ("cs231n", "")


def test_who_lacks_the_maths_gets_other_things_first_than_who_knows_it(
    ranker: ResourceRanker, corpus: Corpus
) -> None:
    look = make_look(corpus, {"cs231n": 0.3, "strang-linear-algebra": 0.3})
    lacks = Profile(lacks=("maths",), background="none")
    knows = Profile(knows=("maths",), background="maths", can_program=True)
    place = {
        name: [one.id for one in ranker.rank(ask("start", learner=learner), look, look)]
        for name, learner in (("lacks", lacks), ("knows", knows))
    }
    assert place["knows"].index("cs231n") < place["lacks"].index("cs231n")
    assert place["lacks"].index("strang-linear-algebra") < place["knows"].index("strang-linear-algebra")


def test_a_named_resource_of_a_plain_guide_comes_first_when_it_is_asked_about() -> None:
    guide = load_corpus(FOLDER / "home-brewing.md")
    id = guide.resources[2].id
    reading = Reading("is that one free", {"about": 1.0}, mentions=(Mention(0, 4, (id,)),))
    request = Request(reading, "about", reading.text, reading.text, refs=(id,), aspects=("cost",))
    found = ResourceRanker(guide, Judge(guide)).rank(request, make_look(guide), make_look(guide))
    assert found[0].id == id


def test_a_guide_without_resources_ranks_none() -> None:
    guide = replace(load_corpus(FOLDER / "home-brewing.md"), resources=())
    assert ResourceRanker(guide, Judge(guide)).rank(ask("find"), make_look(guide), make_look(guide)) == ()
