"""`dlstart evaluate`: measure, print, write the report."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from assistant.errors import Unavailable, UsageError
from assistant.evaluation.baseline import NAME, write_baseline
from assistant.evaluation.baselines import measure_baselines
from assistant.evaluation.compare import Comparison, compare, read_report
from assistant.evaluation.document import write_markdown, write_page
from assistant.evaluation.figures import summarise
from assistant.evaluation.plots import check_matplotlib, draw_plots
from assistant.evaluation.promises import PromisesBroken
from assistant.evaluation.questions import read_dialogues, read_questions, unknown_labels
from assistant.evaluation.report import describe_terminal, list_blocks, make_report
from assistant.evaluation.run import run
from assistant.service import Assistant
from assistant.store import MemoryStore
from index.build import Progress


def evaluate(
    open_assistant: Callable[[], Assistant],
    questions_path: Path,
    dialogues_path: Path | None = None,
    out: Path | None = None,
    old: Path | None = None,
    record: bool = False,
    progress: Progress | None = None,
) -> None:
    """Measure, print the figures, and write the report to `out`.

    `old`: a report to compare with. `record`: write the baseline beside the questions, and what is made of it.
    Raises UsageError for files that can't be used, and PromisesBroken after everything is written. Without
    matplotlib the report is written without plots, and the error that names the command comes at the end.
    """
    before = read_report(old) if old is not None else None
    report = measure(open_assistant, questions_path, dialogues_path, progress)
    compared = compare(before, report) if before is not None else None
    for warning in report["warnings"]:
        print(f"dlstart: {warning}", file=sys.stderr)
    for line in describe_terminal(report, compared):
        print(line)
    try:
        if out is not None:
            write_report(report, compared, out)
            print(f"report: {out / 'report.html'}")
        if record:
            for path in write_baseline(report, questions_path.parent / NAME):
                print(f"written: {path}")
    except OSError as error:
        place = error.filename or out
        raise UsageError(f"{place} can't be written ({error.strerror})", "give another --out") from None
    check_promises(report)
    if out is not None:
        check_matplotlib()


def measure(
    open_assistant: Callable[[], Assistant],
    questions_path: Path,
    dialogues_path: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Ask everything in the files and make the report. Raises UsageError for files that can't be used."""
    questions = read_questions(questions_path)
    dialogues = read_dialogues(dialogues_path) if dialogues_path is not None else ()
    assistant = open_assistant()
    # Nobody's conversations are touched, and nothing is kept of the questions.
    assistant.store = MemoryStore()
    done = asyncio.run(run(assistant, questions, dialogues, progress))
    searcher = assistant.searcher
    return make_report(
        done,
        summarise(done),
        measure_baselines(searcher.index.chunks, searcher.encoder, questions),
        searcher.index.manifest,
        unknown_labels(questions, dialogues, assistant.corpus),
    )


def write_report(report: Mapping[str, Any], compared: Comparison | None, out: Path) -> None:
    """Write report.json, report.md, report.html and, where matplotlib is installed, the plots. Raises OSError."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        plots = draw_plots(report, out)
    except Unavailable:
        plots = {}
    blocks = list(list_blocks(report, plots, compared))
    (out / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    (out / "report.md").write_text(write_markdown(blocks), "utf-8")
    (out / "report.html").write_text(write_page("How good the answers are", blocks), "utf-8")


def check_promises(report: Mapping[str, Any]) -> None:
    """Raise PromisesBroken where an answer broke a promise."""
    broken = report["broken_promises"]
    if broken:
        raise PromisesBroken(f"{len(broken)} promises are broken, the first: {broken[0]}", "see the report")
