"""What could tell who somebody is, taken out of a text before it is kept; and what no database keeps."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate, combinations

from assistant.types import Profile, as_values

_KEY_PREFIXES = "sk|pk|rk|ghp|gho|ghs|github_pat|glpat|hf|xox[abeoprs]|xapp|AKIA|AIza|ya29|npm|pypi"
_TELLING_WORDS = "bearer|token|password|passwd|pwd|secret|api[ _-]?key"
_CALLED = (
    "my name is|my name's|i am called|i'm called|call me|je m'appelle|me llamo|mein name ist|ich hei(?:ß|ss)e"
)
_NAME = "[A-ZÀ-Þ][a-zà-ÿ'’-]+"

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_CARD_LENGTHS = range(13, 20)
_PHONE_LENGTHS = range(9, 16)

_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL keeps no NUL, and half of a surrogate pair is no UTF-8."""


def mask(text: str) -> str:
    """The text with e-mail addresses, telephone, card and account numbers, network addresses, keys, tokens and
    stated names replaced, and without what can't be stored.

    A name is known only where somebody says that it is one; nothing else can be told from a word.
    """
    text = storable(text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def mask_profile(profile: Profile) -> Profile:
    """The profile with all its words masked: those that a client sends are free."""
    return replace(
        profile,
        **{
            name: mask(value) if isinstance(value, str) else tuple(map(mask, value))
            for name, value in as_values(profile).items()
            if isinstance(value, str | tuple)
        },
    )


def storable(text: str) -> str:
    """The text without NUL and without halves of surrogate pairs."""
    return _NOT_STORABLE.sub("", text)


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
    return "[phone]" if sum(map(str.isdigit, found[0])) in _PHONE_LENGTHS else "[number]"


def _mask_address(found: re.Match[str]) -> str:
    """An IPv6 address; other words have colons, too."""
    try:
        ipaddress.IPv6Address(found[0])
    except ValueError:
        return found[0]
    return "[ip]" if re.search("[0-9a-fA-F]", found[0]) else found[0]


_RULES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    # Keys and tokens: a known prefix, a signed token, what follows a telling word, a long mixed run.
    (re.compile(rf"\b(?:{_KEY_PREFIXES})[-_]?(?=[\w.-]*[A-Z\d])[\w.-]{{10,}}"), "[key]"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), "[key]"),
    (re.compile(rf"(?i)\b({_TELLING_WORDS})(\s*(?:is|[:=])\s*|\s+)(?=\S*[\d_!@#$%])\S{{6,}}"), r"\1\2[key]"),
    (re.compile(r"(?i)\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{1,4}){3,8}\b"), _mask_account),
    (re.compile(r"\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9_]{28,}\b"), "[key]"),
    # A card's number, with any mark between its groups.
    (re.compile(r"(?<!\d)\d(?:(?:[\W_]| [^\w\s,;] )?\d){12,}"), _mask_card),
    (re.compile(rf"(?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}(?!\.?\w)"), "[ip]"),
    (re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])"), _mask_address),
    # Telephone numbers, and what else is as long: the marks are those that people put between digits.
    (re.compile(r"(?<![\w.])\+?\d(?:[ ()/.-]{0,2}\d){8,}(?!\w)"), _mask_number),
    (re.compile(rf"\b((?i:{_CALLED}))\s+[\w'’-]+(?:\s+{_NAME}){{0,2}}"), r"\1 [name]"),
    (re.compile(rf"\b((?:[iI] am|[iI]'m|[tT]his is))\s+{_NAME}(?:\s+{_NAME})+"), r"\1 [name]"),
)
