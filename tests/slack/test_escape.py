"""Nothing that people or the corpus write can ping anybody or break a block."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.channels.slack import blocks
from assistant.channels.slack.escape import Kind, escape, link, measure, read
from assistant.channels.slack.events import Place
from assistant.channels.slack.reply import Pace, Reply
from tests.slack.block_kit import check_message, check_mrkdwn, size

unhurried = settings(deadline=None)
hostile = st.text() | st.lists(
    st.sampled_from(
        ["<", "!", "@", "#", ">", "&", "|", "channel", "here", "everyone", "U123", "lt;", "#60;", " ", "\n", "a",
         "<!channel>", "<@U1>", "<#C1|x>", "<!subteam^S1>", "<http://x|y>", "&lt;!here&gt;", "`", "*", "😀", "\u202e"]
    )
).map("".join)  # fmt: skip


@unhurried
@given(hostile)
def test_mrkdwn_makes_no_mark_at_all(text: str) -> None:
    escaped = escape(text, "mrkdwn")
    assert "<" not in escaped and ">" not in escaped
    assert not re.search(r"@(channel|here|everyone)", escaped, re.IGNORECASE)
    check_mrkdwn(escaped)


@unhurried
@given(hostile)
def test_markdown_makes_no_mention_even_after_entities_are_read(text: str) -> None:
    escaped = escape(text, "markdown")
    for shown in (escaped, escaped.replace("&lt;", "<").replace("&#60;", "<").replace("&amp;", "&")):
        assert not re.search(r"<\S", shown.replace("<\u2060", ""))
        assert not re.search(r"@(channel|here|everyone)", shown, re.IGNORECASE)


@unhurried
@given(hostile, st.integers(1, 60), st.sampled_from(["mrkdwn", "markdown", "plain"]))
def test_a_limit_holds_and_cuts_no_entity(text: str, limit: int, kind: Kind) -> None:
    escaped = escape(text, kind, limit)
    assert size(escaped) == measure(escaped) <= limit
    if kind == "mrkdwn":
        assert re.sub(r"&(amp|lt|gt);", "", escaped).count("&") == 0


@unhurried
@given(st.text(st.characters(exclude_characters="<>&@", exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"])))
def test_ordinary_words_stay_as_they_are(text: str) -> None:
    assert escape(text, "markdown") == escape(text, "mrkdwn") == escape(text, "plain") == text


@unhurried
@given(hostile, hostile)
def test_a_link_is_one_link(url: str, label: str) -> None:
    made = link(f"https://example.org/{url}", label)
    check_mrkdwn(made)
    assert made.count("<") == made.count(">") == 1
    assert link(f"javascript:{url}", label).count("<") == 0


@unhurried
@given(st.text(st.characters(exclude_characters="<>", exclude_categories=["Cc", "Cs", "Cf", "Z"])))
def test_what_slack_escaped_is_read_back(text: str) -> None:
    written = f"a < b & {text} > c".replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert read(f"<@UBOT> {written}") == " ".join(f"a < b & {text} > c".split())


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("<@UBOT> is <https://cs231n.github.io|CS231n> free?", "is CS231n free?"),
        ("<!here> see <https://a.org/b> in <#C1|general> <#C2|>", "see https://a.org/b in #general"),
        ("<!subteam^S1|@team> *hi*", "*hi*"),
    ],
)
def test_marks_are_read_as_words(written: str, words: str) -> None:
    assert read(written) == words


class _Recorder(Reply):
    """A reply that keeps what it would send."""

    async def _send(self) -> None:
        return


@unhurried
@given(st.lists(hostile))
def test_a_stream_in_any_pieces_is_the_escaped_whole(pieces: list[str]) -> None:
    reply = _Recorder(None, Place("T", "C", "1", "U", "T"), Pace())  # type: ignore[arg-type]

    async def write() -> None:
        for piece in pieces:
            await reply.write(piece)

    asyncio.run(write())
    reply._take(len(reply._rest))
    assert reply._unsent == escape("".join(pieces), "markdown")


def _citation(number: int, words: str) -> dict[str, Any]:
    return {
        "number": number,
        "title": words or "x",
        "url": f"https://example.org/{words}",
        "kind": "addition",
        "status": "superseded",
        "successor": {"title": words or "x", "url": f"https://example.org/{words}"},
    }


@unhurried
@given(hostile, st.lists(hostile, max_size=12), st.integers(1, 200))
def test_an_answer_made_of_anything_is_a_message_that_slack_takes(
    text: str, words: list[str], times: int
) -> None:
    answer = {
        "id": "ans_1",
        "outcome": "clarify",
        "text": text * times or "x",
        "citations": [_citation(n, word * times) for n, word in enumerate(words, 1)],
        "related": [{"title": word * times or "x", "url": None} for word in words],
        "clarifying_question": {"text": text * times or "x", "options": words},
        "suggestions": words,
    }
    check_message(blocks.notification(answer), blocks.answer_blocks(answer))
    check_message(blocks.plain_answer(answer), [])


@unhurried
@given(st.text(), st.integers(4, 50))
def test_parts_hold_the_limit_and_every_word(text: str, limit: int) -> None:
    parts = blocks.split(text, limit)
    assert all(0 < measure(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_text_is_cut_between_paragraphs_then_sentences() -> None:
    assert blocks.split("One two.\n\nThree four.", 12) == ["One two.", "Three four."]
    assert blocks.split("One two. Three four.", 14) == ["One two.", "Three four."]
