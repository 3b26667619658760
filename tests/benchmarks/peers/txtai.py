"""txtai: Embeddings, saved and loaded, and the list of texts beside it, as in its first example.

Not with `content=True`: that keeps the texts in an SQLite connection which leaves locking to the caller, and under
concurrent requests the process ends.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from txtai import Embeddings

from tests.benchmarks.peers.given import FOLDER, MODEL, K, Question, read_chunks

chunks = read_chunks()
embeddings = Embeddings(path=MODEL)
if FOLDER.exists():
    embeddings.load(str(FOLDER))
else:
    embeddings.index([chunk["text"] for chunk in chunks])
    embeddings.save(str(FOLDER))
app = FastAPI()


@app.post("/ask")
def ask(asked: Question) -> list[dict[str, Any]]:
    """The k nearest texts and their sources."""
    found = (chunks[place] for place, _ in embeddings.search(asked.question, K))
    return [{"text": chunk["text"], "title": chunk["title"], "url": chunk["url"]} for chunk in found]
