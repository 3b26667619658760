"""A language model as a second reader: the learned reader's reading, corrected by labels that a model gives.

The model sees one message, the one before it, and what was shown or named; it answers with labels of a closed
vocabulary. Whatever is not such a label is dropped, and whatever goes wrong leaves the learned reading as it is. So
words in a message that speak to the model can change that message's labels and nothing else.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from assistant.errors import UsageError
from assistant.generate import THOUGHT, Generator, GeneratorFailed, Prompt
from assistant.settings import Settings
from assistant.understanding.reading import ACTS, Act, Aspect, Before, Mention, Reading, Stance, Statement

_TABLE = Path(__file__).with_suffix(".toml")
_SHARE = 0.9
"""How much of an act's probability the model's word has; the learned reader's distribution keeps the rest."""
_MOST_ITEMS = 12
_MOST_BEFORE = 600
"""Characters of the message before, at most."""
_MOST_CHARACTERS = 6000
_REMEMBERED = 500
_FAILURES = 3
_REST = 60.0
"""Seconds without a question to a model that failed so many times in a row."""
_TIME = re.compile(r"\d{1,2}(?:\.\d)?(?:h/week| weeks| months)")
_TAG = re.compile(r"[a-z]{2,3}")
_CODE = re.compile(r"[a-z][a-z0-9+#-]{0,15}")
_LOG = logging.getLogger(__name__)
Labels = Mapping[str, Any]
"""Fields of a model's answer, of which nothing is known yet."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that a message may point at, by its place in a list."""

    name: str
    """As the model sees it."""
    ids: tuple[str, ...]
    """What it may mean: resources, else one subject."""
    is_resource: bool = True
    """Whether it is a resource, and not a subject."""
    is_shown: bool = False
    """Whether the answer before showed it."""
    mention: int | None = None
    """Place of the mention in the message that names it; None: it was only shown."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The labels, each with what it means."""

    acts: Mapping[str, str]
    aspects: Mapping[str, str]
    wants: Mapping[str, str]
    says: tuple[str, ...]
    """As `slot:value`."""
    stances: Mapping[str, str]
    system: str
    """What a model is told."""


@cache
def load_vocabulary() -> Vocabulary:
    """The labels and the prompt of `model_reader.toml`."""
    table = tomllib.loads(_TABLE.read_text("utf-8"))
    says = tuple(f"{slot}:{value}" for slot, values in table["says"].items() for value in values)
    groups = {
        name: "; ".join(f"{label} ({meaning})" for label, meaning in table[name].items())
        for name in ("acts", "aspects", "wants", "stances")
    }
    told = (
        f"- {name}: {text.format(**groups, says=', '.join(says))}" for name, text in table["fields"].items()
    )
    system = table["prompt"].strip().replace("{fields}", "\n".join(told))
    return Vocabulary(table["acts"], table["aspects"], table["wants"], says, table["stances"], system)


class ModelReader:
    """Reads messages again with one engine. One for a service: it rests when the engine keeps failing."""

    def __init__(
        self, generator: Generator, timeout: float = 2.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`timeout`: seconds that a reading may take; `clock`: seconds, for tests."""
        self._generator = generator
        self._timeout = timeout
        self._clock = clock
        self._failures = 0
        self._rests_until = 0.0
        self._known: dict[bytes, Labels] = {}

    async def read(self, learned: Reading, before: Before) -> Reading:
        """The reading with the model's labels; `learned` itself where there are none. It never fails."""
        items = list_items(learned, before)
        prompt = make_reading_prompt(learned.text, before, items)
        # A conversation that a client keeps is read again at each turn, and must be read as it was.
        key = hashlib.sha256(prompt.user.encode()).digest()
        labels = self._known.get(key)
        if labels is None:
            labels = await self._ask(prompt)
            if labels is None:
                return learned
            self._keep(key, labels)
        return apply_labels(learned, labels, items)

    async def _ask(self, prompt: Prompt) -> Labels | None:
        """The model's answer; None where there is none in time."""
        if self._clock() < self._rests_until:
            return None
        try:
            async with asyncio.timeout(self._timeout):
                labels = parse_labels(await self._write(prompt))
        except (GeneratorFailed, UsageError, TimeoutError) as error:
            self._fail("it took too long" if isinstance(error, TimeoutError) else str(error))
            return None
        self._failures = 0
        return labels

    async def _write(self, prompt: Prompt) -> str:
        text = ""
        async with aclosing(self._generator.write(prompt)) as pieces:
            async for piece in pieces:
                text += piece
                if len(text) > _MOST_CHARACTERS:
                    raise GeneratorFailed("the reading is endless")
        return text

    def _fail(self, why: str) -> None:
        _LOG.warning("the language model did not read a message: %s", why)
        self._failures += 1
        if self._failures >= _FAILURES:
            self._failures, self._rests_until = 0, self._clock() + _REST

    def _keep(self, key: bytes, labels: Labels) -> None:
        self._known[key] = labels
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]


def open_model_reader(settings: Settings, generator: Generator | None) -> ModelReader | None:
    """The reader of the settings; None where the learned one reads alone. Raises UsageError."""
    wanted = str(settings.reader)
    if wanted == "model" and generator is None:
        raise UsageError(
            "DLSTART_READER = 'model', and there is no model",
            "set DLSTART_GENERATOR, or take auto or learned",
        )
    if wanted == "learned" or generator is None:
        return None
    return ModelReader(generator, settings.reader_timeout)


def list_items(reading: Reading, before: Before) -> tuple[Item, ...]:
    """What a message may point at: what was shown in its order, then what it names beside that."""
    shown = [Item(name, (id,), is_shown=True) for name, id in zip(before.shown, before.ids, strict=False)]
    items = {item.ids: item for item in shown}
    for place, mention in enumerate(reading.mentions):
        ids = mention.resources or ((mention.subject,) if mention.subject else ())
        name = reading.text[mention.start : mention.end]
        item = items.get(ids, Item(name, ids, bool(mention.resources)))
        if ids and item.mention is None:
            items[ids] = replace(item, mention=place)
    return tuple(items.values())[:_MOST_ITEMS]


def make_reading_prompt(text: str, before: Before, items: Sequence[Item]) -> Prompt:
    """What a model is asked: labels for one message, as an object of `reading_schema`."""
    said = {
        "previous_message": before.message[:_MOST_BEFORE],
        "question_asked_back": before.asked,
        "items": [
            {"number": number, "name": item.name, "shown": item.is_shown}
            for number, item in enumerate(items, 1)
        ],
        "message": text,
    }
    told = json.dumps(said, ensure_ascii=False)
    return Prompt(load_vocabulary().system, told, f"{before.message} {text}", reading_schema())


@cache
def reading_schema() -> Mapping[str, Any]:
    """The JSON schema of an answer: closed, and every field required, as strict servers want it."""
    words = load_vocabulary()
    text, flag = {"type": "string"}, {"type": "boolean"}
    item = {"number": {"type": "integer"}, "stance": _one_of(words.stances)}
    return _object(
        {
            "act": _one_of(words.acts),
            "aspects": _list(_one_of(words.aspects)),
            "wants": _list(_one_of(words.wants)),
            "code_language": text,
            "human_language": text,
            "says": _list(_one_of(words.says)),
            "time": text,
            "taken_back": flag,
            "closed": flag,
            "language": text,
            "items": _list(_object(item)),
        }
    )


def parse_labels(text: str) -> Labels:
    """The one JSON object of an answer, between whatever is written around it. Raises GeneratorFailed."""
    text = THOUGHT.sub("", text)
    start, end = text.find("{"), text.rfind("}")
    try:
        value: Any = json.loads(text[start : end + 1]) if start >= 0 else None
    except (ValueError, RecursionError) as error:
        raise GeneratorFailed("the reading is not JSON") from error
    if not isinstance(value, dict) or not value.keys() & reading_schema()["properties"].keys():
        raise GeneratorFailed("the reading has none of the fields")
    return cast(Labels, value)


def apply_labels(learned: Reading, labels: Labels, items: Sequence[Item]) -> Reading:
    """A reading with what a model says in place of what it was; fields that are missing or malformed stay."""
    words = load_vocabulary()
    told = _told(labels.get("items"), items)
    pointed = (*told, *_untold(learned.mentions, items, told))
    aspects = _known(labels.get("aspects"), words.aspects)
    return replace(
        learned,
        acts=_acts(learned, labels.get("act")),
        aspects=learned.aspects if aspects is None else cast(tuple[Aspect, ...], aspects),
        wants=_wants(learned, labels, pointed),
        says=_says(learned, labels, pointed),
        mentions=_mentions(learned.mentions, pointed),
        closed=_flag(labels.get("closed"), learned.closed),
        language=_matching(_TAG, labels.get("language")) or learned.language,
        refs=_refs(pointed) if isinstance(labels.get("items"), list) else learned.refs,
    )


_Pointed = Sequence[tuple[Item, Stance]]


def _told(value: Any, items: Sequence[Item]) -> _Pointed:
    """The items of an answer, each once."""
    stances = load_vocabulary().stances
    found: dict[int, tuple[Item, Stance]] = {}
    for one in value if isinstance(value, list) else ():
        number, stance = (one.get("number"), one.get("stance")) if isinstance(one, dict) else (None, None)
        if (
            type(number) is int
            and 1 <= number <= len(items)
            and isinstance(stance, str)
            and stance in stances
        ):
            found.setdefault(number, (items[number - 1], cast(Stance, stance)))
    return tuple(found.values())


def _untold(mentions: Sequence[Mention], items: Sequence[Item], told: _Pointed) -> _Pointed:
    """What a message names and a model left out: it is named all the same, and stays as the learned reader had it."""
    judged = {item for item, _ in told}
    left = (item for item in items if item.mention is not None and item not in judged)
    return tuple((item, mentions[item.mention].stance) for item in left if item.mention is not None)


def _acts(learned: Reading, act: Any) -> Mapping[Act, float]:
    if not isinstance(act, str) or act not in ACTS:
        return learned.acts
    rest = learned.acts or dict.fromkeys(ACTS, 1 / len(ACTS))
    return {one: round(_SHARE * (one == act) + (1 - _SHARE) * rest.get(one, 0.0), 6) for one in ACTS}


def _wants(learned: Reading, labels: Labels, pointed: _Pointed) -> tuple[str, ...]:
    wants = _known(labels.get("wants"), load_vocabulary().wants)
    if wants is None:
        return learned.wants
    code = _matching(_CODE, labels.get("code_language"))
    human = _matching(_TAG, labels.get("human_language"))
    refused = _of_stance(pointed, "refuses")
    told = (*wants, code and f"lang:{code}", human and f"in:{human}", *(f"not:{id}" for id in refused))
    return tuple(dict.fromkeys(filter(None, told)))


def _says(learned: Reading, labels: Labels, pointed: _Pointed) -> tuple[Statement, ...]:
    """What a message states: of what it points at, then by labels; a model without the field changes nothing."""
    said = _known(labels.get("says"), load_vocabulary().says)
    if said is None:
        return learned.says
    back = _flag(labels.get("taken_back"), any(one.taken_back for one in learned.says))
    statements = [
        Statement(stance, item.ids[0], back)
        for item, stance in pointed
        if stance != "asks" and len(item.ids) == 1
    ]
    pairs = [label.split(":", 1) for label in said]
    if amount := _matching(_TIME, labels.get("time")):
        pairs.append(["time", amount])
    return tuple(dict.fromkeys((*statements, *(Statement(slot, value, back) for slot, value in pairs))))


def _mentions(mentions: Sequence[Mention], pointed: _Pointed) -> tuple[Mention, ...]:
    told = {item.mention: stance for item, stance in pointed}
    return tuple(
        replace(mention, stance=told[place]) if place in told else mention
        for place, mention in enumerate(mentions)
    )


def _refs(pointed: _Pointed) -> tuple[str, ...] | None:
    """The resources that are asked about; None where one of them may mean several."""
    meant = [item for item, stance in pointed if item.is_resource and stance == "asks"]
    if any(len(item.ids) > 1 for item in meant):
        return None
    return tuple(dict.fromkeys(item.ids[0] for item in meant))


def _of_stance(pointed: _Pointed, wanted: Stance) -> tuple[str, ...]:
    """The resources to which the writer stands so, where there is no doubt which they are."""
    return tuple(
        item.ids[0]
        for item, stance in pointed
        if item.is_resource and stance == wanted and len(item.ids) == 1
    )


def _known(value: Any, labels: Iterable[str]) -> tuple[str, ...] | None:
    """The labels of a list that are known, each once; None where it is no list."""
    if not isinstance(value, list):
        return None
    known = frozenset(labels)
    return tuple(dict.fromkeys(one for one in value if isinstance(one, str) and one in known))


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    """A text of this form; else nothing."""
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""


def _flag(value: Any, otherwise: bool) -> bool:
    return value if isinstance(value, bool) else otherwise


def _one_of(values: Iterable[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
