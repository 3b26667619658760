"""What a learner does with the widget, in a real browser against the stand-in service."""

from __future__ import annotations

import re
import threading
import time

import pytest

pytest.importorskip("playwright", reason="browser tests need playwright: pip install playwright")
from playwright.sync_api import expect

from tests.browser import stub as play
from tests.browser.conftest import Tab
from tests.browser.stub import START, Stub


def test_greets_with_three_starters_that_ask(tab: Tab, stub: Stub) -> None:
    tab.visit()
    starters = tab.page.get_by_role("group", name="Questions to begin with").get_by_role("button")
    expect(starters).to_have_count(3)
    starters.first.click()
    expect(tab.prose).to_contain_text("The guide recommends starting with Stanford's CS231n")
    assert [seen.body for seen in stub.asked] == [{"question": START, "standalone": True}]
    expect(starters).to_have_count(0)


@pytest.mark.parametrize("path", ["/inline", "/host"])
def test_the_welcome_begins_at_its_top_on_a_small_screen(tab: Tab, path: str) -> None:
    tab.page.set_viewport_size({"width": 320, "height": 480})
    tab.visit(path)
    if path == "/host":
        tab.button("Ask the learning guide").click()
    scroll = tab.page.locator("dl-guide-chat .scroll")
    expect(tab.page.get_by_role("group", name="Questions to begin with")).to_be_attached()
    tab.page.wait_for_timeout(300)
    assert scroll.evaluate("(scroll) => scroll.scrollHeight > scroll.clientHeight")
    assert scroll.evaluate("(scroll) => scroll.scrollTop") == 0


def test_starters_fit_the_page(tab: Tab, stub: Stub) -> None:
    head = "<!doctype html><title>Robots that play games</title><h1>Reinforcement and rewards</h1>"
    stub.pages["/robots"] = (
        head + '<script type="module" src="/widget.js"></script><dl-guide-chat inline></dl-guide-chat>',
        {},
    )
    tab.visit("/robots")
    first = tab.page.get_by_role("group", name="Questions to begin with").get_by_role("button").first
    expect(first).to_have_text("What should I read first about reinforcement learning?")


def test_starters_attribute_wins(tab: Tab, stub: Stub) -> None:
    tag = '<dl-guide-chat inline starters="One? | Two? | Three? | Four?"></dl-guide-chat>'
    stub.pages["/own"] = (f'<!doctype html><script type="module" src="/widget.js"></script>{tag}', {})
    tab.visit("/own")
    group = tab.page.get_by_role("group", name="Questions to begin with").get_by_role("button")
    assert group.all_text_contents() == ["One?", "Two?", "Three?"]


def test_text_grows_while_it_streams_and_ends_complete(tab: Tab, stub: Stub) -> None:
    gate = threading.Event()
    stub.cases.append(play.held(gate, after=7))
    tab.visit()
    tab.say(START)
    expect(tab.prose).to_have_text(re.compile(r"^The guide recommends starting with Stanford's\s*$"))
    expect(tab.turns.last).to_have_attribute("aria-busy", "true")
    gate.set()
    expect(tab.prose).to_contain_text("Everything here is free to read.")
    expect(tab.turns.last).to_have_attribute("aria-busy", "false")
    assert tab.prose.locator("li").count() == 2
    assert tab.prose.locator("strong").all_text_contents() == ["CS231n"]


def test_unfinished_emphasis_and_markers_do_not_flicker(tab: Tab, stub: Stub) -> None:
    gate = threading.Event()
    stub.answers[START] = play.answer("Read **this very important book** now [1].", [play.citation(1)])
    stub.cases.append(play.held(gate, after=3))
    tab.visit()
    tab.say(START)
    expect(tab.prose.locator("strong")).to_have_text("this very ")
    assert "*" not in tab.prose.inner_text()
    gate.set()
    expect(tab.prose.locator("strong")).to_have_text("this very important book")


def test_marker_opens_the_card_with_the_exact_quotation(tab: Tab) -> None:
    tab.visit()
    tab.ask(START)
    marker = tab.button("Source 2: CS224d: Deep Learning for NLP")
    marker.click()
    card = tab.page.get_by_role("group", name="Source 2: CS224d: Deep Learning for NLP")
    expect(card).to_be_focused()
    expect(marker).to_have_attribute("aria-expanded", "true")
    expect(card.locator("blockquote")).to_have_text(
        "CS224d is an introduction to natural language processing with deep learning."
    )
    expect(card.locator(".badge")).to_have_text("superseded → Instead: CS224n")
    expect(card.get_by_role("link", name="CS224n")).to_have_attribute(
        "href", "https://web.stanford.edu/class/cs224n/"
    )
    expect(card).to_contain_text("CS224d was last taught in 2016; CS224n took its place.")
    expect(card.get_by_role("link", name="Open web.stanford.edu")).to_have_attribute(
        "rel", "noopener noreferrer"
    )
    card.press("Escape")
    expect(card).to_have_count(0)
    expect(marker).to_be_focused()


def test_only_one_card_is_open(tab: Tab) -> None:
    tab.visit()
    tab.ask(START)
    tab.button("Source 2: CS224d: Deep Learning for NLP").click()
    fourth = tab.button("Source 4: Linear Algebra (18.06SC), Gilbert Strang")
    fourth.click()
    expect(tab.page.locator("dl-guide-chat .card")).to_have_count(1)
    fourth.click()
    expect(tab.page.locator("dl-guide-chat .card")).to_have_count(0)


def test_sources_below_are_the_cited_ones(tab: Tab) -> None:
    tab.visit()
    tab.ask(START)
    sources = tab.page.get_by_role("region", name="Sources").locator("li.source")
    assert sources.locator(".number").all_text_contents() == ["1", "2", "3", "4"]
    assert sources.locator(".kind").all_text_contents() == [
        "From the guide",
        "From the guide",
        "Addition, not in the original guide",
        "Resource",
    ]
    sources.nth(3).get_by_role("button", name="Show the quotation 4").click()
    expect(sources.nth(3).locator("blockquote")).to_have_text(
        "Strang's lectures teach linear algebra from the beginning."
    )
    expect(sources.nth(0).locator(".badge")).to_have_count(0)


def test_clarifying_question_and_suggestions_ask(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.ask(START)
    tab.button("No maths yet").click()
    expect(tab.turns).to_have_count(2)
    tab.button("Is there a book instead?").last.click()
    expect(tab.turns).to_have_count(3)
    expect(tab.turns.last).to_have_attribute("data-state", "done")
    asked = [(seen.body["question"], seen.body.get("conversation_id")) for seen in stub.asked]
    assert asked == [(START, None), ("No maths yet", "con_1"), ("Is there a book instead?", "con_1")]


def test_not_covered_says_so_and_offers_the_nearest(tab: Tab, stub: Stub) -> None:
    stub.answers["Diffusion models?"] = play.not_covered()
    tab.visit()
    tab.ask("Diffusion models?")
    expect(tab.turns.last.locator(".label")).to_have_text("Not in the guide")
    tab.button("Computer vision").click()
    expect(tab.turns).to_have_count(2)
    assert stub.asked[-1].body["question"] == "What does the guide say about Computer vision?"


def test_stop_keeps_what_came_and_retry_asks_again(tab: Tab, stub: Stub) -> None:
    gate = threading.Event()
    stub.cases.append(play.held(gate, after=7))
    tab.visit()
    tab.say(START)
    expect(tab.prose).to_contain_text("Stanford's")
    tab.button("Stop").click()
    expect(tab.status).to_contain_text("Stopped.")
    expect(tab.prose).to_contain_text("The guide recommends")
    gate.set()
    tab.button("Try again").click()
    expect(tab.prose).to_contain_text("Everything here is free to read.")
    expect(tab.turns).to_have_count(1)
    first, second = [seen.headers["idempotency-key"] for seen in stub.asked]
    assert first != second


def test_answer_again_replaces_the_answer_of_a_model(tab: Tab, stub: Stub) -> None:
    stub.answers[START] = play.answer("One answer [1].", [play.citation(1)], generator="a-model")
    tab.visit()
    tab.ask(START)
    stub.answers[START] = play.answer("Another answer [1].", [play.citation(1)])
    tab.button("Answer again").click()
    expect(tab.prose).to_have_text("Another answer 1.")
    expect(tab.turns).to_have_count(1)
    # The composer always says the same: there it is not offered.
    expect(tab.button("Answer again")).to_have_count(0)


def test_questions_asked_meanwhile_wait_their_turn(tab: Tab, stub: Stub) -> None:
    gate = threading.Event()
    stub.cases.append(play.held(gate, after=7))
    tab.visit()
    tab.say(START)
    expect(tab.prose).to_contain_text("Stanford's")
    tab.say("And then?")
    expect(tab.status).to_contain_text("Next in line.")
    assert len(stub.asked) == 1
    gate.set()
    expect(tab.turns.last).to_have_attribute("data-state", "done")
    assert [seen.body["question"] for seen in stub.asked] == [START, "And then?"]


def test_copy_takes_the_text_with_its_sources(tab: Tab) -> None:
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.visit()
    tab.ask(START)
    tab.button("Copy with sources").click()
    expect(tab.turns.last.locator(".tool-note")).to_have_text("Copied.")
    copied = tab.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{START}\n\nThe guide recommends starting")
    assert "[2] CS224d: Deep Learning for NLP — https://web.stanford.edu/class/cs224n/" in copied
    assert "“Strang's lectures teach linear algebra from the beginning.”" in copied


def test_copy_without_a_clipboard_offers_the_text(tab: Tab) -> None:
    tab.page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    tab.visit()
    tab.ask(START)
    tab.button("Copy with sources").click()
    box = tab.page.get_by_role("textbox", name="Copy with sources")
    expect(box).to_be_focused()
    assert "Sources:" in box.input_value()


def test_shared_link_asks_the_question_again_once(tab: Tab, stub: Stub) -> None:
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    question = "What about 50% & #hash?"
    tab.visit()
    tab.ask(question)
    tab.button("Share a link to this question").click()
    expect(tab.turns.last.locator(".tool-note")).to_have_text("Link copied.")
    link = tab.page.evaluate("navigator.clipboard.readText()")
    other = Tab(tab.context, stub)
    other.page.goto(link)
    expect(other.turns.locator(".question")).to_have_text(re.compile(re.escape(question)))
    expect(other.turns.last).to_have_attribute("data-state", "done")
    assert other.page.url == f"{stub.url}/inline"
    other.page.reload()
    expect(other.turns).to_have_count(1)
    assert len(stub.asked) == 2


def test_a_shared_link_opens_the_floating_panel(tab: Tab, stub: Stub) -> None:
    tab.page.goto(f"{stub.url}/host#dl-ask=Do%20I%20need%20a%20GPU%3F")
    expect(tab.page.get_by_role("dialog")).to_be_visible()
    expect(tab.turns.locator(".question")).to_have_text(re.compile("Do I need a GPU"))


def test_thumbs_are_sent_and_the_last_one_counts(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.ask(START)
    tab.button("Helpful").click()
    expect(tab.turns.last.locator(".tool-note")).to_have_text("Thank you.")
    expect(tab.button("Helpful")).to_have_attribute("aria-pressed", "true")
    tab.button("Not helpful").click()
    tab.page.get_by_role("radio", name="It is out of date").check()
    tab.page.get_by_role("textbox", name="Anything else? (optional)").fill("The course ended.")
    tab.turns.last.get_by_role("button", name="Send").click()
    expect(tab.button("Not helpful")).to_be_focused()
    expect(tab.button("Not helpful")).to_have_attribute("aria-pressed", "true")
    expect(tab.button("Helpful")).to_have_attribute("aria-pressed", "false")
    tab.page.wait_for_timeout(50)
    sent = [seen.body for seen in stub.seen if seen.path == "/v1/feedback"]
    name = next(iter(stub.kept.values()))["id"]
    assert sent == [
        {"answer_id": name, "value": "up"},
        {"answer_id": name, "value": "down"},
        {"answer_id": name, "value": "down", "reason": "out of date", "comment": "The course ended."},
    ]


def test_the_reasons_can_be_left_out(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.ask(START)
    tab.button("Not helpful").click()
    tab.button("Cancel").click()
    expect(tab.page.get_by_role("radio")).to_have_count(0)
    expect(tab.button("Not helpful")).to_be_focused()
    assert [seen.body["value"] for seen in stub.seen if seen.path == "/v1/feedback"] == ["down"]


def test_a_thumb_that_could_not_be_kept_is_not_shown_as_kept(tab: Tab, stub: Stub) -> None:
    stub.feedback_status = 503
    tab.visit()
    tab.ask(START)
    tab.button("Helpful").click()
    expect(tab.turns.last.locator(".tool-note")).to_contain_text("could not be saved")
    expect(tab.button("Helpful")).to_have_attribute("aria-pressed", "false")


def test_new_conversation_begins_anew(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.ask(START)
    tab.button("New conversation").click()
    expect(tab.turns).to_have_count(0)
    expect(tab.page.get_by_role("heading", name="Where would you like to begin?")).to_be_visible()
    expect(tab.field).to_be_focused()
    tab.ask("And now?")
    assert "conversation_id" not in stub.asked[-1].body


def test_delete_forgets_here_and_there(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.ask(START)
    tab.button("About this guide").click()
    tab.button("Delete this conversation, here and on the service").click()
    expect(tab.turns).to_have_count(0)
    expect(tab.announcer).to_have_text("The conversation is deleted.")
    assert [seen.path for seen in stub.seen if seen.method == "DELETE"] == ["/v1/conversations/con_1"]
    tab.page.reload()
    expect(tab.turns).to_have_count(0)


@pytest.mark.parametrize("reload", [False, True])
@pytest.mark.parametrize("by", ["learner", "page"])
def test_delete_reaches_the_conversation_that_was_just_left(
    tab: Tab, stub: Stub, by: str, *, reload: bool
) -> None:
    tab.visit()
    tab.ask(START)
    if by == "learner":
        tab.button("New conversation").click()
        expect(tab.button("Undo")).to_be_visible()
    else:
        tab.page.evaluate("document.querySelector('dl-guide-chat').newConversation()")
    if reload:
        tab.page.reload()
    if by == "learner":
        tab.button("About this guide").click()
        tab.button("Delete this conversation, here and on the service").click()
    else:
        tab.page.evaluate("document.querySelector('dl-guide-chat').forget()")
    expect(tab.announcer).to_have_text("The conversation is deleted.")
    assert [seen.path for seen in stub.seen if seen.method == "DELETE"] == ["/v1/conversations/con_1"]
    expect(tab.button("Undo")).to_have_count(0)
    tab.page.reload()
    expect(tab.turns).to_have_count(0)


@pytest.mark.parametrize("left", [False, True])
def test_delete_reaches_the_conversation_of_an_answer_that_was_stopped(
    tab: Tab, stub: Stub, *, left: bool
) -> None:
    gate = threading.Event()
    stub.cases.append(play.held(gate, after=7))
    tab.visit()
    tab.say(START)
    expect(tab.prose).to_contain_text("Stanford's")
    tab.button("Stop").click()
    expect(tab.status).to_contain_text("Stopped.")
    gate.set()
    if left:
        tab.button("New conversation").click()
    tab.button("About this guide").click()
    tab.button("Delete this conversation, here and on the service").click()
    expect(tab.announcer).to_have_text("The conversation is deleted.")
    # The page says so when its request is on the way; a busy stub takes it a moment later.
    ends = time.monotonic() + 10
    while not any(seen.method == "DELETE" for seen in stub.seen) and time.monotonic() < ends:
        tab.page.wait_for_timeout(50)
    assert [seen.path for seen in stub.seen if seen.method == "DELETE"] == ["/v1/conversations/con_1"]


def test_a_conversation_left_for_good_is_not_deleted_with_the_next(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.ask(START)
    tab.button("New conversation").click()
    stub.answers["And now?"] = {**play.full_answer(), "conversation_id": "con_2"}
    tab.ask("And now?")
    tab.button("About this guide").click()
    tab.button("Delete this conversation, here and on the service").click()
    expect(tab.announcer).to_have_text("The conversation is deleted.")
    assert [seen.path for seen in stub.seen if seen.method == "DELETE"] == ["/v1/conversations/con_2"]


def test_enter_sends_and_shift_enter_does_not(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.field.fill("one")
    tab.field.press("Shift+Enter")
    tab.field.press_sequentially("two")
    assert tab.field.input_value() == "one\ntwo"
    assert stub.asked == []
    tab.field.press("Enter")
    expect(tab.turns.last).to_have_attribute("data-state", "done")
    assert stub.asked[0].body["question"] == "one\ntwo"


def test_an_empty_question_is_not_sent(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.say("   \n ")
    expect(tab.button("Send")).to_have_attribute("aria-disabled", "true")
    tab.button("Send").dispatch_event("click")
    expect(tab.turns).to_have_count(0)
    assert stub.asked == []


def test_the_field_takes_2000_characters_and_says_what_is_left(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.field.fill("x" * 1900)
    expect(tab.page.locator("dl-guide-chat .hint")).to_have_text("100 characters left")
    tab.field.fill("")
    tab.page.keyboard.insert_text("y" * 2100)
    assert len(tab.field.input_value()) == 2000


# ---- the programming interface


def test_ask_returns_the_answer_and_opens(tab: Tab) -> None:
    tab.visit("/host")
    text = tab.page.evaluate("document.querySelector('dl-guide-chat').ask('Hello?').then((a) => a.text)")
    assert text.startswith("The guide recommends")
    expect(tab.page.get_by_role("dialog")).to_be_visible()


def test_ask_rejects_what_cannot_be_asked(tab: Tab) -> None:
    tab.visit("/host")
    for question in ("", "x" * 2001):
        kind = tab.page.evaluate(
            "(q) => document.querySelector('dl-guide-chat').ask(q).catch((fault) => fault.kind)", question
        )
        assert kind == "refused"


@pytest.mark.parametrize("empty", ["null", "undefined"])
def test_what_a_page_sets_to_nothing_counts_as_not_set(tab: Tab, stub: Stub, empty: str) -> None:
    tab.visit("/host")
    text = tab.page.evaluate(
        f"""async () => {{
            const chat = document.querySelector('dl-guide-chat');
            for (const name of ['profile', 'strings', 'starters', 'apiKey']) chat[name] = {empty};
            return (await chat.ask('Hello?', {empty})).text;
        }}"""
    )
    assert text.startswith("The guide recommends")
    assert stub.asked[0].body == {"question": "Hello?"}
    kind = tab.page.evaluate(
        f"document.querySelector('dl-guide-chat').ask({empty}).catch((fault) => fault.kind)"
    )
    assert kind == "refused"
    tab.page.evaluate(f"document.querySelector('dl-guide-chat').plan({empty})")
    expect(tab.button("Make my plan")).to_be_visible()


@pytest.mark.parametrize("change", ["setAttribute('starters', 'A?|B?')", "starters = ['A?', 'B?']"])
def test_other_starters_leave_an_open_plan_alone(tab: Tab, change: str) -> None:
    tab.visit()
    tab.button("Study plan").click()
    tab.page.evaluate(f"document.querySelector('dl-guide-chat').{change}")
    expect(tab.button("Make my plan")).to_be_visible()
    tab.button("Back to the conversation").click()
    expect(tab.button("B?")).to_be_visible()


def test_events_tell_what_happens(tab: Tab) -> None:
    tab.visit("/host")
    tab.page.evaluate(
        """() => {
            window.told = [];
            const names = ['open', 'close', 'question', 'answer', 'feedback', 'plan'];
            const tell = (name) => ({detail}) => told.push([name, detail]);
            for (const name of names) document.addEventListener(`dl-${name}`, tell(name));
        }"""
    )
    tab.button("Ask the learning guide").click()
    tab.ask(START)
    tab.button("Helpful").click()
    expect(tab.turns.last.locator(".tool-note")).to_have_text("Thank you.")
    tab.page.evaluate("document.querySelector('dl-guide-chat').plan({goal: ['nlp']})")
    tab.page.evaluate("document.querySelector('dl-guide-chat').close()")
    told = tab.page.evaluate("told")
    assert [name for name, _ in told] == ["open", "question", "answer", "feedback", "plan", "close"]
    assert told[1][1] == {"question": START}
    assert told[2][1]["answer"]["citations"][0]["number"] == 1
    assert told[3][1]["value"] == "up"
    assert len(told[4][1]["plan"]["steps"]) == 6


def test_properties_set_before_the_script_arrives_count(tab: Tab, stub: Stub) -> None:
    script = (
        "const chat = document.querySelector('dl-guide-chat');"
        "chat.strings = {name: 'Helper'}; chat.profile = {background: 'maths'}; chat.starters = ['A?'];"
        "chat.apiKey = 'secret';"
        "const script = document.createElement('script'); script.type = 'module';"
        "script.src = '/widget.js'; document.head.append(script);"
    )
    stub.pages["/early"] = (
        f"<!doctype html><dl-guide-chat inline></dl-guide-chat><script>{script}</script>",
        {},
    )
    tab.visit("/early")
    expect(tab.page.get_by_role("heading", name="Helper")).to_be_visible()
    tab.button("A?").click()
    expect(tab.turns.last).to_have_attribute("data-state", "done")
    assert stub.asked[0].body["profile"] == {"background": "maths"}
    assert stub.asked[0].headers["authorization"] == "Bearer secret"


def test_open_attribute_opens_and_closes(tab: Tab) -> None:
    tab.visit("/host")
    chat = tab.page.locator("dl-guide-chat")
    chat.evaluate("(chat) => chat.setAttribute('open', '')")
    expect(tab.page.get_by_role("dialog")).to_be_visible()
    chat.evaluate("(chat) => chat.removeAttribute('open')")
    expect(tab.page.get_by_role("dialog")).to_have_count(0)


def test_title_attribute_names_the_panel_without_a_tooltip(tab: Tab) -> None:
    tab.visit("/host")
    chat = tab.page.locator("dl-guide-chat")
    chat.evaluate("(chat) => { chat.title = 'Study helper'; chat.open(); }")
    expect(tab.page.get_by_role("dialog", name="Study helper")).to_be_visible()
    assert chat.get_attribute("title") is None


def test_moving_the_element_keeps_the_conversation(tab: Tab) -> None:
    tab.visit("/inline")
    tab.ask(START)
    tab.page.evaluate("document.body.prepend(document.querySelector('dl-guide-chat'))")
    expect(tab.turns).to_have_count(1)
    tab.ask("And more?")
    expect(tab.turns).to_have_count(2)
