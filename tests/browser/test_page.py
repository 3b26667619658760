"""The page at `/`."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("playwright", reason="browser tests need playwright: pip install playwright")
pytest.importorskip("axe_playwright_python", reason="accessibility tests need axe-playwright-python")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from assistant.channels.widget.assets import PAGE_POLICY
from corpus import load_corpus
from tests.browser.conftest import Tab
from tests.browser.stub import Stub

SHIFTS = """window.shift = 0;
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({type: 'layout-shift', buffered: true});"""


def know(stub: Stub) -> None:
    """Gives the stub the corpus that comes with the program, and quality figures."""
    known = load_corpus()
    stub.files["/v1/sections"] = [{"id": each.id, "title": each.title} for each in known.sections]
    stub.files["/v1/resources"] = [
        {
            "id": each.id,
            "title": each.title,
            "url": each.url,
            "current_url": each.current_url,
            "section": each.section,
            "status": each.status,
            "successor": None,
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
    expect(tab.page.locator("#shelf")).to_be_visible()
    expect(tab.page.locator("#integrity")).to_be_visible()
    assert tab.page.evaluate("violations") == []
    assert "unsafe" not in PAGE_POLICY
    assert "require-trusted-types-for 'script'" in PAGE_POLICY


def test_the_map_shows_every_section_of_the_corpus_and_asks(tab: Tab, stub: Stub) -> None:
    know(stub)
    tab.visit("/")
    expect(tab.page.locator("#shelf")).to_be_visible()
    drawn = tab.page.locator("#stages button").evaluate_all(
        "(all) => all.map((each) => each.dataset.section)"
    )
    assert sorted(drawn) == sorted(each.id for each in load_corpus().sections)
    tab.page.get_by_role("button", name="Reinforcement learning").click()
    expect(tab.turns.last).to_have_attribute("data-state", "done")
    assert stub.asked[0].body["question"] == "What should I read first about reinforcement learning?"
    expect(tab.turns.last.locator(".question")).to_be_in_viewport()


def test_another_corpus_gets_a_map_of_its_own(tab: Tab, stub: Stub) -> None:
    stub.files["/v1/sections"] = [{"id": "knots", "title": "Knots"}, {"id": "sails", "title": "Sails"}]
    tab.visit("/")
    tab.page.get_by_role("button", name="Sails").click()
    expect(tab.turns.last).to_have_attribute("data-state", "done")
    assert stub.asked[0].body["question"] == "What does the guide say about Sails?"
    expect(tab.page.locator("#stages button")).to_have_count(2)


def test_the_shelf_lists_every_resource_with_its_state(tab: Tab, stub: Stub) -> None:
    know(stub)
    tab.visit("/")
    tab.page.locator("#shelf summary").click()
    expect(tab.page.locator("#shelf li")).to_have_count(len(load_corpus().resources))
    expect(tab.page.locator("#shelf .badge").first).to_be_visible()


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
