"""How well messages are read: figures for authors that training has not seen, and the bars of the labels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.understanding.dataset import CLOSED_MEASURED, FOLDER, NO_STANCE, Example
from assistant.understanding.labels import ASPECT_RANGE, CLOSED, LABELS, SAYS_RANGE, WANT_RANGE
from assistant.understanding.reading import ACTS, KINDS, STANCES

FIGURES = FOLDER / "figures.json"
_EVEN = 0.4
_GRID = np.arange(0.15, 0.75, 0.05)
_ENOUGH = 25
_CLOSED_BAR = 0.5
_LEAST_WRITTEN = 0.1
_HAS = frozenset(STANCES.index(name) for name in ("knows", "done", "doing", "likes"))
_HAS_NOT = frozenset(STANCES.index(name) for name in ("lacks", "refuses"))
Chances = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Readings:
    """Messages with what was read from them."""

    examples: Sequence[Example]
    acts: Chances
    kinds: Chances
    labels: Chances
    """(messages, labels)."""
    stances: NDArray[np.float32]
    """Logits, (things named, stances)."""


def mix(network: NDArray[np.float32], linear: NDArray[np.float32]) -> Chances:
    """Geometric mean of two models' distributions, given as logits (messages, classes)."""
    both = (_log_shares(network) + _log_shares(linear)) / 2
    shares: Chances = np.exp(_log_shares(both))
    return shares


def _log_shares(logits: NDArray[np.floating]) -> Chances:
    shifted = logits.astype(float) - logits.max(axis=1, keepdims=True)
    rest: Chances = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return rest


def even_bars() -> Chances:
    """The same bar for every label."""
    return np.full(len(LABELS), _EVEN)


def choose_bars(readings: Sequence[Readings]) -> Chances:
    """For each label the bar with the best F1 on left-out authors; a rare label has its group's."""
    labelled = [own for own in readings if own.examples and own.examples[0].labels is not None]
    chances = np.concatenate([own.labels for own in labelled])
    right = np.concatenate([_right(own) for own in labelled])
    bars = even_bars()
    for part in (ASPECT_RANGE, WANT_RANGE, SAYS_RANGE):
        group = _best(chances[:, part], right[:, part])
        for place in range(part.start, part.stop):
            own = _best(chances[:, [place]], right[:, [place]])
            bars[place] = (own + group) / 2 if right[:, place].sum() >= _ENOUGH else group
    bars[LABELS.index(CLOSED)] = _CLOSED_BAR
    return bars


def _best(chances: Chances, right: NDArray[np.bool_]) -> float:
    return float(max(_GRID, key=lambda bar: f1(chances > bar, right)))


def _right(readings: Readings) -> NDArray[np.bool_]:
    return np.array([[label in (one.labels or ()) for label in LABELS] for one in readings.examples])


def f1(found: NDArray[np.bool_], right: NDArray[np.bool_]) -> float:
    """F1 over all cells of two tables; 1 where there is nothing to find and nothing was found."""
    both, either = int((found & right).sum()), int(found.sum() + right.sum())
    return 2 * both / either if either else 1.0


def figures(readings: Readings, bars: Chances) -> dict[str, float]:
    """Figures of one author's messages, rounded."""
    acts = np.array([one.act for one in readings.examples])
    kinds = np.array([one.kind for one in readings.examples])
    outside = ACTS.index("outside")
    inside = acts != outside
    others = readings.acts.copy()
    others[:, outside] = 0
    found, right = readings.labels > bars, _right(readings)
    return {
        "messages": len(acts),
        "act": _mean(readings.acts.argmax(axis=1) == acts),
        "act_without_outside": _mean((others.argmax(axis=1) == acts)[inside]),
        "kind": _mean(readings.kinds.argmax(axis=1) == kinds),
        "aspects": round(f1(found[:, ASPECT_RANGE], right[:, ASPECT_RANGE]), 3),
        "wants": round(f1(found[:, WANT_RANGE], right[:, WANT_RANGE]), 3),
        "says": round(f1(found[:, SAYS_RANGE], right[:, SAYS_RANGE]), 3),
        **_stance_figures(readings),
    }


def _stance_figures(readings: Readings) -> dict[str, float]:
    """How often the stance is right; and of what the writer has or lacks and is not read as merely asked about, how
    often it is on the right side."""
    right = np.array([stance for one in readings.examples for stance in one.stances], dtype=int)
    found = readings.stances.argmax(axis=1)
    counted = right != NO_STANCE
    right, found = right[counted], found[counted]
    taken = np.array([stance in _HAS | _HAS_NOT for stance in right], dtype=bool)
    sided = taken & np.array([stance in _HAS | _HAS_NOT for stance in found], dtype=bool)
    same = np.array([(a in _HAS) == (b in _HAS) for a, b in zip(right, found, strict=True)], dtype=bool)
    return {
        "mentions": int(counted.sum()),
        "stance": _mean(found == right),
        "polarity": _mean(same[sided]),
        "polarity_seen": _mean(sided[taken]),
    }


def _mean(hits: NDArray[np.bool_]) -> float:
    return round(float(hits.mean()), 3) if len(hits) else 1.0


def report(readings: Sequence[Readings]) -> dict[str, dict[str, float]]:
    """Figures of every left-out author, its bars chosen on the others; `all` is their mean by message."""
    closed = [own for own in readings if own.examples[0].author == CLOSED_MEASURED]
    readings = [own for own in readings if own not in closed]
    authors = [own.examples[0].author for own in readings]
    table = {
        author: figures(own, choose_bars([other for other in readings if other is not own]))
        for author, own in zip(authors, readings, strict=True)
    }
    sizes = np.array([len(own.examples) for own in readings])
    names = [name for name in next(iter(table.values())) if name not in ("messages", "mentions")]
    means = {
        name: round(float(np.average([table[author][name] for author in authors], weights=sizes)), 3)
        for name in names
    }
    overall = {"messages": int(sizes.sum()), **means}
    if closed:
        overall["closed"] = _closed(closed[0])
    return {**table, "all": overall}


def _closed(readings: Readings) -> float:
    """How often it is told whether a question asks for yes or no."""
    found = readings.labels[:, LABELS.index(CLOSED)] > _CLOSED_BAR
    return _mean(found == np.array([one.closed for one in readings.examples]))


def write_readings(readings: Sequence[Readings], folder: Path) -> None:
    """One file for each author, one line for each turn: what models read that had not seen the author."""
    folder.mkdir(parents=True, exist_ok=True)
    for own in readings:
        if own.examples[0].author == CLOSED_MEASURED:
            continue
        lines = []
        rows = iter(own.stances)
        for n, one in enumerate(own.examples):
            stances = [
                (id, *_top(next_row))
                for named, next_row in zip(one.named, rows, strict=False)
                for id in named.ids
            ]
            lines.append(
                json.dumps(
                    {
                        "id": one.id,
                        "acts": _shares(ACTS, own.acts[n]),
                        "kinds": _shares(KINDS, own.kinds[n]),
                        "aspects": _likely(own.labels[n], ASPECT_RANGE),
                        "wants": _likely(own.labels[n], WANT_RANGE),
                        "says": _likely(own.labels[n], SAYS_RANGE),
                        "stances": stances,
                    }
                )
            )
        (folder / f"{own.examples[0].author}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def _top(logits: NDArray[np.float32]) -> tuple[str, float]:
    shares = np.exp(logits - logits.max())
    return STANCES[int(shares.argmax())], round(float(shares.max() / shares.sum()), 3)


def _shares(names: Sequence[str], chances: Chances) -> dict[str, float]:
    return {name: round(float(chance), 4) for name, chance in zip(names, chances, strict=True)}


def _likely(chances: Chances, part: slice) -> list[tuple[str, float]]:
    """Labels of a part that are not unlikely, the surest first."""
    found = [(LABELS[n], round(float(chances[n]), 3)) for n in range(part.start, part.stop)]
    return sorted((one for one in found if one[1] > _LEAST_WRITTEN), key=lambda one: -one[1])
