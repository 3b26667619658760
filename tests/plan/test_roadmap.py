"""The roadmap: well-formed, readable at phone width, linked, and the same in words."""

from __future__ import annotations

import dataclasses
import itertools
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.plan.roadmap import draw
from assistant.plan.study_plan import make_plan
from assistant.types import Plan, Profile, Step
from corpus import Corpus
from index.chunk import cut

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def made(corpus: Corpus) -> Plan:
    return make_plan(corpus, cut(corpus), Profile(goal=("nlp", "rl"), background="some-maths"))


def _unchecked(made: Plan, *steps: Step) -> Plan:
    """A plan of steps that its type would refuse."""
    plan = object.__new__(Plan)
    for name, value in (("steps", steps), ("profile", made.profile), ("text", "")):
        object.__setattr__(plan, name, value)
    return plan


def test_every_step_is_a_link_that_a_screen_reader_can_name(made: Plan) -> None:
    links = list(ET.fromstring(draw(made)).iter(f"{SVG}a"))
    assert [link.get("href") for link in links] == [step.url for step in made.steps]
    for link, step in zip(links, made.steps, strict=True):
        assert (link.get("aria-label") or "").startswith(f"Step {step.number}: {step.title}")


def test_the_picture_says_itself_in_words(made: Plan) -> None:
    svg = ET.fromstring(draw(made))
    ids = [part.get("id") for part in (svg[0], svg[1])]
    assert svg.get("aria-labelledby") == " ".join(map(str, ids))
    for step in made.steps:
        assert f"Step {step.number}: {step.title}" in (svg[1].text or "")


def test_everything_stays_within_a_phone_s_width(made: Plan) -> None:
    svg = ET.fromstring(draw(made))
    assert svg.get("width") == "360"
    assert (svg.get("viewBox") or "").startswith("0 0 360 ")
    for box in svg.iter(f"{SVG}rect"):
        assert float(box.get("x") or 0) + float(box.get("width") or 0) <= 360
    for line in svg.iter(f"{SVG}text"):
        assert len(line.text or "") <= 48


@pytest.fixture(scope="module")
def widest() -> Callable[[str, str], float]:
    """How wide a text of a class is drawn in DejaVu Sans, which is wider than the other usual fonts."""
    matplotlib = pytest.importorskip("matplotlib", reason="needs matplotlib, which carries the font")
    from fontTools.ttLib import TTFont

    ems: dict[bool, dict[str, float]] = {}
    for bold, name in ((False, "DejaVuSans.ttf"), (True, "DejaVuSans-Bold.ttf")):
        font = TTFont(Path(matplotlib.get_data_path()) / "fonts/ttf" / name)
        advances, unit = font["hmtx"], font["head"].unitsPerEm
        ems[bold] = {chr(code): advances[glyph][0] / unit for code, glyph in font.getBestCmap().items()}
    styles = {"title": (15, True), "old": (12.5, True), "new": (12.5, True), "soft": (12.5, False)}

    def width(style: str, words: str) -> float:
        size, bold = styles[style]
        return size * sum(ems[bold][letter] for letter in words)

    return width


def test_no_line_passes_the_edge_of_its_card_in_the_widest_font(
    made: Plan, corpus: Corpus, widest: Callable[[str, str], float]
) -> None:
    long = [
        "MMMM" * 20 + "iiii" * 40,
        "Wm" * 9 + " WORKING WITH GAMMA @ 100 % & MORE",
        *"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    ]
    long += [letter * 60 for letter in map(chr, range(33, 127))]
    titles = [*(resource.title for resource in corpus.resources), *long]
    steps = [
        dataclasses.replace(made.steps[0], number=n, title=title, effort=title, prerequisites=())
        for n, title in enumerate(titles, 1)
    ]
    svg = ET.fromstring(draw(_unchecked(made, *steps)))
    lines = [line for line in svg.iter(f"{SVG}text") if line.get("class") in ("title", "old", "new", "soft")]
    card = next(box for box in svg.iter(f"{SVG}rect") if box.get("class") == "card")
    edge = float(card.get("x") or 0) + float(card.get("width") or 0)
    ends = [float(line.get("x") or 0) + widest(line.get("class") or "", line.text or "") for line in lines]
    assert len(lines) > 3 * len(titles) and max(ends) <= edge - 14
    drawn = "".join(line.text or "" for line in lines if line.get("class") == "title")
    assert drawn.replace(" ", "") == "".join(titles).replace(" ", "")


def test_cards_do_not_overlap(made: Plan) -> None:
    svg = ET.fromstring(draw(made))
    cards = [box for box in svg.iter(f"{SVG}rect") if box.get("class") == "card"]
    edges = [(float(card.get("y") or 0), float(card.get("height") or 0)) for card in cards]
    assert all(top + height < below for (top, height), (below, _) in itertools.pairwise(edges))
    assert float(svg.get("height") or "0") >= sum(edges[-1])


def test_it_has_both_themes_a_focus_mark_and_no_script(made: Plan) -> None:
    text = draw(made)
    assert "prefers-color-scheme: dark" in text
    assert "a:focus .card" in text
    assert "<script" not in text
    assert "javascript:" not in text


def test_words_of_the_corpus_can_not_become_markup_or_dangerous_links(made: Plan) -> None:
    evil = dataclasses.replace(
        made.steps[0],
        title='<script>alert(1)</script>&"\x00',
        url="javascript:alert(1)",
        effort="]]>" + "w" * 400,
    )
    broken = _unchecked(made, evil)
    svg = ET.fromstring(draw(broken))
    assert {part.tag.removeprefix(SVG) for part in svg.iter()} == {
        *("svg", "title", "desc", "style", "rect", "text", "g", "circle")
    }
    assert "javascript" not in draw(broken)


def test_an_empty_plan_is_still_a_picture(corpus: Corpus) -> None:
    svg = ET.fromstring(draw(Plan((), Profile(), "")))
    assert "Nothing is left" in (svg[1].text or "")
