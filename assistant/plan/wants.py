"""What a plan must satisfy beside the profile: what was said of the plan, as `Reading.wants` gives it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assistant.types import Profile

Way = Literal["short", "long"]
"""`short`: build first, foundations later; `long`: foundations first."""

_FORMATS = frozenset({"video", "reading", "hands-on"})
_KINDS = {"kind:book": "reading", "kind:video": "video"}
_SPAN = re.compile(r"time:(\d+(?:\.\d+)?) ?(week|month|year)s?")
_WEEKS = {"week": 1.0, "month": 52 / 12, "year": 52.0}


@dataclass(frozen=True, slots=True)
class Terms:
    """A profile with the wishes for one plan merged into it, and what no profile holds."""

    profile: Profile
    """The learner."""
    way: Way | None = None
    """The way that was asked for; None where none was."""
    brief: bool = False
    """Whether to leave out what can be left out."""
    weeks: float | None = None
    """Weeks that the plan has to fit into."""


def merge_wants(profile: Profile, wants: Sequence[str]) -> Terms:
    """Merge wants into a profile; those that say nothing of a plan are passed over.

    Read are the formats, `free`, `short`, `theory`, `kind:book`, `not:ID`, and `time:8 weeks` for when the
    plan has to end.
    """
    said = [_KINDS.get(want, want) for want in wants]
    prefers = dict.fromkeys(want for want in said if want in _FORMATS or want in ("free", "short"))
    prefers |= dict.fromkeys(profile.prefers)
    refused = [want.removeprefix("not:") for want in said if want.startswith("not:")]
    merged = replace(
        profile,
        prefers=tuple(prefers),
        avoids=tuple(dict.fromkeys((*profile.avoids, *refused))),
        budget="free" if "free" in said else profile.budget,
    )
    spans = [found for want in said if (found := _SPAN.fullmatch(want))]
    weeks = float(spans[-1][1]) * _WEEKS[spans[-1][2]] if spans else None
    return Terms(merged, _way(merged, said), "short" in prefers, weeks)


def _way(profile: Profile, wants: Sequence[str]) -> Way | None:
    """The way that the wants ask for, else the one that the profile suits; None where neither tells."""
    if "theory" in wants:
        return "long"
    if "hands-on" in wants:
        return "short"
    if "theory" in profile.prefers:
        return "long"
    return "short" if profile.prefers[:1] == ("hands-on",) else None
