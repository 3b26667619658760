"""What a profile means for a plan: what the learner brings, what is out of the question, and what suits them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal
from urllib.parse import urlsplit

from assistant.types import Profile
from assistant.words import plain, whole
from corpus.addresses import find_addresses
from corpus.types import Corpus, Resource

Exclusion = Literal["done", "known", "refused"]

_MARKUP = re.compile(r"[\[\]<>`*#|\\\x00-\x1f]")
_READING = frozenset({"text", "notes"})
_DOING = frozenset({"assignments", "code", "notebooks", "labs", "exercises", "software", "service"})
_BUILDING = frozenset({"code", "notebooks", "labs", "software"})
_NOT_FOR_BEGINNERS = re.compile(r"\bfrom zero\b|\b(complete|absolute) beginners\b|\ba complete course\b")
_PROGRAMMING = frozenset({"programming", "python"})
"""Universal subjects of which a guide need not speak."""


class Learner:
    """What one profile means for one corpus."""

    def __init__(self, corpus: Corpus, profile: Profile) -> None:
        self.corpus = corpus
        self.profile = profile
        """What they said."""
        said = {word.strip().lower() for word in profile.avoids}
        self._words = said | {word.removesuffix("s") for word in said}
        self._start = next(iter(corpus.about.sections("start")), None)
        self._foundations = frozenset(corpus.about.sections("foundations"))
        self.lacks = frozenset(resolve(corpus, profile.lacks))
        """Ids of the sections and resources whose subject they said they lack."""
        self.doing = tuple(
            id
            for id in resolve(corpus, profile.doing)
            if id in corpus.resource_by_id and id not in profile.done
        )
        """Ids of the resources that they are taking now."""
        self.known = self._find_known()
        """Ids of the sections and resources that they bring, with everything that comes before them."""
        self.no_foundations = any(find_basic(corpus, word) in self._foundations for word in self._words)
        """Whether they want to do without the foundations."""

    def _find_known(self) -> set[str]:
        """What they said they know or did, and what follows from it as far as they did not say that they lack it."""
        corpus, profile = self.corpus, self.profile
        named = set(resolve(corpus, (*profile.done, *profile.knows)))
        stages = {stage.id: stage.knows for stage in corpus.about.backgrounds}
        started = (id for doing in self.doing for id in corpus.resource_by_id[doing].prerequisites)
        follows = close(corpus, (*named, *stages.get(profile.background or "", ()), *started))
        return (follows - self._unknown() | named) - self.lacks - set(self.doing)

    def _unknown(self) -> set[str]:
        """What they lack, with the sections that it is a part of and whatever stands for the whole of those."""
        by_id = self.corpus.resource_by_id
        sections = {by_id[id].section if id in by_id else id for id in self.lacks}
        parts = {id for resource in self.corpus.resources for id in resource.prerequisites}
        own = {r.id for r in self.corpus.resources if r.section in sections and r.id not in parts}
        whole = {r.id for r in self.corpus.resources if r.section in self.lacks}
        return sections | own | whole | self.lacks

    @property
    def can_program(self) -> bool | None:
        """Whether they can program; None where they did not say."""
        profile = self.profile
        if _PROGRAMMING & {word.lower() for word in profile.lacks}:
            return False
        if _PROGRAMMING & {word.lower() for word in profile.knows}:
            return True
        return profile.can_program

    @property
    def lacks_foundations(self) -> bool:
        """Whether a section of the foundations is missing, as far as they said what they know."""
        return not all(self._is_brought(section) for section in self._foundations)

    @property
    def brings_foundations(self) -> bool:
        """Whether they know anything of the foundations."""
        own = {r.id for r in self.corpus.resources if r.section in self._foundations}
        return bool((own | self._foundations) & self.known)

    def _is_brought(self, section: str) -> bool:
        """Whether they know a section: by itself, by each of its parts, or by one resource for the whole of it."""
        own = {r.id for r in self.corpus.resources if r.section == section}
        parts = own & {id for r in self.corpus.resources for id in r.prerequisites}
        whole = (own - parts) & self.known
        return section in self.known or bool(whole) or bool(parts and parts <= self.known)

    def excludes(self, resource: Resource) -> Exclusion | None:
        """Why it must not be recommended to them; None where it may."""
        if resource.id in self.profile.done:
            return "done"
        if self.refuses(resource):
            return "refused"
        return "known" if resource.id in self.known else None

    def refuses(self, resource: Resource) -> bool:
        """Whether it is out of the question: named by them, or built on foundations where they want none."""
        return bool(self._words and self._words & refusals(resource)) or (
            self.no_foundations and self.needs_foundations(resource)
        )

    def needs_foundations(self, resource: Resource) -> bool:
        """Whether it teaches foundations, or builds on them otherwise than through the start, which has other ways."""
        by_id = self.corpus.resource_by_id
        ids = {resource.section, *closure(self.corpus, resource.prerequisites, {self._start})}
        return bool(self._foundations & (ids | {by_id[id].section for id in ids if id in by_id}))

    def avoided(self, resource: Resource | None, sections: Sequence[str]) -> tuple[str, ...]:
        """What they avoid and this has all the same, in their words; `sections`: ids of those that it stands for."""
        words = dict.fromkeys(self.profile.avoids)
        return tuple(word for word in words if self._has(word.strip().lower(), resource, sections))

    def _has(self, word: str, resource: Resource | None, sections: Sequence[str]) -> bool:
        if not is_plain(word):
            return False
        ids = set(resolve(self.corpus, (word,)))
        if resource is None:
            return not ids.isdisjoint(sections)
        formats = set(resource.format)
        reads = bool(formats & _READING) and ("video" not in formats or "video" in self._words)
        told = {
            "video": "video" in formats,
            "reading": reads,
            "hands-on": bool(formats & _DOING),
            "paid": costs_money(resource),
        }
        if word in told:
            return told[word]
        if ids & {resource.id, resource.section} or word in refusals(resource) | formats:
            return True
        meant = plain(word)
        about = plain(" . ".join((resource.title, *resource.topics)))
        return bool(meant) and whole(re.escape(meant)).search(about) is not None

    def dislike(self, resource: Resource) -> int:
        """0: nothing against it; 1: it can be used around what they avoid; 2: it can't."""
        formats, worst = set(resource.format), 0
        if "video" in self._words and "video" in formats:
            worst = 1 if formats & _READING else 2
        if "reading" in self._words and "video" not in formats and formats & _READING:
            worst = max(worst, 1 if formats & _DOING else 2)
        if "hands-on" in self._words and formats & _DOING:
            worst = max(worst, 1 if formats - _DOING else 2)
        wants_free = self.profile.budget == "free" or "free" in self.profile.prefers
        if (wants_free or "paid" in self._words) and costs_money(resource):
            worst = 2
        return worst

    def fit(self, resource: Resource) -> int:
        """How well its format is what they like: 2 times the first wish, then the others."""
        formats = set(resource.format)
        likes = {
            "reading": bool(formats & _READING) and "video" not in formats,
            "video": "video" in formats,
            "hands-on": bool(formats & _DOING) and resource.kind != "book",
        }
        wishes = [wish for wish in self.profile.prefers if wish in likes]
        return sum((2 if n == 0 else 1) for n, wish in enumerate(wishes) if likes[wish])

    def unsuited(self, resource: Resource) -> bool:
        """Whether it is too much for where they stand, or no whole course."""
        if self.profile.background == "ml":
            return False
        if resource.level == "advanced" or any("a complete course" in text for text in resource.not_for):
            return True
        beginner = self.profile.background in (None, "none")
        return beginner and any(_NOT_FOR_BEGINNERS.search(text) for text in resource.not_for)


def is_building(resource: Resource) -> bool:
    """Whether its learners build something that runs."""
    return bool(_BUILDING & set(resource.format))


def costs_money(resource: Resource) -> bool:
    """Whether it can't be had without paying, as far as the corpus says."""
    price = resource.fact("price")
    return price.value == "paid" if price else (resource.cost or "").startswith("Paid")


def resolve(corpus: Corpus, words: Iterable[str]) -> Iterator[str]:
    """Ids of the sections and resources that words mean: an id, a name, or the concept that a resource teaches.

    A word that means nothing here is left out.
    """
    words = list(words)
    if not words:
        return
    names = {goal.id: goal.section for goal in corpus.about.goals}
    names |= {label.lower(): id for id, label in corpus.about.labels.items()}
    names |= {section.title.lower(): section.id for section in corpus.sections}
    for concept in corpus.concepts:
        if concept.taught_in:
            names |= dict.fromkeys(concept.names, concept.taught_in[0]) | {concept.id: concept.taught_in[0]}
    for resource in corpus.resources:
        names |= dict.fromkeys(
            (*resource.aliases, resource.short.lower(), resource.title.lower()), resource.id
        )
    ids = {id: id for id in (*corpus.resource_by_id, *corpus.section_by_id)}
    for word in words:
        said = word.strip().lower()
        id = ids.get(said) or names.get(said) or find_basic(corpus, word)
        if id in ids:
            yield id


def find_basic(corpus: Corpus, word: str) -> str | None:
    """Id of what teaches the subject that a word names: its own, or the section of all foundations."""
    about = corpus.about
    for basic in about.basics:
        if word == basic.id or whole(basic.words).fullmatch(plain(word)):
            return basic.taught_in or next(iter(about.sections("foundations")), None)
    return None


def is_plain(word: str) -> bool:
    """Whether a learner's own word can be shown in a text that promises its sources: no markup and no address."""
    return not _MARKUP.search(word) and not any(find_addresses(word))


def refusals(resource: Resource) -> set[str]:
    """The words, in lower case, each of which alone refuses a resource: its names, kind, makers and host."""
    makers = (resource.organisation or "", *resource.authors)
    names = {resource.id, resource.kind, *resource.aliases, resource.short, resource.title, *makers}
    host = (urlsplit(resource.current_url).hostname or "").split(".")
    return {name.lower() for name in (*names, *host)} - {""}


def close(corpus: Corpus, ids: Iterable[str]) -> set[str]:
    """What somebody knows who knows these: all that comes before, and every resource of a known section."""
    known = closure(corpus, ids)
    return known | {r.id for r in corpus.resources if r.section in known}


def closure(corpus: Corpus, ids: Iterable[str], ends: Collection[str | None] = ()) -> set[str]:
    """Ids, and the prerequisites of their prerequisites; of those in `ends` none are followed."""
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        id = waiting.pop()
        if id in found:
            continue
        found.add(id)
        if id in ends:
            continue
        if id in corpus.resource_by_id:
            waiting += corpus.resource_by_id[id].prerequisites
        elif id in corpus.section_by_id:
            waiting += corpus.section_by_id[id].prerequisites
    return found
