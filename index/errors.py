"""What can go wrong with an index.

IndexProblem
├── IndexMissing      there is none at this place
├── IndexStale        it was built from another corpus, encoder or format
├── IndexDamaged      a file of it is missing or changed
├── EncoderUnavailable  the weights or the library that reads them are not there
└── VectorsUnavailable  the database that holds the vectors is not there
"""

from __future__ import annotations


class IndexProblem(Exception):
    """Says what is wrong (`str`) and which command mends it (`cure`)."""

    def __init__(self, what: str, cure: str = "dlstart index build") -> None:
        super().__init__(what)
        self.cure = cure


class IndexMissing(IndexProblem):
    """There is no index at this place."""


class IndexStale(IndexProblem):
    """The index was built from another corpus, encoder or format."""


class IndexDamaged(IndexProblem):
    """A file of the index is missing or not as it was written."""


class EncoderUnavailable(IndexProblem):
    """The weights, or the library that reads them, are not on this machine."""


class VectorsUnavailable(IndexProblem):
    """The database that holds the vectors is not there now, or refuses who asks."""
