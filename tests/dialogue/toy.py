"""A guide of a few lines, opened with the encoder that needs no weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from assistant.dialogue.transcript import Transcript
from assistant.evidence import Evidence
from assistant.lexicon import Lexicon
from corpus import Corpus, load_corpus
from index.build import build_index
from index.encoder import open_encoder
from index.search import Index, Searcher, open_index

_GUIDE = """# Keeping bees

## First steps

The guide recommends [Hive School](https://bees.example/hive) for beginners. Hive School takes 12 hours.

## Honey

[The Honey Book](https://bees.example/honey) covers the harvest. [Comb Notes](https://bees.example/comb) are free.

## Winter

[Cold Hives](https://bees.example/cold) shows how bees get through the winter.
"""


@dataclass(frozen=True)
class Toy:
    """A corpus with everything that is opened over it."""

    corpus: Corpus
    """Three sections, four resources."""
    searcher: Searcher
    """Over its index."""
    evidence: Evidence
    """Its sentences."""
    lexicon: Lexicon
    """Its names."""
    transcript: Transcript
    """Reads what answers said."""

    def id(self, name: str) -> str:
        """The id of the resource with that title."""
        return next(one.id for one in self.corpus.resources if one.title == name)

    def quote(self, start: str) -> str:
        """The sentence that begins so."""
        return next(text for text in self.evidence.by_text if text.startswith(start))


@cache
def toy() -> Toy:
    """The opened guide, once for a run."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bees.md"
        path.write_text(_GUIDE, "utf-8")
        corpus = load_corpus(path)
        encoder = open_encoder("hashed", "cpu", Path(folder) / "index")
        build_index(corpus, encoder, Path(folder) / "index")
        index: Index = open_index(Path(folder) / "index", corpus, encoder)
    lexicon = Lexicon(corpus)
    evidence = Evidence(corpus, index, lexicon)
    return Toy(corpus, Searcher(index, encoder), evidence, lexicon, Transcript(evidence, lexicon))
