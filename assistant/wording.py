"""How a message is worded: what it opens with, points at, asks for and is made of, by the cues of `wording.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

from assistant.aspects import asks
from assistant.lexicon import Lexicon, Reading
from assistant.profile import names_goal
from assistant.words import whole, word_list

SHORT = 7
"""Words of a message that is too short to have a subject of its own."""
_MOST_PARTS = 3
_GENERIC_WORDS = """
    book books course courses class classes resource resources thing things stuff material post posts blog article
    paper tutorial guide lecture lectures video videos link links page site website learn learning study read reading
    watch start begin beginner beginners newbie newcomer take recommend suggest suggestions option options idea
    question answer please top first second third last cheers smart work works kind sort
    possible maybe tips tip advice hints recommendation recommendations list decent nice great any
    really actually enough another else instead same both part right
"""
GENERIC = frozenset(_GENERIC_WORDS.split())


@cache
def table() -> dict[str, Any]:
    """The cues."""
    return tomllib.loads(resources.files("assistant").joinpath("wording.toml").read_text("utf-8"))


def has(name: str, text: str) -> bool:
    """Whether a text holds a cue of that name."""
    cues = table()
    words = cues["form"].get(name) or cues[name]
    return bool(whole(words).search(text))


def strip_openings(text: str) -> tuple[str, bool]:
    """A message without the words that it opens with (`ok, and`), and whether there were any."""
    found = _openings().match(text)
    if found is None:
        return text.strip(" .,;:!?"), False
    return text[found.end() :].strip(" .,;:!?"), True


@cache
def _openings() -> re.Pattern[str]:
    return re.compile(rf"^(?:(?:{table()['openings']})(?!\w)[\s.,;:!?]*)+")


def parts_of(question: str, lexicon: Lexicon) -> tuple[str, ...]:
    """The questions in a message that stand alone, where there are several; else nothing.

    What points back (`and is it free?`) or has no subject belongs to the question before it.
    """
    pieces = re.split(table()["parts"], question, flags=re.IGNORECASE)
    if len(pieces) == 1:
        return ()
    parts: list[str] = []
    for piece in (piece.strip(" ,;.?!") for piece in pieces if piece):
        reading = lexicon.read(piece)
        alone = bool(reading.mentions) or len(own_words(reading)) >= 2
        if parts and (not alone or points_back(reading.text) or len(piece.split()) < 3):
            parts[-1] = f"{parts[-1]} {piece}"
        elif piece:
            parts.append(piece)
    return tuple(parts[:_MOST_PARTS]) if len(parts) > 1 and all(len(p.split()) > 2 for p in parts) else ()


def points_back(text: str) -> bool:
    """Whether a message points at something that was said: `it`, `those`."""
    cues = table()
    loose = re.sub(whole(cues["expletive"]), " ", text)
    return bool(whole(cues["pronouns"]).search(loose) or whole(cues["points_back"]).search(loose))


def own_words(reading: Reading) -> tuple[str, ...]:
    """Words of the message that neither point back nor belong to what is asked about."""
    subject = subject_words(reading.about.names)
    return tuple(
        word
        for word in reading.rest
        if word not in GENERIC
        and len(word) > 1
        and not word.isdigit()
        and not asks(word)
        and not names_goal(word, reading.about)
        and word not in subject
    )


@cache
def subject_words(names: tuple[str, ...]) -> frozenset[str]:
    """The words of a subject's names, in plain form: they say nothing that its guide's reader does not."""
    return frozenset(word for name in names for word in word_list(name))


def is_rival(reading: Reading) -> bool:
    """Whether something else than a named resource is wanted: `shorter than Strang`, `alternatives to X`."""
    named = [mention for mention in reading.mentions if mention.resources]
    before = " ".join(word for word in reading.words[: named[0].start] if word != "the") if named else ""
    return bool(re.search(rf"(?<!\w){table()['form']['rival']}", before)) and "better" not in reading.words


def is_choice(text: str) -> bool:
    """Whether a text asks which of several."""
    return bool(re.search(r"\b(?:or|vs|versus|oder|ou|ya)\b|\bwhich\b", text))


def asks_to_start(text: str) -> bool:
    """Whether a plain text asks where to start, names no subject, and else says at most who somebody is."""
    cues = table()["start"]
    person = cues["person"].replace("{state}", cues["state"])
    rest, asks = whole(cues["asks"]).subn(" . ", text)
    clauses = re.split(r"[.,;:!?]|\band\b(?! \w+ing)", rest)
    return bool(asks) and all(re.fullmatch(person, clause.strip()) for clause in clauses if clause.strip())


def is_question(core: str, aspects: tuple[str, ...]) -> bool:
    """Whether a message asks for something."""
    return bool(
        aspects
        or re.match(
            r"(?:what|which|where|who|how|why|when|is|are|do|does|can|could|should|would|will|any|got|give|show)\b",
            core,
        )
    )


def wanted_kinds(text: str) -> frozenset[str]:
    """Kinds of resources that a message asks for: `a book`, `another course`."""
    kinds = table()["pick"]["kinds"]
    return frozenset(kind for word in text.split() for kind in kinds.get(word.removesuffix("s"), ()))


def wants_newer(text: str) -> bool:
    """Whether a message asks for something newer than what was shown."""
    return has("newer", text)
