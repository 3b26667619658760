"""Fast: the script is small, the panel paints at once, and the two hundredth answer costs what the first did."""

from __future__ import annotations

import gzip
import statistics

import pytest

pytest.importorskip("playwright", reason="browser tests need playwright: pip install playwright")
from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDGET, Tab
from tests.browser.stub import START

ASK_MANY = """async ([from, to]) => {
    const chat = document.querySelector('dl-guide-chat');
    let last = performance.now();
    let longest = 0;
    let running = true;
    const frame = (now) => {
        longest = Math.max(longest, now - last);
        last = now;
        if (running) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    for (let n = from; n < to; n += 1) {
        await chat.ask(`Question ${n}?`);
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    }
    running = false;
    return longest;
}"""

SCROLL = """async () => {
    const scroll = document.querySelector('dl-guide-chat').shadowRoot.querySelector('.scroll');
    const frames = [];
    let last = performance.now();
    for (let n = 0; n < 30; n += 1) {
        scroll.scrollTop -= scroll.scrollHeight / 30;
        await new Promise(requestAnimationFrame);
        frames.push(performance.now() - last);
        last = performance.now();
    }
    return frames;
}"""


def counters(page: Page) -> dict[str, int]:
    """Nodes and listeners that are alive after the garbage is collected."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    found: dict[str, int] = session.send("Memory.getDOMCounters")
    session.detach()
    return found


def test_the_script_is_at_most_32_kilobytes_gzipped() -> None:
    assert len(gzip.compress((WIDGET / "widget.js").read_bytes(), 9)) <= 32_000


def test_nothing_but_the_script_is_loaded_before_the_panel_is_opened(tab: Tab) -> None:
    loaded: list[str] = []
    tab.page.on("request", lambda request: loaded.append(request.url.removeprefix(tab.stub.url)))
    tab.visit("/host")
    tab.page.wait_for_timeout(100)
    assert sorted(set(loaded) - {"/favicon.ico"}) == ["/host", "/widget.js"]
    tab.button("Ask the learning guide").click()
    expect(tab.page.get_by_role("group", name="Questions to begin with")).to_be_visible()
    # Opened, it asks which guide it speaks of, and nothing else.
    assert sorted(set(loaded) - {"/favicon.ico"}) == ["/host", "/v1/sections", "/widget.js"]


def test_the_panel_paints_within_100_ms(tab: Tab) -> None:
    tab.visit("/host")
    tab.page.wait_for_timeout(100)
    spent = tab.page.evaluate(
        """async () => {
            const chat = document.querySelector('dl-guide-chat');
            const start = performance.now();
            chat.shadowRoot.querySelector('.launcher').click();
            await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
            return performance.now() - start;
        }"""
    )
    assert spent < 100


def work(page: Page, first: int, last: int) -> tuple[float, float]:
    """Asks questions `first` to `last`: CPU milliseconds an answer, and the longest frame in wall time."""
    session = page.context.new_cdp_session(page)
    # The thread's own clock, not the wall's: other tests on this machine do not count.
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")

    start = spent()
    longest: float = page.evaluate(ASK_MANY, [first, last])
    used = spent() - start
    session.detach()
    return 1000 * used / (last - first), longest


def test_200_answers_do_not_make_it_slow_and_do_not_leak(tab: Tab) -> None:
    tab.visit()
    work(tab.page, 0, 5)
    tab.button("New conversation").click()
    before = counters(tab.page)

    early, _ = work(tab.page, 0, 20)
    work(tab.page, 20, 180)
    late, longest = work(tab.page, 180, 200)
    expect(tab.turns).to_have_count(200)
    print(f"{early:.0f} ms an answer at first, {late:.0f} ms in the end, longest frame {longest:.0f} ms")
    # A conversation that rendered itself anew with each answer would take ten times as long by now.
    assert late < 2 * early + 10
    # No pause that a reader would feel, even on a busy machine.
    assert longest < 700
    frames = tab.page.evaluate(SCROLL)
    assert statistics.median(frames) < 100, frames
    full = counters(tab.page)
    per_answer = (full["nodes"] - before["nodes"]) / 200
    assert per_answer < 400

    tab.page.evaluate("document.querySelector('dl-guide-chat').newConversation()")
    expect(tab.turns).to_have_count(0)
    tab.page.wait_for_timeout(100)
    after = counters(tab.page)
    assert after["nodes"] - before["nodes"] < 2 * per_answer
    assert after["jsEventListeners"] - before["jsEventListeners"] < 30


def test_a_reload_with_a_long_conversation_is_quick(tab: Tab) -> None:
    tab.visit()
    tab.page.evaluate(ASK_MANY, [0, 30])
    tab.page.reload()
    expect(tab.turns).to_have_count(30)
    built = tab.page.evaluate(
        """() => {
            const chat = document.querySelector('dl-guide-chat');
            const start = performance.now();
            chat.strings = {};
            return performance.now() - start;
        }"""
    )
    assert built < 300
    tab.ask(START)
