"""The corpus of the settings. By itself, for a command that only reads or indexes it imports no answers."""

from __future__ import annotations

from assistant.errors import IndexUnusable
from assistant.settings import Settings
from corpus import Corpus, CorpusError, load_corpus
from index.known import known_resources


def open_corpus(settings: Settings) -> Corpus:
    """Read the corpus of the settings. Raises IndexUnusable naming the first fault."""
    try:
        return load_corpus(settings.corpus, known_resources(settings.index_path))
    except CorpusError as error:
        first = error.problems[0]
        raise IndexUnusable(f"the corpus can't be used: {first}", "dlstart corpus check") from error
