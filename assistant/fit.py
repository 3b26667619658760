"""How well a resource fits a learner: its format, level, cost, and what they refuse or have done."""

from __future__ import annotations

import re

from assistant.types import Profile
from assistant.words import plain
from corpus.types import Resource

_SERVES = {
    "video": {"video"},
    "reading": {"text", "notes"},
    "hands-on": {"assignments", "code", "notebooks", "labs", "exercises"},
}
_FORMATS = frozenset(_SERVES)


def is_refused(resource: Resource, profile: Profile) -> bool:
    """Whether the learner has done it, or refuses it, where it comes from, or its only format."""
    if resource.id in profile.done or resource.id in profile.avoids:
        return True
    if "video" in profile.avoids and set(resource.format) <= {"video", "quizzes", "exams", "assignments"}:
        return True
    refused = [word for word in profile.avoids if word not in _FORMATS]
    if not refused:
        return False
    place = plain(
        " ".join((resource.title, resource.short, resource.organisation or "", resource.current_url))
    )
    return any(re.search(rf"\b{re.escape(plain(word))}\b", place) for word in refused)


def fits(resource: Resource, profile: Profile) -> float:
    """How well it fits what the learner said, about -0.8 to 0.6; an unknown learner may be new to it."""
    score = 0.0
    has = set(resource.format)
    for wish in profile.prefers:
        if wish in _SERVES:
            score += 0.25 if has & _SERVES[wish] else -0.2
    if "video" in profile.avoids and "text" not in has:
        score -= 0.3
    if "reading" in profile.avoids and "video" not in has:
        score -= 0.3
    if profile.level is None and profile.background is None:
        score += {"intro": 0.1, "intermediate": 0.05, "advanced": -0.15}[resource.level]
    beginner = profile.level == "beginner" or profile.background == "none"
    if beginner:
        score += {"intro": 0.15, "intermediate": -0.1, "advanced": -0.3}[resource.level]
    if profile.level == "advanced":
        score += {"intro": -0.25, "intermediate": 0.0, "advanced": 0.25}[resource.level]
    if (
        profile.budget == "free"
        and resource.cost
        and not re.search(r"\bfree\b", resource.cost, re.IGNORECASE)
    ):
        score -= 0.3
    return score
