"""LlamaIndex: VectorStoreIndex with HuggingFaceEmbedding, persisted and loaded."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from llama_index.core import Settings, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.schema import TextNode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding

from tests.benchmarks.peers.given import FOLDER, MODEL, K, Question, read_chunks

Settings.embed_model = HuggingFaceEmbedding(MODEL)
Settings.llm = None
if FOLDER.exists():
    index = load_index_from_storage(StorageContext.from_defaults(persist_dir=str(FOLDER)))
else:
    nodes = [
        TextNode(id_=chunk["id"], text=chunk["text"], metadata={"title": chunk["title"], "url": chunk["url"]})
        for chunk in read_chunks()
    ]
    index = VectorStoreIndex(nodes)
    index.storage_context.persist(str(FOLDER))
retriever = index.as_retriever(similarity_top_k=K)
app = FastAPI()


@app.post("/ask")
def ask(asked: Question) -> list[dict[str, Any]]:
    """The k nearest texts and their sources."""
    return [{"text": found.text, **found.metadata} for found in retriever.retrieve(asked.question)]
