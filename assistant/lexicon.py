"""What a text names: resources, concepts and the people and places behind resources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from assistant.words import STOP_WORDS, Speller, plain, word_list
from corpus.types import About, Corpus

_LONGEST = 9
_SURE_WORDS = 4
_NO_SURNAMES = frozenset({"french"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of words that names something."""

    start: int
    """Position of its first word."""
    end: int
    """Position past its last word."""
    resources: tuple[str, ...] = ()
    """Ids that it may mean, the guide's first; several for an author of several."""
    concept: str | None = None
    """Id of a concept."""


@dataclass(frozen=True)
class Reading:
    """A text, read."""

    text: str
    """In plain form, its slips mended."""
    words: tuple[str, ...]
    """Its words, punctuation included."""
    mentions: tuple[Mention, ...]
    """What it names, in order; they do not overlap."""
    about: About = field(default_factory=About)
    """What the guide says of itself: its subject, goals and basics."""

    @cached_property
    def resources(self) -> tuple[str, ...]:
        """Ids of the resources named without doubt, in order."""
        clear = (mention.resources[0] for mention in self.mentions if len(mention.resources) == 1)
        return tuple(dict.fromkeys(clear))

    @cached_property
    def several(self) -> tuple[str, ...]:
        """Ids behind names that may mean several resources, in order."""
        return tuple(dict.fromkeys(id for m in self.mentions if len(m.resources) > 1 for id in m.resources))

    @cached_property
    def concepts(self) -> tuple[str, ...]:
        """Ids of the concepts named, in order."""
        return tuple(dict.fromkeys(m.concept for m in self.mentions if m.concept))

    @cached_property
    def rest(self) -> tuple[str, ...]:
        """The words that carry meaning and are part of no name."""
        named = {n for m in self.mentions for n in range(m.start, m.end)}
        return tuple(
            word
            for n, word in enumerate(self.words)
            if n not in named and word not in STOP_WORDS and word[0].isalnum()
        )


class Lexicon:
    """The names of one corpus."""

    def __init__(self, corpus: Corpus, cue_words: Iterable[str] = ()) -> None:
        """`cue_words`: further words to mend slips towards."""
        self.about = corpus.about
        self._names: dict[tuple[str, ...], Mention] = {}
        self.by_author = _by_author(corpus)
        spoken = " ".join(_texts(corpus))
        for resource in corpus.resources:
            for name in (resource.title, resource.short, *resource.aliases):
                if name in resource.aliases or _is_telling(name, spoken):
                    self._add(name, resources=(resource.id,))
        for author, ids in self.by_author.items():
            self._add(author, resources=ids)
        for concept in corpus.concepts:
            for name in concept.names:
                self._add(name, concept=concept.id)
        self._lengths: dict[str, int] = {}
        for key in self._names:
            self._lengths[key[0]] = max(min(len(key), _LONGEST), self._lengths.get(key[0], 0))
        words = {word for name in self._names for word in name}
        self._speller = Speller(words | set(cue_words), _common_words(corpus))

    def _add(self, name: str, resources: tuple[str, ...] = (), concept: str | None = None) -> None:
        key = tuple(word_list(name))
        if key and not (len(key) == 1 and key[0] in STOP_WORDS):
            self._names.setdefault(key, Mention(0, len(key), resources, concept))

    def read(self, text: str) -> Reading:
        """Read a text: mend its slips, and find the longest names from the left."""
        mended = self._speller.mend(plain(text))
        words = tuple(mended.split())
        mentions: list[Mention] = []
        start = 0
        while start < len(words):
            found = self._longest(words, start)
            if found is None:
                start += 1
                continue
            mentions.append(found)
            start = found.end
        return Reading(mended, words, tuple(mentions), self.about)

    def _longest(self, words: tuple[str, ...], start: int) -> Mention | None:
        """The longest name that begins there, if there is one."""
        for end in range(min(len(words), start + self._lengths.get(words[start], 0)), start, -1):
            known = self._names.get(words[start:end])
            if known is not None:
                return Mention(start, end, known.resources, known.concept)
        return None


def _is_telling(name: str, spoken: str) -> bool:
    """Whether a title is a name: `Home Brewing`, which the texts also write in lower case, is none."""
    return not 1 < len(name.split()) <= _SURE_WORDS or f" {name.lower()} " not in spoken


def _by_author(corpus: Corpus) -> Mapping[str, tuple[str, ...]]:
    """Resource ids by the full name, and a known last name, of who made them; the guide's first."""
    ids: dict[str, list[str]] = {}
    lower = set(re.findall(r"\b[a-z]+\b", " ".join(_texts(corpus))))
    for resource in sorted(corpus.resources, key=lambda resource: resource.origin == "addition"):
        own = word_list(" ".join((*(p.text for p in resource.paragraphs), *resource.aliases)))
        for author in resource.authors:
            last = plain(author.split()[-1])
            known = last in own and last not in lower and last not in _NO_SURNAMES
            for name in {plain(author), last} if known else {plain(author)}:
                ids.setdefault(name, []).append(resource.id)
    return {name: tuple(dict.fromkeys(found)) for name, found in ids.items()}


def _texts(corpus: Corpus) -> list[str]:
    paragraphs = [paragraph for section in corpus.sections for paragraph in section.paragraphs]
    paragraphs += [paragraph for resource in corpus.resources for paragraph in resource.paragraphs]
    return [paragraph.text for paragraph in paragraphs]


def _common_words(corpus: Corpus) -> set[str]:
    known = set(re.findall(r"\w+", plain(" ".join(_texts(corpus)))))
    questions = [question for section in corpus.sections for question in section.questions]
    questions += [question for resource in corpus.resources for question in resource.questions]
    asked = " ".join((*questions, *corpus.near_misses, *corpus.off_topic))
    seen: dict[str, int] = {}
    for word in plain(asked).split():
        seen[word] = seen.get(word, 0) + 1
    return known | {word for word, count in seen.items() if count > 1}
