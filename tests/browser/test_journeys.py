"""What a learner goes through with the real service: reload, undo, share, vote, plan, Back, right-to-left pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="browser tests need playwright: make test installs it")
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import Place, Tab, box
from tests.browser.service import host_page, serving
from tests.browser.stub import START, Stub

GPU = "Do I need a GPU?"
LANGUAGE = re.compile("language")
"""The goal, in the words of the guide or of the widget."""
KNOTS = """# How to start tying knots

A guide for those who have a rope and no idea.

## Your first knots

Begin with the [Bowline](https://knots.example/bowline), which holds a loop that does not slip.

## Books

[The Ashley Book of Knots](https://knots.example/ashley) shows nearly four thousand knots with drawings.
"""


def launch(tab: Tab) -> None:
    """Opens the floating panel."""
    tab.button("Ask the learning guide").click()
    expect(tab.page.get_by_role("dialog")).to_be_visible()


def left_below(tab: Tab) -> int:
    """How many pixels of the conversation are below what is in sight."""
    found: int = tab.page.locator("dl-guide-chat .scroll").evaluate(
        "(each) => Math.round(each.scrollHeight - each.clientHeight - each.scrollTop)"
    )
    return found


# ---- the conversation


@pytest.mark.parametrize("width", [1280, 390])
def test_a_reload_comes_back_to_the_end_of_the_conversation(real: Tab, width: int) -> None:
    real.page.set_viewport_size({"width": width, "height": 800})
    for question in (START, "Compare CS231n and fast.ai", GPU):
        real.ask(question)
    real.page.reload()
    expect(real.turns).to_have_count(3)
    real.page.wait_for_timeout(300)
    assert left_below(real) <= 1
    expect(real.button("Jump to the newest")).to_have_count(0)


def test_the_way_to_the_end_is_offered_once_it_is_out_of_sight(real: Tab) -> None:
    for question in (START, "Compare CS231n and fast.ai", GPU):
        real.ask(question)
    expect(real.button("Jump to the newest")).to_have_count(0)  # the newest answer is being read
    real.page.locator("dl-guide-chat .scroll").evaluate("(each) => { each.scrollTop = 0; }")
    jump = real.button("Jump to the newest")
    expect(jump).to_be_visible()
    scroll = box(real.page.locator("dl-guide-chat .scroll"))
    assert box(jump)["y"] >= scroll["y"] + scroll["height"]  # below the words, not on them
    jump.click()
    real.page.wait_for_timeout(200)
    assert left_below(real) <= 1


def test_a_new_conversation_can_be_undone_until_the_next_question(real: Tab) -> None:
    real.ask(START)
    real.ask(GPU)
    real.button("New conversation").click()
    expect(real.turns).to_have_count(0)
    expect(real.page.locator("dl-guide-chat .notice")).to_contain_text("A new conversation has begun.")
    real.button("Undo").click()
    expect(real.turns).to_have_count(2)
    sent: list[Any] = []
    real.page.on("request", lambda request: sent.append(request))
    real.ask("Is it free?")
    [asked] = [each for each in sent if each.url.endswith("/v1/ask")]
    assert asked.post_data_json["conversation_id"].startswith("con_")
    real.button("New conversation").click()
    real.ask(START)
    expect(real.button("Undo")).to_have_count(0)


def test_what_is_deleted_is_said_and_cannot_be_undone(real: Tab) -> None:
    real.ask(START)
    real.button("About this guide").click()
    real.button("Delete this conversation, here and on the service").click()
    expect(real.page.locator("dl-guide-chat .notice")).to_have_text("The conversation is deleted.")
    expect(real.button("Undo")).to_have_count(0)


def test_only_what_stands_alone_can_be_shared(real: Tab) -> None:
    real.ask(START)
    first = real.turns.first.get_by_role("button", name="Share a link to this question")
    expect(first).to_be_visible()
    option = real.turns.first.locator(".clarify button").first
    option.click()
    expect(real.turns.last).to_have_attribute("data-state", "done")
    expect(real.turns.last.get_by_role("button", name="Share a link to this question")).to_have_count(0)
    real.turns.last.locator(".next button").first.click()
    expect(real.turns).to_have_count(3)
    expect(real.turns.last).to_have_attribute("data-state", "done")
    expect(real.turns.last.get_by_role("button", name="Share a link to this question")).to_be_visible()


@pytest.mark.parametrize(
    ("first", "button"),
    [
        ("Compare CS231n and fast.ai", "Recurrent networks"),
        ("What explains LSTM networks well?", "Frameworks"),
        ("Is Nielsen's book free?", "Machine learning"),
    ],
)
def test_a_place_of_the_map_is_answered_as_if_it_were_asked_first(real: Tab, first: str, button: str) -> None:
    place = real.page.locator("#stages").get_by_role("button", name=button, exact=True)
    place.click()
    expect(real.turns.last).to_have_attribute("data-state", "done")
    alone = set(real.turns.last.locator(".source-title").all_text_contents())
    real.button("New conversation").click()
    real.ask(first)
    place.click()
    expect(real.turns).to_have_count(2)
    expect(real.turns.last).to_have_attribute("data-state", "done")
    assert alone & set(real.turns.last.locator(".source-title").all_text_contents())


NEWEST = """() => {
    const root = document.querySelector('dl-guide-chat').shadowRoot;
    const question = [...root.querySelectorAll('.question')].at(-1).getBoundingClientRect();
    const scroll = root.querySelector('.scroll').getBoundingClientRect();
    const [top, bottom] = [Math.max(scroll.top, 0), Math.min(scroll.bottom, innerHeight)];
    return {above: Math.round(top - question.top), below: Math.round(question.top + 20 - bottom)};
}"""
"""How many pixels the newest question is outside what is seen of the conversation, above and below: none if <= 0."""


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_each_question_of_a_button_is_seen(
    browser: Browser, service: str, size: tuple[int, int], motion: Any
) -> None:
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion=motion)
    tab = Tab(context, Place(service)).visit("/")
    buttons = tab.page.locator("#stages button")
    expect(tab.page.locator("html")).to_have_attribute("data-guide", "own")
    seen = []
    for number in range(6):
        buttons.nth(2 * number).click()
        expect(tab.turns).to_have_count(number + 1)
        expect(tab.turns.last).to_have_attribute("data-state", "done")
        tab.page.wait_for_timeout(900)  # what moves smoothly comes to its end
        seen.append(tab.page.evaluate(NEWEST))
    assert all(each["above"] <= 0 and each["below"] <= 0 for each in seen), seen
    context.close()


@pytest.mark.parametrize("patient", [True, False])
def test_each_question_of_a_host_page_is_seen_in_the_floating_panel(
    browser: Browser, host: Stub, service: str, *, patient: bool
) -> None:
    assert service  # the host page's
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    tab = Tab(context, host).visit("/host")
    seen = []
    subjects = ("images", "language", "maths", "games", "books", "frameworks", "graphs")
    for number, subject in enumerate(subjects, start=1):
        tab.page.evaluate(
            "(text) => { document.querySelector('dl-guide-chat').ask(text, {standalone: true}); }",
            f"What does the guide say about {subject}?",
        )
        if not patient and number < len(subjects):
            continue
        expect(tab.turns).to_have_count(number)
        expect(tab.turns.last).to_have_attribute("data-state", "done")
        tab.page.wait_for_timeout(300)
        seen.append(tab.page.evaluate(NEWEST))
    assert all(each["above"] <= 0 and each["below"] <= 0 for each in seen), seen
    context.close()


def test_thanks_come_after_the_reason(real: Tab) -> None:
    real.ask(START)
    note = real.turns.last.locator(".tool-note")
    with real.page.expect_response(re.compile("/v1/feedback")):
        real.button("Not helpful").click()
    expect(real.button("Not helpful")).to_have_attribute("aria-pressed", "true")
    expect(note).to_be_empty()
    real.page.get_by_role("radio", name="It is out of date").check()
    real.turns.last.get_by_role("button", name="Send").click()
    expect(note).to_have_text("Thank you.")


def test_from_the_field_two_keys_lead_to_the_first_source(real: Tab) -> None:
    real.ask(START)
    expect(real.field).to_be_focused()
    real.page.keyboard.press("Shift+Tab")
    route = real.button("Go to the newest answer")
    expect(route).to_be_focused()
    assert box(route)["width"] > 100
    real.page.keyboard.press("Enter")
    expect(real.turns.last.locator(".question")).to_be_focused()
    real.page.keyboard.press("Tab")
    expect(real.turns.last.locator("button.marker").first).to_be_focused()


def test_an_addition_is_labelled_as_one(real: Tab) -> None:
    real.ask("Tell me about fast.ai's Practical Deep Learning for Coders")
    real.ask("Compare CS231n and fast.ai")
    labels = {
        item.locator(".source-title").inner_text(): item.locator(".kind").inner_text()
        for item in real.page.locator("dl-guide-chat li.source").all()
    }
    added = [label for title, label in labels.items() if "Practical Deep Learning for Coders" in title]
    assert added
    assert set(added) == {"Addition, not in the original guide"}


def test_lines_with_markers_are_as_high_as_others_and_words_stay_on_their_line(real: Tab) -> None:
    real.ask(START)
    found = real.prose.evaluate(
        """(prose) => [...prose.querySelectorAll('p')].map((p) => {
            const height = p.getBoundingClientRect().height;
            const line = parseFloat(getComputedStyle(p).lineHeight);
            const off = [...p.querySelectorAll('.kept')].map((kept) => {
                const rect = (node) => {
                    const range = document.createRange();
                    range.selectNodeContents(node);
                    return [...range.getClientRects()].pop();
                };
                const before = kept.previousSibling && rect(kept.previousSibling);
                const word = rect(kept.firstChild);
                return before && Math.abs(before.top - word.top) < line / 2 ? Math.abs(before.top - word.top) : 0;
            });
            return [height / line, Math.max(0, ...off)];
        })"""
    )
    for lines, off in found:
        assert abs(lines - round(lines)) < 0.03
        assert off < 0.3


def test_a_badge_that_wraps_follows_its_words(guest: Tab) -> None:
    guest.page.set_viewport_size({"width": 360, "height": 740})
    launch(guest)
    guest.ask("Compare CS231n and fast.ai")
    badges = guest.page.locator("dl-guide-chat .source-list .badge")
    assert badges.count() >= 1
    for badge in badges.all():
        assert badge.evaluate("(each) => getComputedStyle(each).display") == "inline"
        same_line = badge.evaluate(
            """(each) => {
                const arrow = each.querySelector('.arrow')?.getBoundingClientRect();
                const next = each.querySelector('.successor')?.getClientRects()[0];
                return !arrow || Math.abs(arrow.top - next.top) < 8;
            }"""
        )
        assert same_line


# ---- the plan


def make_plan(tab: Tab, hours: str = "6") -> Locator:
    """Makes a plan for language, and gives its steps."""
    tab.button("Study plan").click()
    tab.page.get_by_role("checkbox", name=LANGUAGE).check()
    tab.page.get_by_role("spinbutton", name="Hours a week (optional)").fill(hours)
    tab.button("Make my plan").click()
    expect(tab.page.get_by_role("heading", name="Your study plan")).to_be_visible()
    return tab.page.locator("dl-guide-chat li.step")


def test_a_plan_and_its_ticks_are_there_after_a_reload_and_in_another_tab(real: Tab, service: str) -> None:
    steps = make_plan(real)
    titles = steps.locator(".step-title").all_text_contents()
    steps.first.get_by_role("checkbox").check()
    real.page.reload()
    real.button("Study plan").click()
    expect(real.page.get_by_role("heading", name="Your study plan")).to_be_visible()
    assert steps.locator(".step-title").all_text_contents() == titles
    expect(real.page.locator("dl-guide-chat .progress")).to_have_text(f"1 of {len(titles)} done")
    expect(real.page.locator("dl-guide-chat .roadmap a")).to_have_count(len(titles))
    with real.page.expect_download() as waiting:
        real.button("Markdown").click()
    assert titles[0].split(". ", 1)[1] in waiting.value.path().read_text(encoding="utf-8")
    other = Tab(real.context, Place(service)).visit("/")
    other.button("Study plan").click()
    assert other.page.locator("dl-guide-chat .step-title").all_text_contents() == titles
    other.button("About this guide").click()
    other.button("Delete this conversation, here and on the service").click()
    other.button("Study plan").click()
    expect(other.button("Make my plan")).to_be_visible()
    assert other.page.evaluate("Object.keys(localStorage)") == []


def test_a_page_that_keeps_nothing_keeps_no_plan(tab: Tab, stub: Stub) -> None:
    stub.pages["/none"] = (
        '<!doctype html><script type="module" src="/widget.js"></script>'
        '<dl-guide-chat inline storage="none"></dl-guide-chat>',
        {},
    )
    tab.visit("/none")
    tab.button("Study plan").click()
    tab.button("Make my plan").click()
    tab.page.locator("dl-guide-chat li.step").first.get_by_role("checkbox").check()
    assert tab.page.evaluate("[sessionStorage.length, localStorage.length]") == [0, 0]


def test_the_plan_says_how_long_it_takes_at_the_learners_pace(real: Tab) -> None:
    with real.page.expect_response(re.compile("/v1/plan")) as waiting:
        make_plan(real, hours="6")
    hours = sum(step["hours"] or 0 for step in waiting.value.json()["steps"])
    assert hours > 0
    total = real.page.locator("dl-guide-chat .total")
    expect(total).to_contain_text(f"About {round(hours)} hours")
    expect(total).to_contain_text(f"about {-(-round(hours) // 6)} weeks at your 6 hours a week")


def test_every_marker_of_an_exported_plan_has_its_source(real: Tab) -> None:
    make_plan(real)
    with real.page.expect_download() as waiting:
        real.button("Markdown").click()
    text = waiting.value.path().read_text(encoding="utf-8")
    number = re.compile(r"\[(\d+)\]")
    sources = [line for line in text.splitlines() if re.match(r"(?:[-*] )?\[\d+\]", line)]
    listed = {each for line in sources for each in number.findall(line)}
    markers = {each for line in text.splitlines() if line not in sources for each in number.findall(line)}
    assert markers
    assert markers == listed
    assert all("http" in line for line in sources)


def test_the_plan_takes_over_what_the_conversation_knows(real: Tab) -> None:
    real.ask("I know linear algebra and calculus, I want NLP, 5 hours a week, no videos. Where do I start?")
    real.button("Study plan").click()
    expect(real.page.get_by_role("checkbox", name=LANGUAGE)).to_be_checked()
    expect(real.page.get_by_role("spinbutton", name="Hours a week (optional)")).to_have_value("5")
    with real.page.expect_request(re.compile("/v1/plan")) as waiting:
        real.button("Make my plan").click()
    sent: Any = waiting.value.post_data_json
    assert "video" in sent["avoid"]
    expect(real.page.get_by_role("heading", name="Your study plan")).to_be_visible()


def test_a_bit_of_everything_is_no_goal_beside_others(real: Tab) -> None:
    real.button("Study plan").click()
    everything = real.page.locator("dl-guide-chat input[value=general]")
    language = real.page.get_by_role("checkbox", name=LANGUAGE)
    everything.check()
    language.check()
    expect(everything).not_to_be_checked()
    everything.check()
    expect(language).not_to_be_checked()


FIT = """() => {
    const root = document.querySelector('dl-guide-chat').shadowRoot;
    const map = root.querySelector('.roadmap').getBoundingClientRect();
    return [...root.querySelectorAll('.stop-title tspan')].map((each) => {
        const box = each.getBoundingClientRect();
        return [each.textContent, box.left - map.left, map.right - box.right];
    });
}"""


@pytest.mark.parametrize("path", ["/host", "/rtl"])
@pytest.mark.parametrize("font", ["", "Courier, monospace", "Verdana, DejaVu Sans"])
def test_no_title_of_the_roadmap_is_clipped(guest: Tab, path: str, font: str) -> None:
    guest.page.set_viewport_size({"width": 390, "height": 844})
    guest.visit(path)
    if font:
        guest.page.evaluate("(font) => document.documentElement.style.setProperty('--dl-font', font)", font)
    launch(guest)
    make_plan(guest)
    titles = guest.page.evaluate(FIT)
    assert len(titles) >= 5
    for title, left, right in titles:
        assert min(left, right) >= -0.5, (title, left, right)


def test_a_plan_on_paper_has_its_date_total_and_sources(real: Tab) -> None:
    make_plan(real)
    real.page.evaluate(
        """() => {
            const append = document.body.append.bind(document.body);
            document.body.append = (frame) => {
                append(frame);
                frame.contentWindow.print = () => { window.paper = frame.contentDocument.body.innerText; };
            };
        }"""
    )
    real.button("Print").click()
    paper = real.page.evaluate("paper")
    assert re.search(r"[A-Z][a-z]+ \d{1,2}, \d{4}\. About \d+ hours", paper)
    assert "Source: " in paper
    assert "https://" in paper


# ---- right to left, forced colours, phones


def test_labels_in_a_page_from_right_to_left_keep_their_order_and_its_side(guest: Tab) -> None:
    guest.visit("/rtl")
    launch(guest)
    order = """(element) => {
        const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode();
        const range = document.createRange();
        return [...text.data].map((_, at) => {
            range.setStart(text, at);
            range.setEnd(text, at + 1);
            return range.getBoundingClientRect().x;
        }).slice(0, 6);
    }"""
    title = guest.page.locator("dl-guide-chat header h2")
    head = box(title)
    text = title.evaluate(
        """(title) => {
            const range = document.createRange();
            range.selectNodeContents(title);
            return range.getBoundingClientRect().right;
        }"""
    )
    assert abs(head["x"] + head["width"] - text) < 2  # at the side where lines begin, far from the icons
    make_plan(guest)
    for selector in (".progress", "header h2", ".total"):
        xs = guest.page.locator(f"dl-guide-chat {selector}").evaluate(order)
        assert xs == sorted(xs), selector


def test_progress_shows_in_forced_colours(browser: Browser, host: Stub, service: str) -> None:
    context = browser.new_context(forced_colors="active", reduced_motion="reduce")
    context.set_default_timeout(10000)
    tab = Tab(context, host).visit("/host")
    launch(tab)
    steps = make_plan(tab)
    bar = tab.page.locator("dl-guide-chat progress")
    empty = bar.screenshot()
    steps.first.get_by_role("checkbox").check()
    assert bar.screenshot() != empty
    assert bar.evaluate("(bar) => getComputedStyle(bar).borderTopStyle") == "solid"
    context.close()


@pytest.fixture
def pocket(guest: Tab) -> Tab:
    """The guest's tab on a phone, with a page before it to go back to."""
    guest.page.set_viewport_size({"width": 390, "height": 844})
    guest.page.goto("about:blank")
    return guest.visit("/host")


def test_back_closes_the_sheet_of_a_phone(pocket: Tab) -> None:
    launch(pocket)
    pocket.page.go_back()
    expect(pocket.page.get_by_role("dialog")).to_have_count(0)
    assert pocket.page.url.endswith("/host")
    launch(pocket)
    pocket.page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).click()
    expect(pocket.page.get_by_role("dialog")).to_have_count(0)
    pocket.page.wait_for_timeout(200)
    pocket.page.go_back()  # the sheet has left no entry behind
    assert pocket.page.url == "about:blank"


def test_back_closes_a_sheet_that_a_reload_found_open(pocket: Tab) -> None:
    launch(pocket)
    pocket.page.reload()
    expect(pocket.page.get_by_role("dialog")).to_be_visible()
    pocket.page.go_back()
    expect(pocket.page.get_by_role("dialog")).to_have_count(0)
    assert pocket.page.url.endswith("/host")


def test_a_sheet_that_opens_by_itself_puts_no_ring_on_a_button(pocket: Tab, host: Stub, service: str) -> None:
    host.pages["/open"] = (host_page(service, "open"), {})
    pocket.visit("/open")
    expect(pocket.page.get_by_role("dialog")).to_be_visible()
    assert (
        pocket.page.evaluate("document.querySelector('dl-guide-chat').shadowRoot.activeElement.id") == "panel"
    )


# ---- services that are not there yet, not for this page, or of another guide


def test_a_missing_origin_of_the_real_service_is_said_and_named_on_the_console(
    browser: Browser, service: str
) -> None:
    stranger = Stub()
    stranger.start()
    stranger.pages["/host"] = (host_page(service), {})
    context = browser.new_context()
    tab = Tab(context, stranger)
    lines: list[str] = []
    tab.page.on("console", lambda message: lines.append(message.text))
    tab.visit("/host")
    launch(tab)
    tab.say(START)
    expect(tab.status).to_contain_text("This chat isn’t available here. Please tell the owner of this site.")
    expect(tab.turns.last).to_have_attribute("data-state", "failed")
    tab.page.wait_for_timeout(500)
    hints = [line for line in lines if f"Add {stranger.url} to DLSTART_ALLOWED_ORIGINS" in line]
    assert len(hints) == 1
    context.close()
    stranger.stop()


def test_the_first_start_with_another_guide_is_waited_for_and_speaks_of_it(
    browser: Browser, tmp_path: Path
) -> None:
    guide = tmp_path / "knots.md"
    guide.write_text(KNOTS, encoding="utf-8")
    state = tmp_path / "state"
    state.mkdir()
    with serving(state, wait=False, corpus=str(guide)) as url:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        tab = Tab(context, Place(url)).visit("/")
        expect(tab.page.locator("#loading")).to_contain_text("Getting ready")
        said: set[str] = set()
        tab.say("Which knot do I learn first?")
        expect(tab.status).to_contain_text("Getting ready: the first start builds the index")
        for _ in range(600):
            said.add(tab.status.inner_text().strip())
            if tab.turns.last.get_attribute("data-state") == "done":
                break
            tab.page.wait_for_timeout(200)
        assert not [each for each in said if "Many people" in each or "Too many" in each]
        expect(tab.prose).not_to_be_empty()
        expect(tab.page.get_by_role("heading", level=1)).to_have_text("How to start tying knots")
        expect(tab.page.locator("#no-figures")).to_be_visible()
        expect(tab.page.locator(".figure")).to_have_count(0)
        shown = tab.page.locator("body").inner_text().lower()
        for word in ("deep learning", "2016", "gpu", "maths", "framework"):
            assert word not in shown, word
        context.close()
