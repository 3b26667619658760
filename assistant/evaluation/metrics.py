"""The arithmetic of the evaluation: rankings, rates with intervals, abstention, calibration, paired tests.

Intervals are 95 % percentile bootstrap intervals (Efron, 1979) with a fixed seed, so that the same
values give the same interval.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
_RESAMPLES = 2000
_SEED = 20161123


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and how sure it is."""

    value: float
    """The figure."""
    low: float
    """Lower end of its 95 % interval."""
    high: float
    """Upper end of its 95 % interval."""
    n: int
    """How many values it was made of."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions of like confidence."""

    low: float
    """Lower edge of the bin."""
    high: float
    """Upper edge of the bin."""
    n: int
    """How many questions fall into it."""
    confidence: float
    """Their mean confidence; 0 for an empty bin."""
    rate: float
    """Share of them that are true; 0 for an empty bin."""


def first_rank(found: Iterable[Collection[str]], wanted: Collection[str]) -> int | None:
    """1-based rank of the first hit that is of anything wanted; None without one."""
    return next((rank for rank, names in enumerate(found, 1) if any(n in wanted for n in names)), None)


def hit_at(rank: int | None, k: int) -> float:
    """1 for a rank of 1 to k, else 0."""
    return float(rank is not None and rank <= k)


def reciprocal_rank(rank: int | None, k: int = 10) -> float:
    """1 / rank for a rank of 1 to k, else 0: the term of MRR@k."""
    return 1.0 / rank if rank is not None and rank <= k else 0.0


def ndcg(ranking: Sequence[str], gains: Mapping[str, float], k: int = 10) -> float:
    """Normalised discounted cumulative gain of the first k of a ranking without repeats.

    Gains are taken as they are and divided by log2(rank + 1) (Järvelin and Kekäläinen, 2002).
    """
    best = _discounted(sorted(gains.values(), reverse=True)[:k])
    return _discounted([gains.get(name, 0.0) for name in ranking[:k]]) / best if best else 0.0


def mean(values: ArrayLike, clusters: Sequence[Hashable] | None = None) -> Estimate | None:
    """Mean of values and its interval; None without values.

    `clusters` (one per value) are drawn whole: turns of one dialogue are not independent.
    """
    flat = np.asarray(values, dtype=np.float64)
    if not len(flat):
        return None
    places = {
        name: n
        for n, name in enumerate(dict.fromkeys(clusters if clusters is not None else range(len(flat))))
    }
    cluster = np.array([places[name] for name in (clusters if clusters is not None else range(len(flat)))])
    sums = np.bincount(cluster, weights=flat, minlength=len(places))
    counts = np.bincount(cluster, minlength=len(places)).astype(np.float64)
    drawn = np.random.default_rng(_SEED).multinomial(
        len(places), np.full(len(places), 1 / len(places)), size=_RESAMPLES
    )
    low, high = np.percentile((drawn @ sums) / (drawn @ counts), [2.5, 97.5])
    return Estimate(float(flat.mean()), float(low), float(high), len(flat))


def estimate(
    statistic: Callable[[NDArray[np.int64]], float], n: int, resamples: int = 500
) -> Estimate | None:
    """Any statistic of n questions, given as a function of their positions (repeats allowed); None for none."""
    if not n:
        return None
    generator = np.random.default_rng(_SEED)
    drawn = [statistic(generator.integers(0, n, n)) for _ in range(resamples)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(statistic(np.arange(n)), float(low), float(high), n)


def percentile(values: ArrayLike, percent: float) -> Estimate | None:
    """A percentile of values (linear between neighbours) and its interval; None without values."""
    flat = np.asarray(values, dtype=np.float64)
    return estimate(lambda drawn: float(np.percentile(flat[drawn], percent)), len(flat))


def risk_coverage(confidence: ArrayLike, wrong: ArrayLike) -> tuple[Array, Array]:
    """Coverage (n,) and risk (n,): answering only the k surest questions, the share of them that is wrong.

    Questions of equal confidence can't be told apart: each counts as wrong as they are on average.
    """
    sure, losses = np.asarray(confidence, dtype=np.float64), np.asarray(wrong, dtype=np.float64)
    _, group = np.unique(-sure, return_inverse=True)
    even = (np.bincount(group, weights=losses) / np.bincount(group))[group]
    counted = np.arange(1, len(sure) + 1)
    return counted / max(len(sure), 1), np.cumsum(even[np.argsort(-sure, kind="stable")]) / counted


def aurc(confidence: ArrayLike, wrong: ArrayLike) -> float:
    """Area under the risk-coverage curve: the mean risk over every coverage (Geifman et al., 2019)."""
    return float(np.mean(risk_coverage(confidence, wrong)[1]))


def reliability(confidence: ArrayLike, true: ArrayLike, bins: int = 10) -> tuple[Bin, ...]:
    """Bins of equal width over confidence 0 to 1; the upper edge belongs to a bin, as does 0 to the first."""
    sure, truth = np.asarray(confidence, dtype=np.float64), np.asarray(true, dtype=np.float64)
    place = np.clip(np.ceil(np.clip(sure, 0, 1) * bins).astype(int) - 1, 0, bins - 1)
    made = []
    for n in range(bins):
        inside = place == n
        count = int(inside.sum())
        made.append(
            Bin(
                n / bins,
                (n + 1) / bins,
                count,
                float(sure[inside].mean()) if count else 0.0,
                float(truth[inside].mean()) if count else 0.0,
            )
        )
    return tuple(made)


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: mean distance of confidence and truth, weighted by the bins' questions."""
    total = sum(bin.n for bin in bins)
    return sum(bin.n * abs(bin.rate - bin.confidence) for bin in bins) / max(total, 1)


def confusion(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Counts of (expected, given), as rows of expected outcomes."""
    table: dict[str, dict[str, int]] = {}
    for (expected, given), count in sorted(Counter(pairs).items()):
        table.setdefault(expected, {})[given] = count
    return table


def mcnemar(better: int, worse: int) -> float:
    """Two-sided p of the exact McNemar test: so uneven a split of the changed questions, if both are alike."""
    changed = better + worse
    tail = sum(math.comb(changed, k) for k in range(min(better, worse) + 1))
    # Whole numbers: 2 ** 1100 is no float any more.
    return min(1.0, float(2 * tail / (1 << changed)))


def permutation_test(differences: ArrayLike, resamples: int = 10_000) -> float:
    """Two-sided p of a paired permutation test: signs of the differences are flipped at random.

    All sign patterns are tried where there are no more than `resamples` of them.
    """
    changed = np.asarray(differences, dtype=np.float64)
    changed = changed[changed != 0]
    if not len(changed):
        return 1.0
    if 2 ** min(len(changed), 62) <= resamples:
        patterns = (np.arange(2 ** len(changed))[:, None] >> np.arange(len(changed))) & 1
        extra = 0
    else:
        patterns = np.random.default_rng(_SEED).integers(0, 2, (resamples, len(changed)))
        extra = 1
    sums = np.abs((patterns * 2 - 1) @ changed)
    as_far = int((sums >= abs(changed.sum()) - 1e-12).sum())
    return (as_far + extra) / (len(patterns) + extra)


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))
