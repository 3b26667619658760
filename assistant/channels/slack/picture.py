"""The roadmap as a PNG: Slack shows no SVG."""

from __future__ import annotations

import re

_PALETTE = re.compile(r"--([\w-]+):\s*([^;}]+)")
_VARIABLE = re.compile(r"var\(--([\w-]+)\)")
_MEDIA = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_SIZE = 2.0
"""Pixels for each unit: sharp on dense screens."""


def paint(svg: str) -> bytes:
    """An SVG of ours as PNG, in its light colours. The renderer knows no variables, so they are put in here."""
    import resvg_py

    plain = _MEDIA.sub("", svg)
    colours = dict(_PALETTE.findall(plain))
    whole = _VARIABLE.sub(lambda match: colours.get(match[1], "#000").strip(), plain)
    png: bytes = resvg_py.svg_to_bytes(svg_string=whole, zoom=_SIZE, background="#ffffff")
    return png
