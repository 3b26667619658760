"""Facts of a resource as claims: short words for a value, cited to the sentence that carries it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from assistant.answering.frames import Frame
from assistant.answering.layout import Claim
from assistant.answering.sentences import Sentences
from assistant.evidence import Quote
from corpus.facts import Fact, FactName, Value, count_hours
from corpus.types import Resource

FACTS_OF: Mapping[str, tuple[FactName, ...]] = {
    "cost": ("price",),
    "length": ("hours", "minutes", "weeks", "months", "chapters", "pages", "lectures"),
    "exercises": ("exercises",),
    "certificate": ("certificate",),
    "language_of_code": ("code",),
}
"""Which facts tell an aspect, the most telling first."""
_COUNTED = frozenset(FACTS_OF["length"]) | {"hours_per_week"}


class Facts:
    """Writes the facts of resources in one language."""

    def __init__(self, sentences: Sentences, frame: Frame) -> None:
        self._sentences, self._frame = sentences, frame

    def claim(self, resource: Resource, aspect: str, pace: float | None = None) -> Claim | None:
        """The first fact that tells an aspect; `pace`: the learner's hours a week. None where nothing is known."""
        for fact in self._known(resource, aspect):
            quote = self._sentences.carrier(resource, fact.words)
            if quote is not None:
                return (
                    Claim(self.words(fact), (quote,)) if pace is None else self._paced(resource, fact, pace)
                )
        return None

    def words(self, fact: Fact) -> str:
        """A fact in few words: `free`, `150 hours`, `code in Python`."""
        if fact.name == "hours" and fact.most == 1:
            return self._frame.text("fact", "minutes", n=60)
        if fact.name == "weeks" and fact.most == 1:
            return self._frame.text("fact", "one_week")
        if fact.name in _COUNTED:
            return self._frame.text("fact", fact.name, n=_number(fact.value))
        if fact.name == "price":
            return self._frame.text("fact", str(fact.value))
        if fact.name == "certificate":
            return self._frame.text("fact", f"certificate_{fact.value}")
        if fact.name == "exercises":
            return self._frame.text("fact", "exercises" if fact.value else "no_exercises")
        languages = list(fact.value) if isinstance(fact.value, tuple) else []
        if not languages:
            return self._frame.text("fact", "no_code")
        return self._frame.text("fact", "code", what=self._frame.join([str(one) for one in languages]))

    def total(self, resources: Sequence[Resource]) -> Claim | None:
        """The hours of several resources together, with the sentences that state them; None where one is not known."""
        hours = [hours_of(resource) for resource in resources]
        if len(hours) < 2 or any(one is None for one in hours):
            return None
        quotes = [quote for resource in resources for quote in self._basis(resource)]
        text = self._frame.text("fact", "total", n=_number(sum(one or 0.0 for one in hours)))
        return Claim(text, tuple(dict.fromkeys(quotes)))

    def _known(self, resource: Resource, aspect: str) -> Iterator[Fact]:
        facts = (resource.fact(name) for name in FACTS_OF.get(aspect, ()))
        return (fact for fact in facts if fact is not None)

    def _paced(self, resource: Resource, fact: Fact, pace: float) -> Claim:
        """A length with the weeks that it takes at the learner's pace, where it is known in hours."""
        hours, basis = hours_of(resource), self._basis(resource)
        quote = self._sentences.carrier(resource, fact.words)
        if hours is None or not basis or pace <= 0:
            return Claim(self.words(fact), (quote,) if quote else basis)
        stated = self._frame.text("fact", "hours", n=_number(hours))
        weeks = math.ceil(hours / pace)
        return Claim(f"{stated}, {self._frame.text('fact', 'pace', weeks=weeks, hours=f'{pace:g}')}", basis)

    def _basis(self, resource: Resource) -> tuple[Quote, ...]:
        """The sentences from which the hours of a resource follow."""
        names: tuple[FactName, ...] = ("hours",)
        if resource.fact("hours") is None:
            names = ("weeks", "months", "hours_per_week", "minutes")
        facts = (resource.fact(name) for name in names)
        quotes = [self._sentences.carrier(resource, fact.words) for fact in facts if fact]
        return tuple(dict.fromkeys(quote for quote in quotes if quote))


def hours_of(resource: Resource) -> float | None:
    """How many hours a resource takes; None where the corpus does not say."""
    return count_hours({fact.name: fact for fact in resource.facts})


def _number(value: Value) -> str:
    if isinstance(value, tuple):
        return f"{value[0]:g}–{value[1]:g}"
    return f"{value:g}" if isinstance(value, float) else str(value)
