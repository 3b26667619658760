"""What is said where there is nothing to quote: greetings, refusals, and what the guide does not answer."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.scope import Courtesy, Scope
from assistant.types import Related
from corpus.types import About, Corpus

_THANKS = "You're welcome! Ask again whenever the next step is unclear."
_BYE = "Goodbye, and enjoy learning!"
_DISTRESS = (
    "I'm sorry that it is this hard right now. A guide can't help with it, but people can: please talk to somebody "
    "you trust, or call a crisis line or your local emergency number now. You don't have to be alone with this."
)
_DELETION = (
    "I can't delete anything in a conversation. In Slack, “Delete my data” on the app's Home tab does it; over HTTP, "
    "DELETE /v1/conversations/ with the conversation's id. Anywhere else, ask whoever runs this service."
)
_NOT_COVERED = "The guide does not answer that, so I would rather not guess."


def reply(corpus: Corpus, scope: Scope, courtesy: Courtesy, related: Sequence[Related] = ()) -> str:
    """The text of an answer without sources; `related`: the sections that come nearest to what is not covered."""
    if scope == "smalltalk":
        return greet(corpus, courtesy)
    if scope == "not_covered":
        return " ".join(filter(None, (_NOT_COVERED, _nearest(related))))
    if scope == "refused":
        subject = corpus.about.subject
        ways = f"start learning {subject}: ask me where to begin" if subject else "with the guide"
        return f"I can't help with that, but I can help you {ways}."
    return f"I only know the guide {_name(corpus)}, so I can't help with that."


def greet(corpus: Corpus, courtesy: Courtesy) -> str:
    """The answer to small talk."""
    if courtesy == "distress":
        return _DISTRESS
    if courtesy == "deletion":
        return _DELETION
    if courtesy == "thanks":
        return _THANKS
    if courtesy == "farewell":
        return _BYE
    if courtesy == "identity":
        author = corpus.credit.author if corpus.credit else None
        written = f", after a text by {author}" if author else ""
        return (
            f"I'm an assistant, a program and not a person. I answer from the guide {_name(corpus)}{written}, "
            "and I show the source of every sentence."
        )
    return (
        f"Hello! I answer questions{_on(corpus.about)} from a guide, and every sentence of my answers has a source. "
        "What would you like to know, and what do you know already?"
    )


def _on(about: About) -> str:
    return f" on {about.subject}" if about.subject else ""


def _name(corpus: Corpus) -> str:
    return f"“{corpus.title}”"


def _nearest(related: Sequence[Related]) -> str:
    """Names the sections that come nearest."""
    titles = [f"“{place.title}”" for place in related]
    if not titles:
        return ""
    listed = " and ".join(filter(None, (", ".join(titles[:-1]), titles[-1])))
    return (
        f"The section that comes nearest is {listed}."
        if len(titles) == 1
        else (f"The sections that come nearest are {listed}.")
    )
