"""The one question that the assistant may ask back, where the answer would really differ."""

from __future__ import annotations

import re

from assistant.ending import pick_reply
from assistant.focus import Focus
from assistant.follow_up import Need
from assistant.types import Clarification, Conversation, Profile
from assistant.words import plain
from corpus.types import About

_START = re.compile(
    r"\b(?:how|where)\b.{0,40}\b(?:start|begin|get (?:in|into|started|going)|learn|go about)\b"
    r"|\b(?:first step|get me going)\b"
    r"|\b(?:por donde empiezo|wie fange ich|comment commencer|por onde comeco|kaise shuru)\b"
)
_INTO = r"\b(?:start|begin|get (?:into|started))\b.{{0,30}}\b(?:{subject})\b"


def ask_back(text: str, profile: Profile, focus: Focus, need: Need, about: About) -> Clarification | None:
    """Ask somebody who wants to start, and has said nothing of themselves, what the guide would ask; once."""
    question = about.learner_question
    known = profile.background or profile.knows or profile.level or profile.done or profile.goal
    if question is None or focus.clarified or known or need.resources or need.concepts or need.follow_up:
        return None
    names = "|".join(re.escape(plain(name)) for name in about.names)
    if not (_START.search(text) or re.search(_INTO.format(subject=names), text)):
        return None
    return Clarification(question.text, question.options)


def meant_by(message: str, conversation: Conversation, about: About) -> str:
    """The option that a message picks, where the last answer asked a question back; else the message itself."""
    question = about.learner_question
    asked = conversation.exchanges[-1:]
    if question is None or not (asked and asked[0].clarified):
        return message
    return pick_reply(message, question.options) or message
