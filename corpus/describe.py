"""The corpus in JSON, as `dlstart corpus list --json` and GET /v1/resources give it."""

from __future__ import annotations

from typing import Any

from corpus.types import Corpus


def describe_guide(corpus: Corpus) -> dict[str, Any]:
    """What the guide says of itself, so that a client speaks of the guide that is served."""
    about = corpus.about
    return {
        "title": corpus.title,
        "subject": about.subject,
        "language": about.language,
        "starters": list(dict.fromkeys((*about.starters, *about.asks.values()))),
        "goals": [{"id": goal.id, "label": goal.label} for goal in about.goals],
        "backgrounds": [{"id": stage.id, "label": stage.label} for stage in about.backgrounds],
    }


def describe_corpus(corpus: Corpus) -> dict[str, list[dict[str, Any]]]:
    """The JSON form of a corpus: its sections and resources, each with its `id`."""
    return {
        "sections": [
            {"id": section.id, "title": section.title, "prerequisites": list(section.prerequisites)}
            for section in corpus.sections
        ],
        "resources": [
            {
                "id": resource.id,
                "title": resource.title,
                "short": resource.short,
                "url": resource.url,
                "current_url": resource.current_url,
                "kind": resource.kind,
                "authors": list(resource.authors),
                "organisation": resource.organisation,
                "section": resource.section,
                "origin": resource.origin,
                "level": resource.level,
                "prerequisites": list(resource.prerequisites),
                "topics": list(resource.topics),
                "format": list(resource.format),
                "length": resource.length,
                "cost": resource.cost,
                "status": resource.status,
                "status_note": resource.status_note or None,
                "status_checked": resource.status_checked.isoformat() if resource.status_checked else None,
                "successor": (
                    {"title": resource.successor.title, "url": resource.successor.url}
                    if resource.successor
                    else None
                ),
                "facts": [
                    {"name": fact.name, "value": fact.value, "words": fact.words} for fact in resource.facts
                ],
            }
            for resource in corpus.resources
        ],
    }
