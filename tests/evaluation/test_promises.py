"""The checker of promises: an honest answer passes, and each way to break one is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assistant.evaluation.promises import broken_dialogue, broken_promises
from assistant.service import Assistant
from assistant.types import Answer, Citation, Clarification, Related
from corpus.types import Corpus
from index.types import Chunk


def chunk_of(assistant: Assistant, **wanted: Any) -> Chunk:
    return next(
        chunk
        for chunk in assistant.searcher.index.chunks
        if all(getattr(chunk, name) == value for name, value in wanted.items())
    )


def cite(chunk: Chunk, corpus: Corpus, number: int = 1) -> Citation:
    resource = corpus.resource_by_id[chunk.resource or "cs231n"]
    successor = resource.successor
    from assistant.types import Place

    return Citation(
        number,
        chunk.id,
        chunk.kind,
        chunk.section,
        resource.id,
        (resource.id,),
        resource.title,
        resource.current_url,
        chunk.quote(chunk.sentences[0]),
        resource.status,
        resource.status_note or None,
        Place(successor.title, successor.url) if successor else None,
    )


def forge(text: str, *citations: Citation, **values: Any) -> Answer:
    """An answer past the checks of its type, as a fault of the program would leave it."""
    made = Answer("ans_1", "con_1", "answered", "")
    for name, value in {"text": text, "citations": citations, **values}.items():
        object.__setattr__(made, name, value)
    return made


def check(assistant: Assistant, answer: Answer) -> tuple[str, ...]:
    return broken_promises(answer, assistant.searcher.index.chunk_by_id, assistant.corpus)


@pytest.fixture
def torch(assistant: Assistant) -> Citation:
    return cite(chunk_of(assistant, resource="torch"), assistant.corpus)


@pytest.fixture
def added(assistant: Assistant) -> Citation:
    return cite(chunk_of(assistant, kind="addition"), assistant.corpus, 2)


def test_an_honest_answer_keeps_every_promise(assistant: Assistant, torch: Citation, added: Citation) -> None:
    text = f"{torch.quote} [1] An addition to the guide: {added.quote} [2]"
    assert check(assistant, forge(text, torch, added)) == ()
    assert check(assistant, forge("Hello!")) == ()


@pytest.mark.parametrize("change", [{"quote": "Invented."}, {"quote": ""}, {"chunk_id": "none"}])
def test_a_quote_that_is_not_in_its_chunk_breaks_the_first(
    assistant: Assistant, torch: Citation, change: dict[str, str]
) -> None:
    (fault,) = check(assistant, forge("Torch. [1]", replace(torch, **change)))  # type: ignore[arg-type]
    assert fault.startswith("1: ")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Torch. [1] More. [2]", "2: [2] has no citation"),
        ("Torch.", "2: citation [1] is not used in the text"),
    ],
)
def test_markers_without_citations_and_the_reverse_break_the_second(
    assistant: Assistant, torch: Citation, text: str, fault: str
) -> None:
    assert check(assistant, forge(text, torch)) == (fault,)


@pytest.mark.parametrize(
    "text",
    [
        "See https://evil.example/x [1]",
        "See http://torch.ch.evil.example/ [1]",
        "See www.evil.example [1]",
        "See [here](javascript:alert(1)) [1]",
        "See [here](//evil.example) [1]",
        "See ftp://evil.example [1]",
    ],
)
def test_an_address_that_the_corpus_lacks_breaks_the_third(
    assistant: Assistant, torch: Citation, text: str
) -> None:
    assert [fault[:2] for fault in check(assistant, forge(text, torch))] == ["3:"]


@pytest.mark.parametrize(
    "text", ["See http://torch.ch/. [1]", "See [Torch](http://torch.ch/) [1]", "(http://torch.ch/) [1]"]
)
def test_an_address_of_the_corpus_is_fine_in_any_punctuation(
    assistant: Assistant, torch: Citation, text: str
) -> None:
    assert check(assistant, forge(text, torch)) == ()


def test_addresses_outside_the_text_are_checked_too(assistant: Assistant, torch: Citation) -> None:
    foreign = "https://evil.example/"
    related = Related("rnn", "section", "RNN", foreign)
    assert len(check(assistant, forge("Torch. [1]", replace(torch, url=foreign)))) == 1
    assert len(check(assistant, forge("Torch. [1]", torch, related=(related,)))) == 1
    assert len(check(assistant, forge("Torch. [1]", torch, suggestions=(f"Go to {foreign}",)))) == 1


def test_an_old_resource_without_its_state_or_successor_breaks_the_fourth(
    assistant: Assistant, torch: Citation
) -> None:
    assert torch.successor is not None
    assert check(assistant, forge("Torch. [1]", replace(torch, status="current"))) == (
        "4: [1] does not say that torch is discontinued",
    )
    assert check(assistant, forge("Torch. [1]", replace(torch, status_note=None))) == (
        "4: [1] does not say that torch is discontinued",
    )
    assert check(assistant, forge("Torch. [1]", replace(torch, successor=None))) == (
        "4: [1] does not name the successor of torch",
    )


def test_an_unnamed_addition_breaks_the_fifth(assistant: Assistant, torch: Citation, added: Citation) -> None:
    assert check(assistant, forge("An addition. [2] Torch. [1]", torch, added)) == ()
    assert check(assistant, forge("Torch. [1] More. [2]", torch, added)) == (
        "5: the text cites an addition without calling it one",
    )
    assert check(assistant, forge("Torch. [1] An addition. [2]", torch, replace(added, kind="resource"))) == (
        "5: [2] is an addition and is not called one",
    )


def test_each_step_of_a_plan_is_judged_by_itself(
    assistant: Assistant, torch: Citation, added: Citation
) -> None:
    assert (
        check(assistant, forge("## First (addition)\nMore. [2]\n\n## Then\nTorch. [1]", torch, added)) == ()
    )
    assert check(assistant, forge("## First\nMore. [2]\n\n## An addition\nTorch. [1]", torch, added)) == (
        "5: the text cites an addition without calling it one",
    )


def test_a_conversation_asks_back_once_at_most() -> None:
    back = forge("Which?", clarifying_question=Clarification("Which?", ("a", "b")))
    assert broken_dialogue([back, forge("Yes.")]) == ()
    assert broken_dialogue([back, forge("Yes."), back]) == (
        "the conversation asks back 2 times, once is allowed",
    )
