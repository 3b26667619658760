"""What is said to small talk, in the language that it is written in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from assistant.understanding.courtesy import Courtesy

_DEFAULT = "en"


def greet(kind: Courtesy, language: str, guide: str) -> str:
    """The reply to a kind of small talk; `language`: BCP 47 tag; `guide`: title of the guide that is served."""
    tag = language.split("-")[0].lower()
    texts = _texts()
    return texts.get(tag, texts[_DEFAULT])[kind].format(guide=guide)


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(Path(__file__).with_name("replies.toml").read_text("utf-8"))
