"""A sentence that would break a promise costs that sentence: it is left out, logged and counted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.line import Line
from assistant.answering.speaker import Spoken
from assistant.cite import Draft
from assistant.metrics import Metrics
from assistant.service import Ask, Assistant
from assistant.types import BrokenPromise, Profile, check_text
from corpus.addresses import shown_addresses
from corpus.inert import inert_text
from index.search import Index
from tests.guides.conftest import settings_for

ADDRESSES = frozenset(
    {"https://en.wikipedia.org/wiki/Course_(education)", "https://x.example/?q='a'", "http://torch.example"}
)


@pytest.mark.parametrize(
    "text",
    [
        "see https://en.wikipedia.org/wiki/Course_(education).",
        "[title](https://en.wikipedia.org/wiki/Course_(education))",
        "(https://en.wikipedia.org/wiki/Course_(education), and more)",
        "[t](https://x.example/?q='a') then http://torch.example, done",
        "**http://torch.example**",
    ],
)
def test_a_known_address_is_known_wherever_it_stands(text: str) -> None:
    check_text(text, ADDRESSES)


@pytest.mark.parametrize(
    "text",
    [
        "http://torch.example.evil.example",
        "http://torch.example/more",
        "https://en.wikipedia.org/wiki/Course_(education)_2",
        "xhttps://evil.example",
        "[t](https://evil.example)",
        "as measured [12]",
    ],
)
def test_another_address_and_a_marker_break_a_promise(text: str) -> None:
    with pytest.raises(BrokenPromise):
        check_text(text, ADDRESSES)


PIECES = st.sampled_from(
    [
        "https://a.example/b",
        "http://",
        "(",
        ")",
        "_(c)",
        "'",
        '"',
        "”",
        "“",
        "|",
        "\\",
        " ",
        "[1]",
        ".",
        "*",
        "x",
        "。",
        "{",
        "#",
        "www.",
        "https://web.example/2016/http://old.example/",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_no_text_can_break_a_promise_once_it_is_inert(text: str) -> None:
    inert = inert_text(text)
    known = frozenset(shown_addresses(inert))
    check_text(inert, known)
    check_text(f"“{inert}” [t]({inert})", known)


@pytest.fixture
def spoilt(opened: dict[str, Assistant]) -> Iterator[tuple[Assistant, str]]:
    """An assistant whose index has lost one chunk that an answer quotes, and that chunk's id."""
    whole = opened["home-brewing"]
    index: Index = whole.searcher.index
    broken = next(chunk for chunk in index.chunks if "Star San" in chunk.text)
    with patch.dict(index.chunk_by_id):
        del index.chunk_by_id[broken.id]
        yield whole, broken.id


async def test_a_broken_sentence_is_left_out_logged_and_counted(
    spoilt: tuple[Assistant, str], caplog: pytest.LogCaptureFixture
) -> None:
    assistant, broken = spoilt
    metrics = Metrics()
    question = "how do I sanitise with star san?"
    with caplog.at_level(logging.ERROR, "dlstart.promises"):
        answer = await assistant.answer(Ask(question))
    assert broken not in [citation.chunk_id for citation in answer.citations]
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    data = [getattr(record, "data", {}) for record in caplog.records if record.name == "dlstart.promises"]
    assert broken in [one.get("chunk") for one in data]
    assert "star san" not in caplog.text.lower()
    assert f"promises_broken_total {len(data)}.0" in metrics.render().decode()


async def test_where_no_sentence_is_left_nothing_is_claimed(opened: dict[str, Assistant]) -> None:
    assistant = opened["home-brewing"]
    with patch.dict(assistant.searcher.index.chunk_by_id, clear=True):
        answer = await assistant.answer(Ask("how do I sanitise with star san?"))
    assert answer.outcome == "not_covered"
    assert answer.citations == ()


async def test_a_text_that_breaks_a_promise_as_a_whole_costs_its_words_not_the_answer(
    opened: dict[str, Assistant],
) -> None:
    assistant = opened["home-brewing"]
    whole = await assistant.answer(Ask("how do I sanitise with star san?"))
    foreign = Draft("Read https://evil.example [1].", whole.citations[:1])
    with patch.object(Line, "say", return_value=Spoken(foreign)):
        refused = await assistant.answer(Ask("how do I sanitise with star san?"))
    assert (refused.outcome, refused.citations) == ("not_covered", ())
    assert "evil" not in refused.text

    async def spoil(*_: object) -> tuple[Draft, str]:
        return foreign, "a model"

    with patch.object(assistant, "_reword", spoil):
        composed = await assistant.answer(Ask("how do I sanitise with star san?"))
    assert (composed.text, composed.generator) == (whole.text, "composer")


def test_a_plan_leaves_out_the_step_that_would_break_a_promise(
    opened: dict[str, Assistant], tmp_path: Path
) -> None:
    settings = settings_for("home-brewing", tmp_path)
    assistant = Assistant.open(settings)
    before = assistant.plan(Profile())
    lost = next(step for step in before.steps if step.resource)
    corpus = assistant.corpus
    spoilt = tuple(
        replace(resource, title="Read [7]") if resource.id == lost.resource else resource
        for resource in corpus.resources
    )
    assistant.corpus = replace(corpus, resources=spoilt)
    after = assistant.plan(before.profile)
    assert [step.resource for step in after.steps] == [s.resource for s in before.steps if s is not lost]
    assert [step.number for step in after.steps] == list(range(1, len(after.steps) + 1))
