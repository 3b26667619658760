"""Facts of a resource as values, each tied to the words of its description that carry it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

from corpus.sentences import split_sentences

FactName = Literal[
    "minutes",
    "hours",
    "weeks",
    "months",
    "hours_per_week",
    "lectures",
    "chapters",
    "pages",
    "price",
    "exercises",
    "code",
    "certificate",
    "needs",
]
Value = float | tuple[float, float] | bool | str | tuple[str, ...]

_COUNTS = frozenset(
    ("minutes", "hours", "weeks", "months", "hours_per_week", "lectures", "chapters", "pages")
)
_LISTS: Mapping[str, str] = {"code": "programming languages", "needs": "basics that must be known"}
_WORDS: Mapping[str, tuple[str, ...]] = {
    "price": ("free", "part", "paid"),
    "certificate": ("no", "free", "paid"),
}
_WEEKS_IN_A_MONTH = 52 / 12


class Fault(Protocol):
    """Reports what is wrong with a fact, and how to fix it."""

    def __call__(self, what: str, mend: str, level: Literal["error", "warning"] = "error") -> None:
        """`warning`: the fact is left out, and the corpus can be used."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: a value, and where the corpus says it."""

    name: FactName
    """What it tells."""
    value: Value
    """A number or a range (least, most) for what is counted; `free`, `part` or `paid` for the price; True or False
    for exercises; the programming languages for code, none where it needs none; `no`, `free` or `paid` for the
    certificate; ids of the guide's basics, or `programming`, for what must be known before, none where nothing must."""
    words: str
    """The words that carry it; they stand in exactly one sentence of the resource."""

    @property
    def most(self) -> float | None:
        """The number, or the end of the range; None for what is not counted."""
        if self.name not in _COUNTS:
            return None
        return self.value[1] if isinstance(self.value, tuple) else self.value  # type: ignore[return-value]


def read_facts(value: Any, texts: list[str], fault: Fault) -> tuple[Fact, ...]:
    """Read the front matter's `facts`; `texts` are the paragraphs of the resource that may carry them.

    A fact that is not in form is an error. One whose words do not stand in exactly one sentence, as after an edit of
    that sentence, is a warning, and is left out.
    """
    if not isinstance(value, dict):
        fault(
            "`facts` is not a table", "write `facts:` and below it `  price: {value: free, words: is free}`"
        )
        return ()
    return tuple(_read_all(value, list(_sentences(texts)), fault))


def count_hours(facts: Mapping[str, Fact]) -> float | None:
    """How long a resource takes in hours, the most that is stated; None where nothing says it in time.

    Hours as stated, else weeks times hours a week, else minutes. Weeks or months alone tell no hours.
    """
    stated = {name: fact.most for name, fact in facts.items()}
    if (hours := stated.get("hours")) is not None:
        return hours
    weeks, pace = stated.get("weeks"), stated.get("hours_per_week")
    if weeks is None and (months := stated.get("months")) is not None:
        weeks = months * _WEEKS_IN_A_MONTH
    if weeks is not None and pace is not None:
        return weeks * pace
    minutes = stated.get("minutes")
    return None if minutes is None else minutes / 60


def _read_all(value: Mapping[Any, Any], sentences: list[str], fault: Fault) -> Iterator[Fact]:
    names = get_args(FactName)
    for name, given in value.items():
        if name not in names:
            fault(f"`{name}` is no fact", f"use one of {', '.join(f'`{known}`' for known in names)}")
            continue
        if not isinstance(given, dict) or set(given) != {"value", "words"} or not _is_text(given["words"]):
            fault(f"fact `{name}` is not in form", f"write `{name}: {{value: …, words: …}}`")
            continue
        found = _read_value(name, given["value"])
        if found is None:
            fault(f"fact `{name}` has no usable value", f"give it {_form(name)}")
            continue
        words = " ".join(given["words"].split())
        holding = sum(words in sentence for sentence in sentences)
        if holding != 1:
            where = "no sentence" if not holding else f"{holding} sentences"
            what = (
                f"the words of fact `{name}`, “{words}”, stand in {where} of the description and status note"
            )
            fault(what, "quote words that stand in exactly one", "warning")
            continue
        yield Fact(name, found, words)


def _read_value(name: str, value: Any) -> Value | None:
    if name in _COUNTS:
        return _read_count(value)
    if name == "exercises":
        return value if isinstance(value, bool) else None
    if name in _LISTS:
        is_texts = isinstance(value, list) and all(_is_text(item) for item in value)
        return tuple(value) if is_texts else None
    return value if value in _WORDS[name] else None


def _read_count(value: Any) -> Value | None:
    if _is_number(value):
        return float(value)
    if isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)) and value[0] < value[1]:
        return (float(value[0]), float(value[1]))
    return None


def _form(name: str) -> str:
    if name in _COUNTS:
        return "a number, or a range such as [6, 10]"
    if name == "exercises":
        return "true or false"
    if name in _LISTS:
        return f"a list of {_LISTS[name]}, [] where none is needed"
    return f"one of {', '.join(_WORDS[name])}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _sentences(texts: list[str]) -> Iterator[str]:
    for text in texts:
        for start, end in split_sentences(text):
            yield text[start:end]
