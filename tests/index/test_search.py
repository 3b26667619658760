"""Ranking: against a slow oracle, on the default corpus, and on plain guides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.service import Assistant
from corpus import load_corpus
from index import search
from index.build import build_index
from index.encoder import Encoder
from index.search import Found, Index, Searcher, open_index
from index.signals import Pool
from index.vectors import FaissVectors


def test_a_pool_is_the_mean_of_the_best() -> None:
    chance = np.random.default_rng(1)
    scores = np.append(chance.random(20).astype(np.float32), np.float32(-1))
    groups = [[0, 3, 7, 9, 12], [1], [], list(range(20))]
    for best in (1, 2, 3):
        wanted = []
        for group in groups:
            own = sorted((scores[n] for n in group), reverse=True)[:best]
            own += [scores[group[0]]] * (best - len(own)) if group else []
            wanted.append(np.mean(own) if own else 0.0)
        np.testing.assert_allclose(Pool(groups, best).mean(scores), wanted, rtol=1e-6)
        both = Pool(groups, best).mean(np.stack([-scores, scores]))
        np.testing.assert_allclose(both[1], wanted, rtol=1e-6)
        np.testing.assert_allclose(both[0], Pool(groups, best).mean(-scores), rtol=1e-6)


def test_who_asks_for_no_hits_gets_the_rest(assistant: Assistant) -> None:
    some, none = (assistant.searcher.search("where can I learn about LSTMs?", k) for k in (3, 0))
    assert (len(some.hits), none.hits) == (3, ())
    assert (none.sections, none.resources, none.confidence) == (
        some.sections,
        some.resources,
        some.confidence,
    )


def test_what_a_graph_does_not_find_is_as_near_as_the_last_that_it_finds(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "NEAR", 50)
    flat = assistant.searcher.index
    rows = flat.vectors.rows()
    graph = Index(flat.manifest, flat.chunks, FaissVectors.of(rows, "hnsw"), len(rows), flat.ranker)
    exact, near = flat.cosines(rows[7]), graph.cosines(rows[7])
    # The graph may miss one of the very nearest, so what it finds is asked of it, and what that is worth of the rows.
    found = graph.vectors.search(rows[7:8], 50)[1][0]
    wanted = np.full(len(rows), exact[found].min(), dtype=np.float32)
    wanted[found] = exact[found]
    np.testing.assert_allclose(near, wanted, atol=1e-5)
    assert len(set(found) & set(np.argsort(-exact)[:50])) >= 45


@pytest.mark.parametrize(
    ("question", "section"),
    [
        ("How do I start deep learning?", "have-basics"),
        ("I never understood derivatives", "math-background"),
        ("a book, not a video", "reading"),
        ("wo lerne ich etwas über Bilderkennung?", "computer-vision"),
        ("can I rent a graphics card by the hour?", "hardware"),
        ("tensorflow oder pytorch?", "frameworks"),
    ],
)
def test_the_right_section_comes_first(assistant: Assistant, question: str, section: str) -> None:
    found = assistant.searcher.search(question)
    assert found.sections[0][0] == found.hits[0].chunk.section == section


def test_probabilities_are_probabilities(assistant: Assistant) -> None:
    found = assistant.searcher.search("which framework is easiest?")
    for shares in (dict(found.sections), dict(found.resources), found.scope):
        assert sum(shares.values()) == pytest.approx(1, abs=1e-4)
    assert found.confidence == found.scope["covered"]


def test_a_prior_turns_the_order(assistant: Assistant) -> None:
    searcher = assistant.searcher
    vector = searcher.encoder.encode_queries(["where do I begin?"])[0]
    plain = searcher.search_vector("where do I begin?", vector)
    last = plain.sections[-1][0]
    steered = searcher.search_vector("where do I begin?", vector, prior={last: 1e12, "unknown": 5.0})
    assert steered.sections[0][0] == last == steered.hits[0].chunk.section


def test_doubt_between_sections_shows_in_the_first_hits(assistant: Assistant) -> None:
    sure = dict(assistant.searcher.search("do I need a gpu?").sections)
    prior = {"hardware": 0.5 / sure["hardware"], "reading": 0.4 / sure["reading"]}
    hits = assistant.searcher.search("do I need a gpu?", prior=prior).hits
    assert [hit.chunk.section for hit in hits[:3]] == ["hardware", "reading", "hardware"]
    assert hits[2].score == pytest.approx(0.15 * hits[0].score, rel=1e-3)


def test_one_hit_a_chunk_best_first(assistant: Assistant) -> None:
    hits = assistant.searcher.search("lstm", 50).hits
    assert len({hit.chunk.id for hit in hits}) == len(hits) == 50
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_encoding_apart_changes_nothing(assistant: Assistant) -> None:
    vector = assistant.searcher.encoder.encode_queries(["is torch dead?"])[0]
    apart = assistant.searcher.search_vector("is torch dead?", vector)
    whole = assistant.searcher.search("is torch dead?")
    assert [h.chunk.id for h in apart.hits] == [h.chunk.id for h in whole.hits]
    assert apart.named.resources == whole.named.resources == (("torch", ("torch",)),)


@pytest.fixture(scope="module")
def plain(original_guide: Path, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    place = tmp_path_factory.mktemp("plain") / "index"
    corpus = load_corpus(original_guide)
    build_index(corpus, encoder, place)
    return Searcher(open_index(place, corpus), encoder)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("do I need a GPU?", "GPU"),
        ("I hate maths", "math"),
        ("which framework is for beginners?", "Tensorflow"),
        ("is there a book?", "book"),
    ],
)
def test_a_plain_guide_answers(plain: Searcher, question: str, words: str) -> None:
    found = plain.search(question)
    assert words in found.hits[0].chunk.text
    assert found.scope["covered"] == max(found.scope.values())


def test_a_plain_guide_leaves_alone_what_it_does_not_know(plain: Searcher) -> None:
    found = plain.search("how do I bake a carrot cake?")
    assert found.scope["covered"] < 0.3


def test_a_corpus_of_one_paragraph_can_be_searched(encoder: Encoder, tmp_path: Path) -> None:
    (tmp_path / "guide.md").write_text("# One\n\nRead [a book](https://example.org/book) first.\n")
    corpus = load_corpus(tmp_path / "guide.md")
    build_index(corpus, encoder, tmp_path / "index")
    found: Found = Searcher(open_index(tmp_path / "index", corpus), encoder).search("what do I read?")
    assert [hit.chunk.text for hit in found.hits] == ["Read a book first."]
    assert replace(found, hits=()).sections == ((corpus.sections[0].id, 1.0),)
