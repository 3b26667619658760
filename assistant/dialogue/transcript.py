"""What the texts of a conversation say: which resources an answer named, which sentences it quoted.

The one way from texts to a state, whoever kept them: the service (`conversation_id`) or the client (`history`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

from assistant.dialogue.state import Shown, State
from assistant.evidence import Evidence, Quote
from assistant.lexicon import Lexicon
from assistant.mask import mask
from assistant.plan.study_plan import list_items
from assistant.types import MARKER, Conversation, Exchange, Outcome, Profile, Record, Turn
from assistant.understanding.reading import ACTS, ASPECTS, Act

WINDOW = 8
"""Turns of a conversation that a message is read with."""
_MARKERS = re.compile(r"((?:\s*\[\d{1,3}\])+)")
_WORD = re.compile(r"(?<!\S)\S")
_EDGES = " .,;:|*_–-\n"
_REMEMBERED = 256
_SLACK = 8
"""Characters of layout that may stand around a sentence."""
_WITHOUT_SOURCES: Mapping[str, Outcome] = {"smalltalk": "smalltalk", "attack": "refused"}


@dataclass(frozen=True, slots=True)
class Told:
    """What the text of one answer says."""

    items: tuple[str, ...] = ()
    """Ids of the resources that it names or quotes a sentence on, in its order."""
    sections: tuple[str, ...] = ()
    """Ids of the sections that it quotes, most quoted first."""
    quotes: tuple[str, ...] = ()
    """Sentences of the corpus that it quotes, whole or in their short form, in its order."""
    sourced: bool = False
    """Whether anything in it has a source."""


class Transcript:
    """Reads what answers said, over one corpus."""

    def __init__(
        self,
        evidence: Evidence,
        lexicon: Lexicon,
        short_forms: Iterable[tuple[str, Quote]] = (),
        replies: Mapping[str, Outcome] = MappingProxyType({}),
    ) -> None:
        """`short_forms`: other words that an answer may use for a sentence; `replies`: whole texts without sources."""
        self._replies = replies
        self._evidence = evidence
        self._lexicon = lexicon
        self._resources = evidence.corpus.resource_by_id
        self._by_words: dict[str, Quote] = {}
        for text, quote in (*evidence.by_text.items(), *short_forms):
            self._by_words.setdefault(_key(text), quote)
        self._longest = max(map(len, self._by_words), default=0) + _SLACK
        self.read = lru_cache(_REMEMBERED)(self._read)
        """What the text of an answer says."""

    def record(
        self,
        act: Act,
        query: str,
        text: str,
        profile: Profile,
        aspects: Sequence[str] = (),
        asked: str = "",
        options: Sequence[str] = (),
    ) -> Record:
        """What an exchange came to: the request as it was taken, and what the answer's text says."""
        told = self.read(text)
        quoted = {id for words in told.quotes for id in self._named_by(words)}
        # What the learner has or refuses is named to say so; it is not on offer.
        not_offered = {*profile.done, *profile.knows, *profile.avoids} - quoted
        return Record(
            act=act,
            query=query,
            items=tuple(id for id in told.items if id not in not_offered),
            sections=told.sections,
            quotes=told.quotes,
            aspects=tuple(aspects),
            asked=asked,
            options=tuple(options),
            profile=profile,
        )

    def outcome(self, act: Act, text: str, asked: str) -> Outcome:
        """The kind of an answer, as far as its text tells it: a client keeps no more."""
        if self.read(text).sourced:
            return "clarify" if asked else "answered"
        return self._replies.get(text.strip()) or _WITHOUT_SOURCES.get(act, "not_covered")

    def _named_by(self, words: str) -> tuple[str, ...]:
        quote = self._by_words[_key(words)]
        about = [quote.about] if quote.about else self._lexicon.read(quote.text).resources
        return (*about, *quote.resources)

    def _read(self, text: str) -> Told:
        items: list[str] = []
        sections: Counter[str] = Counter()
        quotes: list[str] = []
        for words, quote in self._pieces(text):
            named = self._lexicon.read(words).resources if words.strip(_EDGES) else ()
            items += named
            if quote is not None:
                items += self._named_by(quote.text)
                quotes.append(quote.text)
                sections.update([quote.section] if quote.section else [])
        # A plan's line names more than its step takes.
        steps = list_items(self._evidence.corpus, text)
        known = tuple(dict.fromkeys(id for id in steps or items if id in self._resources))
        if not sections:
            sections.update(self._resources[id].section for id in known)
        ordered = tuple(id for id, _ in sections.most_common())
        return Told(known, ordered, tuple(dict.fromkeys(quotes)), bool(quotes) or bool(MARKER.search(text)))

    def _pieces(self, text: str) -> Iterator[tuple[str, Quote | None]]:
        """The stretches before each marker, cut into words of the answer's own and the sentence quoted, in order."""
        if not MARKER.search(text):
            # A client may have taken the markers out.
            yield from _cut(text, self._evidence.cited_in(text))
            return
        for stretch in _MARKERS.split(text)[::2]:
            quote, start = self._last_quote(stretch)
            yield stretch[:start], quote

    def _last_quote(self, stretch: str) -> tuple[Quote | None, int]:
        """The longest sentence that a stretch ends with, and where it begins."""
        for found in _WORD.finditer(stretch, max(0, len(stretch) - self._longest)):
            quote = self._by_words.get(_key(stretch[found.start() :]))
            if quote is not None:
                return quote, found.start()
        return None, len(stretch)


def _key(text: str) -> str:
    """Words as they are compared: an answer may begin a sentence in lower case, and end it without its full stop."""
    return text.replace("\\|", "|").strip(_EDGES).casefold()


def _cut(text: str, quotes: Sequence[Quote]) -> Iterator[tuple[str, Quote | None]]:
    place = 0
    for quote in quotes:
        start = text.find(quote.text, place)
        if start >= 0:
            yield text[place:start], quote
            place = start + len(quote.text)
    yield text[place:], None


def exchanges_of(history: Sequence[Turn]) -> tuple[Exchange, ...]:
    """The exchanges of a history, each a message and the answer after it; masked, as a store would keep them."""
    exchanges: list[Exchange] = []
    for turn in history:
        if turn.role == "user":
            exchanges.append(Exchange(mask(turn.content), "", "not_covered", ""))
        elif exchanges and not exchanges[-1].text:
            exchanges[-1] = replace(exchanges[-1], text=turn.content)
        else:
            exchanges.append(Exchange("", "", "not_covered", turn.content))
    return tuple(exchanges)


def state_of(conversation: Conversation, transcript: Transcript) -> State:
    """A conversation as the next message finds it: its last turns, and every sentence that was quoted."""
    recent = conversation.exchanges[-WINDOW:]
    told = (transcript.read(exchange.text) for exchange in conversation.exchanges)
    return State(
        turns=tuple(_shown(exchange, transcript) for exchange in recent),
        learner=conversation.profile,
        quotes=frozenset(words for one in told for words in one.quotes),
    )


def _shown(exchange: Exchange, transcript: Transcript) -> Shown:
    record = exchange.record or transcript.record("find", exchange.question, exchange.text, Profile())
    act: Act = record.act if record.act in ACTS else "find"
    return Shown(
        message=exchange.question,
        act=act,
        outcome=transcript.outcome(act, exchange.text, record.asked),
        query=record.query,
        items=record.items,
        sections=record.sections,
        aspects=tuple(aspect for aspect in ASPECTS if aspect in record.aspects),
        asked=record.asked,
        options=record.options,
    )
