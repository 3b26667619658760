"""The quality that is committed with the code: figures and, question by question, right and wrong.

Times, scores and texts are left out, and figures are rounded, so that the file changes only when quality does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.evaluation.document import Block, Heading, Text, write_markdown
from assistant.evaluation.figures import FIGURE_BY_KEY
from assistant.evaluation.report import FORMAT, confusion_blocks, figure_blocks

NAME = "baseline.json"
_PACKAGE = Path(__file__).parent.parent
HEADLINES_PATH = _PACKAGE / "channels" / "widget" / "quality.json"
"""What the demo page shows; it is part of the package."""
PAGE_PATH = _PACKAGE.parent / "docs" / "quality.md"
"""The page of the docs."""
_DIGITS = 3
_TOLERANCE = 0.015
"""Vector arithmetic differs between processors in the last digits; means of many questions move less than this."""
_HEADLINES = (
    "section_hit_1",
    "section_hit_3",
    "right",
    "citation_precision",
    "facts_mentioned",
    "turns_right",
    "answered_off-topic",
    "answered_related-unanswerable",
    "promises_kept",
)


def make_baseline(report: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a report that is committed."""
    return {
        "format": FORMAT,
        "encoder": report["encoder"]["id"],
        "figures": _rounded(report["figures"]),
        "baselines": {name: _rounded(figures) for name, figures in report["baselines"].items()},
        "confusion": report["confusion"],
        "questions": {id: _brief(one) for id, one in report["questions"].items()},
        "dialogues": {
            id: {kept_by: [_brief(turn) for turn in turns] for kept_by, turns in plays.items()}
            for id, plays in report["dialogues"].items()
        },
    }


def disagreements(baseline: Mapping[str, Any], report: Mapping[str, Any]) -> Iterator[str]:
    """Where a report departs from the committed baseline, one line each."""
    fresh = make_baseline(report)
    before, after = _flat(baseline), _flat(fresh)
    for key in (*after, *(key for key in before if key not in after)):
        if before.get(key) != after.get(key):
            yield f"{key}: {before.get(key, 'absent')} -> {after.get(key, 'absent')}"
    for name in ("figures", *(f"baselines/{name}" for name in fresh["baselines"])):
        old, new = _at(baseline, name), _at(fresh, name)
        for key in dict.fromkeys([*new, *old]):
            if key not in old or key not in new or abs(old[key]["value"] - new[key]["value"]) > _TOLERANCE:
                yield f"{name}/{key}: {_value(old, key)} -> {_value(new, key)}"


def write_baseline(report: Mapping[str, Any], path: Path) -> tuple[Path, ...]:
    """Write the baseline, the page of the docs and the demo page's figures; the paths written. Raises OSError."""
    baseline = make_baseline(report)
    path.write_text(dump_baseline(baseline), "utf-8")
    PAGE_PATH.write_text(write_quality_page(baseline), "utf-8")
    headlines = make_headlines(baseline, datetime.now(UTC).date().isoformat(), report["corpus_hash"])
    try:
        before = json.loads(HEADLINES_PATH.read_text("utf-8"))
    except (OSError, ValueError):
        before = {}
    if before | {"date": ""} != headlines | {"date": ""}:
        # The date is that of the last change, so that measuring again changes nothing.
        HEADLINES_PATH.write_text(json.dumps(headlines, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return path, PAGE_PATH, HEADLINES_PATH


def dump_baseline(baseline: Mapping[str, Any]) -> str:
    """JSON with one line for each figure, question and dialogue, so that a diff shows what changed."""
    parts = []
    for name, value in baseline.items():
        if isinstance(value, dict) and value:
            lines = ",\n".join(f"    {json.dumps(key)}: {_line(one)}" for key, one in value.items())
            parts.append(f"  {json.dumps(name)}: {{\n{lines}\n  }}")
        else:
            parts.append(f"  {json.dumps(name)}: {_line(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def make_headlines(baseline: Mapping[str, Any], date: str, corpus_hash: str) -> dict[str, Any]:
    """The few figures that the demo page shows, with intervals, the day of the last change, and the corpus."""
    return {
        "date": date,
        "corpus": corpus_hash,
        "questions": len(baseline["questions"]),
        "dialogues": len(baseline["dialogues"]),
        "figures": [
            {
                "key": key,
                "label": FIGURE_BY_KEY[key].label,
                "meaning": FIGURE_BY_KEY[key].meaning,
                "rises": FIGURE_BY_KEY[key].rises,
                **baseline["figures"][key],
            }
            for key in _HEADLINES
            if key in baseline["figures"]
        ],
    }


def write_quality_page(baseline: Mapping[str, Any]) -> str:
    """docs/quality.md, from the baseline alone."""
    return write_markdown(_page_blocks(baseline))


def _page_blocks(baseline: Mapping[str, Any]) -> Iterator[Block]:
    wrong = [id for id, one in baseline["questions"].items() if not one["right"]]
    yield Heading("Quality", 1)
    yield Text(
        f"Measured on the {len(baseline['questions'])} development questions and {len(baseline['dialogues'])} "
        "dialogues in tests/questions, which nothing was trained on. This page is written by make evaluate from "
        "tests/questions/baseline.json; how it is measured stands in evaluation.md. Targets are the project's own."
    )
    yield from figure_blocks(baseline)
    yield from confusion_blocks(baseline)
    yield Heading("Still wrong")
    yield Text(", ".join(wrong) if wrong else "No question.")
    turns = [
        f"{id}, turn {number}"
        for id, plays in baseline["dialogues"].items()
        for number, turn in enumerate(plays["service"], 1)
        if not turn["right"]
    ]
    yield Text(f"In dialogues: {'; '.join(turns) if turns else 'no turn'}.")


def _brief(one: Mapping[str, Any]) -> dict[str, Any]:
    values = one.get("values", {})
    ranks = {key: values[key] == 1.0 for key in ("section_hit_1", "section_hit_3") if key in values}
    return {"outcome": one["outcome"], "right": one["right"], **ranks}


def _rounded(figures: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    return {
        key: {name: round(value, _DIGITS) for name, value in figure.items()}
        for key, figure in figures.items()
    }


def _flat(baseline: Mapping[str, Any]) -> dict[str, str]:
    flat = {id: _line(one) for id, one in baseline["questions"].items()}
    for id, plays in baseline["dialogues"].items():
        for kept_by, turns in plays.items():
            flat |= {f"{id}/{kept_by}/{number}": _line(turn) for number, turn in enumerate(turns, 1)}
    return flat


def _at(baseline: Mapping[str, Any], name: str) -> Mapping[str, Mapping[str, float]]:
    first, _, rest = name.partition("/")
    found: Mapping[str, Any] = baseline.get(first, {})
    return found.get(rest, {}) if rest else found


def _value(figures: Mapping[str, Mapping[str, float]], key: str) -> str:
    return f"{figures[key]['value']:.3f}" if key in figures else "absent"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
