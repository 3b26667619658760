"""What an answer is chosen from: the request, the ranked resources, and the sentences with their nearness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from assistant.answering.facts import Facts
from assistant.answering.frames import Frame
from assistant.answering.layout import Claim, Piece
from assistant.answering.sentences import LEAD_WORDS, Nearness, Sentences
from assistant.cite import ADDITION
from assistant.dialogue.request import Request
from assistant.evidence import Quote
from assistant.lexicon import Reading
from assistant.understanding.mentions import find_named
from corpus.types import Corpus, Resource

DEAD = frozenset({"archived", "superseded", "discontinued"})
"""States of what is not recommended before its living successor."""
_JOINING = frozenset({"and", "or", "und", "oder", "y", "o", "et", "ou", "e", "i", "lub"})
"""Words after which a second subject follows."""


class Ranked(Protocol):
    """A resource that may be recommended."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def utility(self) -> float:
        """How likely it is acceptable, 0 to 1."""

    @property
    def excluded(self) -> str | None:
        """Why it must not be recommended; empty: it may."""


@dataclass(frozen=True)
class Case:
    """One request with everything to answer it from."""

    request: Request
    """What is asked."""
    ranked: Sequence[Ranked]
    """Every candidate, best first."""
    sentences: Sentences
    """Of the corpus."""
    near: Nearness
    """Of the sentences to the message."""
    frame: Frame
    """Texts in the language of the message."""
    message: Reading
    """The words that are answered, with the names in them found."""

    @property
    def corpus(self) -> Corpus:
        """The corpus."""
        return self.sentences.corpus

    @cached_property
    def facts(self) -> Facts:
        """Facts in the language of the message."""
        return Facts(self.sentences, self.frame)

    @cached_property
    def open(self) -> tuple[str, ...]:
        """Ids of the candidates that may be recommended, best first."""
        return tuple(one.id for one in self.ranked if not one.excluded)

    @cached_property
    def utility(self) -> dict[str, float]:
        """Utilities by id."""
        return {one.id: one.utility for one in self.ranked}

    @cached_property
    def refs(self) -> tuple[Resource, ...]:
        """The resources that the message points at, the main one first."""
        by_id = self.corpus.resource_by_id
        return tuple(by_id[id] for id in dict.fromkeys(self.request.refs) if id in by_id)

    @property
    def pace(self) -> float | None:
        """Hours a week that the learner has."""
        return self.request.learner.hours_per_week

    def resource(self, id: str) -> Resource:
        """A resource by its id."""
        return self.corpus.resource_by_id[id]

    def name(self, resource: Resource) -> str:
        """How a line names a resource: bold, and called an addition where it is one."""
        mark = f" {ADDITION}" if self.is_addition(resource) else ""
        return f"**{resource.short}**{mark}"

    def is_addition(self, resource: Resource) -> bool:
        """Whether the guide does not list it."""
        return resource.origin == "addition"

    def quoted(self, quote: Quote, most: int = LEAD_WORDS) -> Claim:
        """A sentence as a claim: its short form where it has more than `most` words."""
        return Claim(self.sentences.short(quote, most), (quote,))

    def item(self, resource: Resource, claims: Sequence[Claim], lead: str = "") -> list[Piece]:
        """`**Name** suits …; free; 10 weeks.`: a resource with what is said of it, in one sentence where possible.

        A first sentence that begins with the name goes on from it. `lead`: words that name it, in place of the name.
        """
        opening, first = lead or self.name(resource), claims[:1]
        rest = self.after_name(resource, first[0].text) if first else ""
        if rest:
            link = self.frame.text("lead", "which") if lead else ""
            if link or not lead:
                opening, claims = f"{opening}{link}", [Claim(rest, first[0].quotes), *claims[1:]]
                return [opening, *in_a_row(claims)]
        return [f"{opening}:" if claims else f"{opening}.", *in_a_row(claims)]

    def after_name(self, resource: Resource, text: str) -> str:
        """What follows a name of a resource at the beginning of a sentence that is on it alone; else nothing."""
        start = len("The ") if text.startswith("The ") else 0
        rest = text[start:].removeprefix(resource.short)
        if len(rest) == len(text) - start:
            named = find_named(text, self.sentences.evidence.lexicon.read(text))[:1]
            is_first = bool(named) and named[0].start <= start and named[0].ids == (resource.id,)
            rest = text[named[0].end :] if is_first else ""
        word = next(iter(rest.split(maxsplit=1)), "")
        return rest.strip() if rest.startswith(" ") and word.islower() and word not in _JOINING else ""

    def state(self, resource: Resource) -> Claim | None:
        """What has become of a resource that is not as the guide knew it; None for a current one,
        and for one that lives and was named before."""
        if resource.status == "current":
            return None
        if resource.status not in DEAD and resource.id in self.request.state.seen:
            return None
        own = self.sentences.evidence.of_resource.get(resource.id, ())
        said = [quote for quote in own if quote.part == "status" and quote.text not in self.near.used][:1]
        self.near.used.update(quote.text for quote in said)
        return self.quoted(said[0], 12) if said else None


def in_a_row(claims: Sequence[Claim]) -> list[Piece]:
    """Claims one after the other: short facts are set off by semicolons from the sentence before them."""
    pieces: list[Piece] = []
    for n, claim in enumerate(claims):
        after = claims[n + 1] if n + 1 < len(claims) else None
        if after is not None and not _is_ended(after):
            pieces += [Claim(claim.text.removesuffix("."), claim.quotes), ";"]
        else:
            pieces += [claim] if _is_ended(claim) else [claim, "."]
    return pieces


def _is_ended(claim: Claim) -> bool:
    return claim.text.endswith((".", "!", "?"))
