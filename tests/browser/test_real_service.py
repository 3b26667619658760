"""The widget and its page against the service itself: `dlstart serve` in a process of its own."""

from __future__ import annotations

import re
import urllib.request
from typing import Any

import pytest

pytest.importorskip("playwright", reason="browser tests need playwright: make test installs it")
from playwright.sync_api import expect

from tests.browser.conftest import Tab
from tests.browser.stub import START


def test_an_answer_streams_with_its_sources(real: Tab) -> None:
    requests: list[Any] = []
    real.page.on("response", lambda response: requests.append(response))
    real.ask(START)
    [asked] = [each for each in requests if each.url.endswith("/v1/ask")]
    assert asked.headers["content-type"].startswith("text/event-stream")
    assert len(real.prose.inner_text()) > 40
    numbers = {int(each) for each in real.prose.locator("button.marker").all_text_contents()}
    listed = real.page.get_by_role("region", name="Sources").locator("li.source > .number")
    assert sorted(numbers) == [int(each) for each in listed.all_text_contents()]
    real.prose.locator("button.marker").first.click()
    quote = real.page.locator("dl-guide-chat .card blockquote").inner_text()
    assert len(quote) > 20


def test_a_follow_up_stays_in_the_conversation(real: Tab) -> None:
    real.ask("I want to learn about LSTM networks.")
    sent: list[Any] = []
    real.page.on("request", lambda request: sent.append(request))
    real.ask("Is it free?")
    [asked] = [each for each in sent if each.url.endswith("/v1/ask")]
    assert asked.post_data_json["conversation_id"].startswith("con_")


def test_thumbs_are_kept_and_conversations_are_forgotten(real: Tab) -> None:
    real.ask(START)
    real.button("Helpful").click()
    expect(real.turns.last.locator(".tool-note")).to_have_text("Thank you.")
    real.button("About this guide").click()
    with real.page.expect_response(re.compile("/v1/conversations/")) as waiting:
        real.button("Delete this conversation, here and on the service").click()
    assert waiting.value.status == 204


def test_the_same_key_gives_the_same_answer(real: Tab) -> None:
    texts = real.page.evaluate(
        """async () => {
            const body = JSON.stringify({question: 'Do I need a GPU?'});
            const ask = async (accept) => (await fetch('/v1/ask', {method: 'POST', body, headers: {
                'Content-Type': 'application/json', Accept: accept, 'Idempotency-Key': 'browser-test-key'}})).text();
            const streamed = await ask('text/event-stream');
            return [JSON.parse(await ask('application/json')).id, streamed];
        }"""
    )
    assert texts[0] in texts[1]


@pytest.mark.parametrize(
    "question", ["What is the best pizza in town?", "Hello!", "Where can I pirate the book?"]
)
def test_other_outcomes_have_a_place_of_their_own(real: Tab, question: str) -> None:
    real.ask(question)
    assert len(real.prose.inner_text()) > 5
    assert real.turns.last.locator(".status").inner_text() == ""


def test_a_plan_is_made_and_taken_along(real: Tab) -> None:
    real.page.get_by_role("button", name="Make me a study plan").click()
    real.page.locator("dl-guide-chat input[value=nlp]").check()
    real.page.locator("dl-guide-chat input[value=none]").check()
    real.page.get_by_role("checkbox", name="Reading").check()
    real.page.get_by_role("spinbutton", name="Hours a week (optional)").fill("5")
    real.button("Make my plan").click()
    expect(real.page.get_by_role("heading", name="Your study plan")).to_be_visible()
    steps = real.page.locator("dl-guide-chat li.step")
    assert steps.count() >= 3
    assert real.page.get_by_role("group", name="Roadmap").get_by_role("link").count() == steps.count()
    for name, start in (("Markdown", "#"), ("Calendar", "BEGIN:VCALENDAR")):
        with real.page.expect_download() as waiting:
            real.button(name).click()
        assert waiting.value.path().read_text(encoding="utf-8").startswith(start)


def test_the_page_shows_the_corpus(real: Tab) -> None:
    real.page.locator("#shelf summary").click()
    expect(real.page.locator("#shelf-title")).to_have_text(
        re.compile(r"All \d+ resources, \d+ of them changed")
    )
    drawn = real.page.locator("#stages button").count()
    assert drawn == 12
    real.page.get_by_role("button", name="Recurrent networks").click()
    expect(real.turns.last).to_have_attribute("data-state", "done")


def test_files_come_compressed_and_are_not_sent_twice(real: Tab, service: str) -> None:
    request = urllib.request.Request(f"{service}/widget.js", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=5) as response:
        body = response.read()
        assert response.headers["Content-Encoding"] == "gzip"
        assert len(body) <= 32_000
        tag = response.headers["ETag"]
    status = real.page.evaluate(
        "(tag) => fetch('/widget.js', {headers: {'If-None-Match': tag}, cache: 'no-store'}).then((r) => r.status)",
        tag,
    )
    assert status == 304
