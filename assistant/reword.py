"""A language model's rewording of a composed answer: verified while it streams, replaced where it fails.

The first words are held back until enough has passed: the draft's first recommendation, and two sentences. Until
then the composed draft can still stand alone, and it does if the model fails in any way.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from assistant.cite import ADDITION, Draft, Pick, cite
from assistant.generate import THOUGHT, Generator, GeneratorFailed, make_prompt
from assistant.types import MARKER, Citation, Profile
from assistant.verify import Verifier
from corpus.addresses import ADDRESS
from corpus.sentences import split_sentences
from corpus.types import Corpus
from index.encoder import Encoder
from index.types import Chunk

_MOST_SENTENCES = 8
_MOST_CHARACTERS = 6000
_MOST_EVIDENCE = 14
_ENOUGH = 2
_PUNCTUATED = re.compile(r"([.!?])((?:\s*\[\d{1,3}\])+)")
_OPEN_MARKER = re.compile(r"\s*\[\d*\]?$|[.!?]\s*$")
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_STRUCTURED = re.compile(r"^(?:#|\||- |\d+\. )", re.MULTILINE)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Frame:
    """Sentences of a draft that have no source, and stay as they are."""

    opening: str = ""
    """Before the first sentence with one: `Yes.`"""
    closing: str = ""
    """After the last one: what the corpus does not tell."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Verified words, ready to show."""

    text: str
    """What to append to the answer's text."""
    citations: tuple[Citation, ...]
    """Sources that its markers name for the first time."""


class Rewording:
    """One answer on its way: iterate over its pieces, then take `draft` and `generator`."""

    def __init__(
        self,
        corpus: Corpus,
        verifier: Verifier,
        generator: Generator,
        draft: Draft,
        evidence: Sequence[Citation],
        frame: Frame = Frame(),
    ) -> None:
        self._corpus = corpus
        self._verifier = verifier
        self._generator = generator
        self._composed = draft
        self._evidence = evidence
        self._frame = frame
        self._is_closed = False
        self._said: list[str] = []
        self._citations: list[Citation] = []
        self._plain: set[str] = set()
        self._quoted: set[str] = set()
        self._shown = 0

    @property
    def draft(self) -> Draft:
        """The answer: the model's verified sentences, or the composed ones."""
        if not self._shown:
            return self._composed
        closing = self._frame.closing if self._is_closed else ""
        return Draft(" ".join(filter(None, (self._opened, closing))), tuple(self._citations))

    @property
    def _opened(self) -> str:
        return " ".join(filter(None, (self._frame.opening, *self._said)))

    @property
    def generator(self) -> str:
        """Who worded it: the model's id, or `composer`."""
        return self._generator.id if self._shown else "composer"

    async def pieces(self, question: str, profile: Profile) -> AsyncGenerator[Piece]:
        """Verified text as it comes; nothing at all where the composed draft stands."""
        quotes = [citation.quote for citation in self._evidence]
        prompt = make_prompt(question, quotes, profile, self._corpus.about.subject)
        try:
            async with aclosing(_sentences(self._generator.write(prompt))) as sentences:
                async for sentence in sentences:
                    await asyncio.to_thread(self._take, sentence)
                    if self._is_enough() and self._shown < len(self._said):
                        yield self._show()
                    if len(self._said) >= _MOST_SENTENCES:
                        break
        except GeneratorFailed as error:
            _LOG.warning("the language model gave up: %s", error)
        if self._shown and self._frame.closing:
            self._is_closed = True
            yield Piece(f" {self._frame.closing}", ())

    def _is_enough(self) -> bool:
        if not self._composed.citations:
            return False
        lead = self._composed.citations[0]
        cited = any(
            c.quote == lead.quote or (lead.resource is not None and c.resource == lead.resource)
            for c in self._citations
        )
        return (
            cited
            and len(self._said) >= min(_ENOUGH, len(self._composed.citations))
            and (self._names_guide(self._citations) or not self._names_guide(self._composed.citations))
        )

    def _names_guide(self, citations: Sequence[Citation]) -> bool:
        """Whether one of the sources is the guide's own."""
        return not all(map(self._is_addition, citations))

    def _show(self) -> Piece:
        new = self._said[self._shown :]
        text = f" {' '.join(new)}" if self._shown else self._opened
        numbers = {int(number) for sentence in new for number in MARKER.findall(sentence)}
        before = {
            int(number) for sentence in self._said[: self._shown] for number in MARKER.findall(sentence)
        }
        self._shown = len(self._said)
        return Piece(text, tuple(c for c in self._citations if c.number in numbers - before))

    def _take(self, sentence: str) -> None:
        """Keep a sentence if it passes, and say at once what has become of a resource that is not current."""
        numbers = list(dict.fromkeys(int(number) for number in MARKER.findall(sentence)))
        words = " ".join(MARKER.sub("", sentence).split())
        words = re.sub(r"\s+([.,;:!?])", r"\1", words).strip(" *_")
        if not all(1 <= number <= len(self._evidence) for number in numbers):
            return
        # Of the sources of one sentence the guide's come first, too.
        cited = sorted((self._evidence[number - 1] for number in numbers), key=self._is_addition)
        plain = _fold(words)
        if cited and all(citation.quote in self._quoted for citation in cited):
            return
        if plain in self._plain or self._verifier.check(words, cited) or not self._is_in_turn(cited):
            return
        notes = self._notes(words, cited)
        if notes is None:
            return
        self._say(self._finish(words, cited), cited)
        for note in notes:
            self._quoted.add(note.quote)
            self._say(note.quote, [note])

    def _finish(self, words: str, cited: Sequence[Citation]) -> str:
        """A sentence with its mark, which calls the additions in it so where nothing has yet."""
        if words[-1] not in ".!?":
            words = f"{words}."
        additions = {c.resource for c in cited if self._is_addition(c)}
        told = {c.resource for n, c in enumerate(self._citations, 1) if self._is_called_addition(n)}
        if "addition" in words.lower() or additions <= told:
            return words
        return f"{words[:-1]} {ADDITION}{words[-1]}"

    def _is_in_turn(self, cited: Sequence[Citation]) -> bool:
        """The guide's recommendations come before additions, unless the draft itself begins with one."""
        return (
            self._is_addition(self._composed.citations[0])
            or self._names_guide((*self._citations, *cited))
            or not self._names_guide(self._composed.citations)
        )

    def _is_called_addition(self, number: int) -> bool:
        return any("addition" in said.lower() and f"[{number}]" in said for said in self._said)

    def _is_addition(self, citation: Citation) -> bool:
        resource = self._corpus.resource_by_id.get(citation.resource or "")
        return citation.kind == "addition" or (resource is not None and resource.origin == "addition")

    def _notes(self, words: str, cited: Sequence[Citation]) -> list[Citation] | None:
        """What must be said beside a sentence of the resources that are not current; None if nothing says it."""
        text = " ".join([*self._said, words]).lower()
        notes = []
        for id in dict.fromkeys(id for c in cited for id in (c.resource, *c.resources)):
            resource = self._corpus.resource_by_id.get(id or "")
            if resource is None or resource.status == "current" or not resource.status_note:
                continue
            after = resource.successor
            first = first_sentence(resource.status_note)
            if first.lower() in text or (after is not None and after.title.lower() in text):
                continue
            note = next((e for e in self._evidence if e.resource == id and e.quote == first), None)
            if note is None:
                return None
            notes.append(note)
        return notes

    def _say(self, words: str, cited: Sequence[Citation]) -> None:
        markers = []
        for citation in cited:
            known = next((c.number for c in self._citations if c.quote == citation.quote), None)
            if known is None:
                known = len(self._citations) + 1
                self._citations.append(replace(citation, number=known))
            markers.append(f"[{known}]")
        self._plain.add(_fold(words))
        self._said.append(f"{words} {''.join(dict.fromkeys(markers))}")


class Rewriter:
    """Starts rewordings with one engine."""

    def __init__(self, corpus: Corpus, verifier: Verifier, generator: Generator) -> None:
        self._corpus = corpus
        self._verifier = verifier
        self._generator = generator

    def start(self, draft: Draft, chunks: Sequence[Chunk]) -> Rewording | None:
        """A rewording of a composed draft; None where there is nothing to reword or something to lose.

        That is a draft without sources, a list, a table, one with an address or a number of its own (computed), or
        with a sentence that has no source between others that have.
        """
        frame = None if _STRUCTURED.search(draft.text) else find_frame(draft)
        if frame is None:
            return None
        evidence = _widen(self._corpus, draft, chunks)
        return Rewording(self._corpus, self._verifier, self._generator, draft, evidence, frame)

    def over(self, corpus: Corpus, encoder: Encoder) -> Rewriter:
        """The same engine over other texts."""
        return Rewriter(corpus, Verifier(corpus, encoder), self._generator)

    async def warm(self) -> None:
        """Get the engine ready. Raises GeneratorFailed or UsageError."""
        await self._generator.warm()

    async def close(self) -> None:
        """Let go of the engine."""
        await self._generator.close()


def find_frame(draft: Draft) -> Frame | None:
    """What a draft says around its sentences with sources; None where those can't be said in other words."""
    sentences = [sentence for line in draft.text.split("\n") for sentence in _cut(line)]
    carried = [place for place, sentence in enumerate(sentences) if MARKER.search(sentence)]
    if not carried or len(carried) <= carried[-1] - carried[0]:
        return None
    by_number = {citation.number: citation for citation in draft.citations}
    if any(_has_own(sentences[place], by_number) for place in carried):
        return None
    return Frame(" ".join(sentences[: carried[0]]), " ".join(sentences[carried[-1] + 1 :]))


def _has_own(sentence: str, by_number: Mapping[int, Citation]) -> bool:
    """Whether a sentence holds what none of its sources holds and other words would lose: an address, a number."""
    if ADDRESS.search(sentence):
        return True
    cited = [by_number[int(number)] for number in MARKER.findall(sentence) if int(number) in by_number]
    source = " ".join(f"{citation.quote} {citation.title}" for citation in cited)
    return not set(_NUMBER.findall(MARKER.sub("", sentence))) <= set(_NUMBER.findall(source))


def first_sentence(text: str) -> str:
    """Its first sentence."""
    return text[slice(*split_sentences(text)[0])]


def _fold(words: str) -> str:
    return re.sub(r"\W+", " ", words.lower()).strip()


def _widen(corpus: Corpus, draft: Draft, chunks: Sequence[Chunk]) -> tuple[Citation, ...]:
    """The draft's own evidence, then for each of its resources what has become of it and whom it suits."""
    by_resource: dict[str, list[Pick]] = {}
    for chunk in chunks:
        if chunk.resource is not None:
            by_resource.setdefault(chunk.resource, []).extend(Pick(chunk, s) for s in chunk.sentences)
    found = {citation.quote: citation for citation in draft.citations}
    named = list(dict.fromkeys(id for c in draft.citations for id in (c.resource, *c.resources) if id))
    extra: list[Pick] = []
    for id in named:
        if corpus.resource_by_id[id].status != "current":
            extra += [pick for pick in by_resource.get(id, ()) if pick.chunk.part == "status"][:1]
    for id in named:
        suits = [pick for pick in by_resource.get(id, ()) if " suits " in pick.chunk.quote(pick.sentence)]
        extra += suits[: 1 if len(found) + len(extra) < _MOST_EVIDENCE else 0]
    for pick in extra:
        citation = cite(corpus, pick, len(found) + 1)
        found.setdefault(citation.quote, citation)
    return tuple(found.values())


async def _sentences(pieces: AsyncGenerator[str]) -> AsyncGenerator[str]:
    """Whole sentences with their markers, as soon as nothing that comes can still belong to them."""
    buffer, read, thinking = "", 0, ""
    async with aclosing(pieces):
        async for piece in pieces:
            read += len(piece)
            if read > _MOST_CHARACTERS:
                raise GeneratorFailed("the answer is endless")
            thinking += piece
            if (
                thinking.lstrip().startswith("<think>"[: len(thinking.lstrip())])
                and "</think>" not in thinking
            ):
                continue
            buffer, thinking = buffer + THOUGHT.sub("", thinking), ""
            *lines, buffer = buffer.split("\n")
            for line in lines:
                for sentence in _cut(line):
                    yield sentence
            if not _OPEN_MARKER.search(buffer):
                whole, space = _cut(buffer), buffer[len(buffer.rstrip()) :]
                for sentence in whole[:-1]:
                    yield sentence
                buffer = (whole[-1] if whole else "") + space
    for sentence in _cut(buffer):
        yield sentence


def _cut(line: str) -> list[str]:
    """Sentences of a line, each followed by its markers."""
    line = _BULLET.sub("", _PUNCTUATED.sub(lambda found: found[2] + found[1], line)).replace("**", "")
    return [line[start:end] for start, end in split_sentences(line)]
