"""What every store does, whatever it is made of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.store import Feedback, ForgivingStore, MemoryStore, Reply, Store
from assistant.types import ANYONE, Answer, Citation, Conversation, Place, Profile, Record
from index.types import Chunk

CHUNK = Chunk(
    "c1", "resource", "description", "rnn", "olah", "T", "https://a.org", "Read it.", (), "", 1, (0, 8)
)
CITATION = Citation(
    1, "c1", "resource", "rnn", "olah", ("olah",), "T", "https://a.org", "Read it.", "moved", "It moved.",
    Place("U", "https://b.org"),
)  # fmt: skip
RECORD = Record(
    act="find",
    query="what is an LSTM?",
    items=("olah",),
    sections=("rnn",),
    quotes=("Read it.",),
    asked="Do you know the maths?",
    options=("Yes", "No"),
    profile=Profile(knows=("calculus",), lacks=("statistics",), doing=("olah",)),
)


def answer(id: str = "ans_1", conversation: str = "con_1", profile: Profile | None = None) -> Answer:
    return Answer(
        id=id,
        conversation_id=conversation,
        outcome="answered",
        text="Read it. [1]",
        citations=(CITATION,),
        suggestions=("Is it free?",),
        profile=profile or Profile(goal=("rnn",), background="maths", hours_per_week=3.5),
        confidence=0.75,
        timings_ms={"total": 4.5},
        record=RECORD,
        evidence={"c1": CHUNK},
        addresses={"https://a.org", "https://b.org"},
    )


@pytest.fixture(params=["memory", "sqlite", "postgresql", "forgiving"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    from assistant.stores.sql import SqlStore

    made: Store
    if request.param == "memory":
        made = MemoryStore()
    elif request.param == "postgresql":
        made = await SqlStore.open(request.getfixturevalue("postgresql_url"))
    else:
        made = await SqlStore.open(f"sqlite+aiosqlite:///{tmp_path / 'deep' / 'state.sqlite3'}")
        made = ForgivingStore(made) if request.param == "forgiving" else made
    yield made
    await made.close()


async def test_a_conversation_comes_back_as_it_was(store: Store) -> None:
    first = answer()
    await store.remember(Conversation("con_1"), "what is an LSTM?", first, "http")
    kept = await store.conversation("con_1")
    assert kept is not None
    second = replace_id(first, "ans_2")
    await store.remember(kept, "and after that?", second, "slack")
    await store.add_feedback(Feedback("ans_2", "up"))  # Waits for what is written behind.
    kept = await store.conversation("con_1")
    assert kept is not None
    assert kept.profile == first.profile
    assert [(e.question, e.answer_id, e.outcome, e.text) for e in kept.exchanges] == [
        ("what is an LSTM?", "ans_1", "answered", "Read it. [1]"),
        ("and after that?", "ans_2", "answered", "Read it. [1]"),
    ]
    assert kept.exchanges[0].citations == (CITATION,)
    assert kept.exchanges[0].suggestions == ("Is it free?",)
    assert [exchange.record for exchange in kept.exchanges] == [RECORD, RECORD]


async def test_a_record_is_kept_without_what_tells_who_somebody_is(store: Store) -> None:
    told = replace(RECORD, query="write to ann@example.org", profile=Profile(avoids=("ann@example.org",)))
    given = replace(
        answer(), record=told, evidence={"c1": CHUNK}, addresses={"https://a.org", "https://b.org"}
    )
    await store.remember(Conversation("con_1"), "q", given, "http")
    await store.add_feedback(Feedback("ans_1", "up"))  # Waits for what is written behind.
    kept = await store.conversation("con_1")
    assert kept is not None
    assert kept.exchanges[0].record == replace(
        RECORD, query="write to [e-mail]", profile=Profile(avoids=("[e-mail]",))
    )


async def test_a_conversation_is_its_owners_alone(store: Store) -> None:
    await store.remember(Conversation("con_1", owner="key_a"), "q", answer(), "http")
    await store.remember(Conversation("con_2"), "q", answer("ans_2", "con_2"), "http")
    for stranger in ("key_b", ANYONE):
        assert await store.conversation("con_1", stranger) is None
        assert await store.add_feedback(Feedback("ans_1", "down", owner=stranger)) is False
        assert await store.conversation("con_1", stranger) is None
        assert await store.forget("con_1", stranger) is False
    assert await store.conversation("con_2", "key_a") is None
    assert await store.add_feedback(Feedback("ans_1", "up", owner="key_a")) is True
    kept = await store.conversation("con_1", "key_a")
    assert kept is not None and kept.owner == "key_a" and len(kept.exchanges) == 1
    await store.remember(kept, "q", answer("ans_3"), "http")
    votes = [one.vote for one in await store.answers_since(datetime.now(UTC) - timedelta(minutes=1))]
    assert votes == ["up", None, None]
    assert await store.forget("con_1", "key_a") is True
    assert await store.conversation("con_2") is not None


UNSTORABLE = "a\0b \ud800c"


async def test_no_text_is_unstorable_wherever_it_stands(store: Store) -> None:
    odd = replace(
        answer(profile=Profile(goal=(UNSTORABLE,), background=UNSTORABLE)),  # type: ignore[arg-type]
        text=f"Read it. [1] {UNSTORABLE}", suggestions=(UNSTORABLE,), generator=UNSTORABLE * 100,
        citations=(replace(CITATION, title=UNSTORABLE),), evidence={"c1": CHUNK},
        addresses={"https://a.org", "https://b.org"},
    )  # fmt: skip
    await store.remember(Conversation("con_1"), UNSTORABLE, odd, UNSTORABLE)
    await store.remember(Conversation("con_2"), "another's", answer("ans_2", "con_2"), "http")
    given = Feedback("ans_1", "down", UNSTORABLE * 100, UNSTORABLE, UNSTORABLE)
    assert await store.add_feedback(given) is True
    kept, other = await store.answers_since(datetime.now(UTC) - timedelta(minutes=1))
    assert (kept.question, kept.comment, other.question) == ("ab c", "ab c", "another's")
    assert await store.begin_reply(UNSTORABLE, UNSTORABLE, 60) is None
    await store.keep_reply(UNSTORABLE, {"text": UNSTORABLE}, 60)
    assert await store.claim(UNSTORABLE, 60) is True
    await store.link(UNSTORABLE, "con_1")
    assert await store.forget_person(UNSTORABLE) == 1


async def test_an_unknown_conversation_is_none(store: Store) -> None:
    assert await store.conversation("con_x") is None


async def test_what_was_just_said_is_there_at_once(store: Store) -> None:
    for n in range(5):
        kept = await store.conversation("con_1") or Conversation("con_1")
        assert len(kept.exchanges) == n
        await store.remember(kept, f"question {n}", answer(f"ans_{n}"), "http")


async def test_personal_data_is_masked_before_it_is_kept(store: Store) -> None:
    await store.remember(Conversation("con_1"), "I am a@b.org", answer(), "http")
    await store.add_feedback(Feedback("ans_1", "down", "ask b@c.org", "call 0170 123 45 67"))
    (kept,) = await store.answers_since(datetime.now(UTC) - timedelta(minutes=1))
    assert (kept.question, kept.reason, kept.comment) == ("I am [e-mail]", "ask [e-mail]", "call [phone]")


async def test_forgetting_removes_conversation_answers_and_feedback(store: Store) -> None:
    await store.remember(Conversation("con_1"), "q", answer(), "http")
    assert await store.add_feedback(Feedback("ans_1", "up")) is True
    assert await store.forget("con_1") is True
    assert await store.conversation("con_1") is None
    assert await store.add_feedback(Feedback("ans_1", "up")) is False
    assert await store.answers_since(datetime.now(UTC) - timedelta(minutes=1)) == []
    assert await store.forget("con_1") is False


async def test_the_last_vote_wins(store: Store) -> None:
    await store.remember(Conversation("con_1"), "q", answer(), "http")
    assert await store.add_feedback(Feedback("ans_1", "down", "wrong", "no")) is True
    assert await store.add_feedback(Feedback("ans_1", "up")) is True
    (kept,) = await store.answers_since(datetime.now(UTC) - timedelta(minutes=1))
    assert (kept.vote, kept.reason, kept.comment) == ("up", None, None)


async def test_a_vote_for_an_unknown_answer_is_not_kept(store: Store) -> None:
    assert await store.add_feedback(Feedback("ans_x", "up")) is False


async def test_a_report_sees_what_was_answered(store: Store) -> None:
    await store.remember(Conversation("con_1"), "q", answer(), "mcp")
    (kept,) = await store.answers_since(datetime.now(UTC) - timedelta(minutes=1))
    assert (kept.id, kept.channel, kept.outcome, kept.cited, kept.confidence, kept.total_ms) == (
        "ans_1", "mcp", "answered", ("olah",), 0.75, 4.5,
    )  # fmt: skip
    assert await store.answers_since(datetime.now(UTC) + timedelta(minutes=1)) == []


async def test_a_report_is_made_of_the_newest_answers(store: Store) -> None:
    for n in range(5):
        await store.remember(Conversation(f"con_{n}"), "q", answer(f"ans_{n}", f"con_{n}"), "http")
        await asyncio.sleep(0.002)
    kept = await store.answers_since(datetime.now(UTC) - timedelta(minutes=1), most=2)
    assert [one.id for one in kept] == ["ans_3", "ans_4"]


async def test_an_event_is_claimed_once_until_it_is_released(store: Store) -> None:
    claims = await asyncio.gather(*(store.claim("event-1", 60) for _ in range(8)))
    assert claims.count(True) == 1
    assert await store.claim("event-2", 60) is True
    await store.release("event-1")
    assert await store.claim("event-1", 60) is True


async def test_a_claim_runs_out(store: Store) -> None:
    assert await store.claim("event", 0.05) is True
    await asyncio.sleep(0.1)
    assert await store.claim("event", 60) is True


REPLY = {"id": "ans_1", "conversation_id": "con_1", "text": "Read it. [1]", "related": []}


async def test_a_key_is_taken_once_and_then_gives_what_it_was_answered(store: Store) -> None:
    taken = await asyncio.gather(*(store.begin_reply("key", "print", 60) for _ in range(8)))
    assert taken.count(None) == 1
    assert [reply for reply in taken if reply] == [Reply("print", None)] * 7
    await store.keep_reply("key", REPLY, 60)
    assert await store.begin_reply("key", "another print", 60) == Reply("print", REPLY)
    assert await store.begin_reply("another key", "print", 60) is None


async def test_a_key_that_was_given_back_is_free_and_one_that_was_answered_stays(store: Store) -> None:
    assert await store.begin_reply("key", "print", 60) is None
    await store.drop_reply("key")
    assert await store.begin_reply("key", "print", 60) is None
    await store.keep_reply("key", {"value": "up"}, 60)
    assert await store.begin_reply("key", "print", 60) == Reply("print", {"value": "up"})


async def test_a_key_runs_out_unless_its_holder_goes_on(store: Store) -> None:
    for key in ("silent", "busy"):
        assert await store.begin_reply(key, "print", 0.3) is None
    await store.keep_reply("busy", None, 60)
    await asyncio.sleep(0.4)
    assert await store.begin_reply("silent", "other", 60) is None
    assert await store.begin_reply("busy", "print", 60) == Reply("print", None)


async def test_a_reply_goes_with_its_conversation(store: Store) -> None:
    for key in ("one", "two"):
        await store.begin_reply(key, "print", 60)
        await store.keep_reply(key, REPLY | {"conversation_id": f"con_{key}"}, 60)
    await store.remember(Conversation("con_one"), "q", answer("ans_1", "con_one"), "http")
    await store.forget("con_one")
    assert await store.begin_reply("one", "print", 60) is None
    assert await store.begin_reply("two", "print", 60) is not None


def replace_id(made: Answer, id: str) -> Answer:
    return replace(made, id=id, evidence={"c1": CHUNK}, addresses={"https://a.org", "https://b.org"})


async def test_people_see_and_delete_what_is_theirs(store: Store) -> None:
    for number, person in ((1, "per_a"), (2, "per_b"), (3, "per_a")):
        given = answer(f"ans_{number}", f"con_{number}")
        await store.remember(Conversation(f"con_{number}"), f"question {number}", given, "slack")
        await store.link(person, f"con_{number}")
        await store.link(person, f"con_{number}")
        await store.add_feedback(Feedback(f"ans_{number}", "down", "outdated", person=person))
    await store.link("per_a", "con_unknown")
    assert await store.conversations_of("per_a") == ["con_3", "con_1"]
    assert [vote.question for vote in await store.votes_of("per_a")] == ["question 3", "question 1"]
    assert await store.forget_person("per_a") == 2
    assert await store.forget_person("per_a") == 0
    assert (await store.conversations_of("per_a"), await store.votes_of("per_a")) == ([], [])
    assert await store.conversation("con_1") is None
    assert [vote.vote for vote in await store.votes_of("per_b")] == ["down"]


async def test_a_vote_on_somebody_elses_answer_goes_with_its_voter(store: Store) -> None:
    await store.remember(Conversation("con_1"), "question", answer(), "slack")
    await store.add_feedback(Feedback("ans_1", "up", person="per_a"))
    assert await store.forget_person("per_a") == 0
    [kept] = await store.answers_since(datetime(2000, 1, 1, tzinfo=UTC))
    assert kept.vote is None
