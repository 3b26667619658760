"""The stages of an answer, as the pipeline calls them, and what they hand to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.answering.ranking import Candidate
from assistant.answering.scope import Scope
from assistant.answering.speaker import Spoken
from assistant.dialogue.look import Look
from assistant.dialogue.request import Request
from assistant.dialogue.state import State
from assistant.types import Citation, Outcome, Related
from assistant.understanding.reading import Before, Reading
from index.search import Found


@dataclass(frozen=True, slots=True)
class Search:
    """What was found for a request."""

    alone: Found
    """For the message as written."""
    context: Found
    """For the message with the topic of the turns before; the same where there is none."""
    look: Look
    """`alone`, as columns over the corpus."""
    context_look: Look
    """`context` in that form."""


class Stages(Protocol):
    """Each takes what the ones before it made, and calls none of them."""

    def expand(self, text: str, state: State) -> str:
        """A message as it is to be read: a reply that only counts out an option is that option."""

    async def read(self, text: str, before: Before) -> Reading:
        """What a message means, after the turn before it."""

    def context(self, text: str, state: State) -> str:
        """A message with the topic of the turns before; the same where there is none."""

    def look(self, alone: Found, context: Found) -> Search:
        """What was found, with its columns."""

    def resolve(self, reading: Reading, state: State, search: Search) -> Request:
        """The request as it stands in its conversation."""

    def rank(self, request: Request, search: Search) -> Sequence[Candidate]:
        """Every resource, the most useful first."""

    def decide_scope(self, request: Request, search: Search, ranked: Sequence[Candidate]) -> Scope:
        """Which kind of answer it gets."""

    def say(self, request: Request, search: Search, ranked: Sequence[Candidate], scope: Scope) -> Spoken:
        """The answer in words; without sources where there is nothing to say."""

    def decline(self, request: Request, outcome: Outcome, related: Sequence[Related]) -> str:
        """What is said where the corpus does not answer; `related`: the sections that come nearest."""

    def suggest(
        self, request: Request, citations: Sequence[Citation], related: Sequence[Related]
    ) -> tuple[str, ...]:
        """Two or three questions to ask next, each of which has an answer."""
