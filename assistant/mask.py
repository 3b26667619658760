"""What could tell who somebody is, taken out of a text before it is kept; and what no database keeps."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate, combinations, pairwise
from typing import Any

from assistant.names import names
from assistant.types import Profile, Record, as_values

_KEY_PREFIXES = "sk|pk|rk|ghp|gho|ghs|github_pat|glpat|hf|xox[abeoprs]|xapp|AKIA|AIza|ya29|npm|pypi"
_TELLING_WORDS = "bearer|token|password|passwd|pwd|secret|api[ _-]?key"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_CARD_LENGTHS = range(13, 20)
_PHONE_LENGTHS = range(9, 16)

_AFTER_ISBN = re.compile(r"(?i)\bisbn\W{0,3}(?:1[03]\W{1,3})?$")
_PAPER = re.compile(r"\d{4}\.\d{4,5}|10\.\d{4,9}/[\d.()/-]+")
"""Of arXiv, and a DOI."""
_LIST = 3
"""Numbers that a list has at least."""
_STEP = 10
"""How far they are apart at most."""

_PLAIN = re.compile(r"[a-z-]{0,60}")
"""Words that nothing can be told from: most values of a profile are ids."""
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL keeps no NUL, and half of a surrogate pair is no UTF-8."""


def mask(text: str) -> str:
    """The text with e-mail addresses, telephone, card and account numbers, network addresses, keys, tokens and
    stated names replaced, and without what can't be stored.

    A name is known only where somebody says that it is one; nothing else can be told from a word.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = storable(text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return _mask_names(text)


def mask_profile(profile: Profile) -> Profile:
    """The profile with all its words masked: those that a client sends are free."""
    words: dict[str, Any] = {
        name: mask(value) if isinstance(value, str) else tuple(map(mask, value))
        for name, value in as_values(profile).items()
        if isinstance(value, str | tuple)
    }
    return replace(profile, **words)


def mask_record(record: Record) -> Record:
    """A record with the learner's words in it masked."""
    return replace(record, query=mask(record.query), profile=mask_profile(record.profile))


def storable(text: str) -> str:
    """The text without NUL and without halves of surrogate pairs."""
    return _NOT_STORABLE.sub("", text)


def _mask_names(text: str) -> str:
    kept, place = [], 0
    for start, end in names(text):
        kept += [text[place:start], "[name]"]
        place = end
    return "".join((*kept, text[place:]))


def _mask_account(found: re.Match[str]) -> str:
    """An IBAN, which may be followed by words that look like more of it: the longest start whose check digits fit."""
    text = found[0]
    for end in sorted({len(text), *(gap.start() for gap in re.finditer(r"[ -]", text))}, reverse=True):
        digits = re.sub(r"[ -]", "", text[:end]).upper()
        if (
            15 <= len(digits) <= 34
            and int("".join(str(int(c, 36)) for c in digits[4:] + digits[:4])) % 97 == 1
        ):
            return f"[account]{text[end:]}"
    return text


def _mask_card(found: re.Match[str]) -> str:
    """The whole run of digits, where some of its groups together are a card's number."""
    if _is_no_secret(found):
        return found[0]
    groups = re.findall(r"\d+", found[0])
    places = [0, *accumulate(map(len, groups))]
    digits = "".join(groups)
    cards = (digits[a:b] for a, b in combinations(places, 2) if b - a in _CARD_LENGTHS)
    return "[card]" if any(map(_fits_luhn, cards)) else found[0]


def _fits_luhn(digits: str) -> bool:
    values = [int(digit) for digit in reversed(digits)]
    return (sum(values[::2]) + sum(sum(divmod(2 * value, 10)) for value in values[1::2])) % 10 == 0


def _mask_number(found: re.Match[str]) -> str:
    """A run of many digits, whole: a part of it could be enough."""
    if _is_no_secret(found):
        return found[0]
    return "[phone]" if sum(map(str.isdigit, found[0])) in _PHONE_LENGTHS else "[number]"


def _is_no_secret(found: re.Match[str]) -> bool:
    """Whether digits are an ISBN, a paper's number, or go up in small steps, as numbers of lessons do."""
    groups = re.findall(r"\d+", found[0])
    digits = "".join(groups)
    before = found.string[max(0, found.start() - 12) : found.start()]
    if len(digits) <= 15 and _AFTER_ISBN.search(before):
        return True
    if len(digits) == 13 and digits.startswith(("978", "979")):
        weighed = sum(map(int, digits[::2])) + 3 * sum(map(int, digits[1::2]))
        return weighed % 10 == 0
    if _PAPER.fullmatch(found[0]):
        return True
    steps = [int(later) - int(earlier) for earlier, later in pairwise(groups)]
    return (
        len(groups) >= _LIST
        and not any(group.startswith("0") for group in groups)
        and all(0 < step <= _STEP for step in steps)
    )


def _mask_address(found: re.Match[str]) -> str:
    """An IPv6 address; other words have colons, too."""
    try:
        ipaddress.IPv6Address(found[0])
    except ValueError:
        return found[0]
    return "[ip]" if re.search("[0-9a-fA-F]", found[0]) else found[0]


_RULES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    # User and password of an address; a port is none.
    (
        re.compile(
            r"(?i)(?<![a-z\d+.-])([a-z][a-z\d+.-]*://)(?:[^\s/?#:@]*:(?!\d+[/?#])[^\s]*|[^\s/?#]*)(?=@)"
        ),
        r"\1[key]",
    ),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    # Keys and tokens: a known prefix, a signed token, what follows a telling word, a long mixed run.
    (re.compile(rf"\b(?:{_KEY_PREFIXES})[-_]?(?=[\w.-]*[A-Z\d])[\w.-]{{10,}}"), "[key]"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), "[key]"),
    (re.compile(rf"(?i)\b({_TELLING_WORDS})(\s*(?:is|[:=])\s*|\s+)(?=\S*[\d_!@#$%])\S{{6,}}"), r"\1\2[key]"),
    (re.compile(r"(?i)\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{1,4}){3,8}\b"), _mask_account),
    (re.compile(r"\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9_]{28,}\b"), "[key]"),
    # Addresses of the network come before cards: their groups may be digits alone.
    (re.compile(rf"(?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}(?!\.?\w)"), "[ip]"),
    (re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])"), _mask_address),
    # A card's number, with any mark between its groups.
    (re.compile(r"(?<!\d)\d(?:(?:[\W_]| [^\w\s,;] )?\d){12,}"), _mask_card),
    # Telephone numbers, and what else is as long: the marks are those that people put between digits.
    (re.compile(r"(?<![\w.])\+?\d(?:[ ()/.-]{0,2}\d){8,}(?!\w)"), _mask_number),
)
