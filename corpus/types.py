"""Sections, resources and the corpus that holds them: frozen, read once, shared by everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

from corpus.annotations import Annotation
from corpus.facts import Fact, FactName

Kind = Literal[
    "course",
    "book",
    "paper",
    "news",
    "blog-post",
    "blog",
    "framework",
    "tutorial",
    "lecture-notes",
    "cloud-guide",
    "organisation",
    "software",
    "app",
    "service",
    "dataset",
    "video",
    "channel",
    "podcast",
    "magazine",
    "newsletter",
    "website",
    "forum",
    "community",
    "event",
    "shop",
    "product",
    "link",
]
Origin = Literal["guide", "addition"]
Level = Literal["intro", "intermediate", "advanced"]
Status = Literal["current", "updated", "moved", "archived", "superseded", "discontinued"]
Part = Literal["guide", "today", "description", "status"]
Role = Literal[
    "overview", "start", "alternatives", "foundations", "neighbours", "books", "tools", "equipment", "next"
]
"""What a section is for: why the subject matters; where to begin; what else can come first; what comes before the
start; fields beside the subject; what to read; tools to work with; what to work on; what follows the start."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link inside a paragraph."""

    start: int
    """Offset of its first character in the paragraph's text."""
    end: int
    """Offset past its last character in the paragraph's text."""
    url: str
    """The address as written."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of plain text, with the place it was read from."""

    text: str
    """The words without markup, in one line."""
    part: Part
    """`guide`: what the guide says; `today`: what is true now; `description`, `status`: of a resource."""
    path: str
    """File that it was read from, relative to the corpus."""
    line: int
    """1-based first line in that file."""
    span: tuple[int, int]
    """Offsets of its first and past its last character in the file's text."""
    links: tuple[Link, ...] = ()
    """Its links, in order."""
    row: bool = False
    """Whether it is a row of a table: one sentence, whatever its cells hold."""
    about: tuple[str, ...] = ()
    """Addresses of the heading or lead-in that it stands under: what it speaks of where it holds no link."""


@dataclass(frozen=True, slots=True)
class Successor:
    """What to take instead of a resource that has aged, or after it."""

    title: str
    """Name to show."""
    url: str
    """Address to open."""
    resource: str | None = None
    """Its id, where it is in the corpus."""


@dataclass(frozen=True, slots=True)
class Section:
    """One piece of the guide's advice."""

    id: str
    """Slug, unique in the corpus."""
    title: str
    """Heading."""
    paragraphs: tuple[Paragraph, ...]
    """Its text, in order."""
    prerequisites: tuple[str, ...] = ()
    """Ids of sections or resources that come before it."""
    questions: tuple[str, ...] = field(default=(), repr=False)
    """How learners ask for it."""
    line: int = 1
    """1-based line of its heading."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A course, book, post or tool that the guide or its editors recommend."""

    id: str
    """Slug, unique in the corpus."""
    title: str
    """Its own title."""
    short: str
    """The name that sentences use for it."""
    aliases: tuple[str, ...]
    """Other names by which learners call it, lower case."""
    url: str
    """Address in the guide; for an addition its own."""
    kind: Kind
    """What sort of thing it is."""
    authors: tuple[str, ...]
    """Who made it."""
    organisation: str | None
    """Where it comes from."""
    section: str
    """Id of the section it belongs to."""
    origin: Origin
    """`guide`, or `addition` for what the guide does not list."""
    level: Level
    """Whom it is for, roughly."""
    prerequisites: tuple[str, ...]
    """Ids of sections or resources that come before it."""
    topics: tuple[str, ...]
    """What it covers."""
    format: tuple[str, ...]
    """video, text, assignments, code, …"""
    length: str | None
    """How long it takes, as the corpus states it."""
    cost: str | None
    """What it costs, as the corpus states it."""
    status: Status
    """Its state at `status_checked`."""
    status_note: str
    """Sentences on its state that can be quoted; may be empty."""
    status_checked: date | None
    """When somebody last looked."""
    current_url: str
    """Where it is now."""
    successor: Successor | None
    """What took its place, or comes after it."""
    good_for: tuple[str, ...]
    """Whom or what it suits."""
    not_for: tuple[str, ...]
    """Whom or what it does not suit."""
    questions: tuple[str, ...] = field(repr=False)
    """How learners ask for it."""
    paragraphs: tuple[Paragraph, ...]
    """Its description, then its status note."""
    facts: tuple[Fact, ...] = ()
    """What is known of it as values: hours, price, exercises, …"""
    sources: tuple[str, ...] = ()
    """Addresses that back a claim of the description."""
    path: str = ""
    """File that it was read from."""
    digest: str = ""
    """SHA-256 of that file, hex; empty for a link of a plain guide, which has no file of its own."""
    lines: Mapping[str, int] = field(default_factory=dict, repr=False, hash=False)
    """1-based line of each key of that file's front matter."""

    def fact(self, name: FactName) -> Fact | None:
        """The fact of that name, if it is known."""
        return next((fact for fact in self.facts if fact.name == name), None)


@dataclass(frozen=True, slots=True)
class Concept:
    """An idea that a question may name without naming a resource."""

    id: str
    """Slug."""
    names: tuple[str, ...]
    """How it is written, lower case."""
    taught_in: tuple[str, ...]
    """Ids of resources or sections, the best first."""


@dataclass(frozen=True, slots=True)
class Credit:
    """The post that the guide tells anew."""

    title: str
    """Title of the original."""
    author: str | None
    """Who wrote it."""
    url: str | None
    """Where it was published."""
    published: str | None
    """Year or date of publication."""


GENERAL = "general"
"""The goal of who has none."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that a learner may want to work towards."""

    id: str
    """Name in a profile."""
    label: str
    """Words to show."""
    section: str
    """Id of the section that it leads to."""
    words: str = ""
    """How learners name it: a pattern over plain words (lower case, no accents); may be empty."""


@dataclass(frozen=True, slots=True)
class Basic:
    """A subject that a learner may know or lack before the guide's own."""

    id: str
    """Slug."""
    words: str
    """How learners name it: a pattern over plain words."""
    taught_in: str | None = None
    """Id of the section or resource that teaches it."""
    part_of: str | None = None
    """Id of the basic that it is a part of."""
    background: str | None = None
    """Background of who knows it."""
    without: str | None = None
    """Background of who lacks it."""


@dataclass(frozen=True, slots=True)
class Background:
    """A stage that a learner may have reached."""

    id: str
    """Name in a profile."""
    label: str
    """Words to show."""
    knows: tuple[str, ...] = ()
    """Ids of the sections whose subjects are known there."""
    meaning: str = ""
    """Words to find sentences by that suit it."""
    words: tuple[str, ...] = ()
    """How learners say that they are there: patterns over plain words."""


@dataclass(frozen=True, slots=True)
class LearnerQuestion:
    """What the guide would ask a learner back, once."""

    text: str
    """The question."""
    options: tuple[str, ...]
    """Answers to pick from."""


@dataclass(frozen=True)
class About:
    """What a guide says of itself. All of it is optional: what is missing is a behaviour that the guide lacks."""

    subject: str = ""
    """What it teaches, as words inside a sentence: `home brewing`."""
    aliases: tuple[str, ...] = ()
    """Other names of the subject, lower case."""
    language: str = "en"
    """BCP 47 tag of its texts."""
    learner_question: LearnerQuestion | None = None
    """The one question back."""
    goals: tuple[Goal, ...] = ()
    """What learners may want to work towards."""
    basics: tuple[Basic, ...] = ()
    """What comes before the subject."""
    backgrounds: tuple[Background, ...] = ()
    """Stages of a learner."""
    roles: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)
    """Ids of the sections that play a part in every plan or answer."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """How a sentence names what a section teaches, by section id."""
    asks: Mapping[str, str] = field(default_factory=dict)
    """A question that each section answers, by section id."""
    starters: tuple[str, ...] = ()
    """First questions to offer."""

    def sections(self, *roles: Role) -> tuple[str, ...]:
        """Ids of the sections that play one of these parts, in order; none where the guide names none."""
        return tuple(dict.fromkeys(id for role in roles for id in self.roles.get(role, ())))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The subject and its aliases, lower case."""
        return tuple(dict.fromkeys(name.lower() for name in (self.subject, *self.aliases) if name))

    @cached_property
    def goal_sections(self) -> Mapping[str, str]:
        """Section ids by goal."""
        return {goal.id: goal.section for goal in self.goals}

    @cached_property
    def goal_ids(self) -> tuple[str, ...]:
        """What a plan can be for: the guide's goals in their order, and `general`, which every guide has."""
        return tuple(dict.fromkeys((*(goal.id for goal in self.goals), GENERAL)))


@dataclass(frozen=True)
class Corpus:
    """Everything that an answer may quote."""

    title: str
    """The guide's title."""
    credit: Credit | None
    """The original post, where there is one."""
    sections: tuple[Section, ...]
    """In the guide's order."""
    resources: tuple[Resource, ...]
    """In the order of their sections, the guide's before additions."""
    about: About = field(default_factory=About)
    """What the guide says of itself."""
    concepts: tuple[Concept, ...] = ()
    """Where ideas are taught."""
    annotations: tuple[Annotation, ...] = field(default=(), repr=False)
    """What is known of single sentences; none in a plain guide."""
    near_misses: tuple[str, ...] = field(default=(), repr=False)
    """Questions about the field that the corpus does not answer."""
    off_topic: tuple[str, ...] = field(default=(), repr=False)
    """Questions about something else."""
    refused: tuple[str, ...] = field(default=(), repr=False)
    """What must not be helped with: harm, pirated copies, attempts to turn the service against its rules."""
    smalltalk: tuple[str, ...] = field(default=(), repr=False)
    """Greetings, thanks, and questions about the assistant itself."""
    hash: str = ""
    """SHA-256 over every file that was read, hex."""
    path: str = ""
    """Where it was read from."""
    urls: frozenset[str] = field(default_factory=frozenset)
    """Every address that the corpus holds; an answer shows no other."""

    @cached_property
    def section_by_id(self) -> Mapping[str, Section]:
        """Sections by their id."""
        return {section.id: section for section in self.sections}

    @cached_property
    def resource_by_id(self) -> Mapping[str, Resource]:
        """Resources by their id."""
        return {resource.id: resource for resource in self.resources}

    @cached_property
    def resource_by_url(self) -> Mapping[str, str]:
        """Resource ids by the addresses that name them: `url` and `current_url`."""
        by_url = {resource.current_url: resource.id for resource in reversed(self.resources)}
        by_url.update({resource.url: resource.id for resource in reversed(self.resources)})
        return by_url
