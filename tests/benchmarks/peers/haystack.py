"""Haystack: a pipeline of a text embedder and the in-memory retriever, its store saved and loaded."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from haystack import Document, Pipeline
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

from tests.benchmarks.peers.given import FOLDER, MODEL, K, Question, read_chunks

if FOLDER.exists():
    store = InMemoryDocumentStore.load_from_disk(str(FOLDER / "store.json"))
else:
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    embedder = SentenceTransformersDocumentEmbedder(model=MODEL)
    embedder.warm_up()
    documents = [
        Document(content=chunk["text"], meta={"title": chunk["title"], "url": chunk["url"]})
        for chunk in read_chunks()
    ]
    store.write_documents(embedder.run(documents)["documents"])
    FOLDER.mkdir()
    store.save_to_disk(str(FOLDER / "store.json"))
pipeline = Pipeline()
pipeline.add_component("embedder", SentenceTransformersTextEmbedder(model=MODEL, progress_bar=False))
pipeline.add_component("retriever", InMemoryEmbeddingRetriever(document_store=store, top_k=K))
pipeline.connect("embedder.embedding", "retriever.query_embedding")
pipeline.warm_up()
app = FastAPI()


@app.post("/ask")
def ask(asked: Question) -> list[dict[str, Any]]:
    """The k nearest texts and their sources."""
    found = pipeline.run({"embedder": {"text": asked.question}})
    return [{"text": document.content, **document.meta} for document in found["retriever"]["documents"]]
