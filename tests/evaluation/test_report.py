"""`dlstart evaluate` from files to report: small sets of questions over the real assistant."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from assistant.errors import AssistantError, Unavailable, UsageError
from assistant.evaluation import command, plots
from assistant.evaluation.baseline import disagreements, dump_baseline, make_baseline, make_headlines
from assistant.evaluation.compare import compare, read_report
from assistant.evaluation.document import (
    Block,
    Heading,
    Picture,
    Table,
    Terms,
    Text,
    write_markdown,
    write_page,
)
from assistant.evaluation.figures import FIGURES
from assistant.service import Ask, Assistant
from assistant.types import Answer, Turn

QUESTIONS: list[dict[str, Any]] = [
    {
        "id": "good",
        "question": "how do I start deep learning?",
        "kind": "in-scope",
        "difficulty": "easy",
        "sections": ["have-basics"],
        "resources": ["cs231n"],
        "outcome": "answered",
        "outcomes_ok": ["answered"],
    },
    {
        "id": "bad",
        "question": "Is <img src=x onerror=alert(1)> | *what* I need for RNNs? See [this](javascript:alert(1))",
        "kind": "in-scope",
        "difficulty": "hard",
        "sections": ["intro"],
        "must_mention": [["what nobody will ever say"]],
        "outcomes_ok": ["answered"],
    },
    {
        "id": "hello",
        "question": "hi",
        "kind": "smalltalk",
        "difficulty": "easy",
        "outcomes_ok": ["smalltalk"],
    },
]
DIALOGUES = [
    {
        "id": "d1",
        "turns": [
            {"user": "hi", "outcomes_ok": ["smalltalk"]},
            {"user": "what about RNNs?", "sections": ["rnn"], "outcomes_ok": ["answered"]},
        ],
    }
]


def write_lines(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("questions")
    return write_lines(folder / "q.jsonl", QUESTIONS), write_lines(folder / "d.jsonl", DIALOGUES)


@pytest.fixture(scope="module")
def report(assistant: Assistant, files: tuple[Path, Path]) -> Iterator[dict[str, Any]]:
    store = assistant.store
    yield command.measure(lambda: assistant, *files)
    assistant.store = store


def test_the_report_holds_each_question_with_what_was_expected_found_and_answered(
    report: dict[str, Any],
) -> None:
    good, bad = report["questions"]["good"], report["questions"]["bad"]
    assert good["right"] is True
    assert good["wrong"] == []
    assert good["expected"]["resources"] == ("cs231n",)
    assert good["retrieved"][0]["section"] == "have-basics"
    assert len(good["retrieved"]) == 5
    assert good["cited"][0]["resources"][0] == "cs231n"
    assert bad["right"] is False
    assert report["figures"]["right"]["value"] == pytest.approx(2 / 3)
    assert report["figures"]["right"]["n"] == 3
    assert report["by"]["kind"]["smalltalk"]["right"]["value"] == 1
    assert report["confusion"]["smalltalk"] == {"smalltalk": 1}
    assert set(report["latency_ms"]) == {"encode", "search", "compose", "total"}
    assert set(report["dialogues"]["d1"]) == {"service", "client"}
    assert [turn["right"] for turn in report["dialogues"]["d1"]["service"]] == [True, True]
    assert len(report["baselines"]) == 2


def test_the_report_is_written_as_json_markdown_html_and_plots(
    report: dict[str, Any], tmp_path: Path
) -> None:
    command.write_report(report, compare(report, report), tmp_path)
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {
        "report.json",
        "report.md",
        "report.html",
        "kinds.svg",
        "risk-coverage.svg",
        "reliability.svg",
        "outcomes.svg",
        "baselines.svg",
    }
    for path in tmp_path.glob("*.svg"):
        assert ElementTree.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    page = (tmp_path / "report.html").read_text("utf-8")
    for path in tmp_path.glob("*.svg"):
        assert f'<img src="{path.name}" alt="' in page
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["format"] == 1


def test_a_question_never_becomes_markup(report: dict[str, Any], tmp_path: Path) -> None:
    command.write_report(report, None, tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<script" not in page
    markdown = (tmp_path / "report.md").read_text("utf-8")
    assert "\\<img src=x onerror=alert(1)\\> \\| \\*what\\*" in markdown
    assert "[this](javascript" not in markdown


def test_without_matplotlib_the_report_comes_without_plots_and_the_error_names_the_command(
    assistant: Assistant,
    files: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    monkeypatch.setattr(command, "check_promises", lambda report: None)
    with pytest.raises(Unavailable) as caught:
        command.evaluate(lambda: assistant, files[0], out=tmp_path / "out")
    assert caught.value.cure == "pip install 'dlstart[report]'"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"report.json", "report.md", "report.html"}


def test_a_broken_promise_is_an_error_after_everything_is_written(report: dict[str, Any]) -> None:
    command.check_promises(report | {"broken_promises": []})
    with pytest.raises(AssistantError, match=r"2 promises are broken, the first: q1: 1: x"):
        command.check_promises(report | {"broken_promises": ["q1: 1: x", "q2: 2: y"]})


def test_nothing_is_kept_in_the_store_of_the_service(
    assistant: Assistant, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Ask] = []

    class Watching:
        async def remember(self, *exchange: Any) -> None:
            kept.append(exchange[1])

    monkeypatch.setattr(assistant, "store", Watching())
    command.measure(lambda: assistant, files[0])
    assert kept == []


def test_the_client_kept_dialogue_sends_every_turn_before(
    assistant: Assistant, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistant.evaluation.questions import read_dialogues
    from assistant.evaluation.run import run

    asked: list[Ask] = []
    answer = assistant.answer

    async def listen(ask: Ask) -> Answer:
        asked.append(ask)
        return await answer(ask)

    monkeypatch.setattr(assistant, "answer", listen)
    asyncio.run(run(assistant, (), read_dialogues(files[1])))
    kept, sent = asked[1], asked[3]
    assert asked[0].conversation_id is None
    assert kept.conversation_id is not None
    assert kept.history == ()
    assert sent.conversation_id is None
    assert sent.history[0] == Turn("user", "hi")
    assert sent.history[1].role == "assistant"


def test_a_comparison_names_what_got_better_and_worse(report: dict[str, Any]) -> None:
    old = json.loads(json.dumps(report))
    old["questions"]["good"] |= {"right": False, "outcome": "refused"}
    old["questions"]["good"]["values"]["section_mrr_10"] = 0.25
    old["questions"]["hello"]["outcome"] = "off_topic"
    old["questions"]["gone"] = old["questions"].pop("bad")
    old["dialogues"]["d1"]["client"][1]["right"] = False
    made = compare(old, report)
    assert made.better == ("good", "d1/client/2")
    assert made.worse == ()
    assert made.changed == ("hello: off_topic -> smalltalk",)
    assert (made.added, made.removed) == (("bad",), ("gone",))
    assert made.p == pytest.approx(0.5)
    (change,) = [one for one in made.figures if one.key == "section_mrr_10"]
    assert (change.old, change.new, change.n, change.p) == (0.25, 1.0, 1, 1.0)


def test_a_baseline_can_be_compared_with_as_well(report: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(dump_baseline(make_baseline(report)), "utf-8")
    made = compare(read_report(path), report)
    assert (made.better, made.worse, made.added, made.figures) == ((), (), (), ())


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"questions": {"a": 1}}', '{"questions": {"a": {"right": 1}}}']
)
def test_what_is_not_a_report_is_a_usage_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "old.json").write_text(text, "utf-8")
    with pytest.raises(UsageError):
        read_report(tmp_path / "old.json")


def test_the_baseline_holds_no_times_and_agrees_with_its_own_report(report: dict[str, Any]) -> None:
    baseline = make_baseline(report)
    assert baseline["questions"]["good"] == {
        "outcome": report["questions"]["good"]["outcome"],
        "right": True,
        "section_hit_1": True,
        "section_hit_3": True,
    }
    assert json.loads(dump_baseline(baseline)) == baseline
    assert "latency" not in dump_baseline(baseline)
    assert list(disagreements(baseline, report)) == []


def test_a_question_that_turns_wrong_or_a_figure_that_moves_disagrees(report: dict[str, Any]) -> None:
    baseline = json.loads(dump_baseline(make_baseline(report)))
    baseline["questions"]["good"]["right"] = False
    baseline["questions"]["old"] = {"outcome": "answered", "right": True}
    baseline["dialogues"]["d1"]["client"][0]["outcome"] = "refused"
    baseline["figures"]["ece"]["value"] += 0.1
    baseline["figures"]["aurc"]["value"] += 0.001
    lines = list(disagreements(baseline, report))
    assert [line.split(":")[0] for line in lines] == ["good", "d1/client/1", "old", "figures/ece"]


def test_headlines_hold_figures_with_their_intervals_and_the_day(report: dict[str, Any]) -> None:
    headlines = make_headlines(make_baseline(report), "2026-11-23", "c0ffee")
    assert (headlines["date"], headlines["questions"], headlines["dialogues"]) == ("2026-11-23", 3, 1)
    (right,) = [one for one in headlines["figures"] if one["key"] == "right"]
    assert (right["label"], right["value"], right["n"]) == ("Answered right", 0.667, 3)
    assert right["low"] <= right["value"] <= right["high"]


def test_blocks_are_written_as_markdown_and_html() -> None:
    blocks: list[Block] = [
        Heading("A <b>", 1),
        Text("x * y"),
        Table(["n"], [["1|2"]]),
        Picture("p.svg", "a plot"),
        Terms([("a", "b\nc")]),
    ]
    assert write_markdown(blocks) == (
        "# A \\<b\\>\n\nx \\* y\n\n| n |\n| --- |\n| 1\\|2 |\n\n![a plot](p.svg)\n\n- **a**: b c\n"
    )
    page = write_page("T & U", blocks)
    for part in (
        "<title>T &amp; U</title>",
        "<h1>A &lt;b&gt;</h1>",
        "<td>1|2</td>",
        '<img src="p.svg" alt="a plot">',
        "<dt>a</dt><dd>b\nc</dd>",
    ):
        assert part in page


def test_every_figure_has_a_name_of_its_own() -> None:
    assert (
        len({figure.key for figure in FIGURES}) == len({figure.label for figure in FIGURES}) == len(FIGURES)
    )


def test_the_docs_explain_every_figure_as_the_code_does() -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "evaluation.md").read_text("utf-8")
    for figure in FIGURES:
        assert f"| {figure.label} | {figure.meaning} |" in page


def test_a_file_that_is_missing_is_wrong_usage_in_one_line(tmp_path: Path) -> None:
    command_line = [sys.executable, "-m", "assistant", "evaluate", str(tmp_path / "none.jsonl")]
    done = subprocess.run(command_line, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("dlstart: ")
    assert len(done.stderr.splitlines()) == 1
