"""LangChain: HuggingFaceEmbeddings and its FAISS vector store, saved and loaded."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings

from tests.benchmarks.peers.given import FOLDER, MODEL, K, Question, read_chunks

embeddings = HuggingFaceEmbeddings(model_name=MODEL)
if FOLDER.exists():
    store = FAISS.load_local(str(FOLDER), embeddings, allow_dangerous_deserialization=True)
else:
    documents = [
        Document(chunk["text"], metadata={"title": chunk["title"], "url": chunk["url"]})
        for chunk in read_chunks()
    ]
    store = FAISS.from_documents(documents, embeddings)
    store.save_local(str(FOLDER))
retriever = store.as_retriever(search_kwargs={"k": K})
app = FastAPI()


@app.post("/ask")
def ask(asked: Question) -> list[dict[str, Any]]:
    """The k nearest texts and their sources."""
    return [{"text": found.page_content, **found.metadata} for found in retriever.invoke(asked.question)]
