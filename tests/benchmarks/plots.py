"""The pictures of docs/performance.md, readable without colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tests.benchmarks.rows import Row

_DOCS = Path(__file__).parent.parent.parent / "docs"
_DARK, _MIDDLE, _LIGHT = "#222222", "#777777", "#cccccc"


def draw_side_by_side(rows: Mapping[str, Row]) -> None:
    """Requests/s with 32 callers, and seconds to the first answer, as docs/performance.svg."""
    many = {name.partition(",")[0]: row for name, row in rows.items() if name.endswith(", 32 callers")}
    first = {
        name.partition(",")[0]: row
        for name, row in rows.items()
        if name.endswith(", 1 caller") or name == "dlstart ask"
    }
    with _figure("performance.svg", 3.2) as figure:
        left, right = figure.subplots(1, 2)
        _draw_bars(left, {name: row.per_second for name, row in many.items()}, "answers a second, 32 callers")
        _draw_bars(
            right, {name: row.first_s for name, row in first.items()}, "seconds from start to first answer"
        )


def draw_vectors(found: Sequence[Mapping[str, Any]]) -> None:
    """Time and memory by the number of vectors, as docs/vectors.svg."""
    sizes = [row["count"] for row in found]
    with _figure("vectors.svg", 3.4) as figure:
        build, search, memory = figure.subplots(1, 3)
        build.plot(sizes, [row["build_cpu_s"] for row in found], "o-", color=_DARK)
        build.set_ylabel("building, processor seconds")
        search.plot(sizes, [row["exact_p50_ms"] for row in found], "s--", color=_MIDDLE, label="exact, numpy")
        search.plot(sizes, [row["p50_ms"] for row in found], "o-", color=_DARK, label="the index (recall@10)")
        for row in found:
            search.annotate(
                f"{row['recall']:.2f}", (row["count"], row["p50_ms"]), (0, -13), textcoords="offset points", fontsize=8,
                ha="center",
            )  # fmt: skip
        search.set_ylabel("one search, median ms")
        search.legend(fontsize=8, frameon=False)
        memory.plot(
            sizes, [row["build_peak_mb"] for row in found], "s--", color=_MIDDLE, label="building, peak"
        )
        memory.plot(sizes, [row["resident_mb"] for row in found], "o-", color=_DARK, label="searching")
        memory.set_ylabel("memory, MB")
        memory.legend(fontsize=8, frameon=False)
        for axes in (build, search, memory):
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlabel("vectors")
            axes.margins(x=0.12, y=0.15)


def _draw_bars(axes: Any, values: Mapping[str, float], title: str) -> None:
    names = list(values)
    colours = [_DARK if name.startswith("dlstart") else _LIGHT for name in names]
    bars = axes.barh(names, list(values.values()), color=colours, edgecolor=_DARK)
    axes.bar_label(bars, fmt="{:.3g}", padding=3, fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(title, fontsize=10)


@contextmanager
def _figure(name: str, height: float) -> Iterator[Figure]:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "dlstart", "svg.fonttype": "path", "font.size": 9}):
        figure = Figure(figsize=(10, height), layout="constrained")
        yield figure
        figure.savefig(_DOCS / name, format="svg", metadata={"Date": None})
