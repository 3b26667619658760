"""What chat front ends ask a model for on their own behalf: a title, tags, further questions for a conversation.

Such a request is no learner's question. It is answered here from its own words, without a search, and not kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from assistant.types import Turn

_WORDS_IN_TITLE = 6
_READ = 20_000
_CHORE = re.compile(
    r"\b(?:(?:generat|creat|writ|provid|summari[sz]|giv|categori[sz]|analy[sz])(?:e|ing)|suggest|come up with)\b"
    r"[^\n]{0,160}?\b(?:title|tags|follow[- ]?ups?|search quer(?:y|ies)|autocompletion)\b",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(
    r"###? ?(?:task|guidelines|output)\b|chat[_ ]history|\bconversation:\s|\bjson\b|\bpunctuation\b|\bquotation marks\b"
    r"|\b(?:respond|reply|return|output|answer)\w*(?: with)?(?: the)? ?\b(?:only|just)\b"
    r"|\b(?:only|just) (?:respond|reply|return|output|the title)"
    r"|\btitle (?:for|of|to|from|summari[sz]ing|describing|that (?:summari[sz]|describ)es)"
    r" (?:this|the|our)(?: (?:following|above|whole))? (?:chat|conversation|dialog(?:ue)?|discussion)\b",
    re.IGNORECASE,
)
_KEY = re.compile(r'"(title|tags|follow_ups|queries|text)"\s*:')
_PLAIN = re.compile(r"\b(?:title|tags)\b", re.IGNORECASE)
_FIRST_SAID = re.compile(r"(?:^|\n|>)[\W_]*(?:user|human)\W*[:\n]\s*(\S[^\n]*)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://\S+")
_WORD = re.compile(r"[\w'’+#-]+(?:\.\w+)*")


def answer_chore(instruction: str, turns: Sequence[Turn], guide: str) -> str | None:
    """The reply to a front end's own request; None for a learner's message.

    `instruction` is the last message of the user, or a system message; `turns` are the messages before;
    `guide` is the guide's title.
    """
    instruction = instruction[:_READ]
    if not _CHORE.search(instruction) or not _TEMPLATE.search(instruction):
        return None
    key = _KEY.search(instruction)
    if key is None and not _PLAIN.search(instruction):
        return None
    title = _title(instruction, turns) or guide
    if key is None:
        return title
    values = {"title": title, "tags": [guide], "text": ""}
    return json.dumps({key[1]: values.get(key[1], [])}, ensure_ascii=False)


def _title(instruction: str, turns: Sequence[Turn]) -> str:
    """The first words that the learner said."""
    found = _FIRST_SAID.search(instruction)
    said = found[1] if found else next((turn.content for turn in turns if turn.role == "user"), "")
    words = _WORD.findall(_ADDRESS.sub(" ", said))
    return " ".join(words[:_WORDS_IN_TITLE]) + ("…" if len(words) > _WORDS_IN_TITLE else "")
