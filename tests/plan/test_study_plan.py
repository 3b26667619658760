"""Study plans: nothing before what it needs, for every profile; and what a plan says is in the corpus."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.plan.pace import read_hours
from assistant.plan.study_plan import asks_for_plan, list_items, make_plan, plan_draft
from assistant.service import Assistant
from assistant.types import MARKER, Background, BrokenPromise, Plan, Profile, Step
from corpus import Corpus, load_corpus
from index.chunk import cut
from index.types import Chunk

GOALS = ("vision", "rnn", "nlp", "rl", "general")
BACKGROUNDS: tuple[Background | None, ...] = (None, "none", "some-maths", "maths", "ml")
FORMATS = ("reading", "video", "hands-on")
FIRST_COURSES = ("have-basics", "reading", "other-courses")
SAID: tuple[dict[str, Any], ...] = (
    {},
    {"knows": ("strang-linear-algebra",)},
    {"knows": ("linear algebra", "probability")},
    {"knows": ("math-background",), "can_program": False},
    {"knows": ("rnn",)},
    {"done": ("cs231n", "karpathy-rnn")},
    {"done": ("fastai-practical-deep-learning",)},
    {"done": ("mml-book", "nielsen-book")},
    {"doing": ("mitx-calculus",), "lacks": ("linear algebra",)},
    {"doing": ("fastai-practical-deep-learning",), "can_program": True},
    {"doing": ("nielsen-book",), "lacks": ("calculus",)},
    {"can_program": True, "lacks": ("maths",)},
    {"avoids": ("video",)},
    {"avoids": ("reading",)},
    {"avoids": ("hands-on", "video")},
    {"avoids": ("maths",)},
    {"avoids": ("coursera", "edx")},
    {"avoids": ("cs231n", "strang-linear-algebra", "mitx-probability"), "budget": "free"},
)


@pytest.fixture(scope="module")
def chunks(corpus: Corpus) -> tuple[Chunk, ...]:
    return cut(corpus)


def subsets(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for size in range(len(names) + 1):
        yield from itertools.combinations(names, size)


def profiles() -> Iterator[Profile]:
    for background, goal, prefers in itertools.product(BACKGROUNDS, subsets(GOALS), subsets(FORMATS)):
        for said in SAID if len(goal) < 2 and len(prefers) < 2 else SAID[:1]:
            yield Profile(goal=goal, background=background, prefers=prefers, **said)


def plan(corpus: Corpus, chunks: tuple[Chunk, ...], **said: object) -> Plan:
    return make_plan(corpus, chunks, Profile(**said))  # type: ignore[arg-type]


def resources(plan: Plan, optional: bool = False) -> list[str | None]:
    return [step.resource for step in plan.steps if optional or not step.optional]


def brought(corpus: Corpus, profile: Profile) -> set[str]:
    """Slow oracle: everything that comes before what they say they know."""
    words = {
        "linear algebra": "strang-linear-algebra",
        "calculus": "mitx-calculus",
        "probability": "mitx-probability",
    }
    known = {words.get(word, word) for word in (*profile.knows, *profile.done)}
    known |= {id for doing in profile.doing for id in corpus.resource_by_id[doing].prerequisites}
    known |= {"maths": {"math-background"}, "ml": {"math-background", "machine-learning"}}.get(
        profile.background or "", set()
    )
    while True:
        more = {
            p for id in known if id in corpus.resource_by_id for p in corpus.resource_by_id[id].prerequisites
        }
        more |= {
            p for id in known if id in corpus.section_by_id for p in corpus.section_by_id[id].prerequisites
        }
        if more <= known:
            break
        known |= more
    known |= {r.id for r in corpus.resources if r.section in known}
    if {"mml-book"} & known:
        known.add("math-background")
        known |= {r.id for r in corpus.resources if r.section == "math-background"}
    lacked = {words.get(word, word) for word in profile.lacks}
    lacked |= (
        {r.id for r in corpus.resources if r.section == "math-background"} if "maths" in lacked else set()
    )
    return (known - lacked) | ({"math-background"} if "maths" in profile.avoids else set())


def missing(
    corpus: Corpus,
    recommended: dict[str, set[str]],
    step: Step,
    before: list[Step],
    known: set[str],
    avoids: bool,
    builds_first: bool,
) -> list[str]:
    """Slow oracle: the corpus's prerequisites of a step that nothing before it meets.

    What the learner is taking already needs nothing but what it names itself; who builds first needs no foundations
    but those that a resource names itself.
    """
    resource = corpus.resource_by_id[step.resource] if step.resource else None
    needed = set() if step.doing else set(corpus.section_by_id[step.section].prerequisites)
    needed -= {"math-background"} if builds_first else set()
    needed |= set(resource.prerequisites if resource else ())
    have = known | {s.resource for s in before if s.resource} | {s.section for s in before}
    met = set()
    for id in needed:
        home = corpus.resource_by_id[id].section if id in corpus.resource_by_id else id
        own = {
            r.id
            for r in corpus.resources
            if r.section in (FIRST_COURSES if home == "have-basics" else (home,))
        }
        own |= recommended[home]
        stands_in = bool(own & have) and (id == home or avoids)
        if id in have or stands_in:
            met.add(id)
    return sorted(needed - met)


def test_no_step_stands_before_its_prerequisites_for_any_profile(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    count = 0
    recommended: dict[str, set[str]] = {section.id: set() for section in corpus.sections}
    for chunk in chunks:
        if chunk.kind == "guide" and chunk.section:
            recommended[chunk.section] |= {
                id for sentence in chunk.sentences for id in sentence.resources[:1]
            }
    for profile in profiles():
        known = brought(corpus, profile)
        made = make_plan(corpus, chunks, profile)
        steps = made.steps
        short = made.other is not None and made.other.name == "the maths first"
        for position, step in enumerate(steps):
            before = list(steps[:position])
            lacking = missing(corpus, recommended, step, before, known, bool(profile.avoids), short)
            assert not lacking, f"{profile}: {step.resource} lacks {lacking}"
        assert len({step.resource for step in steps}) == len(steps)
        assert not {step.resource for step in steps} & set(profile.done)
        count += 1
    assert count > 2000


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, ["strang-linear-algebra", "mitx-calculus", "mitx-probability", "cs231n"]),
        ({"background": "maths"}, ["cs231n"]),
        ({"background": "maths", "prefers": ("reading",)}, ["nielsen-book"]),
        ({"background": "maths", "avoids": ("video",)}, ["nielsen-book"]),
        ({"background": "maths", "goal": ("vision",)}, ["cs231n"]),
        ({"background": "maths", "goal": ("vision",), "prefers": ("reading",)}, ["nielsen-book", "cs231n"]),
        ({"background": "maths", "goal": ("rnn",)}, ["cs231n", "karpathy-rnn", "olah-lstm"]),
        ({"background": "maths", "goal": ("nlp",)}, ["cs231n", "karpathy-rnn", "cs224n"]),
        ({"background": "ml", "goal": ("rl",)}, ["cs231n", "karpathy-rl", "silver-deep-rl"]),
        ({"done": ("cs231n",), "goal": ("rnn",)}, ["karpathy-rnn", "olah-lstm"]),
        ({"avoids": ("maths",)}, ["fastai-practical-deep-learning"]),
        ({"knows": ("linear algebra",)}, ["mitx-calculus", "mitx-probability", "cs231n"]),
    ],
)
def test_the_path_is_the_shortest_sensible_one(
    corpus: Corpus, chunks: tuple[Chunk, ...], said: dict[str, Any], expected: list[str]
) -> None:
    assert resources(plan(corpus, chunks, **said)) == expected


def test_knowing_some_maths_makes_the_maths_steps_optional_and_keeps_them_first(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    steps = plan(corpus, chunks, background="some-maths").steps
    assert [step.optional for step in steps[:4]] == [True, True, True, False]
    assert steps[3].resource == "cs231n"


def test_naming_the_maths_that_is_known_leaves_the_rest_required(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    made = plan(corpus, chunks, background="some-maths", knows=("strang-linear-algebra",))
    assert resources(made) == ["mitx-calculus", "mitx-probability", "cs231n"]


def test_what_is_refused_by_name_or_host_never_appears(corpus: Corpus, chunks: tuple[Chunk, ...]) -> None:
    made = plan(corpus, chunks, goal=("nlp", "vision"), avoids=("coursera", "CS224N"))
    assert "cs224n" not in resources(made, optional=True)
    assert not [step for step in made.steps if step.url and "coursera.org" in step.url]


@pytest.mark.parametrize("goal", [(), ("nlp",), ("rl",)])
@pytest.mark.parametrize(
    "avoids",
    [
        *itertools.chain.from_iterable(
            itertools.combinations(("video", "reading", "hands-on"), n) for n in (1, 2, 3)
        ),
        ("Calculus",),
        ("lstm",),
        ("assignments",),
    ],
)
def test_a_plan_owns_up_to_what_could_not_be_avoided(
    corpus: Corpus, chunks: tuple[Chunk, ...], avoids: tuple[str, ...], goal: tuple[str, ...]
) -> None:
    made = plan(corpus, chunks, avoids=avoids, goal=goal)
    doing = {"assignments", "code", "notebooks", "labs", "exercises", "software", "service"}
    for step in made.steps:
        formats = set(step.format)
        assert ("video" in step.avoided) == ("video" in avoids and "video" in formats)
        assert ("hands-on" in step.avoided) == ("hands-on" in avoids and bool(doing & formats))
        if avoids == ("video", "reading", "hands-on"):
            assert ("reading" in step.avoided) == bool({"text", "notes"} & formats)
        assert not (step.avoided and step.number > max(s.number for s in made.steps if not s.optional))
    assert ("Could not be avoided" in made.text) == any(step.avoided for step in made.steps)


def test_a_plan_that_avoids_everything_refused_says_nothing_of_it(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    for avoids in ((), ("maths",), ("coursera",), ("Andrej Karpathy",)):
        made = plan(corpus, chunks, avoids=avoids)
        assert not any(step.avoided for step in made.steps) and "Could not" not in made.text


def test_who_wrote_a_resource_is_a_reason_to_refuse_it(corpus: Corpus, chunks: tuple[Chunk, ...]) -> None:
    made = plan(corpus, chunks, goal=("rnn", "rl"), avoids=("andrej karpathy",))
    ids = {step.resource for step in made.steps}
    assert not ids & {r.id for r in corpus.resources if "Andrej Karpathy" in r.authors}


@pytest.mark.parametrize(
    "word", ["[7]", "see https://evil.example", "www.evil.example", "# head", "<b>", "a\n\nb"]
)
def test_markup_and_addresses_of_a_client_are_not_shown(
    corpus: Corpus, chunks: tuple[Chunk, ...], word: str
) -> None:
    made = plan(corpus, chunks, avoids=(word, "video"), prefers=(word, "reading"))
    assert "you prefer: reading; you avoid: video." in made.text


def test_additions_are_called_additions_and_come_after_the_guide_among_side_branches(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    for profile in (Profile(), Profile(goal=("nlp",)), Profile(prefers=("hands-on",), background="maths")):
        made = make_plan(corpus, chunks, profile)
        branches = [step.origin for step in made.steps if step.optional]
        assert branches == sorted(branches, reverse=True)
        for step in made.steps:
            assert step.resource is not None
            assert step.origin == corpus.resource_by_id[step.resource].origin
            heading = next(line for line in made.text.splitlines() if line.startswith(f"### {step.number}. "))
            assert ("addition" in heading) == (step.origin == "addition")


def test_a_resource_that_is_not_current_comes_with_its_state_and_successor(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    aged = [step for step in plan(corpus, chunks).steps if step.status != "current"]
    assert {"mitx-calculus", "mitx-probability", "cs231n", "ng-machine-learning"} <= {
        s.resource for s in aged
    }
    for step in aged:
        assert step.successor is not None or step.resource == "3blue1brown-neural-networks"
        note = corpus.resource_by_id[step.resource or ""].status_note
        assert any(note.startswith(citation.quote) for citation in step.citations)


def test_what_lives_is_named_before_the_guides_own_pick_whose_place_it_has_taken(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    step = plan(corpus, chunks, background="maths", goal=("nlp",)).steps[2]
    assert (step.resource, step.origin) == ("cs224n", "addition")
    assert [citation.resource for citation in step.citations[:2]] == ["cs224d", "cs224d"]
    assert "CS224N, an addition to the guide" in step.citations[0].quote
    assert "the guide recommends Stanford's CS224d" in step.citations[1].quote
    assert step.instead_of is not None and step.instead_of.title.startswith("CS224d")
    assert f"- In place of the guide's: {step.instead_of.title}" in plan(corpus, chunks, goal=("nlp",)).text


def test_a_superseded_resource_goes_by_the_name_of_what_its_address_opens(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    step = next(step for step in plan(corpus, chunks).steps if step.resource == "ng-machine-learning")
    assert step.title == "Machine Learning Specialization"
    assert "was replaced in 2022" in step.citations[0].quote
    assert step.instead_of is not None and step.instead_of.title == "Machine Learning (Stanford, Coursera)"


def test_every_reason_is_a_quote_with_its_marker_and_markers_count_over_the_plan(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    by_id = {chunk.id: chunk for chunk in chunks}
    made = plan(corpus, chunks, goal=GOALS, background="none", prefers=("reading", "hands-on"))
    assert [citation.number for citation in made.citations] == list(range(1, len(made.citations) + 1))
    for step in made.steps:
        reasons = [c for c in step.citations if f"[{c.number}]" in step.why]
        assert step.why == " ".join(f"{c.quote} [{c.number}]" for c in reasons)
        assert step.why in made.text and step.citations[: len(reasons)] == tuple(reasons)
        for citation in step.citations:
            assert citation.quote in by_id[citation.chunk_id].text


def test_effort_is_the_corpus_s_own_words(corpus: Corpus, chunks: tuple[Chunk, ...]) -> None:
    for step in plan(corpus, chunks, goal=GOALS).steps:
        assert step.effort == corpus.resource_by_id[step.resource or ""].length


def test_every_step_has_hours_that_a_sentence_carries_or_an_estimate_with_its_basis(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    made = plan(corpus, chunks, goal=GOALS, background="none", hours_per_week=6)
    for step in made.steps:
        assert (step.hours is None) == (step.estimate is not None) == (step.basis is not None)
        timed = [c for c in step.citations if f"[{c.number}]" not in step.why]
        facts = {fact.words for fact in corpus.resource_by_id[step.resource or ""].facts}
        assert bool(timed) == (step.hours is not None)
        assert all(any(words in citation.quote for words in facts) for citation in timed)
        assert step.basis is None or f"by estimate ({step.basis})" in made.text
    stated = {step.resource: step.hours for step in made.steps if step.hours}
    assert stated["strang-linear-algebra"] == 150 and stated["mitx-probability"] == 16 * 12


def test_the_total_is_the_sum_of_the_path_and_its_weeks_are_rounded_up_once(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    made = plan(corpus, chunks, background="none", goal=("nlp",), hours_per_week=6)
    path = [step for step in made.steps if not step.optional]
    hours = sum((step.hours or 0) + (step.estimate or 0) for step in path)
    guessed = sum(step.estimate or 0 for step in path)
    expected = f"about {hours:.0f} hours in all, {guessed:.0f} of them an estimate (steps 4, 5, 6)"
    assert f"{expected}, which is {-int(-hours // 6)} weeks at your 6 hours a week." in made.text


def test_who_can_program_builds_first_and_the_maths_is_a_side_branch(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    made = plan(corpus, chunks, can_program=True, goal=("nlp",))
    assert resources(made) == ["fastai-practical-deep-learning", "karpathy-rnn", "hf-llm-course"]
    optional = [step.resource for step in made.steps if step.optional]
    assert optional[:3] == ["strang-linear-algebra", "mitx-calculus", "mitx-probability"]


@pytest.mark.parametrize(
    ("said", "wants", "first", "other"),
    [
        ({}, (), "strang-linear-algebra", "building first"),
        ({"can_program": True}, (), "fastai-practical-deep-learning", "the maths first"),
        ({"knows": ("python",)}, (), "fastai-practical-deep-learning", "the maths first"),
        ({"can_program": True}, ("theory",), "strang-linear-algebra", "building first"),
        ({}, ("hands-on",), "fastai-practical-deep-learning", "the maths first"),
        ({}, ("short",), "strang-linear-algebra", "building first"),
        (
            {"can_program": True, "knows": ("calculus",)},
            ("short",),
            "fastai-practical-deep-learning",
            "the maths first",
        ),
        ({"lacks": ("programming",)}, ("hands-on",), "strang-linear-algebra", "building first"),
        ({"can_program": True, "prefers": ("theory",)}, (), "strang-linear-algebra", "building first"),
        ({"prefers": ("hands-on",)}, (), "fastai-practical-deep-learning", "the maths first"),
        ({"can_program": True, "background": "maths"}, (), "cs231n", None),
        ({"avoids": ("maths",)}, (), "fastai-practical-deep-learning", None),
        ({"can_program": True, "knows": ("calculus",)}, (), "strang-linear-algebra", "building first"),
        (
            {"can_program": True},
            ("not:fastai-practical-deep-learning",),
            "karpathy-zero-to-hero",
            "the maths first",
        ),
    ],
)
def test_the_way_suits_the_learner_and_the_other_one_is_named(
    corpus: Corpus,
    chunks: tuple[Chunk, ...],
    said: dict[str, Any],
    wants: tuple[str, ...],
    first: str,
    other: str | None,
) -> None:
    made = make_plan(corpus, chunks, Profile(**said), wants)
    assert made.steps[0].resource == first
    assert (made.other.name if made.other else None) == other
    assert ("## The other way" in made.text) == (other is not None)


def test_several_named_resources_are_put_in_order_and_what_else_they_need_is_told(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    named = ("cs231n", "strang-linear-algebra", "nielsen-book", "mitx-probability")
    made = make_plan(corpus, chunks, Profile(), refs=named)
    assert resources(made, optional=True) == [
        "strang-linear-algebra",
        "mitx-probability",
        "nielsen-book",
        "cs231n",
    ]
    assert made.steps[1].lacking == ("mitx-calculus",) and made.other is None
    assert "- Builds on, too: calculus" in made.text
    assert "It builds on calculus, too, which you did not name." in plan_draft(corpus, made).text
    after = make_plan(corpus, chunks, Profile(done=("nielsen-book",), knows=("calculus",)), refs=named)
    assert "nielsen-book" not in resources(after, optional=True)
    assert not any(step.lacking for step in after.steps)


@pytest.mark.parametrize(
    ("ref", "said", "expected"),
    [
        ("strang-linear-algebra", {}, ["strang-linear-algebra"]),
        ("karpathy-rl", {"can_program": True}, ["fastai-practical-deep-learning", "karpathy-rl"]),
        ("karpathy-rl", {"knows": ("have-basics",)}, ["karpathy-rl"]),
        ("cs231n", {"knows": ("probability", "linear algebra")}, ["cs231n"]),
    ],
)
def test_one_named_resource_is_led_to_by_what_it_needs(
    corpus: Corpus, chunks: tuple[Chunk, ...], ref: str, said: dict[str, Any], expected: list[str]
) -> None:
    assert resources(make_plan(corpus, chunks, Profile(**said), refs=(ref,)), optional=True) == expected


def test_wants_change_the_plan_and_its_profile(corpus: Corpus, chunks: tuple[Chunk, ...]) -> None:
    shorter = make_plan(corpus, chunks, Profile(goal=("rl",), background="maths"), ("short",))
    assert resources(shorter, optional=True) == resources(shorter)
    without = make_plan(corpus, chunks, Profile(background="maths"), ("not:cs231n", "free"))
    assert "cs231n" not in resources(without, optional=True)
    assert without.profile.avoids == ("cs231n",) and without.profile.budget == "free"
    costs = [corpus.resource_by_id[id or ""].fact("price") for id in resources(without, optional=True)]
    assert "paid" not in [price.value for price in costs if price]


@pytest.mark.parametrize(
    ("hours", "wants", "expected"),
    [
        (10.0, ("theory", "time:3 months"), "In your 13 weeks you have 130 hours and can get into step 1;"),
        (12.0, ("theory", "time:30 weeks"), "In your 30 weeks you have 360 hours and can finish steps 1, 2;"),
        (6.0, ("hands-on", "time:8 weeks"), "It fits into your 8 weeks."),
        (None, ("hands-on", "time:8 weeks"), "To end in 8 weeks takes 4 hours a week."),
    ],
)
def test_a_time_to_end_is_held_against_the_hours(
    corpus: Corpus, chunks: tuple[Chunk, ...], hours: float | None, wants: tuple[str, ...], expected: str
) -> None:
    made = make_plan(corpus, chunks, Profile(hours_per_week=hours), wants)
    assert expected in made.text and expected in plan_draft(corpus, made).text


def test_what_the_learner_is_taking_comes_first_and_goes_on(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    made = plan(corpus, chunks, doing=("cs231n",), goal=("nlp",))
    assert resources(made) == ["cs231n", "karpathy-rnn", "cs224n"]
    assert made.steps[0].doing and not any(step.doing for step in made.steps[1:])
    assert "### 1. Go on with [CS231n" in made.text
    other = plan(corpus, chunks, doing=("nielsen-book",), goal=("rnn",))
    assert resources(other) == ["nielsen-book", "karpathy-rnn", "olah-lstm"]


def test_what_is_lacked_stands_before_what_the_learner_is_taking(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    assert resources(plan(corpus, chunks, doing=("cs231n",), lacks=("calculus",))) == [
        "mitx-calculus",
        "cs231n",
    ]


def test_a_part_that_is_lacked_is_required_though_the_rest_is_known(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    assert resources(plan(corpus, chunks, background="maths", lacks=("calculus",))) == [
        "mitx-calculus",
        "cs231n",
    ]
    refreshed = plan(corpus, chunks, background="some-maths", lacks=("calculus",))
    assert resources(refreshed) == ["mitx-calculus", "cs231n"]
    assert [step.resource for step in refreshed.steps if step.number < 5 and step.optional] == [
        "strang-linear-algebra",
        "mitx-probability",
    ]


def test_steps_are_found_again_by_their_numbers_in_both_texts(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    for profile in itertools.islice(profiles(), 0, None, 97):
        made = make_plan(corpus, chunks, profile)
        steps = [step.resource or step.section for step in made.steps]
        needed = max((step.number for step in made.steps if not step.optional), default=0)
        assert list_items(corpus, made.text) == tuple(steps)
        assert list_items(corpus, plan_draft(corpus, made).text) == tuple(steps[:needed])
    assert list_items(corpus, "1. One thing\n2. Another") == ()


@pytest.mark.parametrize(
    ("length", "hours"),
    [
        ("About 35 lectures with recitation videos, about 150 hours", 150),
        ("At most 13 weeks at 10 hours a week", 130),
        ("12 chapters of one week each, planned as up to 12 weeks at 8 hours a week", 96),
        ("9 lectures, about 30 hours by a third-party count", 30),
        ("10 to 11 weeks of short videos with 8 programming exercises", None),
        ("18 lectures of about 60 minutes", None),
        ("8 hours a week", None),
        (None, None),
    ],
)
def test_hours_are_read_only_where_they_are_stated(length: str | None, hours: float | None) -> None:
    assert read_hours(length) == hours


def test_the_draft_for_a_conversation_is_short_and_has_a_source_in_every_line(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    for profile in itertools.islice(profiles(), 0, None, 61):
        made = make_plan(corpus, chunks, profile)
        draft = plan_draft(corpus, made)
        quotes = {citation.quote for citation in made.citations}
        assert {citation.quote for citation in draft.citations} <= quotes
        assert [c.number for c in draft.citations] == list(range(1, len(draft.citations) + 1))
        assert {int(n) for n in MARKER.findall(draft.text)} == {c.number for c in draft.citations}
        assert "http" not in draft.text and len(draft.text) < len(made.text) / 2
        lines = [line for line in draft.text.splitlines() if line[:1].isdigit()]
        assert all(MARKER.search(line) for line in lines)


def test_a_line_of_the_draft_says_what_the_step_is_for_and_how_long_it_takes(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    text = plan_draft(corpus, plan(corpus, chunks, goal=("nlp",))).text
    assert "1. **18.06SC Linear Algebra**: linear algebra; 150 hours [1][2]\n" in text
    assert (
        "(addition): natural language processing; about 80 hours by estimate; in place of the guide's CS224d"
        in text
    )


def test_whoever_may_not_know_how_to_program_is_told_what_the_guide_says_about_it(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    said = "names no course that teaches how to program"
    made = plan(corpus, chunks, can_program=False)
    assert said in made.text and "Before step 4: Programming is among" in plan_draft(corpus, made).text
    assert said in plan(corpus, chunks, lacks=("programming",)).text
    assert said in plan(corpus, chunks).text
    assert said not in plan(corpus, chunks, can_program=True).text
    assert said not in plan(corpus, chunks, background="ml").text


def test_a_plan_whose_steps_stand_in_the_wrong_order_can_not_be_built(
    corpus: Corpus, chunks: tuple[Chunk, ...]
) -> None:
    made = plan(corpus, chunks)
    with pytest.raises(BrokenPromise):
        Plan(
            steps=made.steps[::-1],
            profile=made.profile,
            text=made.text,
            evidence={chunk.id: chunk for chunk in chunks},
            addresses=corpus.urls,
        )


def test_a_plain_guide_gets_a_plan_in_its_own_order(original_guide: Path) -> None:
    plain = load_corpus(original_guide)
    steps = make_plan(plain, cut(plain), Profile()).steps
    assert len(steps) >= 5
    order = [section.id for section in plain.sections]
    assert [order.index(step.section) for step in steps] == sorted(
        order.index(step.section) for step in steps
    )


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("make me a plan", True),
        ("Can you draw up a study plan for nlp?", True),
        ("build a learning roadmap for me please", True),
        ("I need a 3 month curriculum", True),
        ("give me a weekly schedule, 5 hours a week", True),
        ("how do I start deep learning?", False),
        ("I plan to buy a GPU", False),
        ("is there a free plan on colab?", False),
    ],
)
def test_a_wish_for_a_plan_is_told_from_a_question(question: str, wanted: bool) -> None:
    assert asks_for_plan(question) is wanted


def test_the_service_plans_over_its_index(assistant: Assistant) -> None:
    made = assistant.plan(Profile(background="maths", goal=("rnn",)))
    assert [citation.chunk_id in assistant.searcher.index.chunk_by_id for citation in made.citations] == [
        True
    ] * len(made.citations)
