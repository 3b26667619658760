"""Vectors that travel with a corpus: used where they belong, else left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from corpus import Corpus
from index.build import SHIPPED
from index.chunk import cut
from index.encoder import Vectors
from index.encoders.hashed import HashedEncoder
from index.known import KEY, Known, _key, ship
from index.views import NO_CHUNK, View, count_searched, list_views

VIEWS = tuple(
    View(text, NO_CHUNK, "ask", True) for text in ("how long is it?", "is it free?", "who made it?")
)


class _Refusing(HashedEncoder):
    """Encodes nothing."""

    def encode_queries(self, texts: object) -> Vectors:
        raise AssertionError(f"encoded {texts}")


def _known(encoder: HashedEncoder) -> Known:
    return Known({}, np.zeros((0, encoder.dimension), dtype=np.float32))


def test_shipped_vectors_stand_in_for_encoding_within_their_8_bits(tmp_path: Path) -> None:
    encoder = HashedEncoder()
    vectors = encoder.encode_queries([view.text for view in VIEWS])
    ship(tmp_path / SHIPPED, encoder, VIEWS, vectors)
    known = _known(encoder).with_shipped(tmp_path / SHIPPED, encoder)
    rows, _ = known.encode(_Refusing(), VIEWS[::-1])
    assert np.abs((rows * vectors[::-1]).sum(axis=1) - 1).max() < 1e-3


@pytest.mark.parametrize("data", [None, b"", b"no archive", b"PK\x03\x04 cut off"])
def test_a_file_that_is_missing_or_broken_adds_nothing(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / SHIPPED).write_bytes(data)
    known = _known(HashedEncoder())
    assert known.with_shipped(tmp_path / SHIPPED, HashedEncoder()) is known


def test_vectors_of_another_encoder_are_not_used(tmp_path: Path) -> None:
    class Other(HashedEncoder):
        revision = "another"

    encoder = HashedEncoder()
    ship(tmp_path / SHIPPED, Other(), VIEWS, encoder.encode_queries([view.text for view in VIEWS]))
    known = _known(encoder)
    assert known.with_shipped(tmp_path / SHIPPED, encoder) is known


def test_the_guide_ships_a_vector_for_every_question_of_its_annotations(corpus: Corpus) -> None:
    views = list_views(corpus, cut(corpus))
    asked = [_key(view) for view in views[count_searched(views) :]]
    with np.load(Path(corpus.path) / SHIPPED) as file:
        keys = file["keys"].tobytes()
    shipped = {keys[at : at + KEY] for at in range(0, len(keys), KEY)}
    assert set(asked) <= shipped, "run python -m index.ship"
