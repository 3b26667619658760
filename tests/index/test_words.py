"""Words, their parts, and BM25 over them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Corpus
from index.lexical import Lexical, tokens
from index.words import fold, hash_parts, split_words


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("RNNs", "an RNN reads a sequence"),
        ("cs224d", "CS224d is a course"),
        ("C++", "written in C++"),
        ("cafe", "the café guide"),
        ("Strang’s", "Strang's lectures"),
        ("18.06", "MIT 18.06 by Strang"),
    ],
)
def test_a_word_finds_its_other_forms(question: str, text: str) -> None:
    scores = Lexical.of([text, "something else altogether"]).score(question)
    assert scores[0] > 0.9
    assert scores[1] == 0


def test_a_c_is_no_c_plus_plus() -> None:
    assert tokens("C++") != tokens("C")


def test_scores_are_bm25_over_the_best_that_could_be() -> None:
    texts = ["gpu card", "gpu gpu price list card", "book"]
    scores = Lexical.of(texts).score("gpu book")

    def bm25(count: int, length: int, holders: int) -> float:
        rarity = math.log(1 + (3 - holders + 0.5) / (holders + 0.5))
        mean = (2 + 5 + 1) / 3
        return rarity * count / (count + 1.5 * (0.25 + 0.75 * length / mean))

    gpu, book = [bm25(1, 2, 2), bm25(2, 5, 2), 0.0], [0.0, 0.0, bm25(1, 1, 1)]
    reach = max(gpu) + max(book)
    np.testing.assert_allclose(scores, [(a + b) / reach for a, b in zip(gpu, book, strict=True)], rtol=1e-4)


def test_scores_of_a_corpus_are_those_of_bm25s(corpus: Corpus) -> None:
    import bm25s

    texts = [paragraph.text for resource in corpus.resources for paragraph in resource.paragraphs]
    oracle, engine = bm25s.BM25(), Lexical.of(texts)
    oracle.index([tokens(text) for text in texts], show_progress=False)
    for word in ("course", "python", "rnn", "18"):
        expected = oracle.get_scores([word])
        assert expected.max() > 0
        np.testing.assert_allclose(engine.score(word), expected / expected.max(), rtol=1e-6)


def test_unknown_words_lower_the_share() -> None:
    engine = Lexical.of(["gpu card", "book"])
    assert engine.score("gpu zebra")[0] < engine.score("gpu")[0]


@pytest.mark.parametrize("texts", [[""], ["the of", "and"], ["", "gpu"]])
def test_texts_without_words_score_nothing(texts: list[str]) -> None:
    assert Lexical.of(texts).score("the gpus")[0] == 0


def test_a_written_index_scores_the_same(tmp_path: Path) -> None:
    engine = Lexical.of(["gpu card", "a book on cards", ""])
    engine.write(tmp_path / "lexical.npz")
    np.testing.assert_array_equal(Lexical.read(tmp_path / "lexical.npz").score("card"), engine.score("card"))


@given(st.text(max_size=300))
def test_any_text_has_parts(text: str) -> None:
    places, counts = hash_parts(text, 1024)
    assert len(places) == len(set(places.tolist())) == len(counts)
    assert ((places >= 0) & (places < 1024)).all() and (counts >= 1).all()


def test_slips_keep_most_parts() -> None:
    right, slip, other = (
        set(hash_parts(t, 8192)[0].tolist()) for t in ("tensorflow", "tensorfow", "quaternion")
    )
    assert len(right & slip) > 3 * len(right & other)


def test_folding_drops_accents_and_case() -> None:
    assert fold("Où ÉTUDIER’s") == "ou etudier's"
    assert split_words("Ça va, C++?") == ["ca", "va", "c++"]
