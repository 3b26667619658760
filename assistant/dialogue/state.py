"""What a conversation has come to: the turns as they were shown, and the learner as they said they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.types import Outcome, Profile
from assistant.understanding.reading import Act, Aspect


@dataclass(frozen=True, slots=True)
class Shown:
    """One turn: what was asked, and what its answer showed."""

    message: str
    """As it was asked."""
    act: Act
    """What it was taken for."""
    outcome: Outcome
    """What kind of answer it got."""
    query: str = ""
    """What was searched for: the topic of the turn, in words."""
    items: tuple[str, ...] = ()
    """Ids of the resources that the answer named, in the order of its text."""
    sections: tuple[str, ...] = ()
    """Ids of the sections that it cited, most cited first."""
    aspects: tuple[Aspect, ...] = ()
    """Facts that were asked for."""
    asked: str = ""
    """The question that it asked back; empty: none."""
    options: tuple[str, ...] = ()
    """The replies that it offered to that question."""
    suggestions: tuple[str, ...] = ()
    """What it offered to be asked next."""


@dataclass(frozen=True, slots=True)
class State:
    """A conversation before a message."""

    turns: tuple[Shown, ...] = ()
    """Oldest first."""
    learner: Profile = field(default_factory=Profile)
    """What the learner said of themselves."""
    quotes: frozenset[str] = frozenset()
    """Every sentence that was quoted."""

    @property
    def last(self) -> Shown | None:
        """The last turn."""
        return self.turns[-1] if self.turns else None

    @property
    def items(self) -> tuple[str, ...]:
        """Ids of the last list that was shown, also across turns that showed none."""
        return next((turn.items for turn in reversed(self.turns) if turn.items), ())

    @property
    def seen(self) -> tuple[str, ...]:
        """Ids of everything that was shown, the latest list first."""
        return tuple(dict.fromkeys(id for turn in reversed(self.turns) for id in turn.items))
