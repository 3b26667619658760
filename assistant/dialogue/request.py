"""The request as it stands: a message with everything that the conversation adds to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.dialogue.state import State
from assistant.types import Profile
from assistant.understanding.reading import Act, Aspect, Reading


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked now."""

    reading: Reading
    """The message."""
    act: Act
    """What it is taken for, in its conversation."""
    query: str
    """What to search for: the message alone."""
    context: str
    """The same with the topic of the turns before; equal to `query` where there is none."""
    refs: tuple[str, ...] = ()
    """Ids of the resources that it points at or names, the main one first."""
    aspects: tuple[Aspect, ...] = ()
    """Facts that are asked for."""
    wants: tuple[str, ...] = ()
    """What an answer must satisfy."""
    learner: Profile = field(default_factory=Profile)
    """The learner, after this message."""
    state: State = field(default_factory=State)
    """The conversation before it."""
