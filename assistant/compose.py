"""The grounded answer: the corpus's own sentences, chosen and ordered for one learner.

An answer is a few paragraphs: what the guide recommends, why it fits, what has changed since, what else there is,
what comes next. Every sentence is a quotation; the words between them carry no facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.case import Case
from assistant.cite import Draft
from assistant.evidence import Evidence, Quote, says_the_same
from assistant.follow_up import Need
from assistant.forms import choose
from assistant.forms.topic import TOPICAL
from assistant.layout import LISTED_FROM, Block, Style, on_addition, write
from assistant.types import Profile
from corpus.types import Corpus
from index.search import Found

_TELLS = 0.3


class Composer:
    """Writes answers from the sentences of one corpus."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.corpus = evidence.corpus

    def compose(self, needs: Sequence[tuple[Need, Found, NDArray[np.float64]]], profile: Profile) -> Draft:
        """The answer to what is needed, each need with what was found for it and how near each sentence is.

        An empty draft means that nothing fits.
        """
        blocks: list[Block] = []
        for need, found, near in needs:
            blocks += choose(Case(self.evidence, need, found, profile, near + self._told(need)))
        return write(self.corpus, self.evidence.index.chunk_by_id, self._with_state(blocks))

    def _told(self, need: Need) -> NDArray[np.float64]:
        """What a sentence gains by telling what is asked about."""
        return np.where(self.evidence.telling(set(need.aspects) & TOPICAL), _TELLS, 0.0)

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


def _all_quotes(block: Block) -> list[Quote]:
    return [*block.quotes, *(cell for _, cells in block.rows for cell in cells if cell is not None)]


def _without_repeats(blocks: Iterable[Block]) -> list[Block]:
    """Drop sentences that were said, or say the same of the same resource in nearly the same words."""
    kept: list[Quote] = []
    for block in blocks:
        quotes: list[Quote] = []
        for quote in block.quotes:
            twin = any(quote is other or says_the_same(quote, other) for other in kept)
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
        own = [quote for quote in block.quotes if not on_addition(quote, corpus)]
        other = [quote for quote in block.quotes if on_addition(quote, corpus)]
        style: Style = block.style if len(own) >= LISTED_FROM else "text"
        guide += [Block(own, style, block.lead)] if own else []
        added += [Block(other, "text", "" if own else block.lead)] if other else []
    return [*guide, *added]


def _insert_since(blocks: list[Block], since: list[Quote], corpus: Corpus) -> list[Block]:
    """What has changed stands after what the guide recommends, and before additions."""
    if not since:
        return blocks
    place = next(
        (n for n, b in enumerate(blocks) if b.quotes and all(on_addition(q, corpus) for q in b.quotes)),
        len(blocks),
    )
    guide = [quote for quote in since if not on_addition(quote, corpus)]
    added = [quote for quote in since if on_addition(quote, corpus)]
    after = blocks[place:]
    if after:
        after[-1].quotes += added
    else:
        after = [Block(added)]
    return [b for b in (*blocks[:place], Block(guide), *after) if b.quotes or b.rows]
