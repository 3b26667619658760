"""Two reports, question by question: what got better, what got worse, and whether that can be chance."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from assistant.evaluation.metrics import mcnemar, permutation_test

_PAIRED = ("section_mrr_10", "section_ndcg_10", "resource_mrr_10", "resource_ndcg_10", "citation_precision")


@dataclass(frozen=True, slots=True)
class Change:
    """A figure in both reports, over the questions that both hold."""

    key: str
    """Its key in FIGURES."""
    old: float
    """Mean in the old report."""
    new: float
    """Mean in the new one."""
    n: int
    """Questions that count for it in both."""
    p: float
    """Two-sided p of a paired permutation test."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a change of the code or the corpus did."""

    better: tuple[str, ...]
    """Ids that were wrong and are right now."""
    worse: tuple[str, ...]
    """Ids that were right and are wrong now."""
    changed: tuple[str, ...]
    """Ids whose outcome changed while right or wrong stayed: `id: old -> new`."""
    added: tuple[str, ...]
    """Ids that only the new report holds."""
    removed: tuple[str, ...]
    """Ids that only the old report holds."""
    p: float
    """Two-sided p of McNemar's exact test on right and wrong."""
    figures: tuple[Change, ...]
    """Ranked figures; empty where the old report has no values by question."""


def read_report(path: Path) -> dict[str, Any]:
    """Read a report or a baseline that was written before. Raises UsageError."""
    try:
        report = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path} can't be read ({error.strerror})", "give a report.json") from None
    except ValueError:
        raise UsageError(f"{path} is not JSON", "give a report.json") from None
    try:
        items = _items(report)
        whole = bool(items) and all(isinstance(one["right"], bool) for one in items.values())
    except (AttributeError, KeyError, TypeError, ValueError):
        whole = False
    if not whole:
        raise UsageError(f"{path} is not a report of `dlstart evaluate`", "give a report.json")
    return dict(report)


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Comparison:
    """Compare two reports over the questions and turns that both hold."""
    before, after = _items(old), _items(new)
    both = [id for id in after if id in before]
    better = tuple(id for id in both if after[id]["right"] and not before[id]["right"])
    worse = tuple(id for id in both if before[id]["right"] and not after[id]["right"])
    return Comparison(
        better=better,
        worse=worse,
        changed=tuple(
            f"{id}: {before[id].get('outcome')} -> {after[id].get('outcome')}"
            for id in both
            if id not in (*better, *worse) and before[id].get("outcome") != after[id].get("outcome")
        ),
        added=tuple(id for id in after if id not in before),
        removed=tuple(id for id in before if id not in after),
        p=mcnemar(len(better), len(worse)),
        figures=tuple(_changes(before, after)),
    )


def _items(report: Mapping[str, Any]) -> dict[str, Any]:
    """Questions by id, and turns of both plays of a dialogue by `id/kept by/number`."""
    items = dict(report.get("questions") or {})
    for id, plays in (report.get("dialogues") or {}).items():
        for kept_by, turns in plays.items():
            items |= {f"{id}/{kept_by}/{number}": turn for number, turn in enumerate(turns, 1)}
    return items


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key in _PAIRED:
        pairs = [
            (before[id]["values"][key], after[id]["values"][key])
            for id in after
            if key in before.get(id, {}).get("values", {}) and key in after[id].get("values", {})
        ]
        if pairs:
            old, new = (sum(side) / len(pairs) for side in zip(*pairs, strict=True))
            yield Change(key, old, new, len(pairs), permutation_test([b - a for a, b in pairs]))
