"""What a question names: resources by their names and nicknames, concepts by theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from corpus.types import Corpus
from index.words import split_words, stem

_LONGEST = 8
_SHORTEST_LINK = 3


@dataclass(frozen=True, slots=True)
class Named:
    """What a question names, in its order."""

    resources: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Each name as it was found, and the ids of the resources that it may mean."""
    concepts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Each concept's id, and the ids of what teaches it, the best first."""


class Names:
    """The names of a corpus: whole words, the longest first."""

    def __init__(
        self, resources: Mapping[str, list[str]], concepts: Mapping[str, tuple[list[str], list[str]]]
    ):
        """`resources`: id -> names; `concepts`: id -> names, ids of what teaches it."""
        self._teaching = {id: tuple(taught) for id, (_, taught) in concepts.items()}
        self._resources: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._concepts: dict[tuple[str, ...], str] = {}
        for id, names in resources.items():
            for key in filter(None, map(_key, names)):
                self._resources[key] = tuple(dict.fromkeys((*self._resources.get(key, ()), id)))
        for id, (names, _) in concepts.items():
            for key in filter(None, map(_key, names)):
                self._concepts.setdefault(key, id)

    @classmethod
    def of(cls, corpus: Corpus) -> Names:
        """The names that `list_names` gives."""
        return cls(*list_names(corpus))

    def find(self, question: str) -> Named:
        """Find what a question names. A name inside a longer one is not found again."""
        words = tuple(stem(word) for word in split_words(question))
        return Named(
            tuple((" ".join(key), self._resources[key]) for key in _longest(words, self._resources)),
            tuple(
                dict.fromkeys(
                    (id, self._teaching[id])
                    for id in (self._concepts[key] for key in _longest(words, self._concepts))
                )
            ),
        )


def list_names(corpus: Corpus) -> tuple[dict[str, list[str]], dict[str, tuple[list[str], list[str]]]]:
    """What `Names` takes: short names, aliases and authors of resources; names of concepts, and what teaches them.

    A title is none: "Home Brewing" is a book, and half of all questions. A link of a plain guide is
    called what it is written on, if that reads like a name.
    """
    resources = {
        resource.id: (
            [resource.short, *resource.aliases, *resource.authors]
            if resource.kind != "link"
            else [resource.title] * _reads_like_a_name(resource.title)
        )
        for resource in corpus.resources
    }
    concepts = {concept.id: (list(concept.names), list(concept.taught_in)) for concept in corpus.concepts}
    return resources, concepts


def _reads_like_a_name(title: str) -> bool:
    return len(title) > _SHORTEST_LINK and title != title.lower()


def _key(name: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in split_words(name))


def _longest(words: tuple[str, ...], known: Mapping[tuple[str, ...], object]) -> Iterator[tuple[str, ...]]:
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + _LONGEST), start, -1):
            if words[start:end] in known:
                yield words[start:end]
                start = end
                break
        else:
            start += 1
