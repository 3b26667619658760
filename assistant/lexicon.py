"""What a text names: resources, concepts and the people and places behind resources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from assistant.words import STOP_WORDS, Speller, plain, word_list
from corpus.types import About, Corpus, Resource

_LONGEST = 9
_SURE_WORDS = 4
_NO_SURNAMES = frozenset({"french"})
_KINDS = tuple(
    frozenset(words.split())
    for words in (
        "course courses class classes lectures lecture videos video vids series playlist curso corso cours kurs kursu",
        "book textbook libro livro livre buch kitap kitabi",
        "post article blog essay articolo articulo artigo beitrag",
        "paper paperi artikel",
        "notes note skript",
        "guide tutorial tutorials walkthrough rehberi",
    )
)
"""Words that stand for each other at the end of a name: `Caltech course`, `Caltech lectures`."""
_KIND_OF = {word: n for n, words in enumerate(_KINDS) for word in words}
_ANY_KIND = frozenset(("one", "thing", "guy"))
"""Words that stand for any of these."""
_OF = frozenset(("de", "do", "da", "di", "du", "del", "von", "by", "from"))
_SEAM = re.compile(r"(?<=[a-z0-9])(?=[^\W\da-z_])|(?<=[^\W\da-z_])(?=[a-z0-9])")
"""Where a Latin word meets another script without a space, as in `CS231nは`."""
_ENDING = re.compile(r"(\w{2,})['’](\w{2,})")
"""A name and its ending as Turkish writes it, as in `Ng'nin`."""
_RUN_ON = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff]")
"""A letter of a script whose words have no spaces between them, or endings without one (Hangul in its parts)."""


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
        named: dict[tuple[str, ...], list[str]] = {}
        for resource in sorted(corpus.resources, key=_is_addition):
            for name in (resource.title, resource.short, *resource.aliases):
                if name in resource.aliases or _is_telling(name, spoken):
                    named.setdefault(_key(name), []).append(resource.id)
        self._add_named(named)
        self._stems: dict[tuple[tuple[str, ...], int], tuple[str, ...]] = {}
        self._add_stems(named, {*re.findall(r"\b[a-z]+\b", spoken), *self.about.names})
        for author, ids in self.by_author.items():
            self._add(author, resources=ids)
        for concept in corpus.concepts:
            for name in concept.names:
                self._add(name, concept=concept.id)
        self._lengths: dict[str, int] = {}
        stems = [(*stem, "one") for stem, _ in self._stems]
        for key in (*self._names, *stems):
            self._lengths[key[0]] = max(min(len(key), _LONGEST), self._lengths.get(key[0], 0))
        self._lengths.update(dict.fromkeys(_KIND_OF, _LONGEST))
        words = {word for name in self._names for word in name}
        run_on = sorted((word for word in words if _RUN_ON.match(word)), key=len, reverse=True)
        self._run_on = re.compile("|".join(map(re.escape, run_on))) if run_on else None
        self._speller = Speller(words | set(cue_words), _common_words(corpus))

    def _add_named(self, named: Mapping[tuple[str, ...], Iterable[str]]) -> None:
        for key, ids in named.items():
            self._add_key(key, resources=tuple(dict.fromkeys(ids)))

    def _add_stems(self, named: Mapping[tuple[str, ...], list[str]], common: set[str]) -> None:
        """Keep what stands before a noun of some kind, so that `Caltech lectures` is found by `Caltech course`.

        Only where that tells enough: it is no name itself, and neither all `common` words nor the subject.
        """
        for (*words, noun), ids in ((key, ids) for key, ids in named.items() if len(key) > 1):
            stem, kind = tuple(words), _KIND_OF.get(noun)
            if kind is not None and stem not in named and not common.issuperset(stem):
                known = self._stems.get((stem, kind), ())
                self._stems[stem, kind] = tuple(dict.fromkeys((*known, *ids)))

    def _add(self, name: str, resources: tuple[str, ...] = (), concept: str | None = None) -> None:
        self._add_key(_key(name), resources, concept)

    def _add_key(
        self, key: tuple[str, ...], resources: tuple[str, ...] = (), concept: str | None = None
    ) -> None:
        if key and not (len(key) == 1 and key[0] in STOP_WORDS):
            self._names.setdefault(key, Mention(0, len(key), resources, concept))

    def read(self, text: str) -> Reading:
        """Read a text: mend its slips, and find the longest names from the left."""
        mended = self._speller.mend(self._part(text))
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

    def _part(self, text: str) -> str:
        """A text in plain form, with names set apart from what is written on to them."""
        text = _ENDING.sub(lambda m: f"{m[1]} {m[2]}" if (m[1].lower(),) in self._names else m[0], text)
        words = plain(text)
        if words.isascii():
            return words
        if self._run_on is not None:
            words = self._run_on.sub(r" \g<0> ", words)
        return " ".join(_SEAM.sub(" ", words).split())

    def _longest(self, words: tuple[str, ...], start: int) -> Mention | None:
        """The longest name that begins there, if there is one."""
        length = self._lengths.get(words[start], 0)
        for end in range(min(len(words), start + length), start, -1):
            known = self._names.get(words[start:end]) or self._of_a_kind(words[start:end])
            if known is not None:
                return Mention(start, end, known.resources, known.concept)
        return None

    def _of_a_kind(self, words: tuple[str, ...]) -> Mention | None:
        """What a name with another noun of its kind means: `Oxford lectures`, `Oxford one`, `curso de Oxford`."""
        stem, kinds = words[:-1], _kinds(words[-1])
        if len(words) > 2 and words[1] in _OF and words[0] in _KIND_OF:
            stem, kinds = words[2:], _kinds(words[0])
        found = [id for kind in kinds for id in self._stems.get((stem, kind), ())]
        return Mention(0, len(words), tuple(dict.fromkeys(found))) if found else None


def _kinds(noun: str) -> Iterable[int]:
    """The kinds that a noun can stand for."""
    if noun in _ANY_KIND:
        return range(len(_KINDS))
    return (_KIND_OF[noun],) if noun in _KIND_OF else ()


def _key(name: str) -> tuple[str, ...]:
    return tuple(_SEAM.sub(" ", " ".join(word_list(name))).split())


def _is_addition(resource: Resource) -> bool:
    return resource.origin == "addition"


def _is_telling(name: str, spoken: str) -> bool:
    """Whether a title is a name: `Home Brewing`, which the texts also write in lower case, is none."""
    return not 1 < len(name.split()) <= _SURE_WORDS or f" {name.lower()} " not in spoken


def _by_author(corpus: Corpus) -> Mapping[str, tuple[str, ...]]:
    """Resource ids by the full name, and a known last name, of who made them; the guide's first."""
    ids: dict[str, list[str]] = {}
    lower = set(re.findall(r"\b[a-z]+\b", " ".join(_texts(corpus))))
    for resource in sorted(corpus.resources, key=_is_addition):
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
