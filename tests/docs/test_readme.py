"""The answer in the README is the one that is given."""

from __future__ import annotations

import re
from pathlib import Path

from assistant.service import Ask, Assistant

README = Path(__file__).parent.parent.parent / "README.md"


async def test_the_readme_shows_the_real_answer(assistant: Assistant) -> None:
    block = re.search(r"<!-- answer.*?-->\n(.*?)<!-- end", README.read_text("utf-8"), re.S)
    assert block is not None
    shown = re.sub(r"^> ?", "", block[1], flags=re.M).strip()
    answer = await assistant.answer(Ask("how do I start deep learning?"))
    assert shown == answer.text
