"""What `index build` learns from a corpus and writes beside its vectors: names, words, and the head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic_core import to_json

from corpus.types import Corpus
from index.encoder import Vectors
from index.head import Example, Training, train_head
from index.lexical import Lexical
from index.names import list_names
from index.views import View, count_searched

_SENTENCE_WEIGHT = 0.3
_QUESTIONS_NEEDED = 40
_MOST_EXAMPLES = 10_000
Writer = Callable[[Path], object]


def learned_files(corpus: Corpus, views: Sequence[View], vectors: Vectors) -> dict[str, tuple[str, Writer]]:
    """What to write, by role: the suffix and the function that fills the file."""
    count = count_searched(views)
    views, vectors = views[:count], vectors[:count]
    files: dict[str, tuple[str, Writer]] = {
        "lexical": (".npz", lambda path: Lexical.of([view.text for view in views]).write(path)),
        "units": (".json", lambda path: path.write_bytes(to_json(describe_units(corpus)))),
    }
    training = train_on_views(views, vectors)
    if training is not None:
        files["head"] = (".npz", training.head.write)
    return files


def describe_units(corpus: Corpus) -> dict[str, object]:
    """Sections, resources and their names, as JSON values."""
    return {
        "sections": [section.id for section in corpus.sections],
        "resources": {resource.id: resource.section for resource in corpus.resources},
        "guide": [resource.id for resource in corpus.resources if resource.origin == "guide"],
        "names": list_names(corpus),
    }


def learnable(views: Sequence[View]) -> list[int]:
    """Positions of the views that the head learns from: questions, examples and sentences."""
    return [n for n, view in enumerate(views) if view.kind != "title"]


def train_on_views(views: Sequence[View], vectors: Vectors, hold_out: bool = False) -> Training | None:
    """Train the head; None for a corpus with hardly any questions of its own, or with too many texts.

    Every build trains it, and of 20,000 texts that would take most of a minute.
    """
    places = learnable(views)
    if len(places) > _MOST_EXAMPLES or sum(view.kind == "question" for view in views) < _QUESTIONS_NEEDED:
        return None
    examples = [
        Example(views[n].text, views[n].of, 1.0 if views[n].query else _SENTENCE_WEIGHT) for n in places
    ]
    return train_head(examples, vectors[places], hold_out)
