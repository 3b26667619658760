"""The plots of a report, readable without colour. The one file that knows matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import Unavailable
from assistant.evaluation.figures import FIGURE_BY_KEY
from assistant.evaluation.questions import OUTCOMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DARK, _MIDDLE, _LIGHT = "#222222", "#777777", "#cccccc"
_COMPARED = ("section_hit_1", "section_hit_3", "section_mrr_10", "section_ndcg_10")
_HATCHES = ("", "//", "..")


def check_matplotlib() -> None:
    """Raise Unavailable with the command that installs matplotlib, where it is missing."""
    if find_spec("matplotlib") is None:
        raise Unavailable(
            "the plots need matplotlib, which is not installed", "pip install 'dlstart[report]'"
        )


def draw_plots(report: Mapping[str, Any], directory: Path) -> dict[str, str]:
    """Write the plots as SVG files into a directory; file name -> what it shows. Raises Unavailable, OSError."""
    check_matplotlib()
    import matplotlib
    from matplotlib.figure import Figure

    plots: dict[str, tuple[str, Callable[[Axes, Mapping[str, Any]], None]]] = {
        "kinds.svg": ("Share of right answers by kind of question, with intervals", _draw_kinds),
        "risk-coverage.svg": ("Risk-coverage curve: errors among the surest questions", _draw_curve),
        "reliability.svg": ("Reliability: how often the corpus answers, by confidence", _draw_reliability),
        "outcomes.svg": ("Confusion matrix of the best outcome and the outcome given", _draw_confusion),
        "baselines.svg": ("Section retrieval beside BM25 alone and the encoder alone", _draw_baselines),
    }
    if not report["baselines"]:
        del plots["baselines.svg"]
    with matplotlib.rc_context({"svg.hashsalt": "dlstart", "svg.fonttype": "none", "font.size": 10}):
        for name, (title, draw) in plots.items():
            figure = Figure(figsize=(6.4, 4.2), layout="constrained")
            axes = figure.add_subplot()
            draw(axes, report)
            axes.set_title(title, fontsize=10)
            figure.savefig(directory / name, format="svg", metadata={"Date": None})
    return {name: title for name, (title, _) in plots.items()}


def _draw_kinds(axes: Axes, report: Mapping[str, Any]) -> None:
    kinds = list(report["by"]["kind"])
    rights = [report["by"]["kind"][kind]["right"] for kind in kinds]
    values = [right["value"] for right in rights]
    errors = [
        [max(right["value"] - right["low"], 0) for right in rights],
        [max(right["high"] - right["value"], 0) for right in rights],
    ]
    axes.barh(range(len(kinds)), values, xerr=errors, color=_LIGHT, edgecolor=_DARK, ecolor=_DARK, capsize=3)
    names = [f"{kind} (n={right['n']:.0f})" for kind, right in zip(kinds, rights, strict=True)]
    axes.set_yticks(range(len(kinds)), names)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.05)
    axes.set_xlabel("share right")


def _draw_curve(axes: Axes, report: Mapping[str, Any]) -> None:
    curve = report["risk_coverage"]
    axes.plot([one["coverage"] for one in curve], [one["risk"] for one in curve], color=_DARK)
    total = curve[-1]["risk"] if curve else 0
    axes.axhline(total, color=_MIDDLE, linestyle="--", linewidth=1)
    axes.annotate(
        "if everything were answered", (0.02, total), xytext=(0, 4), textcoords="offset points", fontsize=8
    )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, max(0.5, total * 1.2))
    axes.set_xlabel("coverage: share of questions, surest first")
    axes.set_ylabel("risk: share of them that go wrong")


def _draw_reliability(axes: Axes, report: Mapping[str, Any]) -> None:
    bins = [one for one in report["reliability"] if one["n"]]
    axes.plot([0, 1], [0, 1], color=_MIDDLE, linestyle="--", linewidth=1)
    axes.plot([one["confidence"] for one in bins], [one["rate"] for one in bins], "o-", color=_DARK)
    for one in bins:
        axes.annotate(
            f"{one['n']}",
            (one["confidence"], one["rate"]),
            xytext=(4, -12),
            textcoords="offset points",
            fontsize=8,
        )
    axes.set_xlim(0, 1.02)
    axes.set_ylim(-0.05, 1.05)
    axes.set_xlabel("mean confidence of the bin (numbers: questions)")
    axes.set_ylabel("share that the corpus answers")


def _draw_confusion(axes: Axes, report: Mapping[str, Any]) -> None:
    table = report["confusion"]
    rows = [name for name in OUTCOMES if name in table]
    columns = [name for name in OUTCOMES if any(name in row for row in table.values())]
    shares = [[table[row].get(column, 0) / sum(table[row].values()) for column in columns] for row in rows]
    axes.imshow(shares, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    for y, row in enumerate(rows):
        for x, column in enumerate(columns):
            colour = "white" if shares[y][x] > 0.5 else "black"
            axes.text(x, y, str(table[row].get(column, 0)), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlabel("outcome given")
    axes.set_ylabel("best outcome")


def _draw_baselines(axes: Axes, report: Mapping[str, Any]) -> None:
    named = {"dlstart": report["figures"]} | dict(report["baselines"])
    keys = [key for key in _COMPARED if key in report["figures"]]
    width = 0.8 / len(named)
    for n, (name, figures) in enumerate(named.items()):
        axes.bar(
            [place + n * width for place in range(len(keys))],
            [figures[key]["value"] for key in keys],
            width,
            label=name,
            color=(_MIDDLE, _LIGHT, "white")[n % 3],
            hatch=_HATCHES[n % 3],
            edgecolor=_DARK,
        )
    middle = 0.4 - width / 2
    axes.set_xticks(
        [place + middle for place in range(len(keys))], [FIGURE_BY_KEY[key].label for key in keys]
    )
    axes.set_ylim(0, 1.25)
    axes.legend(ncols=len(named), fontsize=8, loc="upper center")
