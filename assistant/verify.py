"""A model's sentence against what it cites: every name, number and word accounted for, and the meaning near."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

from assistant.types import ADDRESS, MARKER, Citation
from corpus.types import Corpus
from index.encoder import Encoder

Fault = Literal[
    "no marker", "wrong marker", "address", "markup", "length", "number", "name", "word", "negation", "order", "far"
]

# Cosine below which a sentence means something else than what it cites; docs/models.md has the measurement.
NEAR = 0.72
# Share of a sentence's content words that stand in what it cites.
SHARED = 0.5
_MOST_WORDS = 60
_FEWEST_WORDS = 4

_BARE_ADDRESS = re.compile(
    r"www\.|\b[\w-]+@[\w-]+\.|\b[\w-]{2,}\.(?:com|org|net|edu|io|ai|dev|gov|info|co|uk|de|ca|ly|me|tv|app|xyz)\b", re.I
)
_MARKUP = re.compile(r"[<>{}|`\\]|\]\(|^#|\$\$")
_TOKEN = re.compile(r"[^\W_]+(?:[.'’+-][^\W_]+)*\+*")
_NEGATION = re.compile(r"\b(?:not|no|never|none|nor|neither|without|cannot|nothing)\b|n['’]t\b", re.I)
_RELATION = re.compile(
    r"\b(?:than|before|after|replaced?s?|replaces|instead|successor|over|from|into|follows?|precedes?)\b", re.I
)
_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()
    )
} | {"hundred": "100", "thousand": "1000", "million": "1000000", "dozen": "12", "twice": "2", "half": "1/2"}
_HARMLESS_NUMBERS = frozenset({"one"})
_PLAIN = frozenset(
    """a about above add after again all along already also although always am an and another any are around as at away
    back be because become been before begin being below best better between both but by came can check choose come
    consider could course day decide did different do does done down during each early easy either else end enough even
    every example explore few find first fit follow for from further get give go going good got great had has have
    he help helpful her here hers him his how however i idea if in instead into is it its itself just keep know last
    later learn least less let like little look lot made mainly make many may me might more most move much must my near
    need never new next no none nor not nothing now of off often on once one only onto option or order other our out
    over own part path perhaps place plan please possible prefer question rather reach read ready really right same
    say see seem set several shall she should show since so solid some something soon start step still such suggest
    suit take tell than that the their them then there therefore these they thing think this those though through time
    to today together too toward towards try turn two under understand until up upon us use used useful usually
    very want was watch way we well were what when where whether which while who whole whom whose why will with within
    without work would yes yet you your yours yourself""".split()
)


class Verifier:
    """Checks sentences for one corpus."""

    def __init__(self, corpus: Corpus, encoder: Encoder) -> None:
        self._encoder = encoder
        self._words = frozenset(_stem(word) for word in _lower_words(corpus)) | {_stem(word) for word in _PLAIN}
        self._names = {
            name: resource.id
            for resource in corpus.resources
            for name in (resource.title.lower(), resource.short.lower(), *resource.aliases)
            if len(name) > 4 or any(c.isdigit() for c in name)
        }
        listed = sorted(map(re.escape, self._names), key=len, reverse=True)
        self._name = re.compile(rf"(?<!\w)(?:{'|'.join(listed)})(?!\w)") if listed else None

    def check(self, sentence: str, cited: Sequence[Citation]) -> Fault | None:
        """What is wrong with a sentence (without its markers), given the citations that its markers name."""
        if not cited:
            return "no marker"
        if ADDRESS.search(sentence) or _BARE_ADDRESS.search(sentence):
            return "address"
        if _MARKUP.search(sentence) or MARKER.search(sentence):
            return "markup"
        tokens = _TOKEN.findall(sentence)
        if not _FEWEST_WORDS <= len(tokens) <= _MOST_WORDS:
            return "length"
        source = " ".join(f"{citation.quote} {citation.title}" for citation in cited)
        return self._check_words(sentence, tokens, source, cited) or self._check_meaning(sentence, tokens, cited)

    def _check_words(
        self, sentence: str, tokens: list[str], source: str, cited: Sequence[Citation]
    ) -> Fault | None:
        known = {_bare(token) for token in _TOKEN.findall(source)}
        known |= {part for token in known for part in re.split(r"[.'’+-]", token)}
        for position, token in enumerate(tokens):
            word = _bare(token)
            if any(c.isdigit() for c in word):
                if word not in known and word.replace(",", "") not in known:
                    return "number"
            elif word in _NUMBERS and word not in _HARMLESS_NUMBERS:
                if word not in known and _NUMBERS[word] not in known:
                    return "number"
            elif token[:1].isupper() and not (position == 0 and _stem(word) in self._words):
                if word not in known and word != "i":
                    return "name"
            elif word not in known and _stem(word) not in self._words:
                return "word"
        return self._check_names(sentence.lower(), source.lower(), cited)

    def _check_names(self, sentence: str, source: str, cited: Sequence[Citation]) -> Fault | None:
        """Every resource that is named, by whichever name, is one that the evidence names."""
        allowed = {id for citation in cited for id in (citation.resource, *citation.resources)}
        for found in self._name.finditer(sentence) if self._name else ():
            if found[0] not in source and self._names[found[0]] not in allowed:
                return "name"
        return None

    def _check_meaning(self, sentence: str, tokens: list[str], cited: Sequence[Citation]) -> Fault | None:
        quotes = [citation.quote for citation in cited]
        if bool(_NEGATION.search(sentence)) != any(_NEGATION.search(quote) for quote in quotes):
            return "negation"
        if _RELATION.search(sentence) and not any(_same_order(sentence, quote) for quote in quotes):
            return "order"
        stems = {_stem(_bare(token)) for quote in quotes for token in _TOKEN.findall(quote)}
        content = [stem for token in tokens if (stem := _stem(_bare(token))) and _bare(token) not in _PLAIN]
        if content and sum(stem in stems for stem in content) < SHARED * len(content):
            return "far"
        return None if self.nearness(sentence, quotes) >= NEAR else "far"

    def nearness(self, sentence: str, quotes: Sequence[str]) -> float:
        """Largest cosine between a sentence and a quote, or all quotes together."""
        texts = [*quotes, " ".join(quotes)] if len(quotes) > 1 else list(quotes)
        vectors = self._encoder.encode_passages([sentence, *texts])
        return float((vectors[1:] @ vectors[0]).max())


def _lower_words(corpus: Corpus) -> Iterable[str]:
    """Words that the corpus itself writes in lower case: none of them is a name."""
    for section in corpus.sections:
        for paragraph in section.paragraphs:
            yield from _lower_tokens(paragraph.text)
    for resource in corpus.resources:
        for paragraph in resource.paragraphs:
            yield from _lower_tokens(paragraph.text)


def _lower_tokens(text: str) -> list[str]:
    return [token for token in _TOKEN.findall(text) if token.islower()]


def _same_order(sentence: str, quote: str) -> bool:
    """Whether the names of a sentence stand in the quote in the same order: who replaced whom, what comes first."""
    order = _named(quote)
    places = [order.index(name) for name in _named(sentence) if name in order]
    return places == sorted(places)


def _named(text: str) -> list[str]:
    tokens = _TOKEN.findall(text)
    names = [_bare(token) for n, token in enumerate(tokens) if token[0].isupper() or any(c.isdigit() for c in token)]
    return list(dict.fromkeys(names))


def _bare(token: str) -> str:
    return re.sub(r"['’]s$|['’]$", "", token.lower())


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    for ending in ("ations", "ation", "ingly", "ings", "ing", "edly", "ies", "ied", "ed", "ly", "es", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
