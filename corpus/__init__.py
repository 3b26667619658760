"""The texts, and their reader. Knows nothing of vectors."""

from corpus.errors import CorpusError, Problem
from corpus.load import default_corpus_path, load_corpus
from corpus.types import Concept, Corpus, Credit, Link, Paragraph, Resource, Section, Successor

__all__ = [
    "Concept",
    "Corpus",
    "CorpusError",
    "Credit",
    "Link",
    "Paragraph",
    "Problem",
    "Resource",
    "Section",
    "Successor",
    "default_corpus_path",
    "load_corpus",
]
