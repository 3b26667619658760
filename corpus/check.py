"""What would spoil an answer, though the corpus can be read: warnings for its editor."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from corpus.addresses import find_addresses
from corpus.annotations import unknown_sentences
from corpus.errors import Problem
from corpus.sentences import LEANING, is_ended, split_quotes, split_sentences
from corpus.types import Corpus, Paragraph, Resource

_MOST_WORDS = 40
_DESCRIPTION_WORDS = (120, 250)
_FEWEST_QUESTIONS = 15


def find_warnings(corpus: Corpus) -> list[Problem]:
    """Everything in a corpus that would read badly when quoted, or be found badly.

    A link of a plain guide has no file of its own, so nothing is asked of it.
    """
    described = [resource for resource in corpus.resources if resource.digest]
    return [
        *(fault for section in corpus.sections for p in section.paragraphs for fault in _sentences(p)),
        *(fault for resource in corpus.resources for p in resource.paragraphs for fault in _sentences(p)),
        *(fault for resource in described for fault in _resource(corpus, resource)),
        *_links(corpus, described),
        *_questions(corpus),
        *unknown_sentences(corpus.annotations, set(_quotes(corpus)), "annotations.jsonl"),
    ]


def _quotes(corpus: Corpus) -> Iterator[str]:
    """Every sentence that an answer may quote, as the index cuts them."""
    paragraphs = [paragraph for section in corpus.sections for paragraph in section.paragraphs]
    paragraphs += [paragraph for resource in corpus.resources for paragraph in resource.paragraphs]
    for paragraph in paragraphs:
        whole = ((0, len(paragraph.text)),)
        for start, end in whole if paragraph.row else split_quotes(paragraph.text):
            yield paragraph.text[start:end]


def _warn(path: str, line: int, what: str, mend: str) -> Problem:
    return Problem(path, line, what, mend, "warning")


def _sentences(paragraph: Paragraph) -> Iterator[Problem]:
    whole = ((0, len(paragraph.text)),)
    for start, end in whole if paragraph.row else split_sentences(paragraph.text):
        sentence = paragraph.text[start:end]
        words = sentence.split()
        opening = " ".join(words[:4])

        def fault(what: str, mend: str, opening: str = opening) -> Problem:
            return _warn(paragraph.path, paragraph.line, f"“{opening} …” {what}", mend)

        if found := LEANING.match(sentence):
            yield fault(f"starts with “{found[1]}” and can't be quoted alone", "name its subject")
        if any(find_addresses(sentence)):
            yield fault("holds a bare address", "make it a link, or name the place")
        if len(words) > _MOST_WORDS:
            yield fault(f"has {len(words)} words", f"say it in two sentences of at most {_MOST_WORDS}")
        if not is_ended(sentence):
            yield fault("does not end like a sentence", "end it with a full stop")


def _resource(corpus: Corpus, resource: Resource) -> Iterator[Problem]:
    words = sum(len(p.text.split()) for p in resource.paragraphs if p.part == "description")
    fewest, most = _DESCRIPTION_WORDS
    if not fewest <= words <= most:
        mend = f"keep it between {fewest} and {most}"
        yield _warn(resource.path, 1, f"the description has {words} words", mend)
    if len(resource.questions) < _FEWEST_QUESTIONS:
        what = f"there are {len(resource.questions)} questions"
        yield _warn(resource.path, 1, what, f"write at least {_FEWEST_QUESTIONS}, as learners would ask")
    if resource.status == "current":
        return
    after = resource.successor
    if after is not None and not _names(corpus, resource.status_note, after.title, after.resource):
        mend = f"name “{after.title}” in it: answers quote it"
        yield _warn(resource.path, 1, "`status_note` does not name the successor", mend)


def _names(corpus: Corpus, note: str, title: str, id: str | None) -> bool:
    """Whether the first sentence of a note names a successor, by its title, short name or an alias."""
    start, end = split_sentences(note)[0]
    first = note[start:end].lower()
    known = corpus.resource_by_id.get(id or "")
    names = [title, *title.split(":"), *((known.short, *known.aliases) if known else ())]
    return any(name.strip().lower() in first for name in names)


def _links(corpus: Corpus, described: Sequence[Resource]) -> Iterator[Problem]:
    linked = {
        corpus.resource_by_url.get(link.url)
        for section in corpus.sections
        for paragraph in section.paragraphs
        for link in paragraph.links
    }
    for resource in described:
        if resource.id not in linked:
            mend = f"link it where section `{resource.section}` speaks of it"
            yield _warn(resource.path, 1, "the guide does not link to it", mend)


def _questions(corpus: Corpus) -> Iterator[Problem]:
    """A question may belong to a section and to a resource of it, but not to two places that differ."""
    asked: dict[str, tuple[str, str]] = {}
    sources = [
        *((f"questions/{section.id}.txt", section.id, section.questions) for section in corpus.sections),
        *((resource.path, resource.section, resource.questions) for resource in corpus.resources),
        ("questions/near-misses.txt", "near-misses", corpus.near_misses),
        ("questions/off-topic.txt", "off-topic", corpus.off_topic),
    ]
    for path, section, questions in sources:
        for question in questions:
            key = " ".join(re.findall(r"\w+", question.lower()))
            other, its_section = asked.setdefault(key, (path, section))
            if its_section != section or (other != path and other.startswith("resources/")):
                what = f"“{question}” is asked in {other} too"
                yield _warn(path, 1, what, "keep it where its answer is")
