"""What the models are trained on, and that training finds what is there to find."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.answering.examples import read_examples, with_refs
from assistant.answering.fitting import Lists, Recipe, each_slope, kind_slope, list_slope, train
from assistant.lexicon import Lexicon
from assistant.net import sigmoid
from assistant.understanding.reading import Statement
from corpus import Corpus

QUICK = Recipe(hidden=8, epochs=60, rate=1e-2, dropout=0.0, batch=16)


def turn(user: str, act: str, **labels: object) -> dict[str, object]:
    """One labelled turn."""
    empty: dict[str, list[str]] = {
        name: []
        for name in ("refs", "aspects", "want", "says", "sections", "resources", "additions", "shown")
    }
    return {"user": user, "act": act, "focus": "none", "outcome": "answered", **empty, **labels}


@pytest.fixture
def dialogue(tmp_path: Path) -> Path:
    turns = [
        turn("a course?", "find", says=["knows:calculus"], resources=["d2l"], shown=["cs231n"]),
        turn("how long is it", "about", refs=["cs231n"], aspects=["length"], says=["undo:knows:calculus"]),
    ]
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"id": "x001", "turns": turns}) + "\n", "utf-8")
    return path


def test_a_turn_is_read_in_the_conversation_as_a_good_one_would_have_gone(
    corpus: Corpus, dialogue: Path
) -> None:
    first, second = read_examples(dialogue, "x", corpus, Lexicon(corpus))
    assert (first.id, first.author, first.acceptable) == ("x001.1", "x", ("cs231n", "d2l"))
    assert second.state.items == ("cs231n",)
    assert second.state.learner.knows == ("mitx-calculus",)
    assert second.reading.says == (Statement("knows", "calculus", True),)
    request = with_refs(second, ["cs231n"], corpus)
    assert (request.act, request.context, request.learner.knows) == ("about", "a course? how long is it", ())


def test_a_reader_in_doubt_is_not_taken_at_its_word(corpus: Corpus, dialogue: Path) -> None:
    read = {
        "acts": {"find": 0.6, "start": 0.4},
        "kinds": {"answered": 1.0},
        "aspects": [["cost", 0.9], ["length", 0.1]],
        "wants": [["video", 0.2]],
        "says": [["lacks:maths", 0.5], ["goal:nlp", 0.1]],
        "stances": [["cs231n", "done", 0.9], ["d2l", "asks", 0.9]],
    }
    first = next(read_examples(dialogue, "x", corpus, Lexicon(corpus), {"x001.1": read}))
    assert first.reading.aspects == ("cost",)
    assert first.reading.wants == ()
    assert first.reading.says == (Statement("lacks", "maths"), Statement("done", "cs231n"))


def made(targets: NDArray[np.float64], rows: NDArray[np.float64]) -> Lists:
    """Lists of random inputs with these targets."""
    count = len(rows)
    return Lists(
        rows.astype(np.float32),
        np.zeros((count, 1), np.float32),
        targets.astype(np.float32),
        np.ones(rows.shape[:2], np.float32),
        np.ones(count, np.float32),
    )


def test_the_best_of_a_list_is_learned() -> None:
    rows = np.random.default_rng(0).normal(0, 1, (200, 5, 3))
    best = (rows[:, :, 0] - rows[:, :, 1]).argmax(axis=1)
    net = train([made(np.eye(5)[best][..., None], rows)], list_slope, QUICK)
    found = [net.score(row, np.zeros(1))[:, 0].argmax() for row in rows]
    assert np.mean(found == best) > 0.95


def test_each_row_and_kind_is_learned() -> None:
    rows = np.random.default_rng(1).normal(0, 1, (300, 1, 2))
    truth = (np.abs(rows[:, 0, 0]) > 0.7).astype(float)
    each = train([made(truth[:, None, None], rows)], each_slope, QUICK)
    assert np.mean((sigmoid(each.score(rows[:, 0], np.zeros(1)))[:, 0] > 0.5) == truth) > 0.9
    kinds = train([made(np.stack([truth, 1 - truth], 1)[:, None], rows)], kind_slope, QUICK)
    assert np.mean(kinds.score(rows[:, 0], np.zeros(1)).argmax(axis=1) == 1 - truth) > 0.9


def test_training_is_the_same_each_time() -> None:
    rows = np.random.default_rng(2).normal(0, 1, (30, 4, 3))
    lists = made(np.eye(4)[rows[:, :, 0].argmax(axis=1)][..., None], rows)
    first, second = (train([lists], list_slope, QUICK).as_values() for _ in range(2))
    assert first == second


def test_the_right_rows_are_kept_when_a_list_is_cut() -> None:
    rows = np.arange(12, dtype=float).reshape(1, 6, 2)
    targets = np.array([0, 0, 0, 0, 1, 0], dtype=float)[None, :, None]
    worth = np.array([[5, 4, 3, 2, 1, 0]], dtype=np.float32)
    cut = made(targets, rows).shrink(3, worth)
    assert cut.rows[0, :, 0].tolist() == [8, 0, 2]
    assert cut.targets[0, :, 0].tolist() == [1, 0, 0]
