"""The answers in the documents are the ones that are given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.service import Ask, Assistant

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("document", "question"),
    [
        ("README.md", "how do I start deep learning?"),
        ("docs/answers.md", "i know python but no maths, where do i start?"),
    ],
)
async def test_a_document_shows_the_real_answer(assistant: Assistant, document: str, question: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    block = re.search(r"<!-- answer.*?-->\n(.*?)<!-- end", text, re.S)
    assert block is not None and question in text
    shown = re.sub(r"^> ?", "", block[1], flags=re.M).strip()
    answer = await assistant.answer(Ask(question))
    assert shown == answer.text
