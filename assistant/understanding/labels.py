"""What the reader tells apart: closed vocabularies that hold for every guide."""

from __future__ import annotations

from typing import get_args

from assistant.understanding.reading import ACTS, ASPECTS, KINDS, STANCES, Aspect

SUBJECTS = (
    "maths",
    "programming",
    "python",
    "calculus",
    "linear-algebra",
    "probability",
    "statistics",
    "machine-learning",
    "deep-learning",
)
"""Subjects that learners of anything may say that they know or lack; a guide's own come from its names."""
TASTES = ("video", "reading", "hands-on", "theory", "maths", "code", "courses", "books")
_SITUATION = (
    "time:little",
    "time:lots",
    "time:amount",
    "budget:free",
    "budget:low",
    "budget:any",
    "hardware:none",
    "hardware:gpu",
    "hardware:laptop",
    "hardware:mac",
    "hardware:amd",
    "hardware:cloud",
    "level:beginner",
    "level:intermediate",
    "level:advanced",
    "goal:job",
    "goal:research",
    "goal:project",
)
TAKEN_BACK = "undo"
"""Label of a message that takes back what was said before."""
SAYS = (
    *(f"{slot}:{value}" for value in SUBJECTS for slot in ("knows", "lacks")),
    *(f"{slot}:{value}" for value in TASTES for slot in ("prefers", "avoids")),
    *_SITUATION,
    TAKEN_BACK,
)
"""What a message says of its writer, as `slot:value`; `time:amount` stands for a number that is read beside it."""
CODE_LANGUAGE = "lang"
HUMAN_LANGUAGE = "in"
WANTS = (
    "video",
    "reading",
    "hands-on",
    "theory",
    "free",
    "short",
    "newer",
    "older",
    "easier",
    "harder",
    "kind:book",
    "kind:course",
    "kind:post",
    "kind:paper",
    "kind:tool",
    "kind:notes",
    CODE_LANGUAGE,
    HUMAN_LANGUAGE,
)
"""What an answer must satisfy; the last two stand for a language that is read beside them."""
CLOSED = "closed"
"""Label of a question for yes or no, or for one of two."""
LABELS: tuple[str, ...] = (*get_args(Aspect), *WANTS, *SAYS, CLOSED)
"""Everything that a message may have none or several of, in the order of the network's outputs."""
SIZES = {"acts": len(ACTS), "kinds": len(KINDS), "labels": len(LABELS), "stances": len(STANCES)}
"""Widths of the network's outputs."""
ASPECT_RANGE = slice(0, len(ASPECTS))
WANT_RANGE = slice(len(ASPECTS), len(ASPECTS) + len(WANTS))
SAYS_RANGE = slice(len(ASPECTS) + len(WANTS), len(ASPECTS) + len(WANTS) + len(SAYS))


def value_of(place: int) -> str:
    """What a label looks for in a message: `knows` and `lacks` of one subject look for the same words."""
    label = LABELS[place]
    slot, _, value = label.partition(":")
    if slot in ("knows", "lacks"):
        return value
    if slot in ("prefers", "avoids"):
        return f"taste {value}"
    return f"{place} {label}"


def slot_of(place: int) -> str:
    """What a label shares its direction with: all of `knows`, all of `lacks`, …"""
    label = LABELS[place]
    return label.partition(":")[0] if place >= SAYS_RANGE.start else f"{place} {label}"
