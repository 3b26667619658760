"""The study plan: asked for, followed, ticked off, printed, taken along."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright", reason="browser tests need playwright: pip install playwright")
from playwright.sync_api import expect

from tests.browser import stub as play
from tests.browser.conftest import Tab
from tests.browser.stub import Stub


def make_plan(tab: Tab) -> None:
    """Opens the plan and makes one without answers."""
    tab.button("Study plan").click()
    tab.button("Make my plan").click()
    expect(tab.page.get_by_role("heading", name="Your study plan")).to_be_focused()


def test_the_answers_go_to_the_service_as_its_fields(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.button("Study plan").click()
    tab.page.get_by_role("checkbox", name="Work with language").check()
    tab.page.get_by_role("checkbox", name="Work with images").check()
    tab.page.get_by_role("radio", name="Some maths").check()
    tab.page.get_by_role("checkbox", name="Reading").check()
    tab.page.get_by_role("spinbutton", name="Hours a week (optional)").fill("6")
    tab.button("Make my plan").click()
    expect(tab.page.get_by_role("heading", name="Your study plan")).to_be_focused()
    assert stub.seen[-1].path == "/v1/plan"
    assert stub.seen[-1].body == {
        "goal": ["vision", "nlp"],
        "background": "some-maths",
        "prefer": ["reading"],
        "hours_per_week": 6,
    }
    expect(tab.announcer).to_have_text("Your plan is ready: 6 steps.")


@pytest.mark.parametrize("hours", ["0.1", "0.5", "2.25", "168"])
def test_the_form_takes_the_hours_that_the_service_takes(tab: Tab, stub: Stub, hours: str) -> None:
    tab.visit()
    tab.button("Study plan").click()
    field = tab.page.get_by_role("spinbutton", name="Hours a week (optional)")
    for beyond in ("0.05", "169"):
        field.fill(beyond)
        assert not field.evaluate("(field) => field.validity.valid")
    field.fill(hours)
    tab.button("Make my plan").click()
    expect(tab.page.get_by_role("heading", name="Your study plan")).to_be_focused()
    assert stub.seen[-1].body == {"hours_per_week": float(hours)}


def test_the_roadmap_and_the_list_say_the_same(tab: Tab) -> None:
    tab.visit()
    make_plan(tab)
    roadmap = tab.page.get_by_role("group", name="Roadmap. The list below says the same.")
    stops = roadmap.get_by_role("link")
    names = [stop.get_attribute("aria-label") for stop in stops.all()]
    titles = tab.page.locator("dl-guide-chat .step-title").all_text_contents()
    assert names == [f"Step {title.replace('. ', ': ', 1)}" for title in titles]
    assert len(names) == 6
    assert roadmap.locator("path.road").count() == 5
    steps = tab.page.locator("dl-guide-chat li.step")
    expect(steps.nth(3)).to_contain_text("Comes after step 1, 3 · Effort: 10 weeks")
    expect(steps.nth(1)).to_contain_text("Optional · Addition, not in the original guide")
    expect(steps.nth(5).locator(".badge").first).to_contain_text("superseded → Instead: CS224n")
    expect(steps.nth(0)).to_contain_text("is where the guide starts")


def test_a_stop_leads_to_its_step(tab: Tab) -> None:
    tab.visit()
    make_plan(tab)
    tab.page.get_by_role("link", name="Step 5: Understanding LSTM Networks").click()
    expect(tab.page.locator("dl-guide-chat li.step").nth(4)).to_be_focused()
    assert tab.page.url.endswith("/inline")


def test_ticks_stay_in_this_browser(tab: Tab, stub: Stub) -> None:
    tab.visit()
    make_plan(tab)
    tab.page.get_by_role("checkbox", name="Done: Calculus 1A: Differentiation").check()
    expect(tab.page.locator("dl-guide-chat .progress")).to_have_text("1 of 6 done")
    expect(tab.page.get_by_role("link", name="Step 2, done: Calculus 1A: Differentiation")).to_be_visible()
    other = Tab(tab.context, stub).visit()
    other.button("Study plan").click()
    expect(other.page.get_by_role("checkbox", name="Done: Calculus 1A: Differentiation")).to_be_checked()
    other.page.get_by_role("checkbox", name="Done: Calculus 1A: Differentiation").uncheck()
    expect(other.page.locator("dl-guide-chat .progress")).to_have_text("0 of 6 done")
    assert [seen.path for seen in stub.seen] == ["/v1/plan"]


def test_markdown_and_calendar_are_downloads(tab: Tab, stub: Stub) -> None:
    tab.visit()
    make_plan(tab)
    for name, file, start in (
        ("Markdown", "study-plan.md", "# Your plan"),
        ("Calendar", "study-plan.ics", "BEGIN:VCALENDAR"),
    ):
        with tab.page.expect_download() as waiting:
            tab.button(name).click()
        assert waiting.value.suggested_filename == file
        assert waiting.value.path().read_text().startswith(start)


def test_printing_shows_the_plan_alone(tab: Tab) -> None:
    tab.page.add_init_script(
        """if (window.top !== window) {
            window.print = () => { window.top.printed = [document.title, document.body.innerText]; };
        } else {
            window.print = () => { window.printed = ['the whole page']; };
        }"""
    )
    tab.visit()
    make_plan(tab)
    tab.page.get_by_role("checkbox", name="Done: Calculus 1A: Differentiation").check()
    tab.page.evaluate(
        """() => {
            // A frame made by script has its own print; this one notes what would be on paper.
            const append = document.body.append.bind(document.body);
            document.body.append = (frame) => {
                append(frame);
                frame.contentWindow.print = () => {
                    window.printed = [frame.contentDocument.title, frame.contentDocument.body.innerText];
                };
            };
        }"""
    )
    tab.button("Print").click()
    title, text = tab.page.evaluate("printed")
    assert title == "Your study plan"
    assert "☑ Calculus 1A: Differentiation" in text
    assert "☐ Understanding LSTM Networks" in text
    assert "https://example.org/olah-lstm" in text
    assert "Some page" not in text


def test_a_plan_that_fails_can_be_tried_again(tab: Tab, stub: Stub) -> None:
    tab.visit()
    tab.button("Study plan").click()
    stub.stop()
    tab.button("Make my plan").click()
    expect(tab.page.locator("dl-guide-chat .plan-result")).to_contain_text("The plan could not be made.")
    stub.start()
    tab.button("Make my plan").click()
    expect(tab.page.get_by_role("heading", name="Your study plan")).to_be_visible()


def test_a_plan_waits_for_a_service_that_gets_ready(tab: Tab, stub: Stub) -> None:
    loading = {"status": 503, "reason": "loading", "detail": "The service is still loading."}
    left = [1, 2]
    tab.page.route(
        "**/v1/plan",
        lambda route: route.fulfill(status=503, json=loading) if left and left.pop() else route.continue_(),
    )
    tab.visit()
    tab.button("Study plan").click()
    tab.button("Make my plan").click()
    expect(tab.page.locator("dl-guide-chat .plan-result")).to_have_text(
        "Getting ready: the first start builds the index, about a minute."
    )
    expect(tab.page.get_by_role("heading", name="Your study plan")).to_be_visible(timeout=8000)
    assert [seen.path for seen in stub.seen] == ["/v1/plan"]


def test_a_plan_beyond_the_limit_says_when_to_try_again(tab: Tab) -> None:
    tab.page.route(
        "**/v1/plan",
        lambda route: route.fulfill(status=429, json={"status": 429}, headers={"Retry-After": "3600"}),
    )
    tab.visit()
    tab.button("Study plan").click()
    tab.button("Make my plan").click()
    expect(tab.page.locator("dl-guide-chat .plan-result")).to_have_text(
        "You have reached the limit for now. Please try again in 1 hour."
    )


def test_a_plan_without_steps_says_so(tab: Tab, stub: Stub) -> None:
    stub.plan = {"steps": [], "profile": {}, "text": ""}
    tab.visit()
    tab.button("Study plan").click()
    tab.button("Make my plan").click()
    expect(tab.page.locator("dl-guide-chat .plan-result")).to_contain_text("has no steps for these answers")


def test_back_leads_to_the_conversation_and_its_field(tab: Tab) -> None:
    tab.visit()
    tab.ask("Hello?")
    make_plan(tab)
    tab.button("Back to the conversation").click()
    expect(tab.turns).to_have_count(1)
    expect(tab.field).to_be_focused()
    tab.button("Study plan").click()
    expect(tab.page.get_by_role("heading", name="Your study plan")).to_be_visible()


def test_the_header_names_the_view(tab: Tab) -> None:
    tab.visit("/host")
    tab.button("Ask the learning guide").click()
    tab.page.set_viewport_size({"width": 390, "height": 844})
    title = tab.page.locator("dl-guide-chat header h2")
    for name in ("Study plan", "About this guide"):
        tab.button(name).click()
        expect(title).to_have_text(name)
        assert title.evaluate("(title) => title.scrollWidth - title.clientWidth") <= 0
    tab.button("Back to the conversation").click()
    expect(title).to_have_text("Learning guide")


def test_a_long_plan_with_long_titles_fits(tab: Tab, stub: Stub) -> None:
    title = "A very long title about " + "backpropagation " * 8
    stub.plan = {
        "steps": [play.step(n, f"r{n}", f"{title}{n}", [f"r{n - 1}"] if n > 1 else []) for n in range(1, 25)],
        "profile": {},
        "text": "",
    }
    tab.page.set_viewport_size({"width": 360, "height": 700})
    tab.visit()
    make_plan(tab)
    overflow = tab.page.evaluate(
        """() => {
            const root = document.querySelector('dl-guide-chat').shadowRoot;
            const box = root.querySelector('.roadmap').getBoundingClientRect();
            const texts = [...root.querySelectorAll('.stop-title')].map((each) => each.getBoundingClientRect());
            return [Math.max(...texts.map((each) => each.right)) - box.right,
                    root.querySelector('.scroll').scrollWidth - root.querySelector('.scroll').clientWidth];
        }"""
    )
    assert overflow[0] <= 0
    assert overflow[1] == 0
