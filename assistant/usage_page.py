"""The report on usage as files: a page with plots that needs nothing else, CSV, and JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TextIO

from assistant.store import StoredAnswer
from assistant.usage import Subject, Usage

_FILE = 0o600
_FOLDER = 0o700
_SHADES = {
    "answered": "#1b5e3f",
    "clarify": "#4f8f6d",
    "not_covered": "#b3541e",
    "off_topic": "#8a8a8a",
    "refused": "#5a2a2a",
    "smalltalk": "#c4c4c4",
}
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; vertical-align: top }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
svg { width: 100%; height: auto } svg text { font: 11px system-ui, sans-serif; fill: currentColor }
small { color: #777 }
"""


def write_report(
    usage: Usage, answers: Iterable[StoredAnswer], directory: Path, titles: Mapping[str, str]
) -> list[Path]:
    """Write usage.html, usage.json and answers.csv, for this user alone; returns their paths.

    `titles`: of resources and sections, by id. Raises OSError.
    """
    directory.mkdir(_FOLDER, parents=True, exist_ok=True)
    page, data, table = (directory / name for name in ("usage.html", "usage.json", "answers.csv"))
    with _open_private(page) as file:
        file.write(render_page(usage, titles))
    with _open_private(data) as file:
        file.write(json.dumps(usage.as_dict(), ensure_ascii=False, indent=1) + "\n")
    with _open_private(table) as file:
        rows = csv.writer(file)
        rows.writerow(
            [
                "at",
                "channel",
                "question",
                "outcome",
                "cited",
                "confidence",
                "total_ms",
                "vote",
                "reason",
                "comment",
            ]
        )
        for one in answers:
            row = [one.at.isoformat(), one.channel, one.question, one.outcome, " ".join(one.cited)]
            row += [
                f"{one.confidence:.4f}",
                f"{one.total_ms:.1f}",
                one.vote or "",
                one.reason or "",
                one.comment or "",
            ]
            rows.writerow([_cell(value) for value in row])
    return [page, data, table]


def _open_private(path: Path) -> TextIO:
    """The file, empty, for this user alone whatever the umask and whoever could read it before."""
    path.touch(_FILE)
    path.chmod(_FILE)
    return path.open("w", encoding="utf-8", newline="")


def render_page(usage: Usage, titles: Mapping[str, str]) -> str:
    """The page as HTML. Everything that people wrote is escaped. `titles`: of resources and sections, by id."""
    parts = [
        f"<h1>What people asked</h1><p>{usage.since:%Y-%m-%d} to {usage.until:%Y-%m-%d}: {usage.answers} answers.</p>",
        _chart(usage.days),
        "<h2>What was not covered</h2><p>What to write next, the most frequent first.</p>",
        _subjects(usage.not_covered),
        "<h2>What was taken for another subject</h2><p>No gaps, unless one of them belongs to the guide.</p>",
        _subjects(usage.off_topic),
        "<h2>What was asked</h2>",
        _subjects(usage.subjects),
        "<h2>Outcomes</h2>",
        _counts("Outcome", usage.outcomes),
        "<h2>What was cited</h2>",
        _counts("Resource or section", {titles.get(id, id): count for id, count in usage.cited.items()}),
        "<h2>Feedback</h2>",
        _counts("Vote", usage.votes),
        _counts("Reason of a vote down", usage.reasons),
        "<ul>" + "".join(f"<li>{escape(comment)}</li>" for comment in usage.comments) + "</ul>",
        "<h2>Channels and latency</h2>",
        _counts("Channel", usage.channels),
        _counts("Milliseconds", usage.latency_ms),
    ]
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>What people asked</title>'
    return f'{head}<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>{"".join(parts)}</html>\n'


def _cell(value: str) -> str:
    """A spreadsheet runs a cell that starts like a formula; a quote mark in front keeps it a text."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _counts(name: str, counts: Mapping[str, float]) -> str:
    if not counts:
        return ""
    rows = "".join(f'<tr><td>{escape(key)}<td class="n">{value:g}' for key, value in counts.items())
    return f'<table><tr><th>{name}<th class="n">Count{rows}</table>'


def _subjects(subjects: Sequence[Subject]) -> str:
    if not subjects:
        return "<p>Nothing.</p>"
    rows = "".join(
        f"<tr><td>{escape(one.title)}<br><small>{escape(' · '.join(one.questions[1:]))}</small>"
        f'<td class="n">{one.count}<td class="n">{one.not_covered}<td class="n">{one.down}'
        for one in subjects[:50]
    )
    return (
        '<table><tr><th>Question<th class="n">Asked<th class="n">Not covered<th class="n">Voted down'
        f"{rows}</table>"
    )


def _chart(days: Mapping[str, Mapping[str, int]]) -> str:
    """Bars of answers a day, by outcome, with a text equivalent in their titles."""
    if not days:
        return ""
    width, height, foot = 720, 160, 18
    most = max(sum(counts.values()) for counts in days.values())
    step = width / len(days)
    bars = []
    for n, (day, counts) in enumerate(days.items()):
        top = float(height)
        for outcome, count in counts.items():
            tall = count / most * (height - 14)
            top -= tall
            bars.append(
                f'<rect x="{n * step + 1:.1f}" y="{top:.1f}" width="{max(step - 2, 1):.1f}" height="{tall:.1f}" '
                f'fill="{_SHADES.get(outcome, "#777")}"><title>{day}: {count} {escape(outcome)}</title></rect>'
            )
        if n % max(len(days) // 8, 1) == 0:
            bars.append(f'<text x="{n * step + 1:.1f}" y="{height + 14}">{day[5:]}</text>')
    legend = " · ".join(f'<span style="color:{shade}">■</span> {name}' for name, shade in _SHADES.items())
    label = f"Answers per day (peak {most})"
    return (
        f'<svg viewBox="0 0 {width} {height + foot}" role="img" aria-label="{label}">'
        f'<text x="0" y="10">{label}</text>{"".join(bars)}</svg><p><small>{legend}</small></p>'
    )
