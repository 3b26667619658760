"""The plan as a picture: one SVG column that a phone can show, in light and dark, with links and no script."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

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
_NARROW, _WIDE = frozenset("ijlftr.,:;'|!()[]- "), frozenset("mwMW@%&")
_STYLE = """
svg{--page:#fff;--card:#f5f7fb;--line:#c3ccda;--ink:#17202e;--soft:#505c6d;--accent:#1f55c4;--on:#fff;--new:#0b6648;--old:#8a4b00;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
@media (prefers-color-scheme:dark){svg{--page:#10141b;--card:#1a212d;--line:#3d495c;--ink:#e9edf4;--soft:#aab5c5;--accent:#8cb4ff;--on:#0c1320;--new:#7fd9b3;--old:#f2b774}}
.page{fill:var(--page)}.card{fill:var(--card);stroke:var(--line)}.rail{stroke:var(--line);stroke-width:2;fill:none}
.node{fill:var(--accent)}.count{fill:var(--on);font-size:13px;font-weight:700;text-anchor:middle}
.side .card,.rail.side{stroke-dasharray:4 4}.side .node{fill:var(--page);stroke:var(--accent);stroke-width:2;stroke-dasharray:3 3}.side .count{fill:var(--accent)}
.head{fill:var(--ink);font-size:20px;font-weight:700}.group{fill:var(--soft);font-size:12px;font-weight:700;letter-spacing:.06em}
.title{fill:var(--ink);font-size:15px;font-weight:600}.soft{fill:var(--soft);font-size:12.5px}
.new{fill:var(--new);font-size:12.5px;font-weight:600}.old{fill:var(--old);font-size:12.5px;font-weight:600}
a{cursor:pointer;text-decoration:none}a .title{fill:var(--accent)}a:hover .title{text-decoration:underline}
a:focus{outline:none}a:focus .card{stroke:var(--accent);stroke-width:3;stroke-dasharray:none}
@media (forced-colors:active){a:focus .card{stroke:Highlight}}
"""


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
    ET.SubElement(svg, "style").text = _STYLE
    page = ET.SubElement(svg, "rect", {"class": "page", "width": str(_WIDTH)})
    _text(svg, "head", 16, 36, "Your study plan")
    y = _lines(svg, "soft", 16, 58, _wrap(_summary(plan), _WIDTH - 32, 12.5), 17) + 10
    last_needed = max((step.number for step in plan.steps if not step.optional), default=0)
    centres: list[tuple[float, bool]] = []
    rail = ET.SubElement(svg, "g")
    for step in plan.steps:
        side = step.number > last_needed
        if side and step.number == last_needed + 1:
            _text(svg, "group", _CARD_X, y + 12, "SIDE BRANCHES")
            y += 24
        y, centre = _card(svg, step, y)
        centres.append((centre, side))
        y += _GAP
    for (start, _), (end, side) in zip(centres, centres[1:], strict=False):
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
    return " ".join([_summary(plan), *(f"Step {step.number}: {'; '.join(_facts(step))}." for step in plan.steps)])


def _summary(plan: Plan) -> str:
    path = sum(not step.optional for step in plan.steps)
    side = len(plan.steps) - path
    if not plan.steps:
        return "Nothing is left to learn here."
    return f"{path} {'step' if path == 1 else 'steps'} on the path" + (f", {side} optional" if side else "") + "."


def _facts(step: Step) -> list[str]:
    marks = [name for name, on in (("addition", step.origin == "addition"), ("optional", step.optional)) if on]
    facts = [step.title, *marks, ", ".join(step.format), step.effort or ""]
    if step.status not in (None, "current"):
        facts.append(f"{step.status}, now: {step.successor.title}" if step.successor else str(step.status))
    return [fact for fact in facts if fact]


def _card(svg: ET.Element, step: Step, top: float) -> tuple[float, float]:
    """Draw one step; the y of its lower edge, and of its node's centre."""
    group = ET.SubElement(svg, "g", {"class": "side"} if step.optional else {})
    if step.url and step.url.startswith(("http://", "https://")) and len(step.url) <= _MAX_ADDRESS:
        label = _clean(f"Step {step.number}: {'; '.join(_facts(step))}")
        inside = ET.SubElement(group, "a", {"href": _clean(step.url), "aria-label": label})
    else:
        inside = group
    box = ET.SubElement(inside, "rect", {"class": "card", "x": str(_CARD_X), "y": f"{top:g}", "rx": "12"})
    y = _lines(inside, "title", _TEXT_X, top + 25, _wrap(step.title, _TEXT_WIDTH, 15, bold=True), 19)
    y = _lines(inside, "soft", _TEXT_X, y + 2, _wrap(", ".join(step.format), _TEXT_WIDTH, 12.5), 17)
    y = _lines(inside, "soft", _TEXT_X, y, _wrap(step.effort or "", _TEXT_WIDTH, 12.5), 17)
    marks = [name for name, on in (("Addition", step.origin == "addition"), ("Optional", step.optional)) if on]
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
    """Cut into lines no wider than `width`, by an estimate that errs on the wide side."""
    room = width / (size * (1.06 if bold else 1.0))
    lines: list[str] = []
    line = ""
    for word in words.split():
        while _measure(word) > room:
            cut = max(1, int(len(word) * room / _measure(word)) - 1)
            lines += [line] if line else []
            line, lines, word = "", [*lines, word[:cut]], word[cut:]
        if line and _measure(f"{line} {word}") > room:
            lines, line = [*lines, line], word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line] if line else lines


def _measure(words: str) -> float:
    """Estimated width in ems."""
    return sum(
        0.34 if c in _NARROW else 0.9 if c in _WIDE else 0.69 if c.isupper() else 0.57 if ord(c) < 0x2E80 else 1.05
        for c in words
    )


def _clean(words: str) -> str:
    return _NOT_XML.sub("", words)
