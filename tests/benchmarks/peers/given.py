"""What every peer is given: the same weights, the same texts, a folder for its index, the same k."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel

MODEL = os.environ["BENCH_MODEL"]
"""Folder of the model's weights."""
FOLDER = Path(os.environ["BENCH_FOLDER"])
"""Where the peer keeps its index; not there at the first start."""
K = 5


class Question(BaseModel):
    """The body of a request."""

    question: str


def read_chunks() -> list[dict[str, Any]]:
    """The texts: id, text, title, url."""
    chunks: list[dict[str, Any]] = json.loads(Path(os.environ["BENCH_CHUNKS"]).read_text("utf-8"))
    return chunks
