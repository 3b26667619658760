"""Every metric by value: worked out by hand, or by ir-measures."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from assistant.evaluation.metrics import (
    Bin,
    aurc,
    calibration_error,
    confusion,
    estimate,
    first_rank,
    hit_at,
    mcnemar,
    mean,
    ndcg,
    percentile,
    permutation_test,
    reciprocal_rank,
    reliability,
    risk_coverage,
)


def test_the_first_rank_is_that_of_the_first_hit_of_anything_wanted() -> None:
    found = [("rnn",), (), ("nlp", "rnn"), ("hardware",)]
    assert first_rank(found, ["nlp", "hardware"]) == 3
    assert first_rank(found, ["intro"]) is None
    assert first_rank([], ["intro"]) is None


@pytest.mark.parametrize(
    ("rank", "hit_1", "hit_3", "reciprocal"),
    [(1, 1, 1, 1.0), (3, 0, 1, 1 / 3), (4, 0, 0, 0.25), (10, 0, 0, 0.1), (11, 0, 0, 0.0), (None, 0, 0, 0.0)],
)
def test_hits_and_reciprocal_ranks(rank: int | None, hit_1: float, hit_3: float, reciprocal: float) -> None:
    assert (hit_at(rank, 1), hit_at(rank, 3), reciprocal_rank(rank)) == (hit_1, hit_3, reciprocal)


def test_ndcg_discounts_by_rank_and_divides_by_the_best_order() -> None:
    # gains 1 at rank 2, 2 at rank 3; best order: 2, 1
    expected = (1 / math.log2(3) + 2 / 2) / (2 + 1 / math.log2(3))
    assert ndcg(["x", "b", "a"], {"a": 2, "b": 1}) == pytest.approx(expected)
    assert ndcg(["a", "b"], {"a": 2, "b": 1}) == 1
    assert ndcg(["x", "a"], {"a": 1}, k=1) == 0
    assert ndcg(["x"], {}) == 0


def test_rankings_are_measured_as_ir_measures_does() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ir_measures
        from ir_measures import RR, Qrel, ScoredDoc, Success, nDCG
    generator = np.random.default_rng(3)
    names = [f"d{n}" for n in range(30)]
    qrels, run, ours = [], [], []
    for query in range(40):
        ranking = [str(name) for name in generator.permutation(names)[:20]]
        gains = {
            str(name): float(generator.integers(1, 3))
            for name in generator.permutation(names)[: 1 + query % 5]
        }
        qrels += [Qrel(str(query), name, int(gain)) for name, gain in gains.items()]
        run += [ScoredDoc(str(query), name, float(-rank)) for rank, name in enumerate(ranking)]
        rank = first_rank([(name,) for name in ranking], gains)
        ours.append([hit_at(rank, 1), hit_at(rank, 3), reciprocal_rank(rank, 10), ndcg(ranking, gains, 10)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = ir_measures.calc_aggregate([Success @ 1, Success @ 3, RR @ 10, nDCG @ 10], qrels, run)
    assert [theirs[one] for one in (Success @ 1, Success @ 3, RR @ 10, nDCG @ 10)] == pytest.approx(
        np.mean(ours, axis=0).tolist()
    )


def test_a_mean_has_an_interval_of_the_width_that_theory_gives() -> None:
    values = [1.0] * 80 + [0.0] * 20
    made = mean(values)
    assert made is not None
    assert (made.value, made.n) == (0.8, 100)
    half = 1.96 * math.sqrt(0.8 * 0.2 / 100)
    assert made.low == pytest.approx(0.8 - half, abs=0.012)
    assert made.high == pytest.approx(0.8 + half, abs=0.012)


def test_a_mean_of_nothing_is_none_and_of_equal_values_is_certain() -> None:
    assert mean([]) is None
    made = mean([0.5, 0.5, 0.5])
    assert made is not None
    assert (made.value, made.low, made.high, made.n) == (0.5, 0.5, 0.5, 3)


def test_the_same_values_give_the_same_interval() -> None:
    values = np.random.default_rng(0).random(50)
    assert mean(values) == mean(values)


def test_turns_of_a_dialogue_are_drawn_together_which_widens_the_interval() -> None:
    values = [1.0] * 40 + [0.0] * 40
    apart = mean(values)
    together = mean(values, [n // 10 for n in range(80)])
    assert apart is not None
    assert together is not None
    assert together.value == apart.value == 0.5
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_any_statistic_can_be_estimated_over_resampled_positions() -> None:
    values = np.array([1.0, 2.0, 9.0])
    made = estimate(lambda drawn: float(values[drawn].max()), 3)
    assert made is not None
    assert (made.value, made.high, made.n) == (9.0, 9.0, 3)
    assert made.low in (1.0, 2.0)
    assert estimate(lambda drawn: 0.0, 0) is None


def test_percentiles_lie_between_neighbours() -> None:
    made = percentile([4.0, 1.0, 3.0, 2.0], 50)
    assert made is not None
    assert (made.value, made.n) == (2.5, 4)
    assert 1 <= made.low <= made.value <= made.high <= 4
    assert percentile([], 50) is None


def test_the_risk_coverage_curve_answers_the_surest_first() -> None:
    coverage, risk = risk_coverage([0.2, 0.9, 0.6, 0.4], [1, 0, 0, 1])
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == pytest.approx([0, 0, 1 / 3, 1 / 2])
    assert aurc([0.2, 0.9, 0.6, 0.4], [1, 0, 0, 1]) == pytest.approx((1 / 3 + 1 / 2) / 4)


def test_questions_of_equal_confidence_count_the_same_in_any_order() -> None:
    one = risk_coverage([0.5, 0.5, 0.1], [1, 0, 1])[1].tolist()
    other = risk_coverage([0.5, 0.5, 0.1], [0, 1, 1])[1].tolist()
    assert one == other == pytest.approx([0.5, 0.5, 2 / 3])


def test_reliability_sorts_into_bins_and_the_error_weighs_them() -> None:
    bins = reliability([0.0, 0.1, 0.75, 0.8, 1.0], [0, 1, 1, 1, 1], bins=4)
    assert bins == (
        Bin(0.0, 0.25, 2, 0.05, 0.5),
        Bin(0.25, 0.5, 0, 0.0, 0.0),
        Bin(0.5, 0.75, 1, 0.75, 1.0),
        Bin(0.75, 1.0, 2, 0.9, 1.0),
    )
    assert calibration_error(bins) == pytest.approx((2 * 0.45 + 1 * 0.25 + 2 * 0.1) / 5)
    assert calibration_error(()) == 0


def test_the_confusion_matrix_counts_pairs() -> None:
    pairs = [
        ("answered", "answered"),
        ("answered", "answered"),
        ("answered", "refused"),
        ("refused", "refused"),
    ]
    assert confusion(pairs) == {"answered": {"answered": 2, "refused": 1}, "refused": {"refused": 1}}


@pytest.mark.parametrize(
    ("better", "worse", "p"),
    [(0, 0, 1.0), (5, 0, 2 / 32), (1, 5, 2 * 7 / 64), (3, 3, 1.0), (1100, 1100, 1.0)],
)
def test_mcnemars_exact_test_is_the_binomial_tail_twice(better: int, worse: int, p: float) -> None:
    assert mcnemar(better, worse) == pytest.approx(p)


def test_the_permutation_test_counts_sign_patterns_at_least_as_far() -> None:
    # |±1 ±2 ±3|: 6 for two of eight patterns
    assert permutation_test([1, 2, 3]) == pytest.approx(2 / 8)
    # |±1 ±2 ±3| >= 4: also -1+2+3 and its mirror
    assert permutation_test([-1, 2, 3]) == pytest.approx(4 / 8)
    assert permutation_test([0.0, 0.0]) == 1
    assert permutation_test(np.full(40, 0.1)) < 0.001
    assert permutation_test([0.1, -0.1] * 20) == pytest.approx(1)
