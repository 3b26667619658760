"""The words of a plan's request: which of them name something in a corpus, and which are near to one that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from assistant.errors import BadRequest
from assistant.plan.learner import is_plain, refusals, resolve
from assistant.types import Profile
from assistant.words import plain, whole
from corpus.types import About, Corpus

FORMATS = ("reading", "video", "hands-on")
PREFERENCES = (*FORMATS, "free", "short")
REFUSALS = (*FORMATS, "paid")
PROVIDERS = frozenset(
    [
        "coursera",
        "edx",
        "youtube",
        "stanford",
        "mit",
        "oxford",
        "caltech",
        "google",
        "kaggle",
        "springer",
        "amazon",
        "aws",
        "colab",
        "udemy",
    ]
) | {"hugging face"}
"""Who can be refused though no resource of the guide is theirs."""
_NOUNS = {
    "video": "videos?|vids?|lectures?|youtube|screencasts?|video lectures",
    "reading": "read|books?|texts?|articles?|posts?|papers?|textbooks?|blogs?|pdfs?",
    "hands-on": "hands on|coding|code|exercises?|practical|practice|projects?|building|notebooks?|assignments?",
}
"""Words that name a format, of which only its own name counts."""
_PROGRAMMING = "programming|python|coding|cod(?:e|er)|programmer|scripting|javascript|java|c"
"""A subject of which a guide need not speak."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word that names nothing."""

    field: str
    """The field of a request for a plan, which is the command line's option, too."""
    word: str
    """As it was given."""
    cure: str
    """The words near to it, or what is expected."""


def check_wishes(corpus: Corpus, wishes: Profile) -> None:
    """Raise BadRequest for the first word that names nothing.

    Only for what somebody gives with one plan: a profile may hold words of another conversation, or corpus.
    """
    unknown = find_unknown(corpus, wishes)
    if unknown is not None:
        raise BadRequest(
            f"{unknown.word!r} in {unknown.field} names nothing that is known", unknown.cure, unknown.field
        )


def find_unknown(corpus: Corpus, wishes: Profile) -> Unknown | None:
    """The first word that names nothing; None where each names something."""
    fields: tuple[tuple[str, tuple[str, ...], Callable[[Corpus, str], bool]], ...] = (
        ("prefer", wishes.prefers, lambda _, word: word in PREFERENCES),
        ("avoid", wishes.avoids, can_refuse),
        ("knows", wishes.knows, can_know),
        ("lacks", wishes.lacks, can_know),
        ("done", wishes.done, can_know),
        ("doing", wishes.doing, can_know),
    )
    for field, words, is_known in fields:
        for word in words:
            if not is_known(corpus, word):
                return Unknown(field, word, _suggest(corpus, field, word))
    return None


def can_know(corpus: Corpus, word: str) -> bool:
    """Whether a word names what somebody can have learned or finished."""
    return any(resolve(corpus, (word,))) or _names_subject(corpus, word)


def can_refuse(corpus: Corpus, word: str) -> bool:
    """Whether a word names what somebody can refuse: a format, a name, a maker, or a word of the texts."""
    given = word.strip().lower()
    if not is_plain(word):
        return False
    if given in PROVIDERS or any(given in refusals(resource) for resource in corpus.resources):
        return True
    if _name_format(word) not in (None, given):
        # `videos` means video, and only that word counts.
        return False
    return (
        given in REFUSALS
        or can_know(corpus, word)
        or any(given in resource.format for resource in corpus.resources)
        or _is_said(corpus, word)
    )


def _names_subject(corpus: Corpus, word: str) -> bool:
    """Whether a word alone stands for a subject that comes before the guide's own."""
    patterns = (*(basic.words for basic in corpus.about.basics), _PROGRAMMING)
    return any(whole(words).fullmatch(plain(word)) for words in patterns)


def _name_format(word: str) -> str | None:
    """The format that a word alone stands for: `videos` is video; None where it is none."""
    return next((name for name, words in _NOUNS.items() if whole(words).fullmatch(plain(word))), None)


def _is_said(corpus: Corpus, word: str) -> bool:
    """Whether the texts hold these words, in this order."""
    meant = f" {plain(word)} "
    return bool(meant.strip()) and any(meant in f" {plain(text)} " for text in _texts(corpus))


def _texts(corpus: Corpus) -> Iterator[str]:
    for section in corpus.sections:
        yield from (section.title, *(paragraph.text for paragraph in section.paragraphs))
    for resource in corpus.resources:
        texts = (paragraph.text for paragraph in resource.paragraphs)
        yield from (resource.title, *resource.topics, *texts)
    for concept in corpus.concepts:
        yield from concept.names


def _names(corpus: Corpus, field: str) -> Iterator[str]:
    """What a misspelt word of a field can be near to, in lower case."""
    if field == "prefer":
        yield from PREFERENCES
        return
    if field == "avoid":
        yield from (*REFUSALS, *sorted(PROVIDERS))
    yield from (basic.id.replace("-", " ") for basic in corpus.about.basics)
    yield from (*corpus.section_by_id, *corpus.resource_by_id)
    for resource in corpus.resources:
        makers = (resource.organisation or "", *resource.authors) if field == "avoid" else ()
        yield from (name.lower() for name in (resource.short, resource.title, *makers) if name)


def _suggest(corpus: Corpus, field: str, word: str) -> str:
    near = get_close_matches(word.strip().lower(), list(dict.fromkeys(_names(corpus, field))), n=3)
    meant = _name_format(word) if field in ("prefer", "avoid") else None
    if near or meant:
        return f"did you mean {' or '.join(dict.fromkeys((*((meant,) if meant else ()), *near)))}?"
    if field == "prefer":
        return f"expected {', '.join(PREFERENCES)}"
    kinds = f"{', '.join(REFUSALS)}, " if field == "avoid" else ""
    return f"expected {kinds}a subject, or a name or id of a section or resource of the guide"


def check_goals(goals: Iterable[str], about: About, field: str) -> None:
    """Raise BadRequest for what is no goal of the guide; `field` names the part of the request."""
    for goal in goals:
        if goal not in about.goal_ids:
            expected = ", ".join(about.goal_ids)
            raise BadRequest(f"the goal {goal!r} is not known", f"expected {expected}", field)
