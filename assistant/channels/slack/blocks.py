"""Answers as Block Kit, within Slack's limits by construction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.channels.slack import messages
from assistant.channels.slack.escape import escape, link, measure
from assistant.reasons import REASONS

Block = dict[str, Any]

PART = 7500
"""UTF-16 units of answer text in one message. Slack takes 12,000 in a block, and refused about 13,200 in a
whole message."""
FOOTER = 4500
"""Units of all words under the text, so that both and the notification fit."""
_NOTIFICATION = 600
_SOURCES = 2400
_CONTEXT = 1800
_QUESTION_BACK = 1000
_BUTTON = 75
_VALUE = 2000


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a button asks."""

    question: str
    """Asked as if the user had written it."""
    conversation: str | None = None
    """Continues this conversation; None: that of the thread which the button stands in."""

    def encode(self) -> str | None:
        """The button's value; None where it is longer than Slack takes."""
        value = json.dumps({"q": self.question, "c": self.conversation}, ensure_ascii=False)
        return value if measure(value) <= _VALUE else None

    @classmethod
    def decode(cls, value: str) -> Prompt:
        """Read a button's value back."""
        fields = json.loads(value)
        return cls(fields["q"], fields["c"])


def answer_blocks(answer: Mapping[str, Any], conversation: str | None = None) -> list[Block]:
    """Text and footer of an answer in one message; a text too long for it is cut with "…".

    `answer` is the JSON form of an Answer or an Exchange. `conversation` is set where no thread holds it.
    """
    text = escape(answer["text"], "markdown", PART)
    return [*([markdown(text)] if text.strip() else []), *footer(answer, conversation)]


def footer(answer: Mapping[str, Any], conversation: str | None = None) -> list[Block]:
    """What stands under an answer: sources, one way to go on, feedback."""
    last = [] if answer["outcome"] == "smalltalk" else [feedback(answer.get("id") or answer["answer_id"])]
    blocks: list[Block] = []
    room = FOOTER - sum(map(weigh, last))
    for group in (sources(answer.get("citations") or ()), onwards(answer, conversation)):
        weight = sum(map(weigh, group))
        if weight <= room:
            blocks += group
            room -= weight
    return [*blocks, *last]


def onwards(answer: Mapping[str, Any], conversation: str | None = None) -> list[Block]:
    """One group, so that none competes: the question back, else the nearest sections, else what to ask next."""
    nearest = (answer.get("related") or ()) if answer["outcome"] == "not_covered" else ()
    return (
        clarifying(answer.get("clarifying_question"), conversation)
        or related(nearest)
        or suggestions(answer.get("suggestions") or (), conversation)
    )


def weigh(value: Any) -> int:
    """UTF-16 units of all words in a block, the ones that nobody sees included."""
    if isinstance(value, str):
        return measure(value)
    if isinstance(value, dict):
        return sum(weigh(inner) for inner in value.values())
    return sum(map(weigh, value)) if isinstance(value, list) else 0


def notification(answer: Mapping[str, Any]) -> str:
    """The text of notifications, and for clients that show no blocks."""
    return escape(" ".join(answer["text"].split()), "mrkdwn", _NOTIFICATION)


def plain_answer(answer: Mapping[str, Any]) -> str:
    """A whole answer as one text without blocks: what is left to send when Slack refuses the blocks."""
    lines = [_some(escape(answer["text"], "mrkdwn", 2000))]
    for citation in (answer.get("citations") or ())[:5]:
        lines.append(f"[{citation['number']}] {link(citation['url'], citation['title'], 100)}")
    return "\n".join(lines)


def markdown(text: str) -> Block:
    """Standard Markdown, escaped by the caller."""
    return {"type": "markdown", "text": text}


def section(text: str) -> Block:
    """A mrkdwn paragraph, escaped by the caller."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": _some(text)}}


def header(text: str) -> Block:
    """A title."""
    return {"type": "header", "text": plain(text)}


def plain(text: str) -> Block:
    """A plain text of the bot's own."""
    return {"type": "plain_text", "text": text, "emoji": False}


def context(*texts: str) -> Block:
    """Small grey mrkdwn lines, escaped by the caller; at most 10."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": _some(text)} for text in texts[:10]]}


def asked(user: str, question: str) -> Block:
    """Who asked what, above an answer that does not stand under its question."""
    words = escape(" ".join(question.split()), "mrkdwn", 500)
    return context(f"<@{user}> {messages.ASKED} {words}" if user.isalnum() else words)


def sources(citations: Sequence[Mapping[str, Any]], limit: int = _SOURCES) -> list[Block]:
    """One line for each thing that is cited, with its numbers, its link and its state."""
    numbers: dict[tuple[Any, ...], list[int]] = {}
    first: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for citation in citations:
        key = (citation["title"], citation["url"], citation["status"])
        numbers.setdefault(key, []).append(citation["number"])
        first.setdefault(key, citation)
    lines = [_source(numbers[key], citation) for key, citation in first.items()]
    shown: list[str] = []
    for line in lines:
        if measure("\n".join([*shown, line])) > limit:
            shown.append(messages.MORE_SOURCES.format(len(lines) - len(shown)))
            break
        shown.append(line)
    return [context(*_pack([f"*{messages.SOURCES}*", *shown], _CONTEXT))] if lines else []


def related(places: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Sections near a question, not cited; without links where all of them would open the same page."""
    if not places:
        return []
    shown = places[:5]
    same = len(shown) > 1 and len({place["url"] for place in shown}) == 1
    names = [link(None if same else place["url"], place["title"], 120) for place in shown]
    return [context(f"{messages.RELATED} {'; '.join(names)}")]


def clarifying(question: Mapping[str, Any] | None, conversation: str | None = None) -> list[Block]:
    """The question back, its options as buttons."""
    if not question:
        return []
    words = section(escape(question["text"], "mrkdwn", _QUESTION_BACK))
    return [words, *_buttons("option", question["options"], conversation)]


def suggestions(questions: Iterable[str], conversation: str | None = None) -> list[Block]:
    """Follow-up questions as buttons."""
    buttons = _buttons("suggestion", list(questions)[:4], conversation)
    return [context(messages.SUGGESTIONS), *buttons] if buttons else []


def feedback(answer_id: str) -> Block:
    """Slack's own thumbs."""
    return {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "feedback",
                "positive_button": _thumb(messages.HELPFUL, messages.HELPFUL_LABEL, f"up {answer_id}"),
                "negative_button": _thumb(
                    messages.NOT_HELPFUL, messages.NOT_HELPFUL_LABEL, f"down {answer_id}"
                ),
            }
        ],
    }


def share(conversation: str, answer_id: str) -> Block:
    """Lets the one who sees an answer show it to the channel."""
    return actions(button(messages.SHARE, "share", f"{conversation} {answer_id}"))


def actions(*elements: Block) -> Block:
    """A row of buttons; at most 25."""
    return {"type": "actions", "elements": list(elements[:25])}


def button(label: str, action_id: str, value: str) -> Block:
    """One button."""
    words = {"type": "plain_text", "text": _some(escape(label, "plain", _BUTTON)), "emoji": False}
    return {"type": "button", "action_id": action_id, "text": words, "value": value}


def reason_modal(answer_id: str) -> Block:
    """Asks why an answer did not help."""
    options = [{"text": plain(label), "value": value} for value, label in REASONS.items()]
    return {
        "type": "modal",
        "callback_id": "reason",
        "private_metadata": answer_id,
        "title": plain(messages.REASON_TITLE),
        "submit": plain(messages.REASON_SEND),
        "close": plain(messages.CANCEL),
        "blocks": [
            {
                "type": "input",
                "block_id": "reason",
                "label": plain(messages.REASON_LABEL),
                "element": {"type": "radio_buttons", "action_id": "reason", "options": options},
            },
            {
                "type": "input",
                "block_id": "comment",
                "optional": True,
                "label": plain(messages.COMMENT_LABEL),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "comment",
                    "multiline": True,
                    "max_length": 1000,
                },
            },
        ],
    }


def split(text: str, limit: int = PART) -> list[str]:
    """Cut a text into parts of at most `limit` units. An empty text has no parts."""
    parts = []
    rest = text.strip()
    while rest:
        head, rest = cut(rest, limit)
        parts.append(head)
    return parts


def cut(text: str, limit: int) -> tuple[str, str]:
    """At most `limit` units of a text, and the rest of it.

    The cut is between paragraphs, else lines, sentences or words; only the space at it is lost.
    """
    if measure(text) <= limit:
        return text, ""
    room, end = limit, 0
    while measure(text[end]) <= room:
        room -= measure(text[end])
        end += 1
    for mark in ("\n\n", "\n", ". ", "] ", " "):
        found = text.rfind(mark, 0, end)
        if found > end // 4:
            end = found + len(mark)
            break
    return text[:end].rstrip(), text[end:].lstrip()


def _source(numbers: Sequence[int], citation: Mapping[str, Any]) -> str:
    marks = "".join(f"[{number}]" for number in numbers)
    parts = [f"{marks} {link(citation['url'], citation['title'], 150)}"]
    if "addition" in (citation["kind"], citation.get("origin")):
        parts.append(messages.ADDITION)
    if citation["status"]:
        parts.append(messages.BADGES[citation["status"]])
    after = citation["successor"]
    if after and citation["status"] != "current":
        parts.append(f"{messages.SUCCESSOR} {link(after['url'], after['title'], 150)}")
    return " · ".join(parts)


def _pack(lines: Iterable[str], limit: int) -> list[str]:
    """Lines into as few texts as hold them."""
    texts: list[str] = []
    for line in lines:
        if texts and measure(texts[-1]) + 1 + measure(line) <= limit:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return texts


def _buttons(name: str, questions: Sequence[str], conversation: str | None) -> list[Block]:
    coded = [(question, Prompt(question, conversation).encode()) for question in questions]
    elements = [
        button(question, f"ask:{name}:{number}", value)
        for number, (question, value) in enumerate(coded)
        if value is not None and question.strip()
    ]
    return [actions(*elements[:10])] if elements else []


def _some(text: str) -> str:
    """Slack refuses an empty text, and with it the whole message."""
    return text if text.strip() else "…"


def _thumb(text: str, label: str, value: str) -> Block:
    return {"text": plain(text), "value": value, "accessibility_label": label}
