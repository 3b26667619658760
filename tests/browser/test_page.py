"""The page at `/`."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

pytest.importorskip("playwright", reason="browser tests need playwright: pip install playwright")
pytest.importorskip("axe_playwright_python", reason="accessibility tests need axe-playwright-python")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from assistant.channels.widget.assets import PAGE_POLICY
from corpus import load_corpus
from tests.browser.conftest import Tab, box
from tests.browser.stub import START, Stub

SHIFTS = """window.shift = 0;
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({type: 'layout-shift', buffered: true});"""


def know(stub: Stub) -> None:
    """Gives the stub the corpus that comes with the program, and quality figures."""
    known = load_corpus()
    stub.files["/v1/sections"] |= {
        "sections": [{"id": each.id, "title": each.title} for each in known.sections]
    }
    stub.files["/v1/resources"] = [
        {
            "id": each.id,
            "title": each.title,
            "url": each.url,
            "current_url": each.current_url,
            "section": each.section,
            "status": each.status,
            "origin": each.origin,
            "successor": each.successor and {"title": each.successor.title, "url": each.successor.url},
        }
        for each in known.resources
    ]
    stub.files["/quality.json"] = {
        "date": "2026-11-23",
        "questions": 166,
        "dialogues": 30,
        "figures": [
            {
                "key": "section_hit_1",
                "label": "Section hit@1",
                "meaning": "The first hit is of an acceptable section.",
                "rises": True,
                "value": 0.914,
                "low": 0.87,
                "high": 0.95,
                "n": 166,
            },
            {"key": "kept", "label": "Promises kept", "meaning": "Quotations are exact.", "value": 1.0},
        ],
    }


def test_its_policy_is_strict_and_never_violated(tab: Tab, stub: Stub) -> None:
    know(stub)
    tab.page.add_init_script(
        """window.violations = [];
        document.addEventListener('securitypolicyviolation', (e) => violations.push(e.effectiveDirective));"""
    )
    tab.visit("/")
    expect(tab.page.locator("#integrity")).to_be_visible()
    assert tab.page.evaluate("violations") == []
    assert "unsafe" not in PAGE_POLICY
    assert "require-trusted-types-for 'script'" in PAGE_POLICY


def test_the_map_shows_every_section_of_the_corpus_and_asks(tab: Tab, stub: Stub) -> None:
    know(stub)
    tab.visit("/")
    expect(tab.page.locator("#stages")).to_be_visible()
    drawn = tab.page.locator("#stages button").evaluate_all(
        "(all) => all.map((each) => each.dataset.section)"
    )
    assert sorted(drawn) == sorted(each.id for each in load_corpus().sections)
    tab.page.get_by_role("button", name="Reinforcement learning").click()
    expect(tab.turns.last).to_have_attribute("data-state", "done")
    assert stub.asked[0].body["question"] == "What should I read first about reinforcement learning?"
    expect(tab.turns.last.locator(".question")).to_be_in_viewport()


def test_another_guide_gets_a_page_that_speaks_of_it(tab: Tab, stub: Stub) -> None:
    stub.files["/v1/sections"] = {
        "guide": {"title": "How to tie knots"},
        "sections": [{"id": "knots", "title": "Knots"}, {"id": "sails", "title": "Sails"}],
    }
    tab.visit("/")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("How to tie knots")
    assert tab.page.title() == "How to tie knots"
    expect(tab.page.locator("#stages button")).to_have_count(2)
    starters = tab.page.get_by_role("group", name="Questions to begin with").get_by_role("button")
    assert starters.all_text_contents() == [
        "What does the guide say about Knots?",
        "What does the guide say about Sails?",
    ]
    # Nothing on the whole page, shadow trees included, speaks of the other guide's subject.
    whole = tab.page.evaluate(
        """() => document.documentElement.outerHTML.replace(/<script[^]*?<\\/script>/g, '')
            + document.title + document.querySelector('dl-guide-chat').shadowRoot.innerHTML"""
    ).lower()
    for word in ("deep learning", "2016", "framework", "maths", "gpu", "neural"):
        assert word not in whole, word
    tab.page.get_by_role("button", name="Sails", exact=True).click()
    expect(tab.turns.last).to_have_attribute("data-state", "done")
    assert stub.asked[0].body == {"question": "What does the guide say about Sails?", "standalone": True}
    tab.button("About this guide").click()
    expect(tab.page.locator("dl-guide-chat .about")).to_contain_text("one guide: How to tie knots.")


def test_what_is_said_of_one_guide_waits_until_it_is_known_to_be_served(tab: Tab, stub: Stub) -> None:
    know(stub)
    problem = {"status": 503, "reason": "loading", "detail": "The service is still loading."}
    ready = threading.Event()
    tab.page.route(
        "**/v1/sections",
        lambda route: route.continue_() if ready.is_set() else route.fulfill(status=503, json=problem),
    )
    tab.visit("/")
    expect(tab.page.locator("#loading")).to_have_text(
        "Getting ready: the first start builds the index, about a minute."
    )
    expect(tab.page.locator("dl-guide-chat .notice")).to_have_text(
        "Getting ready: the first start builds the index, about a minute."
    )
    expect(tab.page.get_by_role("heading", level=1)).not_to_be_visible()
    expect(tab.page.locator("#stages")).not_to_be_visible()
    ready.set()
    expect(tab.page.get_by_role("heading", level=1)).to_be_visible()
    expect(tab.page.locator("#stages")).to_be_visible()
    expect(tab.page.locator("#loading")).to_be_empty()
    expect(tab.page.locator("dl-guide-chat .notice")).to_have_count(0)


def test_the_page_works_under_a_path_of_a_proxy(tab: Tab, stub: Stub) -> None:
    know(stub)
    asked: list[str] = []

    def forward(route: Any) -> None:
        asked.append(route.request.url.removeprefix(stub.url))
        path = asked[-1].removeprefix("/guide")
        route.fulfill(response=route.fetch(url=stub.url + path))

    tab.page.route("**/guide/**", forward)
    tab.visit("/guide/")
    expect(tab.page.locator("#integrity")).to_be_visible()
    assert tab.page.locator("h1").evaluate("(h1) => getComputedStyle(h1).fontFamily").startswith('"Iowan')
    tab.ask(START)
    expect(tab.page.locator("#use pre").first).to_contain_text(f'src="{stub.url}/guide/widget.js"')
    outside = [seen for seen in stub.seen if seen.path not in ("/v1/ask",)]
    assert outside == []
    assert {"/guide/widget.js", "/guide/assets/page.css", "/guide/v1/sections", "/guide/v1/ask"} <= set(asked)
    addresses = tab.page.locator("[href], [src]").evaluate_all(
        "(all) => all.map((each) => each.getAttribute('href') ?? each.getAttribute('src'))"
    )
    assert [each for each in addresses if each.startswith("/")] == []


@pytest.mark.parametrize("size", [(390, 844), (360, 640), (320, 568)])
def test_the_chat_begins_on_the_first_screen_of_a_phone(tab: Tab, stub: Stub, size: tuple[int, int]) -> None:
    know(stub)
    tab.page.set_viewport_size({"width": size[0], "height": size[1]})
    tab.visit("/")
    expect(tab.page.get_by_role("heading", level=1)).to_be_visible()
    assert box(tab.page.locator("#chat"))["y"] < 0.75 * size[1]


def test_a_printed_conversation_leaves_the_page_out(tab: Tab, stub: Stub) -> None:
    know(stub)
    tab.visit("/")
    tab.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(tab.page.locator("#map")).to_be_visible()
    tab.ask(START)
    tab.page.emulate_media(media="print")
    tab.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(tab.page.locator("#map")).not_to_be_visible()
    expect(tab.page.locator("#use")).not_to_be_visible()
    expect(tab.prose).to_be_visible()


def test_the_shelf_lists_every_resource_with_its_state(tab: Tab, stub: Stub) -> None:
    know(stub)
    loaded: list[str] = []
    tab.page.on("request", lambda request: loaded.append(request.url.removeprefix(stub.url)))
    tab.visit("/")
    expect(tab.page.locator("#integrity")).to_be_visible()
    assert "/v1/resources" not in loaded  # 66 kB that most visitors never look at
    tab.page.locator("#shelf summary").click()
    expect(tab.page.locator("#shelf li")).to_have_count(len(load_corpus().resources))
    expect(tab.page.locator("#shelf .badge").first).to_be_visible()
    expect(tab.page.locator("#shelf-title")).to_have_text(
        re.compile(r"All \d+ resources, \d+ of them changed since the guide was written")
    )
    added = [each for each in load_corpus().resources if each.origin == "addition"]
    expect(tab.page.locator("#shelf li", has_text="added since")).to_have_count(len(added))
    successor = tab.page.locator("#shelf .badge a").first
    assert (successor.get_attribute("href") or "").startswith("https://")


def test_quality_figures_are_shown_where_there_are_some(tab: Tab, stub: Stub) -> None:
    know(stub)
    tab.visit("/")
    expect(tab.page.locator(".figure")).to_have_count(2)
    first = tab.page.locator(".figure").first
    expect(first).to_contain_text("Section hit@1 The first hit is of an acceptable section.")
    expect(first.locator("dd")).to_have_text("91 %95 % interval: 87 % to 95 %")
    expect(tab.page.locator("#figures-note")).to_contain_text("Measured on 166 questions")


def test_without_figures_it_says_how_to_get_them(tab: Tab) -> None:
    tab.page.route("**/quality.json", lambda route: route.fulfill(status=404, body=""))
    tab.visit("/")
    expect(tab.page.locator("#no-figures")).to_contain_text("dlstart evaluate")


def test_the_snippets_name_this_service(tab: Tab, stub: Stub) -> None:
    tab.visit("/")
    expect(tab.page.locator("#use pre").first).to_contain_text(f'src="{stub.url}/widget.js"')
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.page.get_by_role("button", name="Copy").first.click()
    copied = tab.page.evaluate("navigator.clipboard.readText()")
    stub.pages["/pasted"] = (f"<!doctype html>{copied}", {})
    tab.visit("/pasted")
    expect(tab.button("Ask the learning guide")).to_be_visible()


def test_the_plan_button_opens_the_plan(tab: Tab) -> None:
    tab.visit("/")
    tab.page.get_by_role("button", name="Make me a study plan").click()
    expect(tab.button("Make my plan")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_readable_and_without_layout_shift(browser: Browser, stub: Stub, scheme: Any, width: int) -> None:
    know(stub)
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(5000)
    tab = Tab(context, stub)
    tab.page.add_init_script(SHIFTS)
    tab.visit("/")
    expect(tab.page.locator(".figure")).to_have_count(2)
    tab.page.wait_for_timeout(200)
    assert tab.page.evaluate("shift") < 0.05
    assert tab.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    result = Axe().run(tab.page)
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in result.response["violations"]] == []
    context.close()


def test_without_scripts_it_still_informs(browser: Browser, stub: Stub) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{stub.url}/")
    expect(page.get_by_role("heading", name="How to start learning deep learning")).to_be_visible()
    expect(page.locator("#stages li li")).to_have_count(12)
    context.close()
