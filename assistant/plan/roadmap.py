"""The plan as a picture: one SVG column that a phone can show, in light and dark, with links and no script."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path

from assistant.plan.writing import write_avoided, write_total
from assistant.types import Plan, Step

_WIDTH = 360
_CARD_X = 52
_CARD_WIDTH = _WIDTH - _CARD_X - 12
_TEXT_X = _CARD_X + 14
_TEXT_WIDTH = _CARD_WIDTH - 28
_NODE_X = 26
_GAP = 14
_MAX_ADDRESS = 2000
_NOT_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_EMS = {
    letter: ems
    for letters, ems in (
        ("IJijl |'.,/\\", 0.38),
        ("frt-:;!()[]", 0.5),
        ('csz?*"', 0.6),
        ("abdeghknopquvxy0123456789${}", 0.72),
        ("#+<=>^~", 0.91),
        ("mwMW@%&", 1.11),
    )
    for letter in letters
}
"""No less than these letters take in DejaVu Sans Bold, the widest of the usual fonts; its other ASCII takes 0.85."""
_REGULAR = 0.93
"""What the same words take when they are not bold."""


def draw(plan: Plan) -> str:
    """Draw a plan as SVG text, 360 units wide, one card a step from top to bottom.

    The picture's title and description say the same in words; every card with an address is a link.
    """
    svg = ET.Element(
        "svg",
        {"xmlns": "http://www.w3.org/2000/svg", "role": "group", "aria-labelledby": "plan-title plan-words"},
    )
    ET.SubElement(svg, "title", {"id": "plan-title"}).text = "Your study plan"
    ET.SubElement(svg, "desc", {"id": "plan-words"}).text = _clean(describe(plan))
    ET.SubElement(svg, "style").text = Path(__file__).with_name("roadmap.css").read_text("utf-8")
    page = ET.SubElement(svg, "rect", {"class": "page", "width": str(_WIDTH)})
    _text(svg, "head", 16, 36, "Your study plan")
    y = _lines(svg, "soft", 16, 58, _wrap(_summary(plan), _WIDTH - 32, 12.5), 17) + 10
    last_needed = max((step.number for step in plan.steps if not step.optional), default=0)
    numbers = _numbers(plan)
    centres: list[tuple[float, bool]] = []
    rail = ET.SubElement(svg, "g")
    for step in plan.steps:
        side = step.number > last_needed
        if side and step.number == last_needed + 1:
            _text(svg, "group", _CARD_X, y + 12, "SIDE BRANCHES")
            y += 24
        y, centre = _card(svg, step, y, numbers)
        centres.append((centre, side))
        y += _GAP
    for (start, _), (end, side) in itertools.pairwise(centres):
        ET.SubElement(
            rail,
            "path",
            {"class": "rail side" if side else "rail", "d": f"M{_NODE_X} {start + 16:g}V{end - 16:g}"},
        )
    height = f"{y + 2:g}"
    page.set("height", height)
    svg.attrib |= {"viewBox": f"0 0 {_WIDTH} {height}", "width": str(_WIDTH), "height": height}
    return ET.tostring(svg, encoding="unicode") + "\n"


def describe(plan: Plan) -> str:
    """The picture in words: a sentence a step."""
    numbers = _numbers(plan)
    return " ".join(
        [_summary(plan), *(f"Step {step.number}: {'; '.join(_facts(step, numbers))}." for step in plan.steps)]
    )


def _numbers(plan: Plan) -> dict[str, int]:
    return {step.resource or step.section: step.number for step in plan.steps}


def _summary(plan: Plan) -> str:
    path = sum(not step.optional for step in plan.steps)
    side = len(plan.steps) - path
    if not plan.steps:
        return "Nothing is left to learn here."
    return (
        f"{path} {'step' if path == 1 else 'steps'} on the path"
        + (f", {side} optional" if side else "")
        + "."
        + write_total(plan.steps, plan.profile)
        + write_avoided(plan.steps)
    )


def _facts(step: Step, numbers: Mapping[str, int]) -> list[str]:
    marks = [
        name for name, on in (("addition", step.origin == "addition"), ("optional", step.optional)) if on
    ]
    facts = [step.title, *marks, ", ".join(step.format), step.effort or "", _after(step, numbers)]
    if step.status not in (None, "current"):
        facts.append(f"{step.status}, now: {step.successor.title}" if step.successor else str(step.status))
    return [fact for fact in facts if fact]


def _after(step: Step, numbers: Mapping[str, int]) -> str:
    earlier = [str(numbers[id]) for id in step.prerequisites]
    return f"after {'step' if len(earlier) == 1 else 'steps'} {', '.join(earlier)}" if earlier else ""


def _card(svg: ET.Element, step: Step, top: float, numbers: Mapping[str, int]) -> tuple[float, float]:
    """Draw one step; the y of its lower edge, and of its node's centre."""
    group = ET.SubElement(svg, "g", {"class": "side"} if step.optional else {})
    if step.url and step.url.startswith(("http://", "https://")) and len(step.url) <= _MAX_ADDRESS:
        label = _clean(f"Step {step.number}: {'; '.join(_facts(step, numbers))}")
        inside = ET.SubElement(group, "a", {"href": _clean(step.url), "aria-label": label})
    else:
        inside = group
    box = ET.SubElement(inside, "rect", {"class": "card", "x": str(_CARD_X), "y": f"{top:g}", "rx": "12"})
    y = _lines(inside, "title", _TEXT_X, top + 25, _wrap(step.title, _TEXT_WIDTH, 15, bold=True), 19)
    y = _lines(inside, "soft", _TEXT_X, y + 2, _wrap(", ".join(step.format), _TEXT_WIDTH, 12.5), 17)
    y = _lines(inside, "soft", _TEXT_X, y, _wrap(step.effort or "", _TEXT_WIDTH, 12.5), 17)
    y = _lines(inside, "soft", _TEXT_X, y, _wrap(_after(step, numbers), _TEXT_WIDTH, 12.5), 17)
    marks = [
        name for name, on in (("Addition", step.origin == "addition"), ("Optional", step.optional)) if on
    ]
    y = _lines(inside, "new", _TEXT_X, y + 1, [" · ".join(marks)] if marks else [], 17)
    if step.status not in (None, "current"):
        now = f", now: {step.successor.title}" if step.successor else ""
        state = f"{str(step.status).capitalize()}{now}"
        y = _lines(inside, "old", _TEXT_X, y, _wrap(state, _TEXT_WIDTH, 12.5, bold=True), 17)
    bottom = y - 3
    box.attrib |= {"width": str(_CARD_WIDTH), "height": f"{bottom - top:g}"}
    centre = top + 22
    ET.SubElement(group, "circle", {"class": "node", "cx": str(_NODE_X), "cy": f"{centre:g}", "r": "14"})
    _text(group, "count", _NODE_X, centre + 4.5, str(step.number))
    return bottom, centre


def _lines(parent: ET.Element, style: str, x: float, y: float, lines: Sequence[str], step: float) -> float:
    """Write lines below each other, the first on the base line y; the base line after the last."""
    for line in lines:
        _text(parent, style, x, y, line)
        y += step
    return y


def _text(parent: ET.Element, style: str, x: float, y: float, words: str) -> None:
    ET.SubElement(parent, "text", {"class": style, "x": f"{x:g}", "y": f"{y:g}"}).text = _clean(words)


def _wrap(words: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Cut into lines no wider than `width` in the widest of the usual fonts: nobody knows which one will draw them."""
    room = width / (size * (1.0 if bold else _REGULAR))
    lines: list[str] = []
    line = ""
    for word in words.split():
        while _measure(word) > room:
            cut = next(n for n in range(len(word) - 1, 0, -1) if _measure(word[:n]) <= room)
            lines += [line] if line else []
            line, lines, word = "", [*lines, word[:cut]], word[cut:]
        if line and _measure(f"{line} {word}") > room:
            lines, line = [*lines, line], word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line] if line else lines


def _measure(words: str) -> float:
    """Width in ems, or a little more."""
    return sum(_EMS.get(c, 0.85 if ord(c) < 0x2E80 else 1.05) for c in words)


def _clean(words: str) -> str:
    return _NOT_XML.sub("", words)
