"""Names that people state as theirs: where one begins and where it ends."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from itertools import islice
from operator import itemgetter

_CALLED = re.compile(
    r"""(?ix)\b(?:
    my\ (?:(?:full|real|legal|own|first|last|middle|given|family|nick|sur|user)[ -]?)?name(?:\ is|['’]s|\ ?[:=])
    | (?:i\ am|i['’]?m)\ (?:called|named) | calls?\ me
    | mein\ (?:vor|nach|familien)?name\ (?:ist|lautet) | ich\ hei(?:ß|ss)e | (?:man\ )?nennt\ mich
    | je\ m['’]appelle | mon\ (?:pré)?nom\ est
    | me\ llamo | mi\ (?:nombre|apellido)\ es | mi\ chiamo | il\ mio\ nome\ (?:è|e['’])
    | (?:eu\ )?me\ chamo | chamo-me | (?:o\ )?meu\ nome\ é
    | mijn\ naam\ is | ik\ heet | jag\ heter | jeg\ he(?:t|dd)er | mitt\ namn\ är | mit\ navn\ er | nimeni\ on
    | nazywam\ się | mam\ na\ imię | jmenuji\ se | mă\ numesc | benim\ adım
    | меня\ зовут | мо[её]\ имя | мене\ звати | με\ λένε
    )(?:(?<=[:=])|(?!\w)) | 我叫 | 我的名字[是叫] | 名前は | 이름은 | (?<!\w)اسمي(?!\w) | मेरा\ नाम
    """
)
"""After these a name is expected, in whatever letters."""
_AM = re.compile(
    r"\b(?:[iI] am|[iI]['’]m|[tT]his is|[iI]ch bin|[jJ]e suis|[sS]oy|[sS]ono|[sS]ou|[iI]k ben|[jJ]estem|[яЯ])(?!\w)"
)
"""After these a name is one only if it looks like one: two words with capitals, or a title."""
_LETTER = r"[\w\u0300-\u036f\u0900-\u0dff]"
_WORD = re.compile(rf"[\"“„«'‘(]?({_LETTER}+(?:['’ʼ`‐‑-]{_LETTER}+)*['’]?)[\"”“»)]?")
_HAN = re.compile(r"\s*([\u4e00-\u9fff·]{2,4}|[\u30a0-\u30ff・]{2,12})")
_LEAD = re.compile(r"(?:\s|[:=,–—-]|\.{2,}|…)*")
_GAP = re.compile(r"[^\S\n]+")

_TABLE: dict[str, str] = tomllib.loads(resources.files("assistant").joinpath("names.toml").read_text("utf-8"))
_TITLES = frozenset(_TABLE["titles"].split())
_PARTICLES = frozenset(_TABLE["particles"].split())
_AND = frozenset(_TABLE["and"].split())
_STOP = frozenset(_TABLE["others"].split())
_TRADES = frozenset(_TABLE["trades"].split())
_NAMES_TOO = frozenset(_TABLE["names_too"].split())
_SHORTEST = 4
"""Letters of a word in capitals alone that is no abbreviation."""
_MOST = 4
"""Words of a name, without titles and particles."""


@dataclass(frozen=True, slots=True)
class _Word:
    """One word after an introduction."""

    text: str
    start: int
    end: int

    @property
    def kind(self) -> str:
        """title, particle, stop, capital or small."""
        plain = self.text.lower().rstrip(".").replace("’", "").replace("'", "")
        if plain in _TITLES and (len(plain) > 2 or self.text[0].isupper() or self.text.endswith(".")):
            return "title"
        if plain in _PARTICLES and not self.text[0].isupper():
            return "particle"
        if plain in _STOP and not self.text.endswith("."):
            return "stop"
        return "capital" if self.text[0].isupper() else "small"


def names(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each name that somebody states as theirs, in order."""
    place = 0
    intros = [(m.end(), _called) for m in _CALLED.finditer(text)]
    intros += [(m.end(), _looks_like_one) for m in _AM.finditer(text)]
    for after, read in sorted(intros, key=itemgetter(0)):
        if after >= place and (found := read(text, after)) is not None:
            place = found[1]
            yield found


def _called(text: str, after: int) -> tuple[int, int] | None:
    if (han := _HAN.match(text, after)) is not None:
        return han.span(1)
    words, ends = _read(text, after)
    small = [n for n, word in enumerate(words) if word.kind == "small"]
    if not small:
        return _span(words)
    if any(word.kind == "capital" for word in words[: small[0]]):
        # Another word without a capital belongs to the name where the clause ends behind it.
        return _span(words if ends and small[0] == len(words) - 1 else words[: small[0]])
    return _span(words if ends else words[: small[0] + 2])


def _looks_like_one(text: str, after: int) -> tuple[int, int] | None:
    words, _ = _read(text, after)
    words = words[: next((n for n, word in enumerate(words) if word.kind == "small"), len(words))]
    parts = [word.text for word in words if word.kind == "capital"]
    titled = any(word.kind == "title" for word in words)
    if len(parts) + titled < 2 or not parts or any(part.lower() in _TRADES for part in parts):
        return None
    short = [part for part in parts if part.isupper() and 1 < len(part) < _SHORTEST]
    return None if short else _span(words)


def _read(text: str, after: int) -> tuple[list[_Word], bool]:
    """The words that may be a name, and whether the clause, or a word that begins something else, ends them."""
    words = list(islice(_words(text, after), 3 * _MOST))
    taken: list[_Word] = []
    parts = 0
    for n, word in enumerate(words):
        kind = word.kind
        # Will and May are names, where one is expected.
        if kind == "stop" and not (not taken and word.text.istitle() and word.text.lower() in _NAMES_TOO):
            return taken, True
        if kind == "particle" and not _leads_on(words[n:], parts > 0):
            return taken, True
        parts += kind not in ("title", "particle")
        if parts > _MOST:
            return taken, False
        taken.append(word)
    return taken, True


def _leads_on(words: list[_Word], begun: bool) -> bool:
    """Whether a particle stands before a part of the name; `y` and `e` only between two parts with capitals."""
    after = next((word.kind for word in words if word.kind != "particle"), "stop")
    if words[0].text.lower() in _AND:
        return begun and after == "capital"
    return after in ("capital", "small")


def _words(text: str, after: int) -> Iterator[_Word]:
    lead = _LEAD.match(text, after)
    place = lead.end() if lead else after
    while (found := _WORD.match(text, place)) is not None:
        word = _Word(found[1], *found.span(1))
        if not any(map(str.isalpha, word.text)):
            return
        place = found.end()
        dotted = text.startswith(".", place) and (len(word.text) == 1 or word.text.lower() in _TITLES)
        if dotted:
            place += 1
            word = _Word(f"{word.text}.", word.start, place)
        yield word
        gap = _GAP.match(text, place)
        if gap is None and not dotted:
            return
        place = gap.end() if gap else place


def _span(words: list[_Word]) -> tuple[int, int] | None:
    while words and words[-1].kind == "particle":
        words = words[:-1]
    if all(word.kind in ("title", "particle") for word in words):
        return None
    return words[0].start, words[-1].end
