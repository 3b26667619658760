"""WCAG 2.2 AA: axe on every state, a walk with the keyboard alone, and what is read out."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

pytest.importorskip("playwright", reason="browser tests need playwright: pip install playwright")
pytest.importorskip("axe_playwright_python", reason="accessibility tests need axe-playwright-python")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser import stub as play
from tests.browser.conftest import Tab
from tests.browser.stub import START, Stub

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def check(tab: Tab) -> None:
    """Nothing that axe objects to in the widget."""
    result = Axe().run(
        tab.page,
        context={"include": [["dl-guide-chat"]]},
        options={"runOnly": {"type": "tag", "values": RULES}},
    )
    found = [
        (each["id"], [node["html"][:160] for node in each["nodes"]]) for each in result.response["violations"]
    ]
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(360, 740), (1280, 800)], ids=["phone", "desk"])
def test_axe_finds_nothing_in_any_state(
    browser: Browser, stub: Stub, scheme: Any, size: tuple[int, int]
) -> None:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(5000)
    tab = Tab(context, stub).visit("/host")
    check(tab)  # closed
    tab.button("Ask the learning guide").click()
    check(tab)  # greeting
    gate = threading.Event()
    stub.cases.append(play.held(gate, after=7))
    tab.say(START)
    expect(tab.prose).to_contain_text("Stanford's")
    check(tab)  # streaming
    gate.set()
    expect(tab.turns.last).to_have_attribute("data-state", "done")
    tab.button("Source 2: CS224d: Deep Learning for NLP").click()
    tab.button("Show the quotation 4").click()
    tab.button("Not helpful").click()
    check(tab)  # answer, open card, quotation, reasons
    stub.answers["Diffusion?"] = play.not_covered()
    tab.ask("Diffusion?")
    stub.cases.extend([play.problem(500), play.problem(503, "60")])
    tab.say("fails")
    expect(tab.status).to_contain_text("Something went wrong")
    tab.say("waits")
    expect(tab.status).to_contain_text("Trying again")
    check(tab)  # not covered, failed, waiting
    tab.button("Study plan").click()
    check(tab)  # the plan's questions
    tab.button("Make my plan").click()
    expect(tab.page.get_by_role("heading", name="Your study plan")).to_be_visible()
    tab.page.get_by_role("checkbox", name="Done: Calculus 1A: Differentiation").check()
    check(tab)  # plan
    tab.button("About this guide").click()
    check(tab)
    context.close()


def focused(tab: Tab) -> str:
    """The accessible name, or the tag, of what has the focus."""
    name: str = tab.page.evaluate(
        """() => {
            let element = document.activeElement;
            while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
            return element.getAttribute('aria-label') ?? element.textContent.trim() ?? element.localName;
        }"""
    )
    return name


def tab_to(tab: Tab, name: str, most: int = 40) -> None:
    """Presses Tab until the focus is there."""
    seen = []
    for _ in range(most):
        if focused(tab) == name:
            return
        tab.page.keyboard.press("Tab")
        seen.append(focused(tab))
    raise AssertionError(f"{name!r} was not reached; passed {seen}")


def test_everything_can_be_done_with_the_keyboard(tab: Tab, stub: Stub) -> None:
    keys = tab.page.keyboard
    tab.visit("/host")
    tab_to(tab, "Ask the learning guide")
    keys.press("Enter")
    expect(tab.field).to_be_focused()
    keys.type(START)
    keys.press("Enter")
    expect(tab.turns.last).to_have_attribute("data-state", "done")
    expect(tab.field).to_be_focused()
    for _ in range(40):
        keys.press("Shift+Tab")
        if focused(tab) == "Source 2: CS224d: Deep Learning for NLP":
            break
    keys.press("Enter")
    card = tab.page.get_by_role("group", name="Source 2: CS224d: Deep Learning for NLP")
    expect(card).to_be_focused()
    keys.press("Tab")
    assert focused(tab) == "Close source 2"
    keys.press("Tab")
    assert focused(tab) == "CS224n"
    keys.press("Escape")
    expect(tab.button("Source 2: CS224d: Deep Learning for NLP")).to_be_focused()
    tab_to(tab, "Show the quotation 1")
    keys.press("Space")
    expect(tab.button("Hide the quotation 1")).to_have_attribute("aria-expanded", "true")
    tab_to(tab, "Not helpful")
    keys.press("Enter")
    keys.press("ArrowDown")
    keys.press("Tab")
    keys.type("a comment")
    tab_to(tab, "Send")
    keys.press("Enter")
    expect(tab.turns.last.locator(".tool-note")).to_have_text("Thank you.")
    tab_to(tab, "How long does CS231n take?")
    keys.press("Enter")
    expect(tab.turns).to_have_count(2)
    expect(tab.field).to_be_focused()
    keys.press("Escape")
    expect(tab.button("Ask the learning guide")).to_be_focused()
    keys.press("Enter")
    for _ in range(60):
        keys.press("Shift+Tab")
        if focused(tab) == "Study plan":
            break
    keys.press("Enter")
    tab_to(tab, "Make my plan")
    keys.press("Enter")
    expect(tab.page.get_by_role("heading", name="Your study plan")).to_be_focused()
    tab_to(tab, "Step 4: CS231n: Deep Learning for Computer Vision")
    keys.press("Enter")
    expect(tab.page.locator("dl-guide-chat li.step").nth(3)).to_be_focused()
    keys.press("Tab")
    assert focused(tab) == "Done: CS231n: Deep Learning for Computer Vision"
    keys.press("Space")
    expect(tab.page.locator("dl-guide-chat .progress")).to_have_text("1 of 6 done")


def test_an_answer_is_read_out_once(tab: Tab, stub: Stub) -> None:
    gate = threading.Event()
    stub.cases.append(play.held(gate, after=9))
    tab.visit()
    tab.page.evaluate(
        """() => {
            // What a live region would say: added text whose nearest aria-live is not "off".
            window.said = [];
            const log = document.querySelector('dl-guide-chat').shadowRoot.querySelector('[role=log]');
            new MutationObserver((records) => {
                for (const record of records) {
                    const target = record.target.nodeType === 1 ? record.target : record.target.parentElement;
                    for (const node of record.addedNodes) {
                        const at = node.nodeType === 1 ? node : target;
                        const live = at?.closest('[aria-live]')?.getAttribute('aria-live');
                        if (live !== 'off' && node.textContent) said.push(node.textContent);
                    }
                }
            }).observe(log, {childList: true, subtree: true, characterData: true});
        }"""
    )
    tab.say(START)
    expect(tab.prose).to_contain_text("Stanford's")
    gate.set()
    expect(tab.turns.last).to_have_attribute("data-state", "done")
    assert tab.page.evaluate("said") == [
        "Searching the guide…",
        "Answer ready, 4 sources. How much maths do you know?",
    ]
    log = tab.page.get_by_role("log", name="Conversation")
    expect(log).to_have_attribute("aria-live", "polite")


def test_the_accessibility_tree_of_an_answer(tab: Tab) -> None:
    tab.visit()
    tab.ask(START)
    expect(tab.turns.last).to_match_aria_snapshot(
        """
        - article:
          - 'heading "You asked: How do I start learning deep learning?" [level=3]'
          - paragraph:
            - text: The guide recommends starting with Stanford's
            - strong: CS231n
            - text: if you know the maths
            - 'button "Source 1: CS231n: Deep Learning for Computer Vision"': "1"
            - text: . CS224d was its course on language; CS224n took its place
            - 'button "Source 2: CS224d: Deep Learning for NLP"': "2"
            - 'button "Source 3: CS224n: Natural Language Processing with Deep Learning"': "3"
            - text: .
          - list:
            - listitem:
              - text: Strang's lectures teach
              - emphasis: linear algebra
              - text: from the beginning
              - 'button "Source 4: Linear Algebra (18.06SC), Gilbert Strang"': "4"
              - text: .
            - listitem:
              - text: MIT's courses on edX cover calculus and probability
              - 'button "Source 1: CS231n: Deep Learning for Computer Vision"': "1"
              - text: .
          - paragraph: Everything here is free to read.
          - group "How much maths do you know?":
            - paragraph: How much maths do you know?
            - button "No maths yet"
            - button "Some maths"
            - button "I know linear algebra and calculus"
          - region "Sources":
            - heading "Sources" [level=4]
            - list:
              - listitem:
                - 'link "CS231n: Deep Learning for Computer Vision"'
                - paragraph: From the guide
                - button "Show the quotation 1"
              - listitem
              - listitem
              - listitem
          - group "This answer":
            - button "Copy with sources"
            - button "Share a link to this question"
            - button "Helpful"
            - button "Not helpful"
            - status
          - heading "You could ask next" [level=4]
          - button "How long does CS231n take?"
          - button "Is there a book instead?"
        """
    )


def test_a_small_screen_gets_a_modal_that_keeps_the_focus(phone: Tab) -> None:
    phone.visit("/host")
    phone.button("Ask the learning guide").tap()
    expect(phone.field).to_be_focused()
    assert phone.page.locator("dl-guide-chat dialog").evaluate("(panel) => panel.matches(':modal')")
    box = phone.page.locator("dl-guide-chat dialog").bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 360, 740)
    for _ in range(15):
        phone.page.keyboard.press("Tab")
        assert phone.page.evaluate(
            "document.activeElement === document.body || document.activeElement.localName === 'dl-guide-chat'"
        )
    phone.page.keyboard.press("Escape")
    expect(phone.button("Ask the learning guide")).to_be_focused()


def test_the_panel_of_a_desk_leaves_the_page_alone(tab: Tab) -> None:
    tab.visit("/host")
    tab.button("Ask the learning guide").click()
    dialog = tab.page.get_by_role("dialog", name="Learning guide")
    assert not dialog.evaluate("(panel) => panel.matches(':modal')")
    launcher = tab.button("Close the learning guide")
    expect(launcher).to_have_attribute("aria-expanded", "true")
    tab.page.get_by_text("Words of the page.").click()
    expect(dialog).to_be_visible()
    launcher.click()
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize("size", [(320, 256), (320, 640), (640, 400)], ids=str)
def test_nothing_is_cut_off_at_400_percent(browser: Browser, stub: Stub, size: tuple[int, int]) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    context.set_default_timeout(5000)
    tab = Tab(context, stub).visit("/host")
    tab.button("Ask the learning guide").click()
    tab.ask(START)
    tab.button("Source 2: CS224d: Deep Learning for NLP").click()
    wide = tab.page.evaluate(
        """() => {
            const root = document.querySelector('dl-guide-chat').shadowRoot;
            const scroll = root.querySelector('.scroll');
            const all = [...root.querySelectorAll('.panel *')].filter((each) => {
                const box = each.getBoundingClientRect();
                return !each.closest('.sr') && box.width > 2 && (box.right > innerWidth + 1 || box.left < -1);
            });
            return [all.map((each) => each.outerHTML.slice(0, 200)), scroll.scrollWidth - scroll.clientWidth,
                    scroll.clientHeight];
        }"""
    )
    assert wide[:2] == [[], 0]
    assert wide[2] > 100
    context.close()


def test_targets_are_large_enough(phone: Tab) -> None:
    phone.visit("/host")
    phone.button("Ask the learning guide").tap()
    phone.ask(START)
    phone.button("Source 2: CS224d: Deep Learning for NLP").tap()
    small = phone.page.evaluate(
        """() => {
            const root = document.querySelector('dl-guide-chat').shadowRoot;
            return [...root.querySelectorAll('button, input, textarea')]
                .map((each) => [each.getAttribute('aria-label') ?? each.textContent, each.getBoundingClientRect()])
                .filter(([, box]) => box.width && (box.width < 24 || box.height < 24))
                .map(([name]) => name);
        }"""
    )
    assert small == []
    for name in ("Send", "Close", "Study plan", "Helpful"):
        box = phone.button(name).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 38


def test_focus_is_never_hidden_behind_the_composer(tab: Tab) -> None:
    tab.visit()
    tab.page.set_viewport_size({"width": 400, "height": 500})
    tab.ask(START)
    tab.button("New conversation").focus()
    for _ in range(25):
        tab.page.keyboard.press("Tab")
        hidden = tab.page.evaluate(
            """() => {
                const root = document.querySelector('dl-guide-chat').shadowRoot;
                const at = root.activeElement;
                if (!at || !at.closest('.chat')) return null;
                const box = at.getBoundingClientRect();
                const scroll = root.querySelector('.scroll').getBoundingClientRect();
                return box.top > scroll.bottom - 4 || box.bottom < scroll.top + 4 ? at.outerHTML.slice(0, 120) : null;
            }"""
        )
        assert hidden is None


def test_the_text_does_not_move_while_the_learner_reads(tab: Tab, stub: Stub) -> None:
    text = "\n\n".join(f"Paragraph {n} of many words." for n in range(60))
    stub.answers["Long?"] = play.answer(text, [], generator="a-model")
    gate = threading.Event()
    tab.visit()
    tab.ask("Long?")
    stub.cases.append(play.held(gate, after=60))
    tab.button("Answer again").click()
    expect(tab.prose).to_contain_text("Paragraph 20")
    scroll = tab.page.locator("dl-guide-chat .scroll")
    scroll.evaluate("(scroll) => { scroll.scrollTop = 40; }")
    tab.page.wait_for_timeout(60)
    gate.set()
    expect(tab.turns.last).to_have_attribute("data-state", "done")
    assert scroll.evaluate("(scroll) => scroll.scrollTop") == 40
    tab.button("Jump to the newest").click()
    expect(tab.button("Jump to the newest")).to_have_count(0)


def test_a_growing_answer_keeps_its_question_in_sight(tab: Tab, stub: Stub) -> None:
    stub.answers["Long?"] = play.answer("\n\n".join(f"Paragraph {n} of many words." for n in range(60)), [])
    tab.visit()
    tab.ask(START)
    tab.ask("Long?")
    expect(tab.turns.last.locator(".question")).to_be_in_viewport()
    offset = tab.turns.last.evaluate(
        "(turn) => turn.getBoundingClientRect().top - turn.closest('.scroll').getBoundingClientRect().top"
    )
    assert 0 <= offset <= 20


def test_reduced_motion_and_forced_colours(browser: Browser, stub: Stub) -> None:
    context = browser.new_context(reduced_motion="reduce", forced_colors="active")
    context.set_default_timeout(5000)
    tab = Tab(context, stub).visit("/host")
    tab.button("Ask the learning guide").click()
    gate = threading.Event()
    stub.cases.append(play.held(gate, after=1))
    tab.say(START)
    dots = tab.page.locator("dl-guide-chat .dots i").first
    assert dots.evaluate("(dot) => getComputedStyle(dot).animationName") == "none"
    gate.set()
    expect(tab.turns.last).to_have_attribute("data-state", "done")
    marker = tab.button("Source 2: CS224d: Deep Learning for NLP")
    assert marker.evaluate("(each) => getComputedStyle(each).borderTopStyle") == "solid"
    assert tab.page.locator("dl-guide-chat dialog").evaluate("(panel) => panel.getAnimations().length") == 0
    context.close()


def test_languages_are_marked(tab: Tab, stub: Stub) -> None:
    stub.pages["/de"] = (
        '<!doctype html><html lang="de"><script type="module" src="/widget.js"></script>'
        "<dl-guide-chat inline></dl-guide-chat></html>",
        {},
    )
    tab.visit("/de")
    expect(tab.page.locator("dl-guide-chat .hint")).to_have_text(
        "Fragen und Antworten sind auf Englisch, in der Sprache der Quellen."
    )
    tab.ask(START)
    expect(tab.page.locator("dl-guide-chat .panel")).to_have_attribute("lang", "de")
    expect(tab.prose).to_have_attribute("lang", "en")
    expect(tab.turns.last.locator(".question")).to_have_attribute("lang", "en")
    expect(tab.announcer).to_have_text(re.compile("^Antwort da, 4 Quellen"))
    marker = tab.button("Quelle 2: CS224d: Deep Learning for NLP")
    marker.click()
    expect(tab.page.locator("dl-guide-chat .card .badge")).to_have_text("abgelöst → Stattdessen: CS224n")
