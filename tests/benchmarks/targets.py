"""What is expected on two cores, as ratios in one run, beside what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.benchmarks.peers.setup import PACKAGES
from tests.benchmarks.reindex import Changed
from tests.benchmarks.rows import ASK, SERVE, WORKERS, Row

_ONE, _MANY = ", 1 caller", ", 32 callers"


def list_targets(rows: Mapping[str, Row], inside: float | None, changed: Changed | None) -> list[str]:
    """As Markdown. `inside`: one caller's p50 by what the answers say they took."""

    def peers(end: str) -> list[Row]:
        return [row for name in PACKAGES if (row := rows.get(name + end)) and not row.errors]

    def best() -> float:
        return max(row.per_second for row in peers(_MANY))

    def first() -> float:
        return min(row.first_s for row in peers(_ONE))

    def one() -> Row:
        return rows[SERVE + _ONE]

    def many() -> Row:
        return rows[SERVE + _MANY]

    expected: list[tuple[str, str, float, str, Callable[[], float | None]]] = [
        ("`POST /v1/ask`: p50 by encode + search + compose, measured inside", "≤", 1.5, "×", lambda: inside),
        ("32 callers: requests/s by the best peer's", "≥", 4, "×", lambda: many().per_second / best()),
        ("32 callers: p99 by p50", "≤", 4, "×", lambda: many().p99 / many().p50),
        (
            "cold `dlstart ask` by the best peer's first answer",
            "≤",
            0.25,
            "×",
            lambda: rows[ASK].first_s / first(),
        ),
        ("cold `dlstart ask`", "≤", 1.5, "s", lambda: rows[ASK].first_s),
        ("`dlstart serve` ready, with an index at hand", "≤", 2, "s", lambda: one().ready_s),
        ("`dlstart serve` resident, after the load", "≤", 350, "MB", lambda: many().resident_mb),
        (
            "`--workers 2` by one worker: requests/s of 32 callers",
            "≥",
            1.6,
            "×",
            lambda: rows[WORKERS + _MANY].per_second / many().per_second,
        ),
        (
            "`dlstart index build` after one changed file of 5,000",
            "≤",
            2,
            "s",
            lambda: None if changed is None else changed.wall_s,
        ),
    ]
    heads = ["| expected on two cores | target | measured | |", "|---|---:|---:|---|"]
    return [*heads, *(_line(*row) for row in expected)]


def _line(what: str, sign: str, target: float, unit: str, measure: Callable[[], float | None]) -> str:
    try:
        measured = measure()
    except (KeyError, ValueError, ZeroDivisionError):  # a candidate that is not there
        measured = None
    if measured is None:
        return f"| {what} | {sign} {target:g} {unit} | not measured in this run | |"
    met = measured <= target if sign == "≤" else measured >= target
    shown = f"{measured:.0f}" if target >= 100 else f"{measured:.2f}"
    return f"| {what} | {sign} {target:g} {unit} | {shown} {unit} | {'met' if met else '**not met**'} |"
