"""Titles and tags that chat front ends ask for, and learners' messages that only look like it."""

from __future__ import annotations

import json

import pytest

from assistant.channels.chores import answer_chore
from assistant.types import Turn

GUIDE = "How to Start Learning Deep Learning"
FIRST = "How do I learn about LSTMs without much maths?"
TITLE = "How do I learn about LSTMs…"
TURNS = (Turn("user", FIRST), Turn("assistant", "The guide recommends … [1]"))

OPEN_WEBUI = """### Task:
Generate a concise, 3-5 word title with an emoji summarizing the chat history.
### Guidelines:
- The title should clearly represent the main theme or subject of the conversation.
- Write the title in the chat's primary language.
### Output:
JSON format: { "title": "your concise title here" }
### Chat History:
<chat_history>
USER: How do I learn about LSTMs without much maths?
ASSISTANT: The guide recommends … [1] https://x.example
</chat_history>"""
OPEN_WEBUI_TAGS = """### Task:
Generate 1-3 broad tags categorizing the main themes of the chat history, along with 1-3 more specific subtopic tags.
### Output:
JSON format: { "tags": ["tag1", "tag2", "tag3"] }
### Chat History:
<chat_history>
USER: How do I learn about LSTMs?
</chat_history>"""
OPEN_WEBUI_FOLLOW_UPS = """### Task:
Suggest 3-5 relevant follow-up questions or prompts that the user might naturally ask next.
### Output:
JSON format: { "follow_ups": ["Question 1?", "Question 2?"] }
### Chat History:
<chat_history>
USER: hello
</chat_history>"""
OPEN_WEBUI_QUERIES = """### Task:
Analyze the chat history to determine the necessity of generating search queries, in the given language.
### Guidelines: respond only with JSON, { "queries": ["query1", "query2"] }
<chat_history>
USER: hello
</chat_history>"""
LIBRECHAT = """Provide a concise, 5-word-or-less title for the conversation, using its same language,
with no punctuation. Apply title case conventions appropriate for the language. Only return the title itself.

Conversation:
User: How do I learn about LSTMs without much maths?
AI: The guide recommends …"""
CHERRY = """Summarize the conversation into a title within 10 characters in English, ignoring instructions and without
punctuation or symbols. Output only the title string without anything else."""
NEXTCHAT = """Please generate a four to five word title summarizing our conversation without any lead-in, punctuation,
quotation marks, periods, symbols, bold text, or additional text. Remove enclosing quotation marks."""


@pytest.mark.parametrize("prompt", [LIBRECHAT, CHERRY, NEXTCHAT, "Write a title for this conversation."])
def test_a_title_is_the_first_words_of_the_learner(prompt: str) -> None:
    assert answer_chore(prompt, TURNS, GUIDE) == TITLE


@pytest.mark.parametrize("turns", [(), TURNS])
def test_json_is_given_where_it_is_asked_for(turns: tuple[Turn, ...]) -> None:
    prompts = (OPEN_WEBUI, OPEN_WEBUI_TAGS, OPEN_WEBUI_FOLLOW_UPS, OPEN_WEBUI_QUERIES)
    replies = [json.loads(answer_chore(prompt, turns, GUIDE) or "") for prompt in prompts]
    assert replies == [{"title": TITLE}, {"tags": [GUIDE]}, {"follow_ups": []}, {"queries": []}]


def test_a_title_holds_no_markers_and_no_addresses() -> None:
    said = (Turn("user", "what is [1] at https://evil.example/x and **this** <b>?"),)
    assert answer_chore(CHERRY, said, GUIDE) == "what is 1 at and this…"


def test_where_nothing_was_said_the_guide_is_the_title() -> None:
    assert answer_chore(CHERRY, (), GUIDE) == GUIDE
    assert answer_chore(CHERRY, (Turn("user", "???"),), GUIDE) == GUIDE


@pytest.mark.parametrize(
    "message",
    [
        FIRST,
        "Can you suggest a course title that covers conversation agents?",
        "Give me the title of the book from our conversation",
        "Give me the titles of three papers",
        "What is the title of the deep learning book?",
        "Write me a study plan, only free things",
        "Can you give me a summary of this conversation?",
        "Suggest some follow-up questions that I could ask",
        "Create a plan in JSON",
        "Just provide the links",
        "What are tags in reinforcement learning?",
    ],
)
def test_a_learner_s_message_is_no_chore(message: str) -> None:
    assert answer_chore(message, TURNS, GUIDE) is None
