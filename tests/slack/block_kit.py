"""Refuses what Slack refuses: the limits of Block Kit as documented, and the measured one of a whole message."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

MESSAGE = 13_200
_MARKED = re.compile(r"<([^<>]*)>")
_GOOD_LINK = re.compile(r"https?://[^|\s<>]+(\|[^<>\n]+)?|@[UW][A-Z0-9]+")


class InvalidBlocks(Exception):
    """What Slack would say, and where."""


def size(text: str) -> int:
    """Length as a client in JavaScript counts it."""
    return len(text.encode("utf-16-le")) // 2


def check_message(text: str, blocks: Sequence[Mapping[str, Any]], markdown: str = "") -> None:
    """A message with its fallback text and what was streamed into it."""
    _need(bool(text or blocks or markdown), "no_text")
    _need(size(text) <= 40_000, "msg_too_long")
    check_mrkdwn(text)
    _need(len(blocks) <= 50, "more than 50 blocks")
    for block in blocks:
        check_block(
            block,
            ("markdown", "section", "context", "actions", "context_actions", "image", "header", "divider"),
        )
    total = size(markdown) + sum(map(size, _texts(blocks)))
    _need(total <= MESSAGE, f"msg_blocks_too_long: {total}")


def check_view(view: Mapping[str, Any]) -> None:
    """A modal or an App Home."""
    _need(view["type"] in ("modal", "home"), "type")
    _need(len(view["blocks"]) <= 100, "more than 100 blocks")
    kinds = ("section", "context", "actions", "image", "header", "divider", "input")
    for block in view["blocks"]:
        check_block(block, kinds)
    if view["type"] == "modal":
        _plain(view["title"], 24)
        for name in ("submit", "close"):
            if name in view:
                _plain(view[name], 24)
        has_input = any(block["type"] == "input" for block in view["blocks"])
        _need("submit" in view or not has_input, "a modal with inputs needs a submit button")
    _need(size(view.get("private_metadata", "")) <= 3000, "private_metadata")
    _need(size(view.get("callback_id", "")) <= 255, "callback_id")


def check_block(block: Mapping[str, Any], kinds: Sequence[str]) -> None:
    """One block."""
    kind = block["type"]
    _need(kind in kinds, f"{kind} is not allowed here")
    _need(1 <= len(block.get("block_id", "x")) <= 255, "block_id")
    if kind == "markdown":
        _need(0 < size(block["text"]) <= 12_000, "markdown text")
        _need(not re.search(r"<[@!#]", block["text"]), "markdown makes a mention")
    elif kind == "section":
        _keys(block, "text", "accessory", "fields", "expand")
        _mrkdwn(block["text"], 3000)
        if "accessory" in block:
            _element(block["accessory"])
    elif kind == "header":
        _plain(block["text"], 150)
    elif kind == "context":
        _keys(block, "elements")
        _need(1 <= len(block["elements"]) <= 10, "context elements")
        for element in block["elements"]:
            _mrkdwn(element, 3000)
    elif kind == "actions":
        _keys(block, "elements")
        _need(1 <= len(block["elements"]) <= 25, "actions elements")
        _elements(block["elements"])
    elif kind == "context_actions":
        _keys(block, "elements")
        _need(1 <= len(block["elements"]) <= 5, "context_actions elements")
        for element in block["elements"]:
            _need(element["type"] in ("feedback_buttons", "icon_button"), "context_actions element")
        _elements(block["elements"])
    elif kind == "image":
        _keys(block, "image_url", "slack_file", "alt_text", "title")
        _need(0 < size(block["alt_text"]) <= 2000, "alt_text")
        _need(("image_url" in block) != ("slack_file" in block), "one of image_url and slack_file")
        _need(size(block.get("image_url", "")) <= 3000, "image_url")
    elif kind == "input":
        _keys(block, "label", "element", "optional", "hint", "dispatch_action")
        _plain(block["label"], 2000)
        _element(block["element"])


def check_mrkdwn(text: str) -> None:
    """Mrkdwn that makes no ping, and whose marks are links or mentions of single people."""
    for inside in _MARKED.findall(text):
        _need(_GOOD_LINK.fullmatch(inside) is not None, f"a mark that is no link: <{inside}>")
    rest = _MARKED.sub("", text)
    _need("<" not in rest and ">" not in rest, "a bare < or >")


def _element(element: Mapping[str, Any]) -> None:
    kind = element["type"]
    _need(1 <= len(element["action_id"]) <= 255, "action_id")
    if kind == "button":
        _keys(element, "action_id", "text", "value", "url", "style", "accessibility_label", "confirm")
        _plain(element["text"], 75)
        _need(1 <= size(element["value"]) <= 2000, "button value")
        if "confirm" in element:
            for name, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
                _plain(element["confirm"][name], limit)
    elif kind == "feedback_buttons":
        for name in ("positive_button", "negative_button"):
            _plain(element[name]["text"], 75)
            _need(1 <= size(element[name]["value"]) <= 2000, "feedback value")
            _need(size(element[name]["accessibility_label"]) <= 75, "accessibility_label")
    elif kind in ("radio_buttons", "checkboxes"):
        _need(1 <= len(element["options"]) <= 10, "options")
        for option in element["options"]:
            _plain(option["text"], 75)
            _need(1 <= size(option["value"]) <= 150, "option value")
    elif kind == "plain_text_input":
        _need(element.get("max_length", 1) <= 3000, "max_length")
    elif kind == "number_input":
        _need(isinstance(element["is_decimal_allowed"], bool), "is_decimal_allowed")
        _need(all(isinstance(element.get(name, ""), str) for name in ("min_value", "max_value")), "min_value")
    elif kind == "static_select":
        _need(1 <= len(element["options"]) <= 100, "options")
    else:
        raise InvalidBlocks(f"unsupported element {kind}")


def _elements(elements: Sequence[Mapping[str, Any]]) -> None:
    for element in elements:
        _element(element)
    ids = [element["action_id"] for element in elements]
    _need(len(ids) == len(set(ids)), "action_id is not unique")


def _mrkdwn(text: Mapping[str, Any], limit: int) -> None:
    _need(text["type"] == "mrkdwn", "text type")
    _need(1 <= size(text["text"]) <= limit, "text length")
    check_mrkdwn(text["text"])


def _plain(text: Mapping[str, Any], limit: int) -> None:
    _need(text["type"] == "plain_text", "text type")
    _need(1 <= size(text["text"]) <= limit, "text length")


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for name, inner in value.items() if name != "type" for text in _texts(inner)]
    return [text for inner in value for text in _texts(inner)] if isinstance(value, list) else []


def _keys(block: Mapping[str, Any], *names: str) -> None:
    unknown = set(block) - {"type", "block_id", *names}
    _need(not unknown, f"unknown fields {sorted(unknown)} in {block['type']}")


def _need(holds: bool, what: str) -> None:
    if not holds:
        raise InvalidBlocks(what)
