"""The examples of the OpenAPI document. The tests send every one of them, and check every answer."""

from __future__ import annotations

from typing import Any

QUESTIONS: dict[str, Any] = {
    "start": {"summary": "A first question", "value": {"question": "How do I start learning deep learning?"}},
    "learner": {
        "summary": "With what is known of the learner",
        "value": {
            "question": "Where do I learn about recurrent networks?",
            "profile": {"background": "some-maths", "prefers": ["reading"]},
        },
    },
    "history": {
        "summary": "A follow-up, from a client that keeps the conversation",
        "value": {
            "question": "I don't know any of that maths though",
            "history": [
                {"role": "user", "content": "How do I start learning deep learning?"},
                {"role": "assistant", "content": "The guide recommends Stanford's CS231n [1]."},
            ],
        },
    },
    "stream": {
        "summary": "As server-sent events",
        "value": {"question": "Do I need my own GPU?", "stream": True},
    },
}
SEARCHES: dict[str, Any] = {
    "lstm": {"summary": "The three best hits", "value": {"question": "LSTM explained", "k": 3}}
}
PLANS: dict[str, Any] = {
    "vision": {
        "summary": "Vision, five hours a week",
        "value": {"goal": ["vision"], "background": "some-maths", "prefer": ["video"], "hours_per_week": 5},
    },
    "anybody": {"summary": "For somebody of whom nothing is known", "value": {}},
}
VOTES: dict[str, Any] = {
    "down": {
        "summary": "It did not help",
        "value": {"answer_id": "ans_0123456789abcdef01234567", "value": "down", "reason": "too long"},
    }
}
CHATS: dict[str, Any] = {
    "question": {
        "summary": "One question",
        "value": {
            "model": "dlstart",
            "messages": [{"role": "user", "content": "How do I start learning deep learning?"}],
        },
    },
    "stream": {
        "summary": "Streamed, with usage",
        "value": {
            "model": "dlstart",
            "messages": [
                {"role": "user", "content": "How do I start learning deep learning?"},
                {"role": "assistant", "content": "The guide recommends Stanford's CS231n [1]."},
                {"role": "user", "content": "Something to read instead?"},
            ],
            "stream": True,
            "stream_options": {"include_usage": True},
        },
    },
}
ANSWERS: dict[str, Any] = {
    "answered": {
        "summary": "An answer with one source",
        "value": {
            "id": "ans_0123456789abcdef01234567",
            "conversation_id": "con_0123456789abcdef01234567",
            "outcome": "answered",
            "text": "The guide recommends Stanford's CS231n as the place to start. [1]",
            "citations": [
                {
                    "number": 1,
                    "chunk_id": "5f0c1d2e3a4b5c6d",
                    "kind": "guide",
                    "section": "have-basics",
                    "resource": "cs231n",
                    "resources": ["cs231n"],
                    "title": "CS231n: Deep Learning for Computer Vision",
                    "url": "https://cs231n.stanford.edu/",
                    "quote": "The guide recommends Stanford's CS231n as the place to start.",
                    "status": "current",
                    "status_note": None,
                    "successor": None,
                    "origin": "guide",
                }
            ],
            "related": [],
            "clarifying_question": None,
            "suggestions": ["What if I don't know the maths?"],
            "profile": {
                "goal": [],
                "background": None,
                "can_program": None,
                "prefers": [],
                "avoids": [],
                "done": [],
                "knows": [],
                "hours_per_week": None,
                "level": None,
                "budget": None,
                "hardware": None,
                "lacks": [],
                "doing": [],
            },
            "gaps": [],
            "confidence": 0.87,
            "generator": "composer",
            "timings_ms": {"encode": 3.1, "search": 0.8, "compose": 0.4, "total": 4.6},
        },
    }
}
ANSWER_LINKS: dict[str, Any] = {
    "conversation": {
        "operationId": "conversation",
        "parameters": {"id": "$response.body#/conversation_id"},
        "description": "What is kept of it.",
    },
    "forget": {
        "operationId": "forget",
        "parameters": {"id": "$response.body#/conversation_id"},
        "description": "Delete it.",
    },
    "feedback": {
        "operationId": "feedback",
        "requestBody": {"answer_id": "$response.body#/id", "value": "up"},
        "description": "Say whether it helped.",
    },
}


def request(examples: dict[str, Any], *headers: dict[str, Any]) -> dict[str, Any]:
    """What a route's documentation says of its request, beside the shape."""
    return {
        "requestBody": {"content": {"application/json": {"examples": examples}}},
        "parameters": list(headers),
    }
