"""Values that stand as numbers or names in a message: hours a week, weeks, months, languages."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from pathlib import Path

_NUMBER = r"(\d+(?:[.,]\d+)?)(?:\s*(?:-|–|to|a|à|bis|or)\s*(\d+(?:[.,]\d+)?))?"
_TOLD = tomllib.loads((Path(__file__).parent / "amounts.toml").read_text("utf-8"))
_UNITS: dict[str, list[str]] = {name: words.split() for name, words in _TOLD["units"].items()}
_DAYS: dict[str, int] = {word: int(days) for days, words in _TOLD["pace"].items() for word in words.split()}
_PACE = "|".join(map(re.escape, sorted(_DAYS, key=len, reverse=True)))
_EACH = "|".join(map(re.escape, _TOLD["each"]["words"].split()))
_NUMBERS = {word: number for number, words in _TOLD["numbers"].items() for word in words.split()}
_CODE: dict[str, str] = {word: name for name, words in _TOLD["code"].items() for word in words.split()}
_HUMAN: dict[str, str] = {word: tag for tag, words in _TOLD["human"].items() for word in words.split()}
_WORD = re.compile(r"c\+\+|c#|[^\W\d_]+(?:-[^\W\d_]+)?")


def _unit(*names: str) -> str:
    """A pattern for any word of the units."""
    words = [word for name in names for word in _UNITS[name]]
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_EACH_WEEK = re.compile(
    rf"{_NUMBER}\s*(?P<unit>{_unit('hours', 'minutes')})\b[\s,]*(?:(?:{_EACH})\s*){{0,2}}"
    rf"(?P<each>{_PACE}|{_unit('weeks', 'days')})(?!\w)"
)
_SPAN = re.compile(
    rf"{_NUMBER}\s*(?:[^\W\d]+\s+)?(?P<unit>{_unit('weeks', 'months', 'years', 'days')})(?!\w)"
)
_MOST_HOURS = 112


def find_times(text: str) -> tuple[str, ...]:
    """The times that a message states: `5h/week`, `6 weeks`, `3 months`; of a range the middle."""
    low = _numbers(unicodedata.normalize("NFKC", text.lower()))
    found = [_pace(match) for match in _EACH_WEEK.finditer(low)]
    found += [_span(match) for match in _SPAN.finditer(_EACH_WEEK.sub(" ", low))]
    return tuple(dict.fromkeys(found))


def _pace(found: re.Match[str]) -> str:
    """Hours a week: a day's hours are for seven of them, a weekday's for five."""
    hours = _middle(found) / (60 if found["unit"] in _UNITS["minutes"] else 1)
    days = _DAYS.get(found["each"], 1 if found["each"] in _UNITS["weeks"] else 7)
    return f"{_short(min(hours * days, _MOST_HOURS))}h/week"


def _span(found: re.Match[str]) -> str:
    amount = _middle(found)
    unit = next(unit for unit, names in _UNITS.items() if found["unit"] in names)
    if unit == "years":
        return f"{_short(amount * 12)} months"
    if unit == "days":
        return f"{_short(max(round(amount / 7), 1))} weeks"
    return f"{_short(amount)} {unit}"


def _numbers(text: str) -> str:
    """The text with number words as digits."""
    return re.sub(r"[^\W\d_]+", lambda found: _NUMBERS.get(found.group(), found.group()), text)


def _middle(found: re.Match[str]) -> float:
    low, high = found[1], found[2] or found[1]
    return (float(low.replace(",", ".")) + float(high.replace(",", "."))) / 2


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def find_code(text: str) -> str | None:
    """The programming language that a text names first; a single letter only where it stands as a capital."""
    for word in _WORD.findall(text):
        name = _CODE.get(word.lower())
        if name is not None and (len(word) > 1 or word.isupper()) and not (name == "go" and word == "go"):
            return name
    return None


def find_human(text: str) -> str | None:
    """BCP 47 tag of the language of people that a text names first."""
    words = _WORD.findall(text.lower())
    return next((_HUMAN[word] for word in words if word in _HUMAN), None) or next(
        (tag for name, tag in _HUMAN.items() if not name.isascii() and name in text), None
    )
