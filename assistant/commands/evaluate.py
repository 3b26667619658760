"""`dlstart evaluate`: how good the answers are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.commands.progress import BUILDING, ONCE, show_progress
from assistant.settings import read_settings


def evaluate(
    questions: Annotated[Path, typer.Argument(help="Questions, one JSON object a line.")],
    dialogues: Annotated[Path | None, typer.Argument(help="Dialogues, one JSON object a line.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write JSON, Markdown, HTML and plots here.")] = None,
    compare: Annotated[Path | None, typer.Option(help="An older report.json or baseline.json.")] = None,
    record: Annotated[bool, typer.Option(help="Write the baseline that is kept with the code.")] = False,
) -> None:
    """Measure the answers to questions whose right answers are known."""
    from assistant.evaluation.command import evaluate as measure
    from assistant.service import Assistant

    def open_assistant() -> Assistant:
        with show_progress(BUILDING, ONCE) as progress:
            return Assistant.open(read_settings(), progress)

    with show_progress("Asking") as progress:
        measure(open_assistant, questions, dialogues, out, compare, record, progress)
