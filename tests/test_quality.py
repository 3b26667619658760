"""The quality that is committed is the quality of the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation.baseline import (
    HEADLINES_PATH,
    NAME,
    PAGE_PATH,
    disagreements,
    make_headlines,
    write_quality_page,
)
from assistant.evaluation.command import measure
from assistant.service import Assistant
from assistant.settings import Settings

FOLDER = Path(__file__).parent / "questions"
CURE = "run `make evaluate` and commit the diff"

pytestmark = pytest.mark.skipif(
    not (FOLDER / NAME).exists(), reason=f"no {NAME} is committed yet; `make evaluate` writes it"
)


@pytest.fixture(scope="module")
def baseline() -> Any:
    return json.loads((FOLDER / NAME).read_text("utf-8"))


def test_the_answers_are_as_good_as_the_baseline_says(baseline: Any, settings: Settings) -> None:
    report = measure(lambda: Assistant.open(settings), FOLDER / "questions.jsonl", FOLDER / "dialogues.jsonl")
    assert report["broken_promises"] == []
    lines = list(disagreements(baseline, report))
    shown = "\n".join(lines[:20])
    assert not lines, f"the quality changed in {len(lines)} places; {CURE}:\n{shown}"


def test_the_page_and_the_headlines_are_made_of_the_baseline(baseline: Any) -> None:
    assert PAGE_PATH.read_text("utf-8") == write_quality_page(baseline), CURE
    headlines = json.loads(HEADLINES_PATH.read_text("utf-8"))
    assert headlines == make_headlines(baseline, headlines["date"], headlines["corpus"]), CURE
