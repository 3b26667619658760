"""Slow, cut, shuffled and refused: what a network and a busy service do, and what the learner sees of it."""

from __future__ import annotations

import re
import threading

import pytest

pytest.importorskip("playwright", reason="browser tests need playwright: pip install playwright")
from playwright.sync_api import expect

from tests.browser import stub as play
from tests.browser.conftest import Tab
from tests.browser.stub import START, Stub

WHOLE = re.compile("Everything here is free to read.")


def test_a_slow_stream_shows_that_it_searches_then_text(tab: Tab, stub: Stub) -> None:
    gate = threading.Event()
    stub.cases.append(play.held(gate, after=1))
    tab.visit()
    tab.say(START)
    expect(tab.status).to_have_text("Searching the guide…")
    gate.set()
    expect(tab.prose).to_have_text(WHOLE)
    expect(tab.status).to_be_empty()


@pytest.mark.parametrize("after", [0, 1, 6, 9])
def test_a_stream_cut_in_the_middle_is_completed_as_json(tab: Tab, stub: Stub, after: int) -> None:
    stub.cases.append(play.cut(after))
    tab.visit()
    tab.ask(START)
    expect(tab.prose).to_have_text(WHOLE)
    first, second = stub.asked
    assert second.headers["accept"] == "application/json"
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert tab.prose.inner_text().count("Everything here") == 1


def test_a_cut_stream_says_so_while_the_rest_is_fetched(tab: Tab, stub: Stub) -> None:
    seen, told = threading.Event(), threading.Event()

    def late(handler: play.Handler, body: play.Json) -> None:
        told.wait(10)
        handler.reply(200, body)

    stub.cases.extend([play.cut(8, seen), late])
    tab.visit()
    tab.say(START)
    expect(tab.prose).to_contain_text("The guide recommends")
    seen.set()
    expect(tab.status).to_have_text("The line broke. Fetching the rest…")
    expect(tab.prose).to_contain_text("The guide recommends")
    told.set()
    expect(tab.prose).to_have_text(WHOLE)


def test_shuffled_and_doubled_events_give_the_text_in_order(tab: Tab, stub: Stub) -> None:
    stub.answers[START] = play.answer("One two three four five six seven eight nine ten.", [])
    stub.cases.append(play.shuffled)
    tab.visit()
    tab.say(START)
    expect(tab.prose).to_have_text("One two three four five six seven eight nine ten.")
    expect(tab.turns.last).to_have_attribute("aria-busy", "true")
    stub.gate.set()
    expect(tab.turns.last).to_have_attribute("data-state", "done")
    expect(tab.prose).to_have_text("One two three four five six seven eight nine ten.")


def test_bytes_in_odd_pieces_with_crlf_and_comments(tab: Tab, stub: Stub) -> None:
    stub.answers[START] = play.answer("Größe zählt nicht: ∇f, 学习, 🎓.", [])
    stub.cases.append(play.in_pieces)
    tab.visit()
    tab.ask(START)
    expect(tab.prose).to_have_text("Größe zählt nicht: ∇f, 学习, 🎓.")
    assert len(stub.asked) == 1


def test_json_where_a_stream_was_asked_for(tab: Tab, stub: Stub) -> None:
    stub.cases.append(play.plain_json)
    tab.visit()
    tab.ask(START)
    expect(tab.prose).to_have_text(WHOLE)
    assert len(stub.asked) == 1


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (503, "Many people are asking just now. Trying again in 1 s."),
        (429, "You have reached the limit for now. Trying again in 1 s."),
        (409, "The answer is still being worked out. Trying again in 1 s."),
    ],
)
def test_a_wait_is_shown_with_its_reason_and_kept(tab: Tab, stub: Stub, status: int, said: str) -> None:
    stub.cases.append(play.problem(status, "1"))
    tab.visit()
    tab.say(START)
    expect(tab.status).to_contain_text(said)
    expect(tab.announcer).to_have_text(said)
    expect(tab.prose).to_have_text(WHOLE)
    assert len({seen.headers["idempotency-key"] for seen in stub.asked}) == 1


def test_try_now_does_not_wait(tab: Tab, stub: Stub) -> None:
    stub.cases.append(play.problem(503, "60"))
    tab.visit()
    tab.say(START)
    expect(tab.status).to_contain_text(re.compile("Trying again in (60|59) s"))
    tab.button("Try now").click()
    expect(tab.prose).to_have_text(WHOLE)


def test_cancel_ends_the_wait(tab: Tab, stub: Stub) -> None:
    stub.cases.append(play.problem(429, "60"))
    tab.visit()
    tab.say(START)
    tab.button("Cancel").click()
    expect(tab.status).to_contain_text("Stopped.")
    assert len(stub.asked) == 1


@pytest.mark.parametrize(
    ("status", "wait", "said"),
    [
        (429, "600", "You have reached the limit for now. Please try again in 10 minutes."),
        (429, "3600", "You have reached the limit for now. Please try again in 1 hour."),
        (429, "86400", "You have reached the limit for now. Please try again in 24 hours."),
        (503, "120", "Too many people are asking just now. Please try again in 2 minutes."),
    ],
)
def test_a_long_wait_is_left_to_the_learner(tab: Tab, stub: Stub, status: int, wait: str, said: str) -> None:
    stub.cases.append(play.problem(status, wait))
    tab.visit()
    tab.say(START)
    expect(tab.status).to_contain_text(said)
    expect(tab.status).not_to_contain_text("req_42")
    tab.button("Try again").click()
    expect(tab.prose).to_have_text(WHOLE)


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (play.problem(422), "The guide can’t take this question."),
        (play.problem(413), "The guide can’t take this question."),
        (play.problem(401), "This chat isn’t available here. Please tell the owner of this site."),
        (play.problem(403), "This chat isn’t available here. Please tell the owner of this site."),
        (play.problem(404), "Something went wrong on our side."),
        (play.problem(500), "Something went wrong on our side."),
        (play.error_event, "Something went wrong on our side."),
        (play.garbage, "Something went wrong on our side."),
    ],
    ids=["422", "413", "401", "403", "404 without a conversation", "500", "error event", "garbage"],
)
def test_failures_are_said_plainly_and_can_be_retried(
    tab: Tab, stub: Stub, case: play.Case, said: str
) -> None:
    stub.cases.append(case)
    tab.visit()
    tab.say(START)
    expect(tab.status).to_contain_text(said)
    expect(tab.announcer).to_contain_text(said)
    tab.button("Try again").click()
    expect(tab.prose).to_have_text(WHOLE)


def loading(handler: play.Handler, body: play.Json) -> None:
    """A service that is still getting ready, as the contract has it."""
    problem = {
        "type": "about:blank",
        "status": 503,
        "reason": "loading",
        "detail": "x",
        "request_id": "req_1",
    }
    handler.reply(503, problem, "application/problem+json", Retry_After="2")


def old_loading(handler: play.Handler, body: play.Json) -> None:
    """The same from a service that has no reason to give but its words."""
    problem = {"status": 503, "detail": "The service is still loading; try again in a moment."}
    handler.reply(503, problem, "application/problem+json", Retry_After="2")


@pytest.mark.parametrize("case", [loading, old_loading])
def test_a_service_that_gets_ready_is_waited_for_as_long_as_it_takes(
    tab: Tab, stub: Stub, case: play.Case
) -> None:
    stub.cases.extend([case] * 12)
    tab.page.clock.install()
    tab.visit()
    tab.say(START)
    expect(tab.status).to_contain_text("Getting ready: the first start builds the index, about a minute.")
    cancel = tab.button("Cancel")
    cancel.focus()
    for count in range(2, 14):
        tab.page.clock.run_for(2000)
        expect(cancel.or_(tab.prose.locator("p").first).first).to_be_visible()
        if count < 12:
            tab.page.wait_for_timeout(30)
            expect(tab.status).not_to_contain_text("Many people")
    expect(tab.prose).to_have_text(WHOLE)
    assert len(stub.asked) == 13
    assert len({seen.headers["idempotency-key"] for seen in stub.asked}) == 1


def test_the_wait_for_a_loading_service_can_be_cancelled_and_keeps_the_focus(tab: Tab, stub: Stub) -> None:
    stub.cases.extend([loading] * 50)
    tab.visit()
    tab.say(START)
    tab.button("Cancel").focus()
    tab.page.wait_for_timeout(2300)  # over the second attempt
    expect(tab.button("Cancel")).to_be_focused()
    assert len(stub.asked) == 2
    tab.page.keyboard.press("Enter")
    expect(tab.status).to_contain_text("Stopped.")


def test_a_key_that_is_missing_is_named_on_the_console(tab: Tab, stub: Stub) -> None:
    lines: list[str] = []
    tab.page.on("console", lambda message: lines.append(message.text))
    stub.cases.append(play.problem(401))
    tab.visit()
    tab.say(START)
    expect(tab.status).to_contain_text("isn’t available here")
    assert [line for line in lines if "set apiKey on the element (401)" in line]


def test_failure_rejects_the_promise_and_tells_the_page(tab: Tab, stub: Stub) -> None:
    stub.cases.append(play.problem(500))
    tab.visit()
    told = tab.page.evaluate(
        """async () => {
            const chat = document.querySelector('dl-guide-chat');
            const event = new Promise((resolve) => chat.addEventListener('dl-error', (e) => resolve(e.detail)));
            const kind = await chat.ask('x').catch((fault) => fault.kind);
            return [kind, await event];
        }"""
    )
    assert told == ["broken", {"question": "x", "kind": "broken", "status": 500, "requestId": "req_42"}]


def test_offline_the_question_waits_and_goes_out_when_back(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.context.set_offline(True)
    tab.say(START)
    expect(tab.status).to_contain_text("You are offline. Your question waits here")
    assert stub.asked == []
    tab.context.set_offline(False)
    expect(tab.prose).to_have_text(WHOLE)
    assert len(stub.asked) == 1


def test_a_question_that_waits_offline_survives_a_reload(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.context.set_offline(True)
    tab.say(START)
    expect(tab.status).to_contain_text("You are offline.")
    tab.context.set_offline(False)
    tab.page.reload()
    expect(tab.prose).to_have_text(WHOLE)
    expect(tab.turns).to_have_count(1)


def test_a_restart_of_the_service_is_bridged(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.ask(START)
    stub.stop()
    tab.say("And then?")
    expect(tab.status).to_contain_text("The guide can’t be reached. Trying again in")
    stub.start()
    expect(tab.turns.last).to_have_attribute("data-state", "done", timeout=8000)
    assert stub.asked[-1].body == {"question": "And then?", "conversation_id": "con_1"}


def test_a_service_that_forgot_the_conversation_is_told_it(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.ask(START)
    stub.cases.append(play.problem(404))
    tab.ask("And then?")
    last = stub.asked[-1].body
    assert "conversation_id" not in last
    assert [turn["role"] for turn in last["history"]] == ["user", "assistant"]
    assert last["history"][0]["content"] == START


def test_silence_is_ended_and_mended(tab: Tab, stub: Stub) -> None:
    gate = threading.Event()
    stub.cases.append(play.held(gate, after=7))
    tab.page.clock.install()
    tab.visit()
    tab.say(START)
    tab.page.clock.run_for(500)
    expect(tab.prose).to_contain_text("Stanford's")
    tab.page.clock.run_for(23000)
    expect(tab.turns.last).to_have_attribute("data-state", "done")
    expect(tab.prose).to_have_text(WHOLE)
    gate.set()


# ---- reload, storage, two tabs


def test_reload_keeps_answers_citations_thumbs_and_draft(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.ask(START)
    tab.button("Helpful").click()
    expect(tab.turns.last.locator(".tool-note")).to_have_text("Thank you.")
    tab.field.fill("half a quest")
    tab.page.reload()
    expect(tab.prose).to_have_text(WHOLE)
    expect(tab.button("Helpful")).to_have_attribute("aria-pressed", "true")
    assert tab.field.input_value() == "half a quest"
    tab.button("Source 4: Linear Algebra (18.06SC), Gilbert Strang").click()
    expect(tab.page.locator("dl-guide-chat .card blockquote")).to_have_text(
        "Strang's lectures teach linear algebra from the beginning."
    )
    tab.ask("And then?")
    assert stub.asked[-1].body["conversation_id"] == "con_1"


def test_reload_in_the_middle_of_an_answer_fetches_it(tab: Tab, stub: Stub) -> None:
    gate = threading.Event()
    stub.cases.append(play.held(gate, after=7))
    tab.visit()
    tab.say(START)
    expect(tab.prose).to_contain_text("Stanford's")
    tab.page.reload()
    expect(tab.prose).to_have_text(WHOLE)
    gate.set()
    first, second = stub.asked
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.body == second.body


def test_an_open_panel_is_open_after_a_reload_without_taking_the_focus(tab: Tab) -> None:
    tab.visit("/host")
    tab.button("Ask the learning guide").click()
    tab.page.reload()
    expect(tab.page.get_by_role("dialog")).to_be_visible()
    assert tab.page.evaluate("document.activeElement === document.body")


def test_session_storage_is_not_shared_by_tabs(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.ask(START)
    other = Tab(tab.context, stub).visit()
    expect(other.turns).to_have_count(0)


def test_local_storage_is_shared_by_tabs_and_outlives_them(tab: Tab, stub: Stub) -> None:
    stub.pages["/local"] = (
        '<!doctype html><script type="module" src="/widget.js"></script>'
        '<dl-guide-chat inline storage="local"></dl-guide-chat>',
        {},
    )
    tab.visit("/local")
    other = Tab(tab.context, stub).visit("/local")
    tab.ask("From one")
    expect(other.turns).to_have_count(1)
    other.ask("From two")
    expect(tab.turns).to_have_count(2)
    tab.ask("From one again")
    expect(other.turns).to_have_count(3)
    third = Tab(tab.context, stub).visit("/local")
    assert third.turns.locator(".question").all_text_contents() == [
        f"You asked: {question}" for question in ("From one", "From two", "From one again")
    ]
    assert len(stub.asked) == 3
    third.button("New conversation").click()
    expect(tab.turns).to_have_count(0)
    # One conversation for all tabs: whichever of them was surprised can have it back.
    tab.button("Undo").click()
    expect(tab.turns).to_have_count(3)
    expect(third.turns).to_have_count(3)


def test_what_one_tab_deletes_no_other_tab_can_bring_back(tab: Tab, stub: Stub) -> None:
    stub.pages["/local"] = (
        '<!doctype html><script type="module" src="/widget.js"></script>'
        '<dl-guide-chat inline storage="local"></dl-guide-chat>',
        {},
    )
    tab.visit("/local")
    other = Tab(tab.context, stub).visit("/local")
    tab.ask(START)
    expect(other.turns).to_have_count(1)
    tab.button("New conversation").click()
    expect(other.button("Undo")).to_be_visible()
    tab.page.evaluate("document.querySelector('dl-guide-chat').forget()")
    expect(other.button("Undo")).to_have_count(0)
    tab.ask(START)
    expect(other.turns).to_have_count(1)
    tab.page.evaluate("document.querySelector('dl-guide-chat').forget()")
    expect(other.turns).to_have_count(0)
    expect(other.button("Undo")).to_have_count(0)


def test_two_tabs_do_not_ask_the_same_question_twice(tab: Tab, stub: Stub) -> None:
    gate = threading.Event()
    stub.cases.append(play.held(gate, after=7))
    stub.pages["/local"] = (
        '<!doctype html><script type="module" src="/widget.js"></script>'
        '<dl-guide-chat inline storage="local"></dl-guide-chat>',
        {},
    )
    tab.visit("/local")
    tab.say(START)
    expect(tab.prose).to_contain_text("Stanford's")
    other = Tab(tab.context, stub).visit("/local")
    expect(other.turns).to_have_count(1)
    gate.set()
    expect(other.prose).to_have_text(WHOLE)
    assert len(stub.asked) == 1


def test_no_storage_keeps_nothing(tab: Tab, stub: Stub) -> None:
    stub.pages["/none"] = (
        '<!doctype html><script type="module" src="/widget.js"></script>'
        '<dl-guide-chat inline storage="none"></dl-guide-chat>',
        {},
    )
    tab.visit("/none")
    tab.ask(START)
    assert tab.page.evaluate("[sessionStorage.length, localStorage.length]") == [0, 0]


def test_full_or_forbidden_storage_does_not_stop_the_conversation(tab: Tab) -> None:
    tab.page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
    )
    tab.visit()
    tab.ask(START)
    tab.ask("And then?")
    expect(tab.turns).to_have_count(2)
