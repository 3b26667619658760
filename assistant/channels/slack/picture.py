"""The roadmap as a PNG: Slack shows no SVG."""

from __future__ import annotations

import re
from functools import cache

_PALETTE = re.compile(r"--([\w-]+):\s*([^;}]+)")
_VARIABLE = re.compile(r"var\(--([\w-]+)\)")
_MEDIA = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_SIZE = 2.0
"""Pixels for each unit: sharp on dense screens."""
_FONTS = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans", "Noto Sans", "Segoe UI")
_SAMPLE = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text y="15" font-size="12">{}</text></svg>'


@cache
def find_font() -> str | None:
    """The first usual font that this machine has: the renderer asks no one, and takes Arial or draws no letters.

    Raises ModuleNotFoundError without the renderer.
    """
    return next(
        (
            font
            for font in _FONTS
            if _render(_SAMPLE.format("plan"), font) != _render(_SAMPLE.format(""), font)
        ),
        None,
    )


def paint(svg: str) -> bytes:
    """An SVG of ours as PNG, in its light colours. The renderer knows no variables, so they are put in here."""
    plain = _MEDIA.sub("", svg)
    colours = dict(_PALETTE.findall(plain))
    whole = _VARIABLE.sub(lambda match: colours.get(match[1], "#000").strip(), plain)
    return _render(whole, find_font() or _FONTS[0])


def _render(svg: str, font: str) -> bytes:
    import resvg_py

    png: bytes = resvg_py.svg_to_bytes(
        svg_string=svg, zoom=_SIZE, background="#ffffff", font_family=font, sans_serif_family=font
    )
    return png
