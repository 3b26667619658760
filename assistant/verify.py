"""A model's sentence against what it cites: every name, number and word accounted for, and the meaning near."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from assistant.types import MARKER, Citation
from corpus.addresses import ADDRESS
from corpus.types import Corpus
from index.encoder import Encoder

Fault = Literal[
    "no marker", "address", "markup", "length", "number", "name", "word", "claim", "negation", "order", "far"
]
"""Why a sentence is dropped."""

# Cosine below which a sentence means something else than what it cites; docs/models.md has the measurement.
NEAR = 0.7
# The same for a sentence that says what comes before, after or instead of what.
NEAR_RELATION = 0.85
# Share of a sentence's content words that stand in what it cites.
SHARED = 0.5
_MOST_WORDS = 60
_FEWEST_WORDS = 4

_BARE_ADDRESS = re.compile(
    r"www\.|\b[\w-]+@[\w-]+\.|\b[\w-]{2,}\.(?:com|org|net|edu|io|ai|dev|gov|info|co|uk|de|ca|ly|me|tv|app|xyz)\b",
    re.I,
)
_MARKUP = re.compile(r"[<>{}|`\\]|\]\(|^#|\$\$")
_TOKEN = re.compile(r"[^\W_]+(?:[.'’+-][^\W_]+)*\+*")
_NEGATION = re.compile(r"\b(?:not|no|never|none|nor|neither|without|cannot|nothing)\b|n['’]t\b", re.I)
RELATION = re.compile(
    r"\b(?:than|before|after|replace[sd]?|instead|successor|follow(?:s|ed)?|precedes?)\b", re.I
)
# Words that make a claim stronger: one of a group stands only where the evidence has one of that group.
_CLAIMS = tuple(
    frozenset(group.split())
    for group in (
        "need needs needed require requires required must necessary prerequisite essential",
        "only",
        "best",
        "all every everyone everything",
        "always",
        "free",
        "better",
        "most mostly",
        "easy easier easiest easily simple",
        "great excellent perfect ideal",
    )
)
_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
} | {"hundred": "100", "thousand": "1000", "million": "1000000", "dozen": "12", "twice": "2", "half": "1/2"}
_HARMLESS_NUMBERS = frozenset({"one"})
_PLAIN = frozenset(tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["plain"])


class Verifier:
    """Checks sentences for one corpus."""

    def __init__(self, corpus: Corpus, encoder: Encoder) -> None:
        self._encoder = encoder
        self._words = frozenset(_stem(word) for word in _lower_words(corpus)) | {
            _stem(word) for word in _PLAIN
        }
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
        return self._check_words(sentence, tokens, source, cited) or self._check_meaning(
            sentence, tokens, cited
        )

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
        words = {_bare(token) for token in tokens}
        if any(words & group and not known & group for group in _CLAIMS):
            return "claim"
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
        if not any(_same_order(sentence, quote) for quote in (*quotes, " ".join(quotes))):
            return "order"
        stems = {_stem(_bare(token)) for quote in quotes for token in _TOKEN.findall(quote)}
        content = [stem for token in tokens if (stem := _stem(_bare(token))) and _bare(token) not in _PLAIN]
        if content and sum(stem in stems for stem in content) < SHARED * len(content):
            return "far"
        least = NEAR_RELATION if RELATION.search(sentence) else NEAR
        return None if self.nearness(sentence, quotes) >= least else "far"

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
    """Whether names, and numbers, stand in the quote in the same order: who replaced whom, weeks before hours."""
    tokens, source = (
        [_bare(t) if t[0].islower() else t for t in _TOKEN.findall(text)] for text in (sentence, quote)
    )
    for is_kind in (_is_name, str.isdigit):
        order = list(dict.fromkeys(_bare(token) for token in source if is_kind(token)))
        said = dict.fromkeys(_bare(token) for token in tokens if is_kind(token))
        places = [order.index(name) for name in said if name in order]
        if places != sorted(places):
            return False
    return True


def _is_name(token: str) -> bool:
    return token[0].isupper() or (any(c.isdigit() for c in token) and not token.isdigit())


def _bare(token: str) -> str:
    return re.sub(r"['’]s$|['’]$", "", token.lower())


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    for ending in (
        "ations",
        "ation",
        "ingly",
        "ings",
        "ing",
        "edly",
        "ies",
        "ied",
        "ed",
        "ly",
        "es",
        "s",
        "e",
        "y",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
