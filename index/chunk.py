"""Corpus -> chunks. Ids are content hashes; spans point back into the source."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from corpus.sentences import split_quotes
from corpus.types import Corpus, Link, Paragraph
from index.types import Chunk, Sentence

CHUNKER_VERSION = 3
_MAX_CHARACTERS = 1500
_Namer = Callable[[Paragraph, int, int], tuple[str, ...]]


def cut(corpus: Corpus) -> tuple[Chunk, ...]:
    """Every paragraph of the guide, then of the resources, in the corpus's order.

    A paragraph longer than 1500 characters is cut between sentences. A resource without a text of its
    own (a link of a plain guide) has no chunk: the sentence that recommends it speaks for it.
    """
    names = _ResourceNames(corpus)
    guide_url = corpus.credit.url if corpus.credit else None
    chunks: dict[str, Chunk] = {}
    for section in corpus.sections:
        for paragraph in section.paragraphs:
            for text, sentences in _pieces(paragraph, names.find):
                _add(
                    chunks,
                    paragraph,
                    text,
                    sentences,
                    kind="guide",
                    section=section.id,
                    resource=None,
                    title=section.title,
                    url=guide_url,
                )
    for resource in corpus.resources:
        for paragraph in resource.paragraphs:
            for text, sentences in _pieces(paragraph, _always(resource.id)):
                _add(
                    chunks,
                    paragraph,
                    text,
                    sentences,
                    kind="addition" if resource.origin == "addition" else "resource",
                    section=resource.section,
                    resource=resource.id,
                    title=resource.title,
                    url=resource.current_url,
                )
    return tuple(chunks.values())


def _add(
    chunks: dict[str, Chunk], paragraph: Paragraph, text: str, sentences: Sequence[Sentence], **of: object
) -> None:
    place = f"{of['section']}\0{of['resource']}\0{paragraph.part}\0{text}"
    id = hashlib.sha256(place.encode()).hexdigest()[:16]
    chunks.setdefault(
        id,
        Chunk(
            id=id,
            part=paragraph.part,
            text=text,
            sentences=tuple(sentences),
            path=paragraph.path,
            line=paragraph.line,
            span=paragraph.span,
            **of,  # type: ignore[arg-type]
        ),
    )


def _always(id: str) -> _Namer:
    return lambda paragraph, start, end: (id,)


def _pieces(paragraph: Paragraph, name: _Namer) -> Iterator[tuple[str, list[Sentence]]]:
    spans = ((0, len(paragraph.text)),) if paragraph.row else split_quotes(paragraph.text)
    first = 0
    while first < len(spans):
        start, last = spans[first][0], first
        while last + 1 < len(spans) and spans[last + 1][1] - start <= _MAX_CHARACTERS:
            last += 1
        end = spans[last][1]
        yield (
            paragraph.text[start:end],
            [Sentence(a - start, b - start, name(paragraph, a, b)) for a, b in spans[first : last + 1]],
        )
        first = last + 1


def _link_start(link: Link) -> int:
    return link.start


class _ResourceNames:
    """Finds the resources that a stretch of the guide's text names: by link, else by their short names."""

    def __init__(self, corpus: Corpus) -> None:
        self._by_url = corpus.resource_by_url
        self._names = {
            resource.short: resource.id
            for resource in corpus.resources
            if resource.kind != "link" and resource.short
        }
        # A pattern of thousands of names takes a second to compile; a guide mentions few of them.
        guide = "\n".join(paragraph.text for section in corpus.sections for paragraph in section.paragraphs)
        names = sorted((re.escape(name) for name in self._names if name in guide), key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)") if names else None

    def find(self, paragraph: Paragraph, start: int, end: int) -> tuple[str, ...]:
        first = bisect_left(paragraph.links, start, key=_link_start)
        last = bisect_left(paragraph.links, end, key=_link_start)
        found = [
            (link.start, self._by_url[link.url])
            for link in paragraph.links[first:last]
            if link.url in self._by_url
        ]
        if self._pattern is not None:
            found += [
                (m.start(), self._names[m[0]]) for m in self._pattern.finditer(paragraph.text, start, end)
            ]
        if not found:
            # Below a heading or lead-in that is a link, a sentence speaks of what that links to.
            found = [(n, self._by_url[url]) for n, url in enumerate(paragraph.about) if url in self._by_url]
        return tuple(dict.fromkeys(id for _, id in sorted(found)))
