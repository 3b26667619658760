"""Every sentence of a model against what it cites: true rewordings pass, and nothing else does."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from assistant.cite import Pick, cite
from assistant.types import Citation
from assistant.verify import NEAR, NEAR_RELATION, RELATION, Verifier
from corpus import Corpus
from index.chunk import cut
from index.encoder import Encoder

CASES = tomllib.loads(Path(__file__).with_name("rewordings.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def verifier(corpus: Corpus, encoder: Encoder) -> Verifier:
    return Verifier(corpus, encoder)


@pytest.fixture(scope="module")
def quotes(corpus: Corpus) -> dict[str, Citation]:
    picks = [Pick(chunk, sentence) for chunk in cut(corpus) for sentence in chunk.sentences]
    return {pick.chunk.quote(pick.sentence): cite(corpus, pick, 1) for pick in picks}


def find(quotes: dict[str, Citation], start: str) -> Citation:
    return next(citation for quote, citation in quotes.items() if quote.startswith(start))


@pytest.mark.parametrize("case", CASES["good"], ids=lambda case: str(case["says"])[:40])
def test_a_true_rewording_passes(
    verifier: Verifier, quotes: dict[str, Citation], case: dict[str, str]
) -> None:
    assert verifier.check(case["says"], [find(quotes, case["cites"])]) is None


@pytest.mark.parametrize("case", CASES["bad"], ids=lambda case: str(case["says"])[:40])
def test_a_sentence_that_says_more_or_something_else_is_dropped(
    verifier: Verifier, quotes: dict[str, Citation], case: dict[str, str]
) -> None:
    assert verifier.check(case["says"], [find(quotes, case["cites"])]) == case["fault"]


def test_a_sentence_without_evidence_is_dropped(verifier: Verifier) -> None:
    assert verifier.check("The guide recommends starting with CS231n.", []) == "no marker"


def test_a_sentence_of_the_guide_passes_against_itself(
    verifier: Verifier, quotes: dict[str, Citation]
) -> None:
    own = {quote: verifier.check(quote, [citation]) for quote, citation in list(quotes.items())[:40]}
    assert {quote: fault for quote, fault in own.items() if fault} == {}


@pytest.mark.parametrize("case", [*CASES["good"], *CASES["bad"]], ids=lambda case: str(case["says"])[:40])
def test_no_case_sits_on_the_threshold_of_meaning(
    verifier: Verifier, quotes: dict[str, Citation], case: dict[str, str]
) -> None:
    nearness = verifier.nearness(case["says"], [find(quotes, case["cites"]).quote])
    least = NEAR_RELATION if RELATION.search(case["says"]) else NEAR
    # Two vectors that are off by 0.5 % each move their cosine by 0.01 at most.
    assert abs(nearness - least) > 0.01
