"""Write the vectors of a corpus's annotations beside it: `python -m index.ship` after a change of the annotations."""

from __future__ import annotations

from pathlib import Path

from corpus.load import load_corpus
from index.build import SHIPPED
from index.chunk import cut
from index.encoder import open_encoder
from index.known import ship
from index.views import count_searched, list_views


def ship_annotations(index: Path) -> Path:
    """Encode the questions of all annotations with the encoder that the index in `index` carries."""
    corpus = load_corpus()
    views = list_views(corpus, cut(corpus))
    asked = views[count_searched(views) :]
    encoder = open_encoder("default", "cpu", index)
    path = Path(corpus.path) / SHIPPED
    ship(path, encoder, asked, encoder.encode_queries([view.text for view in asked]))
    return path


if __name__ == "__main__":
    import sys

    print(ship_annotations(Path(sys.argv[1])))
