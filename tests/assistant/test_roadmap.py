"""The roadmap: well-formed, readable at phone width, linked, and the same in words."""

from __future__ import annotations

import dataclasses
import itertools
import xml.etree.ElementTree as ET

import pytest

from assistant.plan import make_plan
from assistant.roadmap import draw
from assistant.types import Plan, Profile
from corpus import Corpus
from index.chunk import cut

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def made(corpus: Corpus) -> Plan:
    return make_plan(corpus, cut(corpus), Profile(goal=("nlp", "rl"), background="some-maths"))


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
    broken = object.__new__(Plan)
    for name, value in (("steps", (evil,)), ("profile", made.profile), ("text", "")):
        object.__setattr__(broken, name, value)
    svg = ET.fromstring(draw(broken))
    assert {part.tag.removeprefix(SVG) for part in svg.iter()} == {
        *("svg", "title", "desc", "style", "rect", "text", "g", "circle")
    }
    assert "javascript" not in draw(broken)


def test_an_empty_plan_is_still_a_picture(corpus: Corpus) -> None:
    svg = ET.fromstring(draw(Plan((), Profile(), "")))
    assert "Nothing is left" in (svg[1].text or "")
