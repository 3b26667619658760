"""A run and its figures -> one JSON object, and from it the document that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from assistant.evaluation.compare import Comparison
from assistant.evaluation.document import Block, Heading, Picture, Table, Terms, Text
from assistant.evaluation.figures import FIGURE_BY_KEY, FIGURES, Figures, Summary
from assistant.evaluation.judgement import Judgement
from assistant.evaluation.questions import OUTCOMES
from assistant.evaluation.run import Asked, Played, Run
from assistant.types import Answer
from index.types import Manifest

FORMAT = 1
_SHOWN_HITS = 5
_SLICES = ("section_hit_1", "section_hit_3", "right", "citation_precision", "outcome_right")


def make_report(
    run: Run,
    summary: Summary,
    baselines: Mapping[str, Figures],
    manifest: Manifest,
    warnings: Sequence[str] = (),
) -> dict[str, Any]:
    """Everything that was measured, as JSON values."""
    return {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "encoder": {"id": manifest.encoder_id, "revision": manifest.encoder_revision},
        "corpus_hash": manifest.corpus_hash,
        "generators": sorted({one.answer.generator for one in run.asked}),
        "figures": _figures(summary.overall),
        "by": {
            name: {part: _figures(figures) for part, figures in parts.items()}
            for name, parts in summary.by.items()
        },
        "baselines": {name: _figures(figures) for name, figures in baselines.items()},
        "confusion": summary.confusion,
        "risk_coverage": [{"coverage": coverage, "risk": risk} for coverage, risk in summary.curve],
        "reliability": [asdict(bin) for bin in summary.bins],
        "latency_ms": {
            step: {name: asdict(one) for name, one in made.items()}
            for step, made in summary.latency_ms.items()
        },
        "broken_promises": list(run.broken),
        "warnings": list(warnings),
        "questions": {one.question.id: _asked(one) for one in run.asked},
        "dialogues": _played(run.played),
    }


def list_blocks(
    report: Mapping[str, Any], plots: Mapping[str, str], compared: Comparison | None = None
) -> Iterator[Block]:
    """The report as a document; `plots`: file -> what it shows."""
    yield Heading("How good the answers are", 1)
    yield Text(
        f"{len(report['questions'])} questions and {len(report['dialogues'])} dialogues, asked on "
        f"{report['made_at']} with the encoder {report['encoder']['id']}. Answers written by: "
        f"{', '.join(report['generators'])}. Square brackets hold 95 % bootstrap intervals."
    )
    yield from _warning_blocks(report)
    if compared is not None:
        yield from _comparison_blocks(compared)
    yield from figure_blocks(report)
    for file, alt in plots.items():
        yield Picture(file, alt)
    yield from _slice_blocks(report)
    yield from confusion_blocks(report)
    yield from _latency_blocks(report)
    yield from _failure_blocks(report)


def figure_blocks(report: Mapping[str, Any]) -> Iterator[Block]:
    """The figures with their meaning, and the baselines beside the retrieval."""
    for group in dict.fromkeys(figure.group for figure in FIGURES):
        rows = [
            [figure.label, *_cells(report["figures"][figure.key]), _target(figure.key), figure.meaning]
            for figure in FIGURES
            if figure.group == group and figure.key in report["figures"]
        ]
        if rows:
            yield Heading(group)
            yield Table(["Figure", "Value", "95 % interval", "n", "Target", "Meaning"], rows)
    keys = [
        key
        for key in ("section_hit_1", "section_hit_3", "section_mrr_10", "resource_hit_1")
        if _has(report, key)
    ]
    if report["baselines"] and keys:
        named = {"dlstart": report["figures"]} | dict(report["baselines"])
        yield Heading("Beside plain retrieval")
        yield Table(
            ["Retrieval", *(FIGURE_BY_KEY[key].label for key in keys)],
            [[name, *(_short(figures.get(key)) for key in keys)] for name, figures in named.items()],
        )


def confusion_blocks(report: Mapping[str, Any]) -> Iterator[Block]:
    """Best outcome against the outcome that was given."""
    given = [name for name in OUTCOMES if any(name in row for row in report["confusion"].values())]
    rows = [
        [name, *(str(report["confusion"][name].get(other, "")) for other in given)]
        for name in OUTCOMES
        if name in report["confusion"]
    ]
    if rows:
        yield Heading("Outcomes")
        yield Text(
            "Rows: the best outcome. Columns: the outcome given. Some questions have several right outcomes."
        )
        yield Table(["", *given], rows)


def describe_terminal(report: Mapping[str, Any], compared: Comparison | None = None) -> Iterator[str]:
    """The figures in plain lines."""
    for figure in FIGURES:
        if figure.key in report["figures"]:
            value, interval, n = _cells(report["figures"][figure.key])
            yield f"{figure.label:<30} {value:>6}  {interval:<15} n={n:<5} {_verdict(figure.key, report)}".rstrip()
    for name, figures in report["baselines"].items():
        first, third = (_short(figures.get(key)) for key in ("section_hit_1", "section_hit_3"))
        yield f"{name}: section hit@1 {first}, hit@3 {third}"
    for step in ("encode", "search", "compose", "total"):
        if step in report["latency_ms"]:
            times = report["latency_ms"][step]
            yield f"{step:<8} p50 {times['p50']['value']:.2f} ms, p99 {times['p99']['value']:.2f} ms"
    if compared is not None:
        yield f"better: {', '.join(compared.better) or 'none'}"
        yield f"worse: {', '.join(compared.worse) or 'none'}"
        yield f"McNemar's exact test: p = {compared.p:.3f}"


def _figures(figures: Figures) -> dict[str, dict[str, float]]:
    return {key: asdict(figures[key]) for key in FIGURE_BY_KEY if key in figures}


def _asked(one: Asked) -> dict[str, Any]:
    return {
        "question": one.question.text,
        "kind": one.question.kind,
        "difficulty": one.question.difficulty,
        "expected": asdict(one.question.expected),
        **_answered(one.answer, one.judgement),
        "values": dict(one.values),
        "broken_promises": list(one.broken),
        "retrieved": [
            {
                "chunk_id": hit.chunk.id,
                "section": hit.chunk.section,
                "resource": hit.chunk.resource,
                "title": hit.chunk.title,
                "view": hit.view,
                "score": round(float(hit.score), 4),
            }
            for hit in one.hits[:_SHOWN_HITS]
        ],
    }


def _answered(answer: Answer, judgement: Judgement) -> dict[str, Any]:
    return {
        "outcome": answer.outcome,
        "right": judgement.right,
        "wrong": list(judgement.reasons),
        "confidence": round(answer.confidence, 4),
        "text": answer.text,
        "cited": [
            {
                "number": one.number,
                "section": one.section,
                "resources": list(one.resources),
                "title": one.title,
            }
            for one in answer.citations
        ],
    }


def _played(played: Sequence[Played]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    dialogues: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for one in played:
        dialogues.setdefault(one.dialogue.id, {})[one.kept_by] = [
            {
                "question": asked.turn.text,
                "expected": asdict(asked.turn.expected),
                **_answered(asked.answer, asked.judgement),
            }
            for asked in one.turns
        ]
    return dialogues


def _warning_blocks(report: Mapping[str, Any]) -> Iterator[Block]:
    if report["broken_promises"]:
        yield Heading("Broken promises")
        yield Text("Each of these answers breaks a promise that every answer must keep.")
        yield Table(["Where and what"], [[line] for line in report["broken_promises"]])
    if report["warnings"]:
        yield Heading("Labels that nothing can match")
        yield Table(["Label"], [[line] for line in report["warnings"]])


def _comparison_blocks(compared: Comparison) -> Iterator[Block]:
    yield Heading("Against the older report")
    yield Terms(
        [
            ("Better", ", ".join(compared.better) or "none"),
            ("Worse", ", ".join(compared.worse) or "none"),
            ("Other outcome, as right or wrong as before", ", ".join(compared.changed) or "none"),
            ("Only in the new report", ", ".join(compared.added) or "none"),
            ("Only in the old report", ", ".join(compared.removed) or "none"),
            ("McNemar's exact test on right and wrong", f"p = {compared.p:.3f}"),
        ]
    )
    if compared.figures:
        rows = [
            [FIGURE_BY_KEY[one.key].label, f"{one.old:.3f}", f"{one.new:.3f}", str(one.n), f"{one.p:.3f}"]
            for one in compared.figures
        ]
        yield Table(["Figure", "Old", "New", "n", "p, paired permutation test"], rows)


def _slice_blocks(report: Mapping[str, Any]) -> Iterator[Block]:
    for name, parts in report["by"].items():
        yield Heading(f"By {name}")
        yield Table(
            [name.capitalize(), "n", *(FIGURE_BY_KEY[key].label for key in _SLICES)],
            [
                [part, str(figures["right"]["n"]), *(_short(figures.get(key)) for key in _SLICES)]
                for part, figures in parts.items()
            ],
        )


def _latency_blocks(report: Mapping[str, Any]) -> Iterator[Block]:
    if report["latency_ms"]:
        yield Heading("Latency")
        yield Table(
            ["Step, ms", "p50", "p90", "p99"],
            [
                [
                    step,
                    *(f"{one['value']:.2f} [{one['low']:.2f}, {one['high']:.2f}]" for one in times.values()),
                ]
                for step, times in report["latency_ms"].items()
            ],
        )


def _failure_blocks(report: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading("Failures")
    wrong = {id: one for id, one in report["questions"].items() if not one["right"]}
    if not wrong:
        yield Text("Every question was answered right.")
    for id, one in wrong.items():
        yield Heading(f"{id} ({one['kind']}, {one['difficulty']}): {', '.join(one['wrong'])}", 3)
        retrieved = [
            f"{hit['section']} / {hit['resource'] or 'guide'} ({hit['view']})" for hit in one["retrieved"]
        ]
        yield _failure(one, [("Retrieved", "; ".join(retrieved))])
    for id, plays in report["dialogues"].items():
        for kept_by, turns in plays.items():
            for number, turn in enumerate(turns, 1):
                if not turn["right"]:
                    yield Heading(
                        f"{id}, turn {number}, kept by the {kept_by}: {', '.join(turn['wrong'])}", 3
                    )
                    before = [(f"Turn {n}", one["question"]) for n, one in enumerate(turns[: number - 1], 1)]
                    yield _failure(turn, [], before)


def _failure(
    one: Mapping[str, Any], more: Sequence[tuple[str, str]], before: Sequence[tuple[str, str]] = ()
) -> Terms:
    cited = [f"[{c['number']}] {c['section']} / {', '.join(c['resources']) or 'guide'}" for c in one["cited"]]
    return Terms(
        [
            *before,
            ("Asked", one["question"]),
            ("Expected", _expected(one["expected"])),
            *more,
            ("Answered", f"{one['outcome']} (confidence {one['confidence']:.2f}): {one['text']}"),
            ("Cited", "; ".join(cited) or "nothing"),
        ]
    )


def _expected(expected: Mapping[str, Any]) -> str:
    parts = [" or ".join(expected["outcomes"])]
    for name in ("sections", "resources", "additions"):
        if expected[name]:
            parts.append(f"{name}: {', '.join(expected[name])}")
    parts += [f"mentions {' / '.join(group)}" for group in expected["must_mention"]]
    parts += [f"never says {text}" for text in expected["must_not_mention"]]
    return "; ".join(parts)


def _cells(figure: Mapping[str, float]) -> list[str]:
    return [
        f"{figure['value']:.3f}",
        f"[{figure['low']:.3f}, {figure['high']:.3f}]",
        f"{figure['n']:.0f}",
    ]


def _short(figure: Mapping[str, float] | None) -> str:
    return f"{figure['value']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]" if figure else ""


def _target(key: str) -> str:
    figure = FIGURE_BY_KEY[key]
    return "" if figure.target is None else f"{'≥' if figure.rises else '≤'} {figure.target:.2f}"


def _verdict(key: str, report: Mapping[str, Any]) -> str:
    figure = FIGURE_BY_KEY[key]
    if figure.target is None:
        return ""
    value = report["figures"][key]["value"]
    reached = value >= figure.target if figure.rises else value <= figure.target
    return f"target {_target(key)}: {'reached' if reached else 'missed'}"


def _has(report: Mapping[str, Any], key: str) -> bool:
    return key in report["figures"]
