"""One need of one learner: what was found for it, and how well sentences and resources meet it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.evidence import Evidence, Quote
from assistant.fit import fits, is_refused
from assistant.follow_up import Need
from assistant.layout import SAYS_ADDITION
from assistant.types import Profile
from corpus.facts import FactName
from index.search import Found

CLEARLY = 0.6
"""Probability from which a section, and not a resource named by the way, is what a question is about."""
ON_RESOURCES = frozenset(
    {
        "cost",
        "length",
        "prerequisites",
        "suits",
        "language",
        "assignments",
        "format",
        "state",
        "content",
        "who",
    }
)
"""Aspects that single resources tell."""
_ASIDE = 0.3
"""What a sentence loses where it only mentions a resource, and gains where it recommends it."""
_TEMPER = 0.35
"""A resource a thousand times less likely than the best one still counts a tenth."""
_BEGINNER = re.compile(
    r"\b(?:beginners?|newbies?|noobs?|newcomers?|novices?|starters?|easier|easiest|hard|difficult)\b"
)
_SHARP = frozenset({"cost", "state", "length", "not_for"})
"""Aspects that a sentence is about when it tells them at all."""
_FACTS: Mapping[str, tuple[FactName, ...]] = {
    "cost": ("price",),
    "length": ("hours", "weeks", "months", "minutes", "lectures", "chapters", "pages"),
    "language": ("code",),
    "assignments": ("exercises",),
}
"""Facts of the corpus that answer an aspect, those that say most first."""
_SUITS = re.compile(r"\bsuits?\b")
_UNLIKELY = 0.01
_MUCH_NEARER = 0.35


class Case:
    """One need, and all that its answer is chosen by."""

    def __init__(
        self, evidence: Evidence, need: Need, found: Found, profile: Profile, near: NDArray[np.float64]
    ) -> None:
        self.evidence = evidence
        self.corpus = evidence.corpus
        self.need = need
        self.found = found
        self.profile = profile
        self.near = near
        self._probability = dict(found.resources)
        self._best_by_origin: dict[str, float] = {}
        for id, probability in found.resources:  # the likeliest first
            self._best_by_origin.setdefault(self.corpus.resource_by_id[id].origin, probability)
        self._score_of: dict[str, float] = {}

    def own(self, id: str) -> list[Quote]:
        """The sentences on a resource that are its own."""
        return self.evidence.of_resource.get(id, [])

    def fresh(self, quotes: Iterable[Quote]) -> list[Quote]:
        """Those that the conversation has not seen, or all of them."""
        quotes = list(quotes)
        return [quote for quote in quotes if quote.text not in self.need.said] or quotes

    def best_of(self, quotes: Iterable[Quote], count: int, wanted: str | None = None) -> list[Quote]:
        """The nearest, in reading order; with `wanted`, the guide's word on that resource counts more."""

        def worth(quote: Quote) -> float:
            near = float(self.near[quote.position])
            if wanted is None:
                return near
            if quote.about != wanted:
                return near - _ASIDE
            return near + _ASIDE * quote.recommends

        ranked = sorted(quotes, key=lambda quote: -worth(quote))
        return sorted(ranked[:count], key=lambda quote: quote.position)

    def stated(self, id: str, aspect: str) -> Quote | None:
        """The sentence that carries the corpus's fact on one side of a resource; of a unit that is asked for, first.

        Whom a resource suits is no value: its description says it in so many words.
        """
        if aspect == "suits" and not self._for_beginner():
            return next((q for q in self.own(id) if q.part == "description" and _SUITS.search(q.text)), None)
        resource, question = self.corpus.resource_by_id[id], self.need.question
        names = sorted(_FACTS.get(aspect, ()), key=lambda name: name.removesuffix("s") not in question)
        found = next((fact for name in names if (fact := resource.fact(name)) is not None), None)
        return None if found is None else next((q for q in self.own(id) if found.words in q.text), None)

    def facts(self, id: str, aspects: Sequence[str], count: int) -> list[Quote]:
        """The sentences on a resource that tell what is asked, the plainest first."""
        pool = [*self.own(id), *self.evidence.guide_on[id], *self.evidence.today_on[id]]
        wanted = widened(aspects)
        if list(aspects[:1]) == ["state"]:
            status = [quote for quote in pool if quote.part == "status"][:1]
            if status:
                return status
        telling = [quote for quote in dict.fromkeys(pool) if quote.tells & wanted]
        stated = self.stated(id, aspects[0]) if aspects else None
        if not telling and stated is None:
            return self.best_of(pool, 1) if not aspects else self.best_of(self.own(id), 1)
        first = aspects[0]
        scored = sorted(
            telling,
            key=lambda q: (
                -(
                    self.near[q.position]
                    + 0.4 * (first in q.tells)
                    + 0.15 * len(q.tells & wanted)
                    + 0.3 * (q.part == "description")
                    - 0.08 * len(q.tells)
                    - 0.15 * len(q.tells & _SHARP - wanted)
                    - (0.3 if q.part == "status" and first != "state" else 0.0)
                    - (_ASIDE if q.about != id else 0.0)
                    + (0.4 if self._for_beginner() and "beginner" in q.text.lower() else 0.0)
                    + (0.5 if first == "state" and q.part == "status" else 0.0)
                    + (0.3 if first in ("suits", "easier") and q.tells & {"suits", "not_for"} else 0.0)
                )
            ),
        )
        if stated is not None:
            scored = [stated, *(quote for quote in scored if quote is not stated)]
        chosen = scored[:1]
        if self._for_beginner() and "beginner" not in chosen[0].text and count > 1:
            # Whom it suits says little to a beginner who asks; what it assumes says more.
            return chosen + [q for q in scored[1:] + pool if "prerequisites" in q.tells and q.about == id][:1]
        enough = 1 if first == "state" else count
        further = [q for q in scored[1:] if q.about == id and (first in q.tells or "not_for" in q.tells)]
        near = 0.75 * self.near[chosen[0].position]
        return (chosen + [q for q in further if self.near[q.position] > near])[:enough]

    def _for_beginner(self) -> bool:
        """Whether a beginner asks, or asks for one."""
        asks = bool(set(self.need.aspects) & {"suits", "easier"})
        return asks and (self.profile.level == "beginner" or bool(_BEGINNER.search(self.need.question)))

    def addition(self, id: str, section: str | None = None) -> list[Quote]:
        """One sentence that recommends an addition and calls it one, or one of its own that is much nearer."""
        named = [q for q in self.evidence.today_on[id] if SAYS_ADDITION.search(q.text)]
        here = self.best_of([q for q in named if q.section == section] or named, 1)
        own = self.best_of([q for q in self.own(id) if q.tells & {"suits", "content", "assignments"}], 1)
        if here and own and self.near[own[0].position] > self.near[here[0].position] + _MUCH_NEARER:
            return own
        return here or own or self.best_of(self.own(id), 1)

    def recommendation(self, section: str, known: str | None) -> list[Quote]:
        """The guide's first word on a section for this learner, on something else than what they know."""
        pool = [
            quote
            for quote in self.evidence.of_section[section]
            if quote.recommends and quote.about and quote.about != known
        ]
        resources = self.corpus.resource_by_id
        usable = [q for q in pool if not is_refused(resources[q.about or ""], self.profile)]
        return sorted(usable, key=lambda q: -fits(resources[q.about or ""], self.profile))[:1]

    def sections(self) -> tuple[str, ...]:
        """Ids of sections for this need and this learner, the best first."""
        if self.need.sections and self.need.form != "context":
            return self.need.sections
        likely = [id for id, p in self.found.sections if p > _UNLIKELY] or self._first()
        about = self.corpus.about
        books = about.sections("books")[:1]
        general = {*about.sections("overview", "start", "alternatives", "neighbours")} - {*books}
        if self.need.reads and likely[0] in general and books:
            return tuple(dict.fromkeys((*books, *likely)))
        usable = [id for id in likely if self._has_advice(id)] or likely
        first = usable[0]
        if first in about.sections("start") and self._lacks_foundations():
            return tuple(dict.fromkeys((*about.sections("foundations"), *usable)))
        before = self.corpus.section_by_id[first].prerequisites
        if "prerequisites" in self.need.aspects and any(id in self.evidence.of_section for id in before):
            return tuple(dict.fromkeys((*(id for id in before if id in self.evidence.of_section), *usable)))
        return tuple(usable)

    def _first(self) -> list[str]:
        return [id for id, _ in self.found.sections[:1]] or list(self.need.sections)

    def _lacks_foundations(self) -> bool:
        return self.profile.background in ("none", "some-maths")

    def _has_advice(self, section: str) -> bool:
        """Whether the section still has something for somebody who has done or refuses some of it."""
        named = [q for q in self.evidence.of_section[section] if q.recommends and q.about]
        usable = [q for q in named if not is_refused(self.corpus.resource_by_id[q.about or ""], self.profile)]
        return bool(usable) or not named

    def score(self, id: str) -> float:
        """How well a resource answers this question for this learner; 1 and more is good."""
        if id not in self._score_of:
            self._score_of[id] = self._rate(id)
        return self._score_of[id]

    def _rate(self, id: str) -> float:
        resource = self.corpus.resource_by_id[id]
        own = max((self.near[q.position] for q in self.own(id)), default=0.0)
        guide = max((self.near[q.position] for q in self.evidence.guide_on[id]), default=0.0)
        near = 0.3 * own + 0.3 * guide + fits(resource, self.profile)
        if self.is_general():
            order = self.evidence.resources_of[resource.section].index(id)
            return 0.3 * self._likely(id) + 0.6 / (1 + order) + near
        return self._likely(id) + near

    def _likely(self, id: str) -> float:
        """The search's probability for a resource, beside the likeliest of its kind; 0 to 1."""
        best = self._best_by_origin.get(self.corpus.resource_by_id[id].origin, 0.0)
        return float((self._probability.get(id, 0.0) / best) ** _TEMPER) if best else 0.0

    def is_general(self) -> bool:
        """Whether the question names a field and nothing in it: then the guide's own order counts most."""
        return self.need.bare and self.is_broad()

    def is_broad(self) -> bool:
        """Whether each concept that it names, if any, is a whole section's."""
        taught = {concept.id: concept.taught_in for concept in self.corpus.concepts}
        return all(set(taught[id]) & set(self.evidence.of_section) for id in self.need.concepts)


def widened(aspects: Sequence[str]) -> set[str]:
    """The aspects that answer what is asked: what is easier is told by whom it suits."""
    wanted = set(aspects)
    if wanted & {"suits", "easier"}:
        wanted |= {"suits", "not_for", "easier"}
    if "shorter" in wanted:
        wanted.add("length")
    if "why" in wanted:
        wanted |= {"suits"}
    return wanted
