"""Views: what a search reads, and what only answers read."""

from __future__ import annotations

from dataclasses import replace

from corpus import Corpus
from corpus.annotations import Annotation, Ask
from index.chunk import cut
from index.views import NO_CHUNK, count_searched, list_views


def test_questions_of_sentences_come_last_and_are_not_searched(corpus: Corpus) -> None:
    asked = Annotation("A sentence.", (Ask("which one?"), Ask("is it?", "yes")))
    plain = list_views(replace(corpus, annotations=()), cut(corpus))
    views = list_views(replace(corpus, annotations=(asked,)), cut(corpus))
    assert count_searched(views) == len(plain)
    assert views[: len(plain)] == plain
    assert [(v.text, v.chunk, v.kind, v.query) for v in views[len(plain) :]] == [
        ("which one?", NO_CHUNK, "ask", True),
        ("is it?", NO_CHUNK, "ask", True),
    ]
