"""The grounded answer: the corpus's own sentences, chosen and ordered for one learner.

An answer is a few paragraphs: what the guide recommends, why it fits, what has changed since, what else there is,
what comes next. Every sentence is a quotation; the words between them carry no facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assistant.aspects import ROW_TITLES
from assistant.cite import Draft, Pick, cite
from assistant.evidence import Evidence, Quote, same_words
from assistant.fit import fits, is_refused
from assistant.follow_up import SECTION_OF_GOAL, Need, unshown
from assistant.profile import describe
from assistant.types import Citation, Profile
from corpus.types import Corpus
from index.search import Found

Style = Literal["text", "list", "table"]
_ADDITION = "Not in the 2016 guide, but an addition:"
_SINCE = "Since then:"
_AFTER = "After that:"
_DATED = re.compile(r"^(?:As of|Since|In (?:mid-)?(?:\w+ )?20\d\d|By )")
_SAYS_ADDITION = re.compile(r"\badditions? to the (?:2016 )?guide\b", re.IGNORECASE)
_SAME = 0.8
_LISTED_FROM = 3
_COMPARED = 3
_ASIDE = 0.3
"""What a sentence loses where it only mentions a resource, and gains where it recommends it."""
_TELLS = 0.3
_TOPICAL = frozenset({"brand", "rent", "speed", "cost", "easier", "assignments"})
_TEMPER = 0.35
"""A resource a thousand times less likely than the best one still counts a tenth."""
_CHEAP = re.compile(r"\b(?:free|afford\w*|cheap\w*|rent\w*)\b")
_UNLIKELY = 0.01
_STARTS = frozenset({"intro", "have-basics", "other-courses", "machine-learning"})
_CLEARLY = 0.6
"""Probability from which a section, and not a resource named by the way, is what a question is about."""
_SENTENCES = 4
_RESOURCES = 3
_GOOD = 0.75
"""A resource is named beside the best one from this part of its score on."""
_ANSWERS = 0.95
"""A sentence without a resource is said first where it is about as near as the best with one."""
_SPECIFIC = 1.15
"""A further sentence on a good resource is said where it is clearly nearer than its recommendation."""


@dataclass(slots=True)
class Block:
    """A paragraph, a list or a table of quotes."""

    quotes: list[Quote]
    """In order."""
    style: Style = "text"
    """How they are laid out."""
    lead: str = ""
    """Neutral words in front."""
    header: tuple[str, ...] = ()
    """Column titles of a table."""
    rows: list[tuple[str, list[Quote | None]]] = field(default_factory=list)
    """Row title and cells of a table."""
    since: dict[int, list[Quote]] = field(default_factory=dict)
    """What has changed, by the position of the list item that it belongs to."""


class Composer:
    """Writes answers from the sentences of one corpus."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.corpus = evidence.corpus

    def compose(self, need: Need, found: Found, profile: Profile, near: NDArray[np.float64]) -> Draft:
        """The answer to what is needed. An empty draft means that nothing fits."""
        choice = _Choice(self.evidence, need, found, profile, near + self._told(need))
        blocks = {
            "about": choice.about,
            "compare": choice.compare,
            "next": choice.next,
            "more": choice.more,
            "other": choice.other,
        }.get(need.form, choice.topic)()
        return write(self.corpus, self._with_state(blocks))

    def _told(self, need: Need) -> NDArray[np.float64]:
        """What a sentence gains by telling what is asked about."""
        asked = set(need.aspects) & _TOPICAL
        return np.array([_TELLS * bool(quote.tells & asked) for quote in self.evidence.quotes])

    def _with_state(self, blocks: list[Block]) -> list[Block]:
        """Add what happened to every recommended resource that is not current, and no sentence twice."""
        blocks = _guide_first(_without_repeats(blocks), self.corpus)
        quotes = [quote for block in blocks for quote in _all_quotes(block)]
        aged = dict.fromkeys(
            id
            for quote in quotes
            if quote.part in ("guide", "description")
            for id in (self._recommended(quote) if quote.part == "guide" else (quote.about,))
            if id is not None and id in self.evidence.state_of
        )
        missing = [id for id in aged if not any(quote in self.evidence.state_of[id] for quote in quotes)]
        since: list[Quote] = []
        while missing:
            candidates = dict.fromkeys(q for id in missing for q in self.evidence.state_of[id])
            if not candidates:
                break
            best = max(candidates, key=lambda q: sum(q in self.evidence.state_of[id] for id in missing))
            since.append(best)
            missing = [id for id in missing if best not in self.evidence.state_of[id]]
        for block in blocks:
            if block.style == "list":
                since = self._into_list(block, since)
        return _insert_since(blocks, since, self.corpus)

    def _recommended(self, quote: Quote) -> tuple[str, ...]:
        """What a sentence of the guide recommends; an institute that is named beside its work is not meant."""
        named = tuple(id for id in quote.resources if self.corpus.resource_by_id[id].kind != "organisation")
        return named or quote.resources

    def _into_list(self, block: Block, since: list[Quote]) -> list[Quote]:
        """Put each sentence on a state behind the list item that it belongs to; the rest is given back."""
        rest: list[Quote] = []
        for state in since:
            ids = {id for id, said in self.evidence.state_of.items() if state in said}
            items = [n for n, quote in enumerate(block.quotes) if quote.about in ids]
            if items:
                block.since.setdefault(items[-1], []).append(state)
            else:
                rest.append(state)
        return rest


class _Choice:
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
        return [Block(quotes, "list" if len(quotes) >= _LISTED_FROM else "text")]

    def _by_the_way(self, resources: Sequence[str]) -> bool:
        """Whether a question names resources but is clearly about a section that knows nothing of them."""
        if self.need.follow_up or not self.found.sections:
            return False
        section, likely = self.found.sections[0]
        return likely > _CLEARLY and not set(resources) & set(self.evidence.resources_of[section])

    def _about_one(self, id: str, aspects: Sequence[str]) -> list[Block]:
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
        wanted = set(aspects)
        if "suits" in wanted or "easier" in wanted:
            wanted |= {"suits", "not_for", "easier"}
        if "shorter" in wanted:
            wanted.add("length")
        if "who" in wanted:
            pool = [*pool[:1], *pool]
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
                    + 0.2 * (q.part == "description")
                    - 0.03 * len(q.tells)
                    - (_ASIDE if q.about != id else 0.0)
                    + (0.5 if first == "state" and q.part == "status" else 0.0)
                    + (0.3 if first in ("suits", "easier") and q.tells & {"suits", "not_for"} else 0.0)
                )
            ),
        )
        chosen = scored[:1]
        for quote in scored[1:]:
            if len(chosen) >= count:
                break
            if self.near[quote.position] > 0.75 * self.near[chosen[0].position] and first in quote.tells | (
                {"suits"} if "not_for" in quote.tells else set()
            ):
                chosen.append(quote)
        return chosen

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
        asked = [a for a in self.need.aspects if a in ROW_TITLES]
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
        quotes = [q for id in steps for q in self._recommendations(id, 1)]
        lead = _AFTER if blocks and blocks[0].quotes else ""
        blocks.append(Block(quotes, "list" if len(quotes) >= _LISTED_FROM else "text", lead))
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
        sections = self.need.sections[:1] or self._sections()[:1]
        ids = [id for section in sections for id in self.evidence.resources_of[section]]
        ids = [id for id in ids if not is_refused(self.corpus.resource_by_id[id], self.profile)]
        aspects = [a for a in self.need.aspects if a not in ("next", "alternative", "where", "who")]
        if "cost" in aspects or "rent" in aspects:
            return self._cheap(sections, ids)
        keep_main = bool(aspects) and bool(set(aspects) & {"assignments", "format", "language"})
        pool = ids if keep_main else list(unshown(ids, self.need.shown[:1])) or ids
        scored = sorted(pool, key=lambda id: -self._meets(id, aspects))
        return (
            self._offer(scored[:2] if scored else [], sections[0] if sections else None, 1, aspects)
            or self.topic()
        )

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
        sections = self._sections()
        if not sections:
            return []
        section = sections[0]
        ranked = self._ranked(section)
        quotes = self._advice(section, ranked)
        main = next((id for quote in quotes for id in quote.resources if id in ranked), None)
        blocks = [Block(quotes, "list" if self._is_list(quotes) else "text")]
        blocks.append(Block(self._why(main, quotes)))
        blocks.append(Block(self._additions(section, ranked, quotes)))
        return [block for block in blocks if block.quotes]

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
        taught = {concept.id: concept.taught_in for concept in self.corpus.concepts}
        broad = all(set(taught[id]) & set(self.evidence.of_section) for id in self.need.concepts)
        return self.need.bare and broad

    def _likely(self, id: str) -> float:
        """The search's probability for a resource, beside the likeliest of its kind; 0 to 1."""
        origin = self.corpus.resource_by_id[id].origin
        best = max(
            (p for other, p in self.found.resources if self.corpus.resource_by_id[other].origin == origin),
            default=0.0,
        )
        mine = next((p for other, p in self.found.resources if other == id), 0.0)
        return float((mine / best) ** _TEMPER) if best else 0.0

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
        good = [id for id in guide if scores[id] >= _GOOD * scores[guide[0]]][:_RESOURCES]
        named = [
            q for id in good for q in self._best_of((q for q in pool if id in q.resources), 1, wanted=id)
        ]
        top = max((self.near[quote.position] for quote in named), default=0.0)
        general = [q for q in pool if not q.resources and self.near[q.position] > _ANSWERS * top]
        asked = set(self.need.aspects) & _TOPICAL
        general.sort(key=lambda quote: (not quote.tells & asked, -self.near[quote.position]))
        chosen = list(dict.fromkeys((*general[:2], *named)))
        specific = [q for q in pool if q not in chosen and q.resources]
        chosen += [
            q for q in specific if self.near[q.position] > _SPECIFIC * top and set(q.resources) & set(good)
        ][:1]
        return _by_paragraph(dict.fromkeys(chosen))[:_SENTENCES]

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
        """One sentence that recommends an addition and calls it one."""
        named = [q for q in self.evidence.today_on[id] if _SAYS_ADDITION.search(q.text)]
        here = [q for q in named if q.section == section] or named
        return self._best_of(here or [q for q in self._own(id) if "suits" in q.tells], 1)

    def _recommendations(self, section: str, count: int) -> list[Quote]:
        ranked = self._ranked(section)
        place = {id: n for n, id in enumerate(ranked)}
        pool = [
            q
            for q in self.evidence.of_section[section]
            if q.recommends and any(id in place for id in q.resources)
        ]
        pool.sort(key=lambda q: min((place.get(id, 99) for id in q.resources), default=99))
        return sorted(pool[:count], key=lambda q: q.position)

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
        return len(quotes) >= _LISTED_FROM and sum(quote.recommends for quote in quotes) >= _LISTED_FROM


def _by_paragraph(quotes: Iterable[Quote]) -> list[Quote]:
    """The same sentences, those of one paragraph together and in reading order."""
    quotes = list(quotes)
    first = {quote.chunk.id: n for n, quote in reversed(list(enumerate(quotes)))}
    return sorted(quotes, key=lambda quote: (first[quote.chunk.id], quote.position))


def _all_quotes(block: Block) -> list[Quote]:
    return [*block.quotes, *(cell for _, cells in block.rows for cell in cells if cell is not None)]


def _without_repeats(blocks: Iterable[Block]) -> list[Block]:
    """Drop sentences that were said, or say the same of the same resource in nearly the same words."""
    kept: list[Quote] = []
    for block in blocks:
        quotes: list[Quote] = []
        for quote in block.quotes:
            twin = any(
                quote is other
                or (
                    quote.about == other.about
                    and (_both_recommend(quote, other) or same_words(quote, other) > _SAME)
                )
                for other in kept
            )
            if not twin:
                quotes.append(quote)
                kept.append(quote)
        block.quotes = quotes
        kept += [cell for _, cells in block.rows for cell in cells if cell is not None]
    return [block for block in blocks if block.quotes or block.rows]


def _guide_first(blocks: Iterable[Block], corpus: Corpus) -> list[Block]:
    """What the guide says before what it does not know, in every answer."""
    guide: list[Block] = []
    added: list[Block] = []
    for block in blocks:
        if block.rows:
            guide.append(block)
            continue
        own = [quote for quote in block.quotes if not _on_addition(quote, corpus)]
        other = [quote for quote in block.quotes if _on_addition(quote, corpus)]
        style: Style = block.style if len(own) >= _LISTED_FROM else "text"
        guide += [Block(own, style, block.lead)] if own else []
        added += [Block(other, "text", "" if own else block.lead)] if other else []
    return [*guide, *added]


def _on_addition(quote: Quote, corpus: Corpus) -> bool:
    resource = corpus.resource_by_id.get(quote.about or "")
    return quote.chunk.kind == "addition" or (resource is not None and resource.origin == "addition")


def _both_recommend(a: Quote, b: Quote) -> bool:
    """Whether the guide's word on a resource is told twice: in the guide, and in the resource's file."""
    return a.chunk.kind != b.chunk.kind and all(quote.text.startswith("The guide ") for quote in (a, b))


def _insert_since(blocks: list[Block], since: list[Quote], corpus: Corpus) -> list[Block]:
    """What has changed stands after what the guide recommends, and before additions."""
    if not since:
        return blocks
    place = next(
        (n for n, b in enumerate(blocks) if b.quotes and all(_on_addition(q, corpus) for q in b.quotes)),
        len(blocks),
    )
    guide = [quote for quote in since if not _on_addition(quote, corpus)]
    added = [quote for quote in since if _on_addition(quote, corpus)]
    return [b for b in (*blocks[:place], Block(guide), *blocks[place:], Block(added)) if b.quotes or b.rows]


def write(corpus: Corpus, blocks: Iterable[Block]) -> Draft:
    """Lay out the blocks: each sentence once, its marker right behind it."""
    citations: list[Citation] = []
    numbers: dict[str, int] = {}

    def said(quote: Quote) -> str:
        if quote.text not in numbers:
            numbers[quote.text] = len(citations) + 1
            citations.append(cite(corpus, Pick(quote.chunk, quote.sentence), len(citations) + 1))
        return f"{quote.text} [{numbers[quote.text]}]"

    pieces: list[str] = []
    for block in blocks:
        if block.style == "table":
            pieces.append(_table(block, said))
            continue
        lead = block.lead or _lead(block.quotes, corpus, first=not pieces)
        if block.style == "list":
            lines = [
                " ".join(
                    ("-", said(quote), *(_since(state, said(state)) for state in block.since.get(n, ())))
                )
                for n, quote in enumerate(block.quotes)
            ]
            pieces.append("\n".join([*([lead] if lead else []), *lines]))
        else:
            pieces.append(" ".join([*([lead] if lead else []), *map(said, block.quotes)]))
    return Draft("\n\n".join(piece for piece in pieces if piece), tuple(citations))


def _since(quote: Quote, words: str) -> str:
    return words if _DATED.match(quote.text) else f"{_SINCE} {words}"


def _lead(quotes: Sequence[Quote], corpus: Corpus, first: bool) -> str:
    if not quotes:
        return ""
    quote = quotes[0]
    if _on_addition(quote, corpus) and not _SAYS_ADDITION.search(quote.text):
        return _ADDITION
    if not first and quote.part in ("today", "status") and not _DATED.match(quote.text):
        return _SINCE
    return ""


def _table(block: Block, said: object) -> str:
    lines = [f"| {' | '.join(block.header)} |", f"|{' --- |' * len(block.header)}"]
    for title, cells in block.rows:
        words = [said(cell).replace("|", "\\|") if cell is not None else "–" for cell in cells]  # type: ignore[operator]
        lines.append(f"| {title} | {' | '.join(words)} |")
    return "\n".join(lines)
