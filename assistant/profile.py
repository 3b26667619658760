"""What the learner said about themselves: read from plain words, merged over turns.

The words that count are a table (`profile.toml`); this module knows only how clauses and negations work.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib import resources
from typing import Any

from assistant.errors import BadRequest
from assistant.lexicon import Reading
from assistant.types import Profile
from assistant.words import plain, whole
from corpus.types import About, Background, Basic

_CLAUSE = re.compile(r"[^.;!?]+")
_PART = re.compile(r"\s[,:]\s|\bbut\b|\bthough\b|\bhowever\b|\baber\b|\bpero\b|\bmais\b|\bmas\b")
_HOURS = r"(?P<n>\d+(?:[.,]\d+)?|{numbers})\s*(?:to\s*\d+\s*|-\s*\d+\s*)?(?:hours?|hrs?|h|std|stunden?|horas?|heures?)"
_PROGRAMMING = "programming"
"""The one subject that comes before any guide's, if it needs it at all."""
_FORMATS = ("video", "reading", "hands-on")


@dataclass(frozen=True, slots=True)
class Said:
    """What one message says about its writer."""

    profile: Profile = field(default_factory=Profile)
    """What it states."""
    withdrawn: frozenset[tuple[str, str]] = frozenset()
    """(field, value) pairs that it takes back."""

    def __bool__(self) -> bool:
        return self != Said()


def read_profile(reading: Reading, raw: str = "") -> Said:
    """What a message says about its writer; `raw` is the message before it was made plain (for `1.5 hours`)."""
    stated: dict[str, Any] = {}
    withdrawn: set[tuple[str, str]] = set()
    for clause in _CLAUSE.findall(reading.text):
        _read_subjects(clause, reading.about, stated, withdrawn)
        _read_formats(clause, stated, withdrawn)
        _read_goals(clause, reading.about, stated)
    for cue in _cues(reading.about.names, reading.about.backgrounds):
        _read_cue(cue, reading.text, stated, withdrawn)
    hours = _hours(raw.lower() or reading.text)
    if hours is not None:
        stated["hours_per_week"] = hours
    _read_marks(reading, stated, withdrawn)
    values: dict[str, Any] = {
        name: tuple(dict.fromkeys(value)) if isinstance(value, list) else value
        for name, value in stated.items()
    }
    profile = _consistent(Profile(**values), reading.about)
    if profile.background == "none":
        withdrawn |= {("knows", id) for id in _foundations(reading.about) if id not in profile.knows}
    return Said(profile, frozenset(withdrawn))


def check_goals(goals: Iterable[str], about: About, field: str) -> None:
    """Raise BadRequest for what is no goal of the guide; `field` names the part of the request."""
    for goal in goals:
        if goal not in about.goal_ids:
            expected = ", ".join(about.goal_ids)
            raise BadRequest(f"the goal {goal!r} is not known", f"expected {expected}", field)


def merge(old: Profile, said: Said) -> Profile:
    """The profile after a message: what it says wins over what was known."""
    if not said:
        return old
    new = said.profile
    changes: dict[str, Any] = {}
    for name in (each.name for each in fields(Profile)):
        before, now = getattr(old, name), getattr(new, name)
        if isinstance(before, tuple):
            kept = [value for value in before if (name, value) not in said.withdrawn]
            changes[name] = tuple(dict.fromkeys((*kept, *now)))
        elif now is not None:
            changes[name] = now
        elif (name, before) in said.withdrawn:
            changes[name] = None
    merged = replace(old, **changes)
    return replace(
        merged,
        prefers=tuple(value for value in merged.prefers if value not in new.avoids),
        avoids=tuple(value for value in merged.avoids if value not in new.prefers),
        goal=(*new.goal, *(goal for goal in merged.goal if goal not in new.goal)),
    )


def _parts(about: About) -> frozenset[str]:
    """Ids of what teaches the single subjects that make up a background."""
    return frozenset(basic.taught_in for basic in about.basics if basic.part_of and basic.taught_in)


def _foundations(about: About) -> frozenset[str]:
    """Ids of the sections and resources that teach what comes before the start."""
    return _parts(about) | frozenset(about.sections("foundations"))


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files("assistant").joinpath("profile.toml").read_text("utf-8"))


def cue_words(about: About) -> frozenset[str]:
    """Words of six letters or more that the table and the guide look for, to mend slips towards."""
    texts: list[str] = []
    table = _table()
    texts += [word for cue in table["cue"] for word in cue["words"]]
    texts += [*table["formats"]["nouns"].values(), *table["subjects"].values(), *about.names]
    texts += [goal.words for goal in about.goals] + [basic.words for basic in about.basics]
    texts += [word for background in about.backgrounds for word in background.words]
    return frozenset(re.findall(r"(?<![\w\\])[a-z]{6,}(?![\w?*+])", " ".join(texts)))


def _denied(text: str, start: int) -> bool:
    negation = _table()["negation"]
    before = re.split(r"[.,;:!?]|\bbut\b", text[:start])[-1].split()[-negation["reach"] :]
    return any(whole(negation["words"]).fullmatch(word) for word in before)


@dataclass(frozen=True, slots=True)
class _Cue:
    """Words that say one thing about their writer."""

    says: Mapping[str, Any]
    """Its entry in the table: field, value, sure, denied, withdraws."""
    any: re.Pattern[str]
    """All its words: in most texts none of them is found."""
    each: tuple[re.Pattern[str], ...]
    """They one by one, in order."""


@cache
def _cues(subject: tuple[str, ...], backgrounds: tuple[Background, ...]) -> tuple[_Cue, ...]:
    """The cues of the table, with the names of the subject in them, and those of the guide's backgrounds."""
    names = "|".join(re.escape(plain(name)) for name in subject) or "(?!)"
    told = [
        {"field": "background", "value": stage.id, "words": stage.words}
        for stage in backgrounds
        if stage.words
    ]
    cues = []
    for says in (*_table()["cue"], *told):
        words = [word.replace("{subject}", names) for word in says["words"]]
        cues.append(_Cue(says, whole("|".join(words)), tuple(map(whole, words))))
    return tuple(cues)


def _read_cue(cue: _Cue, text: str, stated: dict[str, Any], withdrawn: set[tuple[str, str]]) -> None:
    if not cue.any.search(text):
        return
    field, value = cue.says["field"], cue.says["value"]
    for pattern in cue.each:
        for found in pattern.finditer(text):
            if cue.says.get("withdraws"):
                withdrawn.add((field, value))
            elif cue.says.get("sure") or not _denied(text, found.start()):
                _state(stated, field, value)
            elif "denied" in cue.says:
                _state(stated, field, cue.says["denied"])
            else:
                withdrawn.add((field, value))


def _state(stated: dict[str, Any], field: str, value: Any) -> None:
    if field in ("goal", "prefers", "avoids", "done", "knows"):
        stated.setdefault(field, []).append(value)
    else:
        stated.setdefault(field, value)


def _clause_parts(clause: str) -> Iterator[str]:
    yield from (part.strip() for part in _PART.split(clause) if part.strip())


def _read_subjects(
    clause: str, about: About, stated: dict[str, Any], withdrawn: set[tuple[str, str]]
) -> None:
    """`I know X`, `no X`, `X is rusty`, for the subjects that come before the guide's own."""
    statements = _table()["statements"]
    polarity: bool | None = None
    for part in _clause_parts(clause):
        asks = whole(statements["asks"]).search(part)
        for subject in _subjects(about):
            for found in whole(subject.words).finditer(part):
                before, after = part[: found.start()], part[found.end() :]
                said = _polarity(before, after, statements)
                if asks and said and "i know" not in before:
                    said = None
                if said is None and not asks and not set(before.split()) - {"and", "or"}:
                    said = polarity
                if said is None:
                    continue
                polarity = said
                _state_subject(subject, said, stated, withdrawn)


def _polarity(before: str, after: str, statements: Mapping[str, str]) -> bool | None:
    near_before = " ".join(before.split()[-7:])
    near_after = " ".join(after.split()[:6])
    lacks = [m.end() for m in whole(statements["lacks"]).finditer(near_before)]
    has = [m.end() for m in whole(statements["has"]).finditer(near_before)]
    if whole(statements["lacks_after"]).match(near_after):
        return False
    if lacks or has:
        return max(has, default=-1) > max(lacks, default=-1)
    return True if whole(statements["has_after"]).match(near_after) else None


def _state_subject(
    subject: Basic, has: bool, stated: dict[str, Any], withdrawn: set[tuple[str, str]]
) -> None:
    if subject.id == _PROGRAMMING:
        _state(stated, "can_program", has)
        return
    if subject.taught_in and has:
        _state(stated, "knows", subject.taught_in)
    elif subject.taught_in:
        withdrawn.add(("knows", subject.taught_in))
    background = subject.background if has else subject.without
    if subject.part_of and not has:
        background = "none" if "knows" not in stated else "some-maths"
    if background:
        _state(stated, "background", background)


def _read_formats(clause: str, stated: dict[str, Any], withdrawn: set[tuple[str, str]]) -> None:
    formats = _table()["formats"]
    for part in _clause_parts(clause):
        for name, nouns in formats["nouns"].items():
            for found in whole(nouns).finditer(part):
                before = " ".join(part[: found.start()].split()[-4:])
                if whole(formats["not_after"]).match(part[found.end() :].strip()):
                    continue
                if name == "video" and re.search(r"\bvideo(?: \w+)?$", before):
                    continue
                refuses = _last(formats["refuse"], before)
                likes = _last(formats["like"], before)
                if refuses < 0 and re.match(rf"(?:{formats['welcome']})\b", part[found.end() :].strip()):
                    withdrawn.add(("avoids", name))
                    continue
                compared = re.search(rf"\b(?:{formats['than']})$", before)
                if compared and (likes >= 0 or re.search(r"\b(?:prefer|rather)\b", part)):
                    continue
                if refuses > likes or (refuses == likes >= 0):
                    _state(stated, "avoids", name)
                    withdrawn.add(("prefers", name))
                elif likes >= 0 and whole(formats["wish"]).search(before):
                    _state(stated, "prefers", name)
                    withdrawn.add(("avoids", name))


def _last(words: str, text: str) -> int:
    return max((m.end() for m in whole(words).finditer(text)), default=-1)


def _read_goals(clause: str, about: About, stated: dict[str, Any]) -> None:
    aim = whole(_table()["goals"]["aim"])
    for goal in about.goals:
        words = goal.words or re.escape(plain(goal.label)) or "(?!)"
        for found in whole(words).finditer(clause):
            if aim.search(clause[: found.start()]) and not _denied(clause, found.start()):
                _state(stated, "goal", goal.id)


def names_goal(word: str, about: About) -> bool:
    """Whether a word alone stands for a goal of the guide."""
    return any(goal.words and whole(goal.words).fullmatch(word) for goal in about.goals)


def names_subject(word: str, about: About) -> bool:
    """Whether a word alone stands for a subject that comes before the guide's own."""
    return any(whole(subject.words).fullmatch(plain(word)) for subject in _subjects(about))


def name_format(word: str) -> str | None:
    """The format that a word alone stands for: `videos` is video; None where it is none."""
    nouns: Mapping[str, str] = _table()["formats"]["nouns"]
    return next((name for name, words in nouns.items() if whole(words).fullmatch(plain(word))), None)


def refused_providers() -> frozenset[str]:
    """Providers that a refusal can name though no resource of the guide is theirs."""
    return frozenset(_table()["marks"]["providers"])


def _subjects(about: About) -> tuple[Basic, ...]:
    return (*about.basics, Basic(_PROGRAMMING, _table()["subjects"][_PROGRAMMING]))


def _hours(text: str) -> float | None:
    time = _table()["time"]
    numbers = "|".join(time["numbers"])
    spans = "|".join(time["days"])
    pattern = rf"\b{_HOURS.format(numbers=numbers)}\s*{time['per']}?\s*(?P<span>{spans})s?\b"
    found = re.search(pattern, text)
    if found is None:
        return None
    count = time["numbers"].get(found["n"]) or float(found["n"].replace(",", "."))
    hours = count * float(time["days"][found["span"]])
    return hours if 0 < hours <= 168 else None


def _read_marks(reading: Reading, stated: dict[str, Any], withdrawn: set[tuple[str, str]]) -> None:
    """Named resources that the learner has done, has not done or refuses, and providers that they refuse."""
    marks = _table()["marks"]
    for mention in reading.mentions:
        if not mention.resources:
            continue
        before = _until_clause(reading.words[: mention.start], last=True)
        after = _until_clause(reading.words[mention.end :], last=False)
        one = mention.resources[:1] if len(mention.resources) == 1 else ()
        if re.search(rf"\b(?:{marks['refused']})$", before) and not re.match(
            rf"(?:{marks['not_after']})\b", after
        ):
            stated.setdefault("avoids", []).extend(one)
        elif re.search(rf"\b(?:{marks['not_done']})$", before):
            withdrawn |= {("done", id) for id in mention.resources}
        elif whole(marks["done"]).search(_near(before)) and not _denied(before + " x", len(before)):
            stated.setdefault("done", []).extend(one or mention.resources[:1])
        elif re.match(rf"(?:class |course |book |lectures? )?(?:{marks['done_after']})\b", after):
            stated.setdefault("done", []).extend(one)
    for found in _refused_provider().finditer(reading.text):
        after = reading.text[found.end() :].strip()
        if not re.match(rf"(?:{marks['not_after']})\b", after):
            stated.setdefault("avoids", []).append(found["provider"])


@cache
def _refused_provider() -> re.Pattern[str]:
    marks = _table()["marks"]
    return whole(f"(?:{marks['refused']}) (?P<provider>{'|'.join(marks['providers'])})")


def _near(before: str) -> str:
    """The last words before a name, where their writer speaks of themselves: `did you see X` says nothing."""
    words = before.split()[-7:]
    near = " ".join(words)
    if re.search(r"\b(?:you|anyone|anybody|people|someone|who|can i|should i|could i)\b", near):
        return ""
    speaks = re.search(r"\b(?:i|ive|im|we|already|just|after|having|when i|ya|ja|habe|have)\b", near)
    return near if speaks or whole(_table()["marks"]["done"]).match(" ".join(before.split())) else ""


def _until_clause(words: Iterable[str], last: bool) -> str:
    parts = re.split(r"[.,;:!?]", " ".join(words))
    return (parts[-1] if last else parts[0]).strip()


def _consistent(profile: Profile, about: About) -> Profile:
    """A format can't be both wanted and refused; the refusal is the surer sign."""
    prefers = tuple(value for value in profile.prefers if value not in profile.avoids)
    avoids = tuple(value for value in profile.avoids if value not in profile.done)
    background = profile.background
    parts = _parts(about)
    if parts and parts <= set(profile.knows) and background in (None, "some-maths"):
        background = "maths"
    elif background is None and parts & set(profile.knows):
        background = "some-maths"
    return replace(profile, prefers=prefers, avoids=avoids, background=background)


def describe(profile: Profile, about: About) -> str:
    """The profile as words, for finding the sentences that fit it."""
    meaning = {stage.id: stage.meaning for stage in about.backgrounds}
    parts = [*profile.goal, *profile.prefers, profile.level or "", meaning.get(profile.background or "", "")]
    if profile.can_program is not None:
        parts.append("programmers" if profile.can_program else "never programmed")
    return plain(" ".join(parts))
