"""What a message means: its act, the facts it asks for, its wishes, and what it says of its writer.

The labels are those of `assistant/understanding/README.md`; every reader (the learned one, a language model) gives
the same type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Act = Literal[
    "start",
    "find",
    "about",
    "another",
    "more",
    "next",
    "before",
    "compare",
    "plan",
    "why",
    "tell",
    "object",
    "yesno_reply",
    "smalltalk",
    "outside",
    "attack",
]
ACTS: tuple[Act, ...] = get_args(Act)
Aspect = Literal[
    "cost",
    "length",
    "level",
    "prerequisites",
    "state",
    "format",
    "language_of_code",
    "exercises",
    "content",
    "author",
    "place",
    "certificate",
    "who_for",
]
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
Stance = Literal["asks", "knows", "lacks", "done", "doing", "refuses", "likes", "goal"]
STANCES: tuple[Stance, ...] = get_args(Stance)
Kind = Literal["answered", "not_covered", "off_topic", "smalltalk", "refused"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a message says of its writer: `knows: calculus`, `time: 5h/week`, `done: a-course`."""

    slot: str
    """knows, lacks, done, doing, refuses, likes, prefers, avoids, goal, time, budget, hardware, level."""
    value: str
    """Id of a resource, subject or goal, or a word of the slot; see the README of the data."""
    taken_back: bool = False
    """Whether it takes back what was said before."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of a message that names a resource, a maker, a subject or a concept."""

    start: int
    """Position of its first character in the message as typed."""
    end: int
    """Position past its last one."""
    resources: tuple[str, ...] = ()
    """Ids of the resources that it may mean."""
    subject: str | None = None
    """Id of a basic or goal of the guide, or a universal subject (maths, programming, python)."""
    stance: Stance = "asks"
    """How the writer stands to it."""


@dataclass(frozen=True, slots=True)
class Before:
    """What a reader of a message knows of the turn before it."""

    message: str = ""
    """What was said in it."""
    shown: tuple[str, ...] = ()
    """Short names of the resources that its answer showed, in order."""
    asked: str = ""
    """The question that its answer asked back; empty: none."""
    ids: tuple[str, ...] = ()
    """Ids of the resources that its answer showed: a name in the message may mean one of them."""

    @property
    def is_start(self) -> bool:
        """Whether there is no turn before."""
        return not (self.message or self.shown or self.asked)


@dataclass(frozen=True, slots=True)
class Reading:
    """A message, read in its conversation."""

    text: str
    """As it was typed."""
    acts: Mapping[Act, float] = field(default_factory=dict)
    """Probability of each act; they sum to 1."""
    kinds: Mapping[Kind, float] = field(default_factory=dict)
    """Probability of each kind of answer, as far as the message alone can tell."""
    aspects: tuple[Aspect, ...] = ()
    """Facts that it asks for, the surest first."""
    wants: tuple[str, ...] = ()
    """What an answer must satisfy: `free`, `video`, `kind:book`, `lang:python`, `in:es`, `not:ID`, …"""
    says: tuple[Statement, ...] = ()
    """What it says of its writer."""
    mentions: tuple[Mention, ...] = ()
    """What it names, in order."""
    closed: bool = False
    """Whether it asks for yes or no, or to choose between two."""
    language: str = "en"
    """BCP 47 tag of the language that it is written in."""
    refs: tuple[str, ...] | None = None
    """Ids of the resources that it points at, the main one first; None: its reader does not tell them."""

    @property
    def act(self) -> Act:
        """The likeliest act; `find` for a message that nothing is known of."""
        return max(self.acts, key=self.acts.__getitem__, default="find")

    def says_of(self, slot: str) -> tuple[str, ...]:
        """The values that it states for a slot, in order."""
        return tuple(one.value for one in self.says if one.slot == slot and not one.taken_back)
