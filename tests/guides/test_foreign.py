"""Any other guide answers: every development question, no exception, no word of the built-in guide."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from unittest.mock import AsyncMock, patch

import httpx
import pytest

from assistant.answering.line import Line
from assistant.channels.http.app import make_app
from assistant.channels.http.desk import Desk
from assistant.channels.mcp import Tools, make_server
from assistant.channels.widget.assets import asset
from assistant.channels.widget.assets import page as page_of
from assistant.dialogue.request import Request
from assistant.evaluation.promises import broken_promises
from assistant.service import Ask, Assistant
from assistant.types import Answer, Plan, Profile
from assistant.understanding.reading import Reading
from corpus import load_corpus
from tests.conftest import SHARED
from tests.guides.conftest import GUIDES, settings_for

QUESTIONS = Path(__file__).parent.parent / "questions"
BOOKS = (
    "which book should I read first?",
    "any books?",
    "books",
    "which book?",
    "what should I read?",
    "recommend a book",
    "books please",
    "I hate videos, what can I read?",
    "I prefer reading to videos",
    "I don't know the basics",
    "I only have an old laptop",
    "never learned any maths",
    "make me a plan",
    "where is it on the web?",
    "does a stone help?",
    "how much is it?",
)
FOREIGN = re.compile(
    r"deep learning|neural|machine learning|linear algebra|CS231n|\bGPU\b|2016 guide", re.IGNORECASE
)
MARKUP = re.compile(r"<!--|TODO|</?(?:p|a|img|details|summary)\b|\{\{|\{:")
PROFILES = (
    Profile(),
    Profile(goal=("nlp", "general"), background="none", hours_per_week=5.0, prefers=("reading",)),
    Profile(background="ml", avoids=("video", "maths"), can_program=False, hardware="laptop"),
    Profile(knows=("maths", "machine learning"), done=("cs231n",), budget="free"),
)


@cache
def questions() -> tuple[tuple[str, ...], ...]:
    """Conversations: every development question, and the dialogues; those of other sets where they are at hand."""
    files = [QUESTIONS / "questions.jsonl", QUESTIONS / "dialogues.jsonl"]
    files += [SHARED / "questions" / name for name in ("questions2.jsonl", "dialogues2.jsonl")]
    found = [(question,) for question in BOOKS]
    for file in filter(Path.is_file, files):
        for line in map(json.loads, file.read_text("utf-8").splitlines()):
            turns = line.get("turns")
            found.append(tuple(turn["user"] for turn in turns) if turns else (line["question"],))
    strangers = SHARED / "questions" / "strangers.txt"
    if strangers.is_file():
        found += [(line,) for line in strangers.read_text("utf-8").splitlines() if line.strip()]
    return tuple(found)


async def play(assistant: Assistant) -> list[Answer]:
    """The answers to all of them."""
    answers = []
    for conversation in questions():
        kept: str | None = None
        for question in conversation:
            answer = await assistant.answer(Ask(question, conversation_id=kept))
            kept = answer.conversation_id
            answers.append(answer)
    return answers


def written(answer: Answer) -> Iterator[str]:
    """What the program itself wrote: the text without its quotes, the question back, the suggestions."""
    text = answer.text
    for citation in sorted(answer.citations, key=lambda citation: -len(citation.quote)):
        text = text.replace(citation.quote, "").replace(citation.quote.replace("|", "\\|"), "")
    yield text
    yield from answer.suggestions
    if answer.clarifying_question:
        yield answer.clarifying_question.text


@pytest.mark.parametrize("guide", GUIDES)
async def test_every_question_is_answered_in_words_of_the_guide(
    opened: dict[str, Assistant], guide: str
) -> None:
    assistant = opened[guide]
    chunks = assistant.searcher.index.chunk_by_id
    answers = await play(assistant)
    assert len(answers) > 170
    for answer in answers:
        assert broken_promises(answer, chunks, assistant.corpus) == ()
        assert [text for text in written(answer) if FOREIGN.search(text)] == []
        assert answer.clarifying_question is None
    assert sum(answer.outcome == "answered" for answer in answers) > 10


def test_no_tag_and_no_comment_can_be_quoted(opened: dict[str, Assistant]) -> None:
    chunks = opened["birdwatching"].searcher.index.chunks
    assert [chunk.text for chunk in chunks if MARKUP.search(chunk.text)] == []


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("profile", PROFILES)
def test_a_plan_is_made_of_the_guide(opened: dict[str, Assistant], guide: str, profile: Profile) -> None:
    made: Plan = opened[guide].plan(profile)
    assert len(made.steps) >= 3
    assert not FOREIGN.search(made.text)
    assert f"Goal: {opened[guide].corpus.about.subject}" in made.text


@pytest.mark.parametrize(
    ("guide", "subject", "title"),
    [
        ("home-brewing", "brewing beer at home", "How to start brewing beer at home"),
        ("birdwatching", "birdwatching", "A beginner's guide to birdwatching"),
        ("brot-backen", "Brotbacken", "Brot backen für Anfänger"),
    ],
)
async def test_small_talk_and_refusal_speak_of_the_guide(
    opened: dict[str, Assistant], guide: str, subject: str, title: str
) -> None:
    assistant = opened[guide]
    assert assistant.corpus.about.subject == subject
    assert title in (await assistant.answer(Ask("hello"))).text
    assert title in (await assistant.answer(Ask("who are you?"))).text
    line = Line(assistant.corpus, assistant.searcher.index, assistant.reader)
    nothing = Request(Reading(""), "find", "", "")
    assert title in line.decline(nothing, "off_topic", ())
    assert subject in line.decline(nothing, "refused", ())


def test_the_tools_of_mcp_speak_of_the_guide(opened: dict[str, Assistant], tmp_path: Path) -> None:
    desk = Desk(settings_for("home-brewing", tmp_path), opened["home-brewing"])
    server = make_server(desk)
    described = f"{server.title} {server.instructions} {Tools(desk).list()[0].description}"
    assert described.count("How to start brewing beer at home") == 3
    assert not FOREIGN.search(described)


async def test_a_sample_is_answered_over_http(opened: dict[str, Assistant], tmp_path: Path) -> None:
    for guide, assistant in opened.items():
        app = make_app(settings_for(guide, tmp_path / guide), assistant)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            for question in (*BOOKS, "hello", "how do I start?"):
                answer = await client.post("/v1/ask", json={"question": question})
                assert answer.status_code == 200, (guide, question, answer.text)
            for accept in ("application/json", "text/markdown", "image/svg+xml", "text/calendar"):
                plan = await client.post("/v1/plan", json={"hours_per_week": 4}, headers={"Accept": accept})
                assert plan.status_code == 200, (guide, accept, plan.text)


@pytest.mark.parametrize(
    "question",
    ["is it free?", "more", "what comes next?", "the second one", "compare them", "any books?", "shorter"],
)
async def test_a_conversation_outlives_what_it_was_about(opened: dict[str, Assistant], question: str) -> None:
    """The guide was edited between two turns: what the first one cited is gone."""
    assistant = opened["home-brewing"]
    first = await assistant.answer(Ask("which book should I read first?"))
    kept = await assistant.store.conversation(first.conversation_id)
    assert kept is not None
    gone = tuple(
        replace(citation, section="gone", resource="gone-too", resources=("gone-too", "and-this"))
        for citation in first.citations
    )
    exchange = replace(kept.exchanges[0], citations=gone)
    changed = replace(kept, exchanges=(exchange,))
    with patch.object(assistant.store, "conversation", AsyncMock(return_value=changed)):
        answer = await assistant.answer(Ask(question, first.conversation_id))
    assert answer.text


async def test_the_head_of_the_page_speaks_of_the_guide(opened: dict[str, Assistant], tmp_path: Path) -> None:
    brewing = opened["home-brewing"]
    corpus = replace(brewing.corpus, title='Brew <b>"beer"</b>')
    served = Assistant(corpus, brewing.searcher, brewing.reader, brewing.store)
    transport = httpx.ASGITransport(make_app(settings_for("home-brewing", tmp_path), served))
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        page = await client.get("/")
        head = page.text.partition("</head>")[0]
        assert "<title>Brew &lt;b&gt;&quot;beer&quot;&lt;/b&gt;: a guide you can ask</title>" in head
        assert 'content="Ask where to begin with brewing beer at home. Every' in head
        assert not FOREIGN.search(head)
        again = await client.get("/", headers={"If-None-Match": page.headers["ETag"]})
        assert again.status_code == 304


def test_the_page_of_the_built_in_guide_is_the_file_itself() -> None:
    about = load_corpus().about
    assert page_of(load_corpus().title, about.subject) == asset("/")
