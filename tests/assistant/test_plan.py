"""Study plans: nothing before what it needs, for every profile; and what a plan says is in the corpus."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from assistant.plan import asks_for_plan, make_plan, plan_draft, read_hours
from assistant.types import MARKER, Background, Plan, Profile, Step
from corpus import Corpus
from index.chunk import cut
from index.types import Chunk

GOALS = ("vision", "rnn", "nlp", "rl", "general")
BACKGROUNDS: tuple[Background | None, ...] = (None, "none", "some-maths", "maths", "ml")
FORMATS = ("reading", "video", "hands-on")
FIRST_COURSES = ("have-basics", "reading", "other-courses")
SAID = (
    {},
    {"knows": ("strang-linear-algebra",)},
    {"knows": ("linear algebra", "probability")},
    {"knows": ("math-background",), "can_program": False},
    {"knows": ("rnn",)},
    {"done": ("cs231n", "karpathy-rnn")},
    {"done": ("fastai-practical-deep-learning",)},
    {"done": ("mml-book", "nielsen-book")},
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
            yield Profile(goal=goal, background=background, prefers=prefers, **said)  # type: ignore[arg-type]


def plan(corpus: Corpus, chunks: tuple[Chunk, ...], **said: object) -> Plan:
    return make_plan(corpus, chunks, Profile(**said))  # type: ignore[arg-type]


def resources(plan: Plan, optional: bool = False) -> list[str | None]:
    return [step.resource for step in plan.steps if optional or not step.optional]


def brought(corpus: Corpus, profile: Profile) -> set[str]:
    """Slow oracle: everything that comes before what they say they know."""
    words = {"linear algebra": "strang-linear-algebra", "probability": "mitx-probability"}
    known = {words.get(word, word) for word in (*profile.knows, *profile.done)}
    known |= {"maths": {"math-background"}, "ml": {"math-background", "machine-learning"}}.get(
        profile.background or "", set()
    )
    while True:
        more = {p for id in known if id in corpus.resource_by_id for p in corpus.resource_by_id[id].prerequisites}
        more |= {p for id in known if id in corpus.section_by_id for p in corpus.section_by_id[id].prerequisites}
        if more <= known:
            break
        known |= more
    known |= {r.id for r in corpus.resources if r.section in known}
    if {"mml-book"} & known:
        known.add("math-background")
        known |= {r.id for r in corpus.resources if r.section == "math-background"}
    return known | ({"math-background"} if "maths" in profile.avoids else set())


def missing(
    corpus: Corpus,
    recommended: dict[str, set[str]],
    step: Step,
    before: list[Step],
    known: set[str],
    avoids: bool,
) -> list[str]:
    """Slow oracle: the corpus's prerequisites of a step that nothing before it meets."""
    resource = corpus.resource_by_id[step.resource] if step.resource else None
    needed = {*(resource.prerequisites if resource else ()), *corpus.section_by_id[step.section].prerequisites}
    have = known | {s.resource for s in before if s.resource} | {s.section for s in before}
    met = set()
    for id in needed:
        home = corpus.resource_by_id[id].section if id in corpus.resource_by_id else id
        own = {r.id for r in corpus.resources if r.section in (FIRST_COURSES if home == "have-basics" else (home,))}
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
            recommended[chunk.section] |= {id for sentence in chunk.sentences for id in sentence.resources[:1]}
    for profile in profiles():
        known = brought(corpus, profile)
        steps = make_plan(corpus, chunks, profile).steps
        for position, step in enumerate(steps):
            lacking = missing(corpus, recommended, step, list(steps[:position]), known, bool(profile.avoids))
            assert not lacking, f"{profile}: {step.resource} lacks {lacking}"
        assert len({step.resource for step in steps}) == len(steps)
        assert not {step.resource for step in steps} & set(profile.done)
        count += 1
    assert count > 2000
