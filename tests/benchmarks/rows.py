"""What a run found, one row a candidate and number of callers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.benchmarks.candidates import percentile
from tests.benchmarks.peers.setup import describe_versions

FLOOR, LIBRARY, ASK = "floor", "dlstart library", "dlstart ask"
SERVE, WORKERS = "dlstart serve", "dlstart serve --workers 2"
_HEADS = (
    "",
    "requests/s",
    "of the floor",
    "p50, ms",
    "p99, ms",
    "start to first answer, s",
    "resident, MB",
    "processor, s a thousand answers",
    "errors",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: medians of the rounds, errors of all of them."""

    per_second: float
    p50: float
    """Milliseconds."""
    p99: float
    """Milliseconds."""
    first_s: float
    """From the start of the process to the first answer."""
    ready_s: float | None
    """From the start of the process to its own word that it is ready, where it has one."""
    resident_mb: float | None
    pss_mb: float | None
    """The same, pages that processes share counted once."""
    cpu_s: float
    """Of a thousand answers."""
    client_ms: float
    """Of the client, for one answer."""
    errors: int
    first_error: str

    @classmethod
    def of(cls, rounds: list[dict[str, Any]]) -> Row:
        """What the rounds found, in short."""

        def middle(value: Callable[[dict[str, Any]], float]) -> float:
            return median(value(found) for found in rounds)

        def optional(name: str) -> float | None:
            return middle(lambda found: found[name]) if name in rounds[0] else None

        return cls(
            per_second=middle(lambda found: found["answers"] / found["seconds"]),
            p50=middle(lambda found: percentile(found["latencies"], 50)),
            p99=middle(lambda found: percentile(found["latencies"], 99)),
            first_s=middle(lambda found: found["first_s"]),
            ready_s=optional("ready_s"),
            resident_mb=optional("resident_mb"),
            pss_mb=optional("pss_mb"),
            cpu_s=middle(lambda found: found["cpu_s"] / max(found["answers"], 1) * 1e3),
            client_ms=middle(lambda found: found.get("client_cpu_s", 0) / max(found["answers"], 1) * 1e3),
            errors=sum(found["errors"] for found in rounds),
            first_error=next((found["first_error"] for found in rounds if found["first_error"]), ""),
        )


def list_rows(rows: Mapping[str, Row], failed: Mapping[str, str], how: str) -> list[str]:
    """As Markdown; `failed`: why, by candidate; `how`: machine and manner, in a sentence."""
    floor = rows[FLOOR].per_second if FLOOR in rows else None
    client = [row.client_ms for row in rows.values() if row.client_ms]
    gap = "| " * (len(_HEADS) - 2)
    return [
        how,
        "",
        f"| {' | '.join(_HEADS)} |",
        f"|---{'|---:' * (len(_HEADS) - 1)}|",
        *(_line(name, row, floor) for name, row in rows.items()),
        *(f"| {name} | failed: {why.replace('|', '/')} {gap}|" for name, why in failed.items()),
        "",
        *_notes(median(client) if client else 0),
    ]


def _line(name: str, row: Row, floor: float | None) -> str:
    memory = "" if row.resident_mb is None else f"{row.resident_mb:,.0f}"
    if row.pss_mb is not None and name.startswith(WORKERS):
        memory += f" (shared pages once: {row.pss_mb:,.0f})"
    errors = f"{row.errors} ({row.first_error[:60]})" if row.errors else "0"
    share = f"{row.per_second / floor:.2f}" if floor else ""
    return (
        f"| {name} | {row.per_second:,.1f} | {share} | {row.p50:,.1f} | {row.p99:,.1f} | {row.first_s:.2f} "
        f"| {memory} | {row.cpu_s:.1f} | {errors} |"
    )


def _notes(client_ms: float) -> list[str]:
    return [
        "The floor encodes one question with onnxruntime and searches the nearest five vectors of the index with",
        "FAISS, in one thread, nothing else. dlstart answers with composed, cited text and keeps the conversation in",
        "SQLite, as it does by default; a cold `dlstart ask` is a whole process. The peers return the nearest five",
        "texts with title and address, and keep nothing: the same weights in 32 bits with torch, the same chunks, an",
        f"index that was saved before ({describe_versions()}).",
        "All are asked the same questions in turn, and write their log to a file. One candidate runs at a time. The",
        f"client takes {client_ms:.2f} ms of processor time an answer, on the same cores.",
    ]
