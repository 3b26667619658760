"""Which sentences answer one need, for one learner."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.aspects import ROW_TITLES
from assistant.evidence import Evidence, Quote
from assistant.fit import fits, is_refused
from assistant.follow_up import SECTION_OF_GOAL, Need, unshown, wanted_kinds, wants_newer
from assistant.layout import AFTER, LISTED_FROM, SAYS_ADDITION, Block
from assistant.profile import describe
from assistant.types import Profile
from index.search import Found

_COMPARED = 3
_ASIDE = 0.3
"""What a sentence loses where it only mentions a resource, and gains where it recommends it."""
TOPICAL = frozenset({"brand", "rent", "speed", "cost", "easier", "assignments"})
_TEMPER = 0.35
"""A resource a thousand times less likely than the best one still counts a tenth."""
_CHEAP = re.compile(r"\b(?:free|afford\w*|cheap\w*|rent\w*)\b")
_ASKS_ONE = re.compile(
    r"(?:is|are|was|were|does|do|did|has|have|can|could|how (?:long|much|many|hard|big)|who|what does)\b"
)
_ON_RESOURCES = frozenset(
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
_BEGINNER = re.compile(
    r"\b(?:beginners?|newbies?|noobs?|newcomers?|novices?|starters?|easier|easiest|hard|difficult)\b"
)
_MEANT = 0.7
_SHARP = frozenset({"cost", "state", "length", "not_for"})
"""Aspects that a sentence is about when it tells them at all."""
_UNLIKELY = 0.01
_STARTS = frozenset({"intro", "have-basics", "other-courses", "machine-learning"})
_CLEARLY = 0.6
"""Probability from which a section, and not a resource named by the way, is what a question is about."""
_SENTENCES = 4
_RESOURCES = 3
_GOOD = 0.85
"""A resource is named beside the best one from this part of its score on."""
_SOME = 0.5
"""The same where a whole field is asked for."""
_ANSWERS = 0.95
"""A sentence without a resource is said first where it is about as near as the best with one."""
_COMPANION = 0.6
"""The sentence after a recommendation is said where it is more than half as near."""
_MUCH_NEARER = 0.35
_NEAR = 0.7
_SPECIFIC = 1.15
"""A further sentence on a good resource is said where it is clearly nearer than its recommendation."""


class Choice:
    """Which sentences answer one need."""

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

    # --- one or several named resources ---------------------------------------------------------------------

    def about(self) -> list[Block]:
        """What is asked about the resources; without an aspect, what they are and whom they suit."""
        resources = self.need.resources[:3]
        if not resources or self._by_the_way(resources):
            return self.topic()
        aspects = [aspect for aspect in self.need.aspects if aspect not in ("next", "alternative")]
        if len(resources) == 1:
            return self._about_one(resources[0], aspects)
        quotes = [quote for id in resources for quote in self._facts(id, aspects, 1)]
        wanted = _widened(aspects)
        telling = [q for q in quotes if q.tells & wanted and "lacks" not in q.tells]
        quotes = telling or quotes
        return [Block(quotes, "list" if len(quotes) >= LISTED_FROM else "text")]

    def _by_the_way(self, resources: Sequence[str]) -> bool:
        """Whether a question names resources but is clearly about a section that knows nothing of them."""
        if self.need.follow_up or not self.found.sections:
            return False
        section, likely = self.found.sections[0]
        return likely > _CLEARLY and not set(resources) & set(self.evidence.resources_of[section])

    def _about_one(self, id: str, aspects: Sequence[str]) -> list[Block]:
        single = [aspect for aspect in aspects if aspect in _ON_RESOURCES - {"suits"}]
        if len(single) > 1:
            facts = [quote for aspect in single[:2] for quote in self._facts(id, [aspect], 1)]
        else:
            facts = self._facts(id, aspects, 2)
        if aspects and facts and not self.need.short:
            return [Block(facts)]
        guide = self._best_of(self._fresh(self.evidence.guide_on[id]), 1, wanted=id)
        if self.need.short or "where" in aspects:
            return [Block(guide or self._own(id)[:1])]
        own = self._own(id)
        specific = self._best_of([q for q in own if not q.tells & {"not_for", "next"}], 2)
        chosen = [*guide, *(own[:1] if not guide else ()), *specific][:3]
        return [Block(self._replaces(id)), Block(chosen)]

    def _replaces(self, id: str) -> list[Quote]:
        """What became of the guide's resource whose place this one took."""
        for resource in self.corpus.resources:
            after = resource.successor
            if resource.origin == "guide" and after is not None and after.resource == id:
                said = [q for q in self.evidence.state_of.get(resource.id, ()) if q.part == "status"]
                if said:
                    return said[:1]
        return []

    def _facts(self, id: str, aspects: Sequence[str], count: int) -> list[Quote]:
        """The sentences on a resource that tell what is asked, the plainest first."""
        pool = [*self._own(id), *self.evidence.guide_on[id], *self.evidence.today_on[id]]
        wanted = _widened(aspects)
        if aspects[:1] == ["state"] or aspects[:1] == ("state",):
            status = [quote for quote in pool if quote.part == "status"][:1]
            if status:
                return status
        telling = [quote for quote in dict.fromkeys(pool) if quote.tells & wanted]
        if not telling:
            return self._best_of(pool, 1) if not aspects else self._best_of(self._own(id), 1)
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

    # --- two or three side by side --------------------------------------------------------------------------

    def compare(self) -> list[Block]:
        """The guide's own comparison, then a small table with a source in every cell."""
        ids = self._compared()
        if len(ids) < 2:
            return self.about()
        both = [
            quote
            for quote in self.evidence.quotes
            if quote.chunk.resource is None and len(set(quote.resources) & set(ids)) >= 2
        ]
        lead = self._best_of([q for q in both if q.part == "guide"], 1)
        rows: list[tuple[str, list[Quote | None]]] = []
        seen: set[Quote] = set(lead)
        asked = [a for a in self.need.aspects if a in ROW_TITLES and a != "language"]
        wanted = list(dict.fromkeys((*asked[:2], "suits", "length")))[:3]
        titles: set[str] = set()
        for aspect in wanted:
            cells: list[Quote | None] = []
            for id in ids:
                cell = next(
                    (q for q in self._facts(id, [aspect], 1) if aspect in q.tells and q not in seen), None
                )
                if cell is None and aspect in ("suits", "easier"):
                    cell = next((q for q in self._own(id) if q.tells & {"suits"} and q not in seen), None)
                cells.append(cell)
                if cell is not None:
                    seen.add(cell)
            if any(cells) and ROW_TITLES[aspect] not in titles:
                titles.add(ROW_TITLES[aspect])
                rows.append((ROW_TITLES[aspect], cells))
        states = [self.evidence.state_of.get(id, ()) for id in ids]
        if any(states):
            rows.append(
                ("Today", [s[0] if s else self._today(id) for s, id in zip(states, ids, strict=True)])
            )
        header = ("", *map(self._column, ids))
        return [*([Block(lead)] if lead else []), Block([], "table", header=header, rows=rows)]

    def _column(self, id: str) -> str:
        resource = self.corpus.resource_by_id[id]
        return f"{resource.short} (an addition)" if resource.origin == "addition" else resource.short

    def _compared(self) -> tuple[str, ...]:
        ids = [id for id in self.need.resources if id in self.corpus.resource_by_id]
        if self.need.follow_up:
            guide = [id for id in ids if self.corpus.resource_by_id[id].origin == "guide"]
            ids = guide if len(guide) >= 2 else ids
        if re.search(r"\b(?:the|these|those|of) two\b|\bboth\b", self.need.question):
            ids = ids[:2]
        chosen = list(dict.fromkeys(ids))[:_COMPARED]
        return tuple(sorted(chosen, key=lambda id: self.corpus.resource_by_id[id].origin == "addition"))

    def _today(self, id: str) -> Quote | None:
        return next((quote for quote in self._own(id) if quote.part == "status"), None)

    # --- what comes next, a path, more, another one ---------------------------------------------------------

    def next(self) -> list[Block]:
        """What the corpus names after a resource, then the guide's next steps."""
        main = self.need.resources[0] if self.need.resources else None
        blocks: list[Block] = []
        if main is not None:
            named = [q for q in self._own(main) if "next" in q.tells and q.part == "description"]
            blocks.append(Block(self._best_of(named, 1)))
        section = self._section_of(main)
        steps = self._next_sections(section)
        quotes = [q for id in steps for q in self._recommendation(id, main)]
        lead = AFTER if blocks and blocks[0].quotes else ""
        blocks.append(Block(quotes, "list" if len(quotes) >= LISTED_FROM else "text", lead))
        blocks = [block for block in blocks if block.quotes]
        return blocks or self.topic()

    def _section_of(self, main: str | None) -> str | None:
        if main is not None:
            return self.corpus.resource_by_id[main].section
        return self.need.sections[0] if self.need.sections else None

    def _next_sections(self, section: str | None) -> list[str]:
        wanted = [SECTION_OF_GOAL[goal] for goal in self.profile.goal if goal != "general"]
        after = [s.id for s in self.corpus.sections if section in s.prerequisites]
        if section in ("other-courses", "reading", "machine-learning"):
            after = [s.id for s in self.corpus.sections if "have-basics" in s.prerequisites]
        if section in wanted:
            return []
        return [id for id in wanted if id in after] or after

    def more(self) -> list[Block]:
        """What was not said yet: further sentences on the same sources, then further sources."""
        fresh = [q for id in self.need.shown[:1] for q in self._own(id) if q.text not in self.need.said]
        blocks = [
            Block(self._best_of([q for q in fresh if q.tells & {"content", "suits", "assignments"}], 2))
        ]
        section = self.need.sections[0] if self.need.sections else None
        if section is not None:
            others = unshown(self.evidence.resources_of[section], self.need.shown)
            blocks += self._offer(others, section, 2)
        return [block for block in blocks if block.quotes] or self.topic()

    def other(self) -> list[Block]:
        """Another resource of the same sections that meets what is asked."""
        replaced = self._successor() if "alternative" in self.need.aspects else []
        if replaced:
            return replaced
        sections = self.need.sections[:1] or self._sections()[:1]
        ids = [id for section in sections for id in self.evidence.resources_of[section]]
        ids = [id for id in ids if not is_refused(self.corpus.resource_by_id[id], self.profile)]
        aspects = [a for a in self.need.aspects if a not in ("next", "alternative", "where", "who")]
        if "cost" in aspects or "rent" in aspects:
            return self._cheap(sections, ids)
        ids = self._narrowed(ids)
        keep_main = bool(aspects) and bool(set(aspects) & {"assignments", "format", "language"})
        pool = ids if keep_main else list(unshown(ids, self.need.shown[:1])) or ids
        scored = sorted(pool, key=lambda id: -self._meets(id, aspects))
        return (
            self._offer(scored[:2] if scored else [], sections[0] if sections else None, 1, aspects)
            or self.topic()
        )

    def _successor(self) -> list[Block]:
        """What took the place of the resource that was shown, where it has been replaced."""
        main = self.corpus.resource_by_id.get(self.need.resources[0]) if self.need.resources else None
        after = main.successor if main is not None else None
        if main is None or after is None or after.resource is None or main.status == "current":
            return []
        if is_refused(self.corpus.resource_by_id[after.resource], self.profile):
            return []
        return [Block(list(self.evidence.state_of[main.id][:1])), Block(self._addition(after.resource))]

    def _narrowed(self, ids: list[str]) -> list[str]:
        """Those that teach the concept that is named, are of the kind that is asked for, or are newer."""
        resources = self.corpus.resource_by_id
        taught = {concept.id: concept.taught_in for concept in self.corpus.concepts}
        kinds = wanted_kinds(self.need.question)
        for narrower in (
            [id for id in ids if any(id in taught[concept] for concept in self.need.concepts)],
            [id for id in ids if resources[id].kind in kinds],
            [id for id in ids if resources[id].origin == "addition" and wants_newer(self.need.question)],
        ):
            fresh = unshown(narrower, self.need.shown[:1])
            ids = list(fresh) if fresh else ids
        return ids

    def _cheap(self, sections: Sequence[str], ids: Sequence[str]) -> list[Block]:
        pool = [q for s in sections for q in self.evidence.of_section[s] if _CHEAP.search(q.text)]
        quotes = self._best_of([q for q in pool if q.part == "guide"], 3) + self._best_of(
            [q for q in pool if q.part == "today" and "free" in q.text], 1
        )
        if quotes:
            return [Block([q for q in quotes if q.part == part]) for part in ("guide", "today")]
        facts = [q for id in ids[:3] for q in self._facts(id, ["cost"], 1)]
        return [Block(facts)]

    def _meets(self, id: str, aspects: Sequence[str]) -> float:
        resource = self.corpus.resource_by_id[id]
        pool = [*self.evidence.guide_on[id], *self._own(id)]
        best = max((self.near[q.position] for q in pool), default=0.0)
        telling = max(
            (
                self.near[q.position] + 0.3 * (q.part == "guide")
                for q in pool
                if q.tells & set(aspects) and "lacks" not in q.tells
            ),
            default=0.0,
        )
        return best + telling + fits(resource, self.profile) + 0.15 * (resource.origin == "guide")

    def _offer(
        self, ids: Sequence[str], section: str | None, count: int, aspects: Sequence[str] = ()
    ) -> list[Block]:
        """Recommend these resources: the guide's in its words, additions as additions."""
        guide: list[Quote] = []
        additions: list[Quote] = []
        for resource in self.evidence.levels(ids):
            if is_refused(resource, self.profile):
                continue
            if resource.origin == "guide" and len(guide) < count + 1:
                pool = self._fresh(self.evidence.guide_on[resource.id])
                telling = (
                    [q for q in pool if q.tells & set(aspects)] or [q for q in pool if q.recommends] or pool
                )
                guide += self._best_of(telling or self._own(resource.id), 1, wanted=resource.id)
                if aspects:
                    guide += self._facts(resource.id, aspects, 1)
            elif resource.origin == "addition" and len(additions) < count:
                additions += self._addition(resource.id)
        return [block for block in (Block(guide), Block(additions)) if block.quotes]

    # --- a topic --------------------------------------------------------------------------------------------

    def topic(self) -> list[Block]:
        """The guide's advice on what was found, then what has been added since."""
        taught = self._taught()
        if taught:
            return self._on_concept(taught)
        sections = self._sections()
        if not sections:
            return []
        section = sections[0]
        ranked = self._ranked(section)
        fact = self._asked_fact(section, ranked)
        if fact and _ASKS_ONE.match(self.need.question):
            return [Block(fact)]
        quotes = self._advice(section, ranked)
        main = next((id for quote in quotes for id in quote.resources if id in ranked), None)
        blocks = [Block(quotes, "list" if self._is_list(quotes) else "text")]
        blocks.append(Block(fact or self._why(main, quotes)))
        blocks.append(Block(self._additions(section, ranked, quotes)))
        return [block for block in blocks if block.quotes]

    def _asked_fact(self, section: str, ranked: Sequence[str]) -> list[Quote]:
        """What is asked about a resource that is meant and not named: `is the coursera ml class free`."""
        aspects = [aspect for aspect in self.need.aspects if aspect in _ON_RESOURCES]
        if not aspects or self.need.bare or not self.found.resources or not ranked:
            return []
        id, likely = self.found.resources[0]
        if likely < _MEANT or id not in ranked:
            return []
        return [q for q in self._facts(id, aspects, 1) if q.tells & set(aspects)]

    def _taught(self) -> list[str]:
        """Ids of what teaches the concepts that are named, the best first; none where a whole field is meant."""
        if self._is_broad() or self.need.sections:
            return []
        taught = {concept.id: concept.taught_in for concept in self.corpus.concepts}
        ids = dict.fromkeys(id for concept in self.need.concepts for id in taught[concept])
        known = [id for id in ids if id in self.corpus.resource_by_id]
        usable = [id for id in known if not is_refused(self.corpus.resource_by_id[id], self.profile)]
        return sorted(usable, key=lambda id: -self._score(id))

    def _on_concept(self, taught: Sequence[str]) -> list[Block]:
        """Where one idea is taught: the guide's resources with what they say on it, then additions."""
        origin = {id: self.corpus.resource_by_id[id].origin for id in taught}
        guide = [id for id in taught if origin[id] == "guide"]
        good = [id for id in guide if self._score(id) >= _GOOD * self._score(guide[0])][:2]
        quotes = self._guide_on_it()
        for id in good:
            section = self.corpus.resource_by_id[id].section
            told = [q for q in self.evidence.guide_on[id] if q.recommends and q.about == id]
            here = [q for q in told if q.section == section] or told
            quotes += self._best_of(here, 1, wanted=id)
            quotes += self._on_it(id)
        if not good and self.found.sections and self.found.sections[0][1] > _CLEARLY:
            quotes += self._recommendation(self.found.sections[0][0], None)
        added = [id for id in taught if origin[id] == "addition"][: 1 if good else 2]
        quotes += [
            quote for id in added for quote in (*self._addition(id), *(() if good else self._on_it(id)))
        ]
        return [Block(quotes)]

    def _guide_on_it(self) -> list[Quote]:
        """What the guide itself says on the concept, where the question is near to it."""
        wanted = {f"concept {concept}" for concept in self.need.concepts}
        said = [q for q in self.evidence.quotes if q.part == "guide" and not q.resources and q.stems & wanted]
        return [q for q in self._best_of(said, 1) if self.near[q.position] > _NEAR]

    def _on_it(self, id: str) -> list[Quote]:
        """The sentence in which a resource speaks of the concept."""
        wanted = {f"concept {concept}" for concept in self.need.concepts}
        said = [q for q in self._own(id) if q.stems & wanted and q.part == "description"]
        return self._best_of([q for q in said if not q.tells & {"not_for"}], 1)

    def _sections(self) -> tuple[str, ...]:
        """Ids of sections for this need and this learner, the best first."""
        if self.need.sections and self.need.form != "context":
            return self.need.sections
        likely = [id for id, p in self.found.sections if p > _UNLIKELY] or self._first()
        if self.need.reads and likely[0] in _STARTS and "reading" in self.evidence.resources_of:
            return tuple(dict.fromkeys(("reading", *likely)))
        usable = [id for id in likely if self._has_advice(id)] or likely
        first = usable[0]
        if first == "have-basics" and self._lacks_maths() and "math-background" in self.evidence.of_section:
            return tuple(dict.fromkeys(("math-background", *usable)))
        before = self.corpus.section_by_id[first].prerequisites
        if "prerequisites" in self.need.aspects and any(id in self.evidence.of_section for id in before):
            return tuple(dict.fromkeys((*(id for id in before if id in self.evidence.of_section), *usable)))
        return tuple(usable)

    def _first(self) -> list[str]:
        return [id for id, _ in self.found.sections[:1]] or list(self.need.sections)

    def _lacks_maths(self) -> bool:
        return self.profile.background in ("none", "some-maths")

    def _has_advice(self, section: str) -> bool:
        """Whether the section still has something for somebody who has done or refuses some of it."""
        named = [q for q in self.evidence.of_section[section] if q.recommends and q.about]
        usable = [q for q in named if not is_refused(self.corpus.resource_by_id[q.about or ""], self.profile)]
        return bool(usable) or not named

    def _ranked(self, section: str) -> list[str]:
        """The section's resources for this question and this learner, the best first."""
        ids = self.evidence.resources_of[section]
        scores = {id: self._score(id) for id in ids}
        usable = [id for id in ids if not is_refused(self.corpus.resource_by_id[id], self.profile)]
        return sorted(usable or ids, key=lambda id: -scores[id])

    def _score(self, id: str) -> float:
        """How well a resource answers this question for this learner; 1 and more is good."""
        if id not in self._score_of:
            self._score_of[id] = self._rate(id)
        return self._score_of[id]

    def _rate(self, id: str) -> float:
        resource = self.corpus.resource_by_id[id]
        own = max((self.near[q.position] for q in self._own(id)), default=0.0)
        guide = max((self.near[q.position] for q in self.evidence.guide_on[id]), default=0.0)
        near = 0.3 * own + 0.3 * guide + fits(resource, self.profile)
        if self._is_general():
            order = self.evidence.resources_of[resource.section].index(id)
            return 0.3 * self._likely(id) + 0.6 / (1 + order) + near
        return self._likely(id) + near

    def _is_general(self) -> bool:
        """Whether the question names a field and nothing in it: then the guide's own order counts most."""
        return self.need.bare and self._is_broad()

    def _is_broad(self) -> bool:
        """Whether each concept that it names, if any, is a whole section's."""
        taught = {concept.id: concept.taught_in for concept in self.corpus.concepts}
        return all(set(taught[id]) & set(self.evidence.of_section) for id in self.need.concepts)

    def _likely(self, id: str) -> float:
        """The search's probability for a resource, beside the likeliest of its kind; 0 to 1."""
        best = self._best_by_origin.get(self.corpus.resource_by_id[id].origin, 0.0)
        return float((self._probability.get(id, 0.0) / best) ** _TEMPER) if best else 0.0

    def _advice(self, section: str, ranked: Sequence[str]) -> list[Quote]:
        """The guide's advice on a topic: what answers the question as such, then the best resources."""
        refused = {r.id for r in self.corpus.resources if is_refused(r, self.profile)}
        pool = [
            quote
            for quote in self.evidence.of_section[section]
            if quote.part == "guide" and not set(quote.resources) & refused
        ]
        if not pool:
            return []
        told = {quote.about for quote in pool if quote.recommends}
        guide = [id for id in ranked if id in told]
        scores = {id: self._score(id) for id in guide}
        enough = _SOME if self._is_general() or self.need.sections else _GOOD
        good = [id for id in guide if scores[id] >= enough * scores[guide[0]]][:_RESOURCES]
        named = [
            q for id in good for q in self._best_of((q for q in pool if id in q.resources), 1, wanted=id)
        ]
        top = max((self.near[quote.position] for quote in named), default=0.0)
        general = [q for q in pool if not q.resources and self.near[q.position] > _ANSWERS * top]
        asked = [aspect for aspect in self.need.aspects if aspect in TOPICAL]
        general.sort(key=lambda quote: (_place(asked, quote.tells), -self.near[quote.position]))
        chosen = list(dict.fromkeys((*general[:2], *named, *self._companion(named[:1], pool))))
        specific = [q for q in pool if q not in chosen and q.resources]
        chosen += [
            q for q in specific if self.near[q.position] > _SPECIFIC * top and set(q.resources) & set(good)
        ][:1]
        return _by_paragraph(dict.fromkeys(chosen))[:_SENTENCES]

    def _companion(self, main: Sequence[Quote], pool: Sequence[Quote]) -> list[Quote]:
        """The next sentence of the same paragraph, where it is about the question too and names nothing else."""
        return [
            quote
            for quote in pool
            for other in main
            if quote.position == other.position + 1
            and quote.chunk.id == other.chunk.id
            and not quote.resources
            and self.near[quote.position] > _COMPANION * self.near[other.position]
        ]

    def _why(self, main: str | None, chosen: Sequence[Quote]) -> list[Quote]:
        """Why the first resource fits what the learner said, in the corpus's words."""
        words = describe(self.profile)
        if main is None or not words:
            return []
        wanted = self.evidence.nearness(words)
        suits = [q for q in self._own(main) if q.tells & {"suits"}]
        best = max(suits, key=lambda q: wanted[q.position], default=None)
        return [best] if best is not None and wanted[best.position] > 0.35 and best not in chosen else []

    def _additions(self, section: str, ranked: Sequence[str], chosen: Sequence[Quote]) -> list[Quote]:
        """What is not in the guide and suits the question: at most two."""
        additions = [id for id in ranked if self.corpus.resource_by_id[id].origin == "addition"]
        if not additions:
            return []
        top = max(self._score(id) for id in ranked)
        good = [id for id in additions if self._score(id) > 0.6 * top][:2] or additions[:1]
        quotes = [quote for id in good for quote in self._addition(id, section)]
        return list(dict.fromkeys(quotes))[:2]

    def _addition(self, id: str, section: str | None = None) -> list[Quote]:
        """One sentence that recommends an addition and calls it one, or one of its own that is much nearer."""
        named = [q for q in self.evidence.today_on[id] if SAYS_ADDITION.search(q.text)]
        here = self._best_of([q for q in named if q.section == section] or named, 1)
        own = self._best_of([q for q in self._own(id) if q.tells & {"suits", "content", "assignments"}], 1)
        if here and own and self.near[own[0].position] > self.near[here[0].position] + _MUCH_NEARER:
            return own
        return here or own or self._best_of(self._own(id), 1)

    def _recommendation(self, section: str, known: str | None) -> list[Quote]:
        """The guide's first word on a section for this learner, on something else than what they know."""
        pool = [
            quote
            for quote in self.evidence.of_section[section]
            if quote.recommends and quote.about and quote.about != known
        ]
        resources = self.corpus.resource_by_id
        usable = [q for q in pool if not is_refused(resources[q.about or ""], self.profile)]
        return sorted(usable, key=lambda q: -fits(resources[q.about or ""], self.profile))[:1]

    # --- small things ---------------------------------------------------------------------------------------

    def _own(self, id: str) -> list[Quote]:
        return self.evidence.of_resource.get(id, [])

    def _fresh(self, quotes: Iterable[Quote]) -> list[Quote]:
        """Those that the conversation has not seen, or all of them."""
        quotes = list(quotes)
        return [quote for quote in quotes if quote.text not in self.need.said] or quotes

    def _best_of(self, quotes: Iterable[Quote], count: int, wanted: str | None = None) -> list[Quote]:
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

    def _is_list(self, quotes: Sequence[Quote]) -> bool:
        return len(quotes) >= LISTED_FROM and sum(quote.recommends for quote in quotes) >= LISTED_FROM


def _widened(aspects: Sequence[str]) -> set[str]:
    """The aspects that answer what is asked: what is easier is told by whom it suits."""
    wanted = set(aspects)
    if wanted & {"suits", "easier"}:
        wanted |= {"suits", "not_for", "easier"}
    if "shorter" in wanted:
        wanted.add("length")
    if "why" in wanted:
        wanted |= {"suits"}
    return wanted


def _place(asked: Sequence[str], tells: frozenset[str]) -> int:
    """Position of the first asked aspect that a sentence tells; past the last for none."""
    return next((n for n, aspect in enumerate(asked) if aspect in tells), len(asked))


def _by_paragraph(quotes: Iterable[Quote]) -> list[Quote]:
    """The same sentences, those of one paragraph together and in reading order."""
    quotes = list(quotes)
    first = {quote.chunk.id: n for n, quote in reversed(list(enumerate(quotes)))}
    return sorted(quotes, key=lambda quote: (first[quote.chunk.id], quote.position))
