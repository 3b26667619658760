"""The questions that the answer must get right, and what it does with everything else."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from assistant.errors import BadRequest
from assistant.service import Ask, Assistant
from assistant.settings import read_settings
from assistant.types import Answer, Profile, Turn, as_values
from index.encoder import Encoder, Vectors
from index.encoders.hashed import HashedEncoder


def resources(answer: Answer) -> list[str]:
    """Ids of the cited resources, in order, each once."""
    first = [c.resource for c in answer.citations if c.resource]
    return list(dict.fromkeys((*first, *(id for c in answer.citations for id in c.resources))))


@pytest.mark.parametrize(
    ("question", "resource"),
    [
        ("how do I start deep learning?", "cs231n"),
        ("I don't know linear algebra", "strang-linear-algebra"),
        ("I prefer reading to videos", "nielsen-book"),
        ("where can I learn about LSTMs?", "olah-lstm"),
        ("which framework should I use?", "tensorflow"),
    ],
)
async def test_the_best_resource_is_cited_first(assistant: Assistant, question: str, resource: str) -> None:
    answer = await assistant.answer(Ask(question))
    assert answer.outcome in ("answered", "clarify")
    assert resources(answer)[0] == resource


async def test_what_one_message_needs_is_encoded_together_and_compared_beside_the_loop(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    threads: set[str] = set()
    encoder, index = assistant.searcher.encoder, assistant.searcher.index
    encode, compare = encoder.encode_queries, index.cosines

    def counted(texts: Sequence[str]) -> Vectors:
        batches.append(len(texts))
        return encode(texts)

    def watched(vector: Vectors) -> Vectors:
        threads.add(threading.current_thread().name)
        return compare(vector)

    monkeypatch.setattr(encoder, "encode_queries", counted)
    monkeypatch.setattr(index, "cosines", watched)
    answer = await assistant.answer(Ask("Do I need a GPU for this? And which framework should I use today?"))
    assert {"hardware", "frameworks"} <= {citation.section for citation in answer.citations}
    assert batches == [1, 2]
    assert all(name.startswith("encode") for name in threads)


async def test_the_form_of_an_answer_is_that_of_dataclasses(assistant: Assistant) -> None:
    answer = await assistant.answer(Ask("which framework should I use?"))
    assert any(citation.successor for citation in answer.citations)
    assert as_values(answer) == asdict(answer)


async def test_the_start_shows_the_fork_on_maths(assistant: Assistant) -> None:
    answer = await assistant.answer(Ask("how do I start deep learning?"))
    assert "without that maths background" in answer.text


async def test_readers_get_both_books(assistant: Assistant) -> None:
    answer = await assistant.answer(Ask("I prefer reading to videos"))
    assert {"nielsen-book", "deep-learning-book"} <= set(resources(answer))


async def test_an_outdated_pick_comes_with_what_has_changed(assistant: Assistant) -> None:
    answer = await assistant.answer(Ask("which framework should I use?"))
    assert "PyTorch" in answer.text


async def test_hardware_questions_get_the_hardware_section(assistant: Assistant) -> None:
    answer = await assistant.answer(Ask("do I need a GPU?"))
    assert answer.citations[0].section == "hardware"
    assert "not required" in answer.text


@pytest.mark.parametrize(
    ("question", "outcome"),
    [("hi", "smalltalk"), ("how do I bake bread?", "off_topic")],
)
async def test_what_is_no_question_about_learning_gets_no_sources(
    assistant: Assistant, question: str, outcome: str
) -> None:
    answer = await assistant.answer(Ask(question))
    assert (answer.outcome, answer.citations) == (outcome, ())


@pytest.mark.parametrize("question", ["", "   ", "x" * 2001])
async def test_a_question_that_is_empty_or_too_long_is_refused(assistant: Assistant, question: str) -> None:
    with pytest.raises(BadRequest):
        await assistant.answer(Ask(question))


async def test_the_background_is_asked_for_once(assistant: Assistant) -> None:
    first = await assistant.answer(Ask("how do I start deep learning?"))
    assert first.outcome == "clarify"
    assert first.clarifying_question is not None
    assert first.citations
    again = await assistant.answer(
        Ask("how do I start deep learning?", conversation_id=first.conversation_id)
    )
    assert again.clarifying_question is None


async def test_each_option_works_as_the_next_turn(assistant: Assistant) -> None:
    first = await assistant.answer(Ask("how do I start deep learning?"))
    assert first.clarifying_question is not None
    expected = {"maths": "cs231n", "some-maths": "strang-linear-algebra", "none": "strang-linear-algebra"}
    for option in first.clarifying_question.options:
        history = (Turn("user", "how do I start deep learning?"), Turn("assistant", first.text))
        answer = await assistant.answer(Ask(option, history=history))
        assert answer.outcome == "answered"
        assert answer.profile.background is not None
        assert expected[answer.profile.background] in resources(answer)


async def test_what_was_done_is_not_recommended_again(assistant: Assistant) -> None:
    answer = await assistant.answer(Ask("I've done Ng already. how do i learn machine learning?"))
    assert answer.profile.done == ("ng-machine-learning",)
    assert "abu-mostafa-telecourse" in resources(answer)


async def test_the_words_of_a_clients_profile_are_masked_before_they_are_kept(assistant: Assistant) -> None:
    given = Profile(knows=("Bob, bob@dobbelina.org", "cs231n"), hardware="call 0170 123 45 67")
    answer = await assistant.answer(Ask("how do I start?", profile=given))
    kept = await assistant.store.conversation(answer.conversation_id)
    assert kept is not None and kept.profile == answer.profile
    assert (kept.profile.knows, kept.profile.hardware) == (("Bob, [e-mail]", "cs231n"), "call [phone]")


async def test_the_profile_of_the_client_replaces_the_kept_one(assistant: Assistant) -> None:
    first = await assistant.answer(Ask("i hate videos. how do i start?"))
    assert first.profile.avoids == ("video",)
    answer = await assistant.answer(
        Ask("and for language?", conversation_id=first.conversation_id, profile=Profile(background="maths"))
    )
    assert (answer.profile.avoids, answer.profile.background) == ((), "maths")


async def test_a_stream_gives_exactly_the_same_text(assistant: Assistant) -> None:
    events = [event async for event in assistant.stream(Ask("hinton or larochelle?"))]
    assert [event.name for event in events][:1] + [events[-1].name] == ["meta", "done"]
    assert "".join(e.data["text"] for e in events if e.name == "delta") == events[-1].data["text"]


@pytest.mark.parametrize("first", ["Compare CS231n and fast.ai", "Do I need my own GPU?", "hello"])
async def test_a_standalone_question_leans_on_no_turn_before_it(assistant: Assistant, first: str) -> None:
    question = "Which framework should a beginner use?"
    alone = await assistant.answer(Ask(question))
    before = await assistant.answer(Ask(first))
    beside = await assistant.answer(Ask(question, before.conversation_id, standalone=True))
    assert beside.conversation_id == before.conversation_id
    assert resources(beside) == resources(alone)


async def test_a_standalone_question_still_knows_the_learner(assistant: Assistant) -> None:
    before = await assistant.answer(Ask("I have 5 hours a week and know linear algebra"))
    answer = await assistant.answer(Ask("How do I start?", before.conversation_id, standalone=True))
    assert answer.profile.hours_per_week == 5
    assert answer.clarifying_question is None


async def test_at_most_one_question_is_asked_back_though_questions_are_standalone(
    assistant: Assistant,
) -> None:
    first = await assistant.answer(Ask("How do I start learning deep learning?"))
    assert first.clarifying_question is not None
    second = await assistant.answer(Ask("Where do I begin?", first.conversation_id, standalone=True))
    assert second.clarifying_question is None


async def test_a_citation_says_whose_recommendation_it_is(assistant: Assistant) -> None:
    by_id = assistant.corpus.resource_by_id
    seen: set[str] = set()
    for question in ("how do I start deep learning?", "which framework should I use?", "I prefer reading"):
        for citation in (await assistant.answer(Ask(question))).citations:
            seen.add(citation.origin)
            if citation.resource:
                assert citation.origin == by_id[citation.resource].origin
            else:
                assert citation.origin == ("addition" if citation.kind == "addition" else "guide")
    assert seen == {"guide", "addition"}


async def test_a_gap_is_named_for_machines(assistant: Assistant) -> None:
    answer = await assistant.answer(Ask("Do I need a GPU? And what does a prompt engineer earn in Madrid?"))
    assert answer.outcome == "answered"
    assert answer.gaps == ("what does a prompt engineer earn in Madrid",)
    assert "second part of your question" in answer.text
    assert (await assistant.answer(Ask("Do I need a GPU?"))).gaps == ()


async def test_what_is_not_covered_names_the_nearest_sections_in_its_text(assistant: Assistant) -> None:
    answer = await assistant.answer(Ask("which momentum should I set for SGD?"))
    assert answer.outcome == "not_covered"
    assert answer.related
    assert all(place.title in answer.text for place in answer.related)
    assert "gap" not in answer.text


async def test_off_topic_stays_off_topic_after_a_turn_that_was_not_covered(assistant: Assistant) -> None:
    before = await assistant.answer(Ask("what is a diffusion model"))
    assert before.outcome == "not_covered"
    for question in ("what is the weather", "who won the world cup?"):
        answer = await assistant.answer(Ask(question, before.conversation_id))
        assert answer.outcome == "off_topic"


@pytest.mark.parametrize(
    "question",
    [
        "Who is CS231n for?",
        "Is TensorFlow free?",
        "Do I need a GPU?",
        "where is kaggle's ec2 guide?",
        "cs224d?",
    ],
)
async def test_suggestions_repeat_nothing_and_promote_nothing_that_is_dead(
    assistant: Assistant, question: str
) -> None:
    answer = await assistant.answer(Ask(question))
    dead = [
        r.short for r in assistant.corpus.resources if r.status in ("archived", "superseded", "discontinued")
    ]
    assert answer.suggestions
    assert question not in answer.suggestions
    assert [text for text in answer.suggestions for name in dead if name in text] == []


def test_a_first_start_asks_with_the_encoder_that_its_new_index_carries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[Encoder, bool]] = []

    def open_and_note(name: str, device: str, directory: Path) -> Encoder:
        opened.append((HashedEncoder(), (directory / "manifest.json").exists()))
        return opened[-1][0]

    monkeypatch.setattr("assistant.service.open_encoder", open_and_note)
    guide = tmp_path / "guide.md"
    guide.write_text("# Bread\n\n## Flour\n\nStart with [white flour](https://flour.example/).\n")
    names = {"DLSTART_DATA_DIR": str(tmp_path), "DLSTART_CORPUS": str(guide), "DLSTART_ENCODER": "hashed"}
    assistant = Assistant.open(read_settings(names))
    assert [is_built for _, is_built in opened] == [False, True]
    assert assistant.searcher.encoder is opened[1][0]
