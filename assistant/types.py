"""Answers, and what they are made of. An answer that breaks one of its promises can't be built.

The promises, in every channel and with every generator:

1. A quote is found, character for character, in the chunk that it names; the chunk is in the index.
2. Every marker `[n]` in the text has its citation, and every citation is used in the text.
3. Every address in the text or the citations is in the corpus.
4. A cited resource that is not `current` comes with its status and, where it has one, its successor.
5. Guide recommendations come before additions, and additions are called additions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import InitVar, dataclass, field, fields
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from corpus.types import Origin, Status
from index.types import Chunk, ChunkKind

Outcome = Literal["answered", "clarify", "not_covered", "off_topic", "refused", "smalltalk"]
Background = Literal["none", "some-maths", "maths", "ml"]
Preference = Literal["reading", "video", "hands-on"]

MARKER = re.compile(r"\[(\d{1,3})\]")
_BEGINS = re.compile(r"https?://(?=[\w\[])")
_ENDS = re.compile(r"[.,;:!?*_]*(?:$|[^\w\-.~:/?#@!$&*+,;=%])")
"""What may stand behind an address: punctuation and the end of a word, nothing that makes another address of it."""
MAX_QUESTION = 2000


def as_values(thing: object) -> Any:
    """The JSON form of frozen dataclasses, tuples and plain values in each other.

    Not `dataclasses.asdict`, which copies every text and took 6 % of a busy server's loop.
    """
    names = _field_names(type(thing))  # type: ignore[arg-type]  # mypy finds no hash in classes
    if names is not None:
        return {name: as_values(getattr(thing, name)) for name in names}
    return tuple(map(as_values, thing)) if isinstance(thing, tuple) else thing


@cache
def _field_names(kind: type) -> tuple[str, ...] | None:
    return tuple(one.name for one in fields(kind)) if hasattr(kind, "__dataclass_fields__") else None


class BrokenPromise(Exception):
    """An answer would have broken one of its promises. A fault of the program, never of its user."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What the learner said about themselves. Empty fields were not said."""

    goal: tuple[str, ...] = ()
    """Ids of goals of the guide, `general`."""
    background: Background | None = None
    """none, some-maths, maths, ml."""
    can_program: bool | None = None
    """Whether they can program."""
    prefers: tuple[str, ...] = ()
    """reading, video, hands-on, free, short."""
    avoids: tuple[str, ...] = ()
    """Formats, words or resource ids that they refuse."""
    done: tuple[str, ...] = ()
    """Ids of resources that they have finished."""
    knows: tuple[str, ...] = ()
    """Ids of sections or resources whose subject they know, and subjects that the guide teaches nowhere."""
    lacks: tuple[str, ...] = ()
    """The same of subjects that they do not know."""
    doing: tuple[str, ...] = ()
    """Ids of resources that they are working through."""
    hours_per_week: float | None = None
    """Time that they have."""
    level: str | None = None
    """beginner, intermediate, advanced."""
    budget: str | None = None
    """free, low, any."""
    hardware: str | None = None
    """What they train on: none, laptop, gpu, cloud, mac, amd."""

    def as_dict(self) -> dict[str, Any]:
        """The JSON form: every field, lists as lists."""
        values = as_values(self).items()
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values}


@dataclass(frozen=True, slots=True)
class Place:
    """A title with the address that a reader can open."""

    title: str
    """Name to show."""
    url: str
    """Address, in the corpus."""


@dataclass(frozen=True, slots=True)
class Citation:
    """The source of a sentence."""

    number: int
    """n of the marker `[n]`, from 1."""
    chunk_id: str
    """The chunk that holds the quote."""
    kind: ChunkKind
    """guide, resource, addition."""
    section: str | None
    """Id of the section that the chunk or its resource belongs to."""
    resource: str | None
    """Id of the resource that the quote recommends or describes."""
    resources: tuple[str, ...]
    """Ids of all resources that it names."""
    title: str
    """Title of that resource, else of the section."""
    url: str | None
    """What a reader should open."""
    quote: str
    """The exact words of the corpus that carry the sentence."""
    status: Status | None = None
    """State of the resource."""
    status_note: str | None = None
    """What happened to it."""
    successor: Place | None = None
    """What took its place."""
    origin: Origin = "guide"
    """Whose recommendation it is: of the resource, else of the sentence."""


@dataclass(frozen=True, slots=True)
class Related:
    """A section or resource near the question that is not cited."""

    id: str
    """Its id."""
    kind: Literal["section", "resource"]
    """What it is."""
    title: str
    """Name to show."""
    url: str | None
    """Where it can be opened."""


@dataclass(frozen=True, slots=True)
class Clarification:
    """The one question that the assistant may ask back."""

    text: str
    """The question."""
    options: tuple[str, ...]
    """Answers to pick from; each works as the user's next turn."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    """Who said it."""
    content: str
    """What was said."""


@dataclass(frozen=True, slots=True)
class Record:
    """What an exchange came to: kept beside its texts, from which it can be made again."""

    act: str
    """What the message was taken for."""
    query: str = ""
    """What was searched for."""
    items: tuple[str, ...] = ()
    """Ids of the resources that the answer's text names, in its order."""
    sections: tuple[str, ...] = ()
    """Ids of the sections that it quotes, most quoted first."""
    quotes: tuple[str, ...] = ()
    """The sentences of the corpus that it quotes, in its order."""
    aspects: tuple[str, ...] = ()
    """Facts that were asked for."""
    asked: str = ""
    """The question that it asked back; empty: none."""
    options: tuple[str, ...] = ()
    """The replies that it offered to that question."""
    profile: Profile = field(default_factory=Profile)
    """The learner, after the message."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the assistant says, with the proof of every sentence."""

    id: str
    """`ans_…`, unique."""
    conversation_id: str
    """`con_…` of the conversation it belongs to."""
    outcome: Outcome
    """What kind of answer it is."""
    text: str
    """Markdown; every factual sentence ends with its markers."""
    citations: tuple[Citation, ...] = ()
    """In the order of their numbers, which count from 1."""
    related: tuple[Related, ...] = ()
    """Near the question, not cited."""
    clarifying_question: Clarification | None = None
    """Asked back, at most once in a conversation."""
    suggestions: tuple[str, ...] = ()
    """Follow-up questions that have an answer."""
    profile: Profile = field(default_factory=Profile)
    """What the learner said about themselves so far."""
    gaps: tuple[str, ...] = ()
    """Parts of the question that the corpus does not answer."""
    confidence: float = 0.0
    """0 to 1: how likely it is that the corpus answers the question."""
    generator: str = "composer"
    """`composer`, or the id of the language model that reworded it."""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds by step: encode, search, compose, total."""
    record: Record | None = None
    """What the conversation keeps beside it; not in its JSON form."""
    evidence: InitVar[Mapping[str, Chunk]] = MappingProxyType({})
    """Chunks of the index by id; only they can be cited."""
    addresses: InitVar[Set[str]] = frozenset()
    """Every address of the corpus; no other can be shown."""

    def __post_init__(self, evidence: Mapping[str, Chunk], addresses: Set[str]) -> None:
        for citation in self.citations:
            check_citation(citation, evidence, addresses)
        _check_markers(self.text, self.citations)
        _check_addresses(self.text, addresses)

    def as_dict(self) -> dict[str, Any]:
        """The JSON form of the contract."""
        values: dict[str, Any] = as_values(self)
        del values["record"]
        return values | {
            "profile": self.profile.as_dict(),
            "timings_ms": {name: round(value, 3) for name, value in self.timings_ms.items()},
            "confidence": round(self.confidence, 4),
        }


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question of a conversation, and what was answered."""

    question: str
    """As it was asked (masked, where it comes from a store)."""
    answer_id: str
    """`ans_…`."""
    outcome: Outcome
    """What kind of answer it was."""
    text: str
    """The answer's text."""
    citations: tuple[Citation, ...] = ()
    """Its sources, in order: what a follow-up is about."""
    clarified: bool = False
    """Whether it asked a question back."""
    suggestions: tuple[str, ...] = ()
    """What it offered to be asked next."""
    record: Record | None = None
    """What it came to; None where that is not kept."""


ANYONE = "anyone"
"""Owner of what is asked without a key."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was said so far."""

    id: str
    """`con_…`, unique."""
    profile: Profile = field(default_factory=Profile)
    """What the learner said about themselves."""
    exchanges: tuple[Exchange, ...] = ()
    """Oldest first."""
    owner: str = ANYONE
    """Who began it: the name of an API key, a channel, or ANYONE. Nobody else reads, continues or deletes it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a study plan."""

    number: int
    """From 1."""
    section: str
    """Id of the section it belongs to."""
    resource: str | None
    """Id of the resource to take."""
    title: str
    """Name to show."""
    why: str
    """Why it stands here, for this learner; markers point to `citations`."""
    url: str | None
    """What to open."""
    status: Status | None
    """State of the resource."""
    successor: Place | None
    """What took its place."""
    prerequisites: tuple[str, ...]
    """Ids of resources or sections that come before it."""
    effort: str | None
    """How long it takes, only as the corpus states it."""
    citations: tuple[Citation, ...]
    """Sources of `why`, then of `hours`."""
    optional: bool = False
    """Whether it is a side branch."""
    format: tuple[str, ...] = ()
    """video, text, assignments, …"""
    assumes: tuple[str, ...] = ()
    """Ids that it builds on and that the learner brings along."""
    hours: float | None = None
    """How long it takes in hours, the most that the corpus states; None where it states none."""
    origin: Origin = "guide"
    """`guide`, or `addition` for what the guide does not list."""
    avoided: tuple[str, ...] = ()
    """What the learner avoids and this step has all the same, in the words of `profile.avoids`."""
    estimate: float | None = None
    """How long it may take in hours, where `hours` are not stated."""
    basis: str | None = None
    """What the estimate is made of."""
    cost: str | None = None
    """What it costs, as the corpus states it."""
    doing: bool = False
    """Whether the learner is taking it now, and goes on."""
    instead_of: Place | None = None
    """The guide's own pick, whose place it has taken."""
    lacking: tuple[str, ...] = ()
    """Ids that it builds on, too, in a plan of what the learner named, which leaves them out."""

    @property
    def load(self) -> float:
        """Hours to reckon with: as stated, else by estimate; 0 for a step that names nothing to take."""
        return self.hours or self.estimate or 0.0


@dataclass(frozen=True, slots=True)
class OtherWay:
    """The way through the guide that a plan did not take."""

    name: str
    """What it begins with, as words inside a sentence: `building first`."""
    citation: Citation
    """The sentence of the corpus that speaks for it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An ordered study plan: no step stands before its prerequisites, and its sentences have their sources."""

    steps: tuple[Step, ...]
    """In order."""
    profile: Profile
    """Whom it is for."""
    text: str
    """The plan as Markdown; markers count over the whole plan."""
    evidence: InitVar[Mapping[str, Chunk]] = MappingProxyType({})
    """Chunks of the index by id; only they can be cited."""
    addresses: InitVar[Set[str]] = frozenset()
    """Every address of the corpus; no other can be shown."""
    other: OtherWay | None = None
    """The way that was not taken; None where there is one way only."""
    weeks: float | None = None
    """Weeks that it has to fit into; None where nobody set an end."""

    def __post_init__(self, evidence: Mapping[str, Chunk], addresses: Set[str]) -> None:
        earlier: set[str] = set()
        for step in self.steps:
            if not set(step.prerequisites) <= earlier:
                raise BrokenPromise(f"step {step.number} stands before what it needs")
            earlier |= {step.section, *([step.resource] if step.resource else [])}
        citations = self.citations
        for citation in citations:
            check_citation(citation, evidence, addresses)
        _check_markers(self.text, citations)
        shown = {step.url for step in self.steps} - {None}
        shown |= {step.successor.url for step in self.steps if step.successor}
        if not shown <= addresses:
            raise BrokenPromise("a step holds an address that is not in the corpus")
        _check_addresses(self.text, addresses)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The sources of all steps, then of the other way, in the order of their numbers."""
        steps = tuple(citation for step in self.steps for citation in step.citations)
        return (*steps, self.other.citation) if self.other else steps

    def as_dict(self) -> dict[str, Any]:
        """The JSON form of the contract."""
        values: dict[str, Any] = as_values(self)
        return values | {"profile": self.profile.as_dict()}


def check_text(text: str, addresses: Set[str]) -> None:
    """Raise BrokenPromise for a text of the corpus that no answer may show: it holds a marker, or a foreign address."""
    if MARKER.search(text):
        raise BrokenPromise("a text of the corpus holds a marker")
    _check_addresses(text, addresses)


def _check_markers(text: str, citations: Sequence[Citation]) -> None:
    used = {int(number) for number in MARKER.findall(text)}
    numbers = [citation.number for citation in citations]
    if numbers != list(range(1, len(numbers) + 1)) or used != set(numbers):
        raise BrokenPromise(f"markers {sorted(used)} do not match citations {numbers}")


def _check_addresses(text: str, addresses: Set[str]) -> None:
    at = 0
    while found := _BEGINS.search(text, at):
        length = _known_length(text, found.start(), addresses)
        if not length:
            raise BrokenPromise("the text holds an address that is not in the corpus")
        at = found.start() + length


def _known_length(text: str, start: int, addresses: Set[str]) -> int:
    """Length of the whole known address at that place; 0 for a longer one that only begins like it."""
    run = text[start:].split(maxsplit=1)[0]
    ends = range(len(run), 0, -1)
    return next((end for end in ends if run[:end] in addresses and _ENDS.match(run, end)), 0)


def check_citation(citation: Citation, evidence: Mapping[str, Chunk], addresses: Set[str]) -> None:
    """Raise BrokenPromise for a source that no answer may show."""
    chunk = evidence.get(citation.chunk_id)
    if chunk is None:
        raise BrokenPromise(f"chunk {citation.chunk_id} is not in the index")
    if not citation.quote or citation.quote not in chunk.text:
        raise BrokenPromise(f"a quote is not in chunk {citation.chunk_id}")
    check_text(citation.quote, addresses)
    shown = {citation.url, citation.successor.url if citation.successor else None} - {None}
    if not shown <= addresses:
        raise BrokenPromise("a citation holds an address that is not in the corpus")
    if citation.status not in (None, "current") and not citation.status_note:
        raise BrokenPromise(f"{citation.resource} is {citation.status}, and the citation does not say how")
