"""The question as it stands with the turns before it.

What a question is about is decided from its form (pointing words, a conjunction in front, no subject of its own)
and from what the last answer cited.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from assistant.aspects import asked
from assistant.evidence import Evidence
from assistant.focus import Focus, sections_of
from assistant.lexicon import Lexicon, Reading
from assistant.pick import own_resources, pick_shown
from assistant.profile import Said
from assistant.types import Profile
from assistant.wording import (
    SHORT,
    asks_to_start,
    has,
    is_choice,
    is_question,
    is_rival,
    own_words,
    points_back,
    strip_openings,
    table,
)
from assistant.words import plain, whole
from corpus.types import About, Role

Form = Literal["topic", "about", "other", "more", "compare", "next", "order", "again", "context"]
_OF_SECTIONS = frozenset({"brand", "rent", "speed"})
"""Aspects that sections tell, not single resources."""
_ROLES_OF_PROFILE: tuple[Role, ...] = ("foundations", "books", "equipment")
"""Whose sections answer who lacks the foundations, reads rather than watches, or says what they work on."""


@dataclass(frozen=True, slots=True)
class Need:
    """What is asked now, with everything that the turns before add to it."""

    question: str
    """The message in plain words."""
    query: str
    """What to search for: the message, or the message with its context."""
    form: Form = "topic"
    """topic: find out by searching; about: these resources; other: another one of these sections; more; compare;
    next; order: a path; again: the last question, for the changed profile; context: search with the context."""
    resources: tuple[str, ...] = ()
    """Ids of what it is about, the main one first."""
    sections: tuple[str, ...] = ()
    """Ids of the sections that it is about."""
    aspects: tuple[str, ...] = ()
    """What is asked about them."""
    concepts: tuple[str, ...] = ()
    """Ids of the concepts that it names."""
    follow_up: bool = False
    """Whether it leans on the turns before."""
    said: frozenset[str] = frozenset()
    """Quotes that the conversation has seen."""
    shown: tuple[str, ...] = ()
    """Ids of the resources that the last answer showed."""
    short: bool = False
    """Whether as little as possible is wanted."""
    reads: bool = False
    """Whether it asks for something to read."""
    bare: bool = False
    """Whether it has no words of its own beside names and words of learning."""
    learning: bool = False
    """Whether it asks to learn, or for books, courses and the like."""
    goal: bool = False
    """Whether it says what the learner wants to work on."""


def resolve(reading: Reading, said: Said, focus: Focus, evidence: Evidence, lexicon: Lexicon) -> Need:
    """What a message asks, given what the last answer was about: what the first rule says that fits."""
    turn = _read(reading, said, focus, evidence, lexicon)
    return next((need for rule in _RULES if (need := rule(turn)) is not None), turn.base)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A message beside the turns before it: what the rules look at."""

    reading: Reading
    said: Said
    focus: Focus
    evidence: Evidence
    lexicon: Lexicon
    base: Need
    """What it asks where no rule fits: its own words, to be searched for."""
    own: tuple[str, ...]
    """Ids of the resources that it names, without those that its writer has done or refuses."""
    core: str
    """Its text without the words that it opens with."""
    opened: bool
    """Whether there were such words."""
    points: bool
    """Whether it points back."""
    needed: tuple[str, ...]
    """Words of its own."""

    @property
    def text(self) -> str:
        return self.reading.text

    @property
    def words(self) -> int:
        return len(self.core.split())

    @property
    def topic(self) -> tuple[str, ...]:
        """Ids of the sections of the goals that it states."""
        return sections_of(self.said.profile.goal, self.about)

    @property
    def about(self) -> About:
        """What the guide says of itself."""
        return self.evidence.corpus.about

    def sections(self, *roles: Role) -> tuple[str, ...]:
        """Ids of the sections with these roles; none in a guide that names none."""
        return self.about.sections(*roles)

    @property
    def is_on_field(self) -> bool:
        """Whether the last answer was on one field, which has something to read of its own.

        The others send readers to the books.
        """
        start = self.sections("start")
        fields = {*self.sections("foundations", "neighbours"), *self.about.goal_sections.values()} - {*start}
        return bool(fields & set(self.focus.sections[:1]))

    @property
    def leans(self) -> bool:
        """Whether its form says that it is no question of its own."""
        return self.points or self.opened or self.words <= SHORT

    def in_context(self, words: str) -> str:
        """Words of it with those of the last question, and what that was answered with, to search with."""
        sections = [self.evidence.corpus.section_by_id[id].title for id in self.focus.sections[:1]]
        return " ".join((words, self.focus.question, *sections))


def _read(reading: Reading, said: Said, focus: Focus, evidence: Evidence, lexicon: Lexicon) -> _Turn:
    text = reading.text
    core, opened = strip_openings(text)
    own = own_resources(reading, evidence)
    if not has("next", text) and "after" not in text.split():
        own = tuple(id for id in own if id not in (*said.profile.done, *said.profile.avoids))
    needed = own_words(reading)
    base = Need(
        text,
        text,
        aspects=asked(text),
        concepts=reading.concepts,
        said=focus.said,
        shown=focus.resources,
        short=has("shorten", core),
        bare=not needed,
        learning=has("learning", text),
        goal=bool(said.profile.goal),
    )
    return _Turn(reading, said, focus, evidence, lexicon, base, own, core, opened, points_back(text), needed)


def _rival(turn: _Turn) -> Need | None:
    """`alternatives to X`, `shorter than X`: something else than what it names."""
    if not (turn.own and is_rival(turn.reading)) or is_choice(turn.text):
        return None
    by_id = turn.evidence.corpus.resource_by_id
    sections = tuple(dict.fromkeys(by_id[id].section for id in turn.own))
    return replace(turn.base, form="other", resources=turn.own, sections=sections, shown=turn.own)


def _alone(turn: _Turn) -> Need | None:
    """Without turns before it."""
    return None if turn.focus else _by_itself(turn)


def _order(turn: _Turn) -> Need | None:
    """A plan, or a plan that was shown for somebody who says more of themselves."""
    asks = has("order", turn.text)
    changes = has("trim", turn.core) or (turn.said and not turn.own and not turn.base.aspects)
    if asks or (_asked_order(turn.focus) and changes):
        return replace(turn.base, form="order", follow_up=not asks)
    return None


def _starts(turn: _Turn) -> Need | None:
    """`where do I start?` with nothing of its own, where no field is on the table: the start, for who asks."""
    fields = {*turn.about.goal_sections.values()} - {*turn.sections("start")}
    elsewhere = turn.needed or turn.own or turn.base.concepts or turn.topic or turn.points
    if elsewhere or set(turn.focus.sections[:1]) & fields or not asks_to_start(turn.core):
        return None
    return replace(turn.base, query=f"how to start {turn.about.subject}")


def _main_beside(turn: _Turn) -> Need | None:
    """`is it harder than X?` is about what was shown."""
    main = turn.focus.resources[:1]
    if main and has("subject", turn.core) and set(turn.own) - set(main):
        return _about(turn, main)
    return None


def _named(turn: _Turn) -> Need | None:
    """About a resource that it names, or about it beside what was shown."""
    if not turn.own:
        return None
    beside = bool(re.search(r"\b(?:than|vs|versus|compared|better|or)\b", turn.core))
    others = tuple(id for id in turn.focus.resources[:1] if id not in turn.own)
    if beside and turn.points and others:
        return replace(turn.base, form="compare", resources=(*others, *turn.own), follow_up=True)
    return replace(_by_itself(turn), follow_up=turn.opened or turn.points)


def _lacks_basics(turn: _Turn) -> Need | None:
    """`I don't know any of it yet`: where to start."""
    start = turn.sections("start")
    if not turn.reading.resources and any(("knows", id) in turn.said.withdrawn for id in start):
        return replace(
            turn.base, query=f"how to start {turn.about.subject}", sections=start[:1], follow_up=True
        )
    return None


def _picked(turn: _Turn) -> Need | None:
    """`the second one`: about a source that it points at."""
    chosen = pick_shown(turn.text, turn.reading, turn.focus, turn.evidence)
    return _about(turn, chosen) if chosen and not turn.topic else None


def _person(turn: _Turn) -> Need | None:
    """`he`, `her posts`: what else the maker of the main resource has here."""
    if not (has("person", turn.text) and turn.focus.resources):
        return None
    main = turn.evidence.corpus.resource_by_id.get(turn.focus.resources[0])
    names = [name.lower() for name in (main.authors if main else ())]
    theirs = [id for name in names for id in turn.lexicon.by_author.get(name, ())]
    return _about(turn, tuple(dict.fromkeys((turn.focus.resources[0], *theirs))))


def _field(turn: _Turn) -> Need | None:
    """A field or a concept of its own: searched for, or what was asked for that field."""
    concepts = turn.reading.concepts
    if not turn.topic and not (concepts and (not turn.points or turn.words > 2)):
        return None
    if turn.topic and turn.opened and len(turn.needed) <= 2 and not concepts:
        return replace(turn.base, sections=turn.topic, follow_up=True)
    if turn.topic and turn.opened:
        return replace(turn.base, query=turn.core, sections=turn.topic, follow_up=True)
    if turn.points and not turn.needed and not concepts:
        return None
    return replace(turn.base, query=turn.core or turn.text, follow_up=turn.opened)


def _shorter(turn: _Turn) -> Need | None:
    """`in one sentence`."""
    return _about(turn, turn.focus.resources[:1]) if turn.base.short else None


def _more(turn: _Turn) -> Need | None:
    """`more`, or `yes` to what was offered."""
    if turn.core and not whole(table()["form"]["more"]).search(turn.core):
        return None
    yes = re.match(r"(?:yes|yeah|yep|sure|ok(?:ay)?|please|si|oui|ja|haan)\b", turn.text)
    if yes and len(turn.text.split()) <= 3 and turn.focus.suggestions:
        offered = turn.focus.suggestions[0]
        return replace(turn.base, query=offered, question=offered, follow_up=True)
    return _on_shown(turn, "more")


def _next(turn: _Turn) -> Need | None:
    """What comes after the main resource."""
    if not has("next", turn.text):
        return None
    return replace(_on_shown(turn, "next"), resources=turn.focus.resources[:1])


def _compared(turn: _Turn) -> Need | None:
    """What was shown, side by side."""
    asks = has("compare", turn.core) and (turn.points or turn.words <= SHORT)
    if asks and _are_comparable(turn.focus, turn.evidence, turn.lexicon):
        return _on_shown(turn, "compare")
    return None


def _told(turn: _Turn) -> Need | None:
    """It says something about its writer and asks nothing."""
    return _advise_anew(turn) if turn.said and not is_question(turn.core, turn.base.aspects) else None


def _other(turn: _Turn) -> Need | None:
    """Another resource of the same sections."""
    if has("other", turn.core) and len(turn.needed) <= 3 and turn.words <= 12:
        return replace(_on_shown(turn, "other"), query=turn.in_context(turn.text))
    return None


def _told_little(turn: _Turn) -> Need | None:
    """It says something about its writer and hardly anything else."""
    if turn.said and not turn.base.aspects and len(turn.needed) <= 2:
        return _advise_anew(turn)
    return None


def _of_sections(turn: _Turn) -> Need | None:
    """A side that sections tell, not single resources."""
    if set(turn.base.aspects) & _OF_SECTIONS and len(turn.needed) <= 3 and turn.words <= 12:
        return replace(
            turn.base, query=turn.in_context(turn.core), sections=turn.focus.sections, follow_up=True
        )
    return None


def _aspect(turn: _Turn) -> Need | None:
    """`is it free?`: a side of what was shown."""
    if not turn.base.aspects or len(turn.needed) > 2 or not turn.leans:
        return None
    return _about(turn, turn.focus.resources if has("plural", turn.text) else turn.focus.resources[:1])


def _same_sections(turn: _Turn) -> Need | None:
    """Nothing of its own: the same sections, or the books for who asks for books while courses are on the table."""
    sections = turn.focus.sections
    if turn.needed or not sections or not turn.leans:
        return None
    if has("reading", turn.core) and not turn.is_on_field:
        sections = turn.sections("books")[:1] or sections
    return replace(turn.base, query=turn.in_context(turn.core), sections=sections, follow_up=True)


def _context(turn: _Turn) -> Need | None:
    """Unclear: searched for with its context, and alone."""
    few = len(turn.needed) <= 1 or (turn.words <= 4 and len(turn.needed) <= 2)
    if turn.points or turn.opened or few:
        return replace(_on_shown(turn, "context"), query=turn.in_context(turn.core))
    return None


_RULES: tuple[Callable[[_Turn], Need | None], ...] = (
    _rival,
    _alone,
    _order,
    _starts,
    _main_beside,
    _named,
    _lacks_basics,
    _picked,
    _person,
    _field,
    _shorter,
    _more,
    _next,
    _compared,
    _told,
    _other,
    _told_little,
    _of_sections,
    _aspect,
    _same_sections,
    _context,
)


def _by_itself(turn: _Turn) -> Need:
    """The message as if no turn came before it."""
    base, own, text = turn.base, turn.own, turn.text
    if has("order", text):
        return replace(base, form="order", resources=own)
    if len(own) >= 2 and (has("compare", text) or is_choice(text)):
        return replace(base, form="compare", resources=own)
    if own:
        form: Form = "next" if has("next", text) or "after" in text.split() else "about"
        return replace(base, form=form, resources=own)
    if base.bare and not base.concepts and has("reading", text):
        return replace(base, sections=turn.sections("books")[:1])
    return base


def _about(turn: _Turn, resources: tuple[str, ...]) -> Need:
    return replace(_on_shown(turn, "about"), resources=resources)


def _on_shown(turn: _Turn, form: Form) -> Need:
    """A need of that form, on what was shown."""
    focus = turn.focus
    return replace(turn.base, form=form, resources=focus.resources, sections=focus.sections, follow_up=True)


def _advise_anew(turn: _Turn) -> Need:
    """The advice changes with what the writer says about themselves."""
    profile, focus = turn.said.profile, turn.focus
    same = _on_shown(turn, "topic")
    foundations, books, equipment = (turn.sections(role)[:1] for role in _ROLES_OF_PROFILE)
    lacks = profile.background in ("none", "some-maths")
    if foundations and (lacks or any(field == "knows" for field, _ in turn.said.withdrawn)):
        names = " ".join(turn.evidence.corpus.section_by_id[id].title for id in foundations)
        parts = " ".join(basic.id.replace("-", " ") for basic in turn.about.basics if basic.part_of)
        return replace(same, query=f"{turn.text} {names} {parts}", sections=foundations, resources=())
    only_reads = "reading" in profile.prefers or "video" in profile.avoids
    if books and only_reads and not turn.is_on_field:
        return replace(same, sections=books, resources=())
    if profile.budget in ("free", "low"):
        return replace(same, form="other", aspects=("cost",))
    if equipment and profile.hardware and not set(equipment) & set(focus.sections):
        return replace(same, sections=equipment, resources=())
    return replace(same, form="again", query=f"{focus.question} {turn.text}")


def _are_comparable(focus: Focus, evidence: Evidence, lexicon: Lexicon) -> bool:
    """Whether the last answer set two of the guide's resources side by side, or two of one kind.

    `the two` of a question on two subjects (`ale or lager`) are those subjects.
    """
    asked_before = lexicon.read(focus.question)
    if not asked_before.resources and re.search(r"\w (?:and|or|vs|versus) \w", asked_before.text):
        return False
    shown = [evidence.corpus.resource_by_id[id] for id in focus.resources]
    guide = [resource for resource in shown if resource.origin == "guide"]
    return len(guide) >= 2 or (len(shown) == 2 and shown[0].kind == shown[1].kind and not guide)


def _asked_order(focus: Focus) -> bool:
    asked_before = plain(focus.question)
    return has("order", asked_before) or has("trim", asked_before)


def with_wishes(need: Need, profile: Profile) -> Need:
    """A new question of somebody who only reads: where to start is, for them, the section on books."""
    if need.form != "topic" or need.sections:
        return need
    reads = "reading" in profile.prefers or "video" in profile.avoids
    return replace(need, reads=True) if reads else need


def unshown(ids: Iterable[str], shown: Iterable[str]) -> tuple[str, ...]:
    """The ids that were not shown yet, in order."""
    seen = set(shown)
    return tuple(id for id in ids if id not in seen)
