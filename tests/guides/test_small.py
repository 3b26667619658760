"""A guide of a few sections and no learners' questions answers what it says, and no more."""

from __future__ import annotations

import pytest

from assistant.service import Ask, Assistant
from assistant.store import MemoryStore
from corpus import load_corpus
from index.build import build_index
from index.encoder import Encoder
from index.search import Searcher, open_index

SOURDOUGH = """---
starters: ["Wherewithal?", "What should I read?"]
---
# Sourdough

## Getting started

To bake your first sourdough loaf, take the free [Crust School course](https://crust.example/course). The Crust School
course has 12 short videos and takes about 4 hours.

You need a scale, a Dutch oven and patience before the first loaf.

## Flour

Buy strong bread flour from [King Arthur](https://kingarthur.example/). Rye flour from
[Shipton Mill](https://shipton.example/) makes the starter lively.

## Books

The best book for beginners is [Tartine Bread](https://tartine.example/) by Chad Robertson, which costs 40 dollars.
Advanced bakers should read [Modernist Bread](https://modernist.example/), which is expensive.

## Troubleshooting

If the loaf is flat, the starter was too young.
"""
BEES = """# Beekeeping

## Getting started

Take the [Bee School course](https://beeschool.example/) in winter. It has eight evenings.

## Honey

The [Honey Handbook](https://honey.example/) explains how to spin the combs.

## Swarms

Catch a swarm with a box, as [Swarm Watch](https://swarm.example/) shows.

## Equipment

Buy a veil, a smoker and a hive tool at [Hive Supplies](https://hive.example/).
"""


@pytest.fixture(scope="module")
def small(
    assistant: Assistant, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Assistant]:
    opened = {}
    for name, text in {"sourdough": SOURDOUGH, "bees": BEES}.items():
        folder = tmp_path_factory.mktemp(name)
        (folder / "guide.md").write_text(text, "utf-8")
        corpus = load_corpus(folder / "guide.md")
        build_index(corpus, encoder, folder / "index")
        searcher = Searcher(open_index(folder / "index", corpus, encoder), encoder)
        opened[name] = Assistant(corpus, searcher, assistant.reader, MemoryStore())
    return opened


@pytest.mark.parametrize(
    ("guide", "question", "said"),
    [
        ("sourdough", "which book should I read?", "Tartine Bread"),
        ("sourdough", "books", "Tartine Bread"),
        ("sourdough", "what flour should I buy?", "King Arthur"),
        ("sourdough", "what do I need?", "Dutch oven"),
        ("sourdough", "I am a beginner, what should I do first?", ""),
        ("sourdough", "How do I start?", ""),
        ("sourdough", "Crust School", "Crust School course"),
        ("sourdough", "Wherewithal?", ""),
        ("sourdough", "What should I read?", ""),
        ("bees", "Bee School", "Bee School course"),
        ("bees", "how do I make honey?", "Honey Handbook"),
        ("bees", "honey", "Honey Handbook"),
        ("bees", "How do I start?", "Bee School course"),
        ("bees", "I am a beginner, what should I do first?", "Bee School course"),
        ("bees", "where can I buy a smoker?", "Hive Supplies"),
    ],
)
async def test_a_small_guide_answers_what_it_says(
    small: dict[str, Assistant], guide: str, question: str, said: str
) -> None:
    answer = await small[guide].answer(Ask(question))
    assert answer.outcome == "answered" and answer.citations
    assert said in answer.text


@pytest.mark.parametrize("guide", ["sourdough", "bees"])
async def test_what_a_small_guide_offers_is_answered(small: dict[str, Assistant], guide: str) -> None:
    offered = [section.title for section in small[guide].corpus.sections]
    offered += (await small[guide].answer(Ask("what is the capital of France?"))).suggestions
    for question in offered:
        assert (await small[guide].answer(Ask(question, standalone=True))).outcome == "answered", question


@pytest.mark.parametrize("guide", ["sourdough", "bees"])
@pytest.mark.parametrize(
    "question",
    [
        "what is the capital of France?",
        "which car should I buy?",
        "how do I make pizza?",
        "who won the world cup?",
        "write me a poem",
        "help me with my taxes",
        "fix my python code",
        "how do I train a neural network?",
    ],
)
async def test_a_small_guide_answers_nothing_else(
    small: dict[str, Assistant], guide: str, question: str
) -> None:
    answer = await small[guide].answer(Ask(question))
    assert answer.outcome in ("off_topic", "not_covered") and not answer.citations


def test_the_guides_have_no_questions_of_learners(small: dict[str, Assistant]) -> None:
    assert {one.searcher.index.ranker.kind for one in small.values()} == {"plain"}
