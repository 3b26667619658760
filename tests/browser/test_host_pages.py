"""On anybody's page: hostile styles, strict policies, other origins, and texts that mean harm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("playwright", reason="browser tests need playwright: pip install playwright")
from playwright.sync_api import Browser, expect

from tests.browser import stub as play
from tests.browser.conftest import Tab, box
from tests.browser.stub import START, Stub

SCRIPT = '<script type="module" src="/widget.js"></script>'
STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HOSTILE = """
* { all: unset !important; }
*, *::before, *::after { display: inline !important; position: static !important; color: lime !important;
  font: 40px/3 cursive !important; background: red !important; float: right !important; opacity: .2 !important;
  width: 3px !important; height: 3px !important; visibility: hidden !important; pointer-events: none !important;
  transform: rotate(9deg) !important; text-transform: uppercase !important; letter-spacing: 1em !important; }
html { font-size: 3px !important; }
"""


@pytest.fixture
def other() -> Iterator[Stub]:
    """A second origin."""
    service = Stub()
    service.start()
    yield service
    service.stop()


def test_a_hostile_page_changes_nothing(tab: Tab, stub: Stub) -> None:
    def look(path: str) -> Any:
        one = Tab(tab.context, stub).visit(path)
        one.button("Ask the learning guide").click()
        one.ask(START)
        one.button("Source 2: CS224d: Deep Learning for NLP").click()
        return one.page.evaluate(
            """() => {
                const root = document.querySelector('dl-guide-chat').shadowRoot;
                const names = ['.launcher', '.panel', 'h2', '.question', '.prose p', 'button.marker', '.card',
                               '.composer textarea', '.send', '.badge', '.source-title', '.tools button'];
                const wanted = ['display', 'color', 'backgroundColor', 'fontSize', 'fontFamily', 'lineHeight',
                                'opacity', 'visibility', 'pointerEvents', 'textTransform', 'letterSpacing'];
                return names.map((name) => {
                    const element = root.querySelector(name);
                    const style = getComputedStyle(element);
                    const box = element.getBoundingClientRect();
                    return [name, ...wanted.map((each) => style[each]),
                            ...['x', 'y', 'width', 'height'].map((each) => Math.round(box[each]))];
                });
            }"""
        )

    stub.pages["/hostile"] = (
        f"<!doctype html><style>{HOSTILE}</style>{SCRIPT}<h1>x</h1><dl-guide-chat></dl-guide-chat>",
        {},
    )
    assert look("/hostile") == look("/host")


@pytest.mark.parametrize("inline", ["", "inline"], ids=["floating", "inline"])
def test_a_strict_policy_is_never_violated(tab: Tab, stub: Stub, inline: str) -> None:
    stub.pages["/strict"] = (
        f"<!doctype html><title>x</title>{SCRIPT}<dl-guide-chat {inline}></dl-guide-chat>",
        {"Content-Security-Policy": STRICT},
    )
    tab.page.add_init_script(
        """window.violations = [];
        document.addEventListener('securitypolicyviolation', (event) =>
            violations.push([event.effectiveDirective, event.blockedURI, event.sample]));"""
    )
    console: list[str] = []
    tab.page.on("console", lambda message: console.append(message.text))
    tab.visit("/strict")
    if not inline:
        tab.button("Ask the learning guide").click()
    stub.cases.append(play.cut(8))
    tab.ask(START)
    tab.button("Source 2: CS224d: Deep Learning for NLP").click()
    tab.button("Not helpful").click()
    tab.button("Share a link to this question").click()
    tab.button("Study plan").click()
    tab.button("Make my plan").click()
    expect(tab.page.get_by_role("heading", name="Your study plan")).to_be_visible()
    tab.page.get_by_role("checkbox", name="Done: Calculus 1A: Differentiation").check()
    tab.button("Print").click()
    with tab.page.expect_download():
        tab.button("Calendar").click()
    tab.button("About this guide").click()
    tab.page.evaluate("document.querySelector('dl-guide-chat').strings = {name: 'Helper'}")
    assert tab.page.evaluate("violations") == []
    assert [line for line in console if "Content Security Policy" in line or "Trusted" in line] == []
    # The policy is in force: what it forbids fails.
    assert tab.page.evaluate(
        "(() => { try { document.body.innerHTML = 'x'; return false; } catch { return true; } })()"
    )


HARM = [
    '<img src=x onerror="window.harmed=1">',
    "<script>window.harmed=1</script>",
    '<a href="javascript:window.harmed=1">click</a>',
    "[click](javascript:window.harmed=1)",
    "[click](  JaVaScRiPt:window.harmed=1)",
    "[click](data:text/html,<script>window.harmed=1</script>)",
    "[click](vbscript:x)",
    '<svg onload="window.harmed=1"><animate onbegin="window.harmed=1"></svg>',
    "<iframe srcdoc='<script>parent.harmed=1</script>'></iframe>",
    '"><style>*{display:none}</style>',
    "{{constructor.constructor('window.harmed=1')()}}",
    "</textarea><img src=x onerror=window.harmed=1>",
]


@pytest.mark.parametrize("place", ["question", "text", "quote", "title", "option", "error"])
def test_markup_stays_text_wherever_it_stands(tab: Tab, stub: Stub, place: str) -> None:
    harm = "\n\n".join(HARM)
    asked = harm if place == "question" else "Harmless?"
    source = play.citation(1)
    if place == "quote":
        source |= {"quote": harm, "status_note": harm, "status": "superseded"}
    if place == "title":
        url = "javascript:window.harmed=1"
        source |= {"title": harm, "url": url, "status": "moved", "successor": {"title": harm, "url": url}}
    stub.answers[asked] = play.answer(
        (harm if place == "text" else "Fine") + " [1].",
        [source],
        suggestions=[harm] if place == "option" else [],
        clarifying_question={"text": harm, "options": HARM[:3]} if place == "option" else None,
    )
    if place == "error":
        stub.cases.append(
            lambda handler, body: handler.reply(400, {"detail": harm, "request_id": harm}, "application/json")
        )
    tab.visit()
    tab.say(asked)
    expect(tab.turns.last).to_have_attribute("data-state", "failed" if place == "error" else "done")
    if place != "error":
        tab.page.locator("dl-guide-chat button.marker").click()
        tab.button("Show the quotation 1").click()
    found = tab.page.evaluate(
        """() => {
            const root = document.querySelector('dl-guide-chat').shadowRoot;
            const bad = root.querySelectorAll('img, script, iframe, style, animate, [onerror], [onload], [onclick]');
            const links = [...root.querySelectorAll('a')].filter((a) => !/^https?:$/.test(a.protocol));
            return [bad.length, links.map((a) => a.href), window.harmed ?? null];
        }"""
    )
    assert found == [0, [], None]
    where = {"question": ".question", "text": ".prose", "quote": ".card", "title": ".card"}.get(place)
    if where:
        assert "onerror=" in tab.turns.last.locator(where).inner_text()


def test_bidi_controls_do_not_leak_out_of_their_place(tab: Tab, stub: Stub) -> None:
    evil = "\u202egro.live//:sptth \u2066\u2067x"
    stub.answers[evil] = play.answer(f"Text {evil} [1]. After.", [play.citation(1, title=evil, quote=evil)])
    tab.visit()
    tab.ask(evil)
    tab.page.locator("dl-guide-chat button.marker").click()
    # Words after the dangerous ones still run from left to right: each letter stands right of the one before.
    order = tab.page.evaluate(
        """() => {
            const root = document.querySelector('dl-guide-chat').shadowRoot;
            const of = (selector) => {
                const text = document.createTreeWalker(root.querySelector(selector), NodeFilter.SHOW_TEXT).nextNode();
                const range = document.createRange();
                return [...text.data].slice(0, 4).map((_, at) => {
                    range.setStart(text, at);
                    range.setEnd(text, at + 1);
                    return range.getBoundingClientRect().x;
                });
            };
            return [of('.card .kind'), of('.card .go a'), of('.source .kind'), of('h2')];
        }"""
    )
    for xs in order:
        assert xs == sorted(xs)
    site = tab.page.locator("dl-guide-chat .card .go").inner_text()
    assert site == "Open cs231n.stanford.edu"


def test_look_alike_addresses_show_what_they_are(tab: Tab, stub: Stub) -> None:
    stub.answers["x"] = play.answer("Fine [1].", [play.citation(1, url="https://stаnford.edu/")])
    tab.visit()
    tab.ask("x")
    tab.page.locator("dl-guide-chat button.marker").click()
    expect(tab.page.locator("dl-guide-chat .card .go")).to_have_text("Open xn--stnford-3fg.edu")


def test_zalgo_stays_in_its_line(tab: Tab, stub: Stub) -> None:
    zalgo = "H" + "\u0300\u0315\u0327\u0353" * 60 + "e" + "\u035b\u0310\u0329" * 60
    stub.answers[zalgo] = play.answer(
        f"Before.\n\n{zalgo} [1].\n\nAfter.", [play.citation(1, title=zalgo, quote=zalgo)]
    )
    tab.visit()
    tab.ask("first")
    tab.ask(zalgo)
    clipped = tab.turns.last.locator(".question").evaluate("(each) => getComputedStyle(each).overflowX")
    assert clipped == "clip"
    height = box(tab.turns.last.locator(".question"))["height"]
    assert height < 120


def test_very_long_words_wrap(tab: Tab, stub: Stub) -> None:
    word = "x" * 1500
    stub.answers[word] = play.answer(
        f"{word} [1].\n\n| a | b |\n|---|---|\n| {word[:300]} | y |",
        [play.citation(1, title=word, quote=word)],
    )
    tab.page.set_viewport_size({"width": 360, "height": 700})
    tab.visit()
    tab.ask(word)
    tab.page.locator("dl-guide-chat button.marker").click()
    scroll = tab.page.locator("dl-guide-chat .scroll")
    assert scroll.evaluate("(scroll) => scroll.scrollWidth - scroll.clientWidth") == 0


# ---- looks


@pytest.mark.parametrize(
    ("scheme", "theme", "dark"),
    [
        ("light", "", False),
        ("dark", "", True),
        ("dark", 'theme="light"', False),
        ("light", 'theme="dark"', True),
    ],
)
def test_light_and_dark(browser: Browser, stub: Stub, scheme: Any, theme: str, dark: bool) -> None:
    stub.pages["/theme"] = (f"<!doctype html>{SCRIPT}<dl-guide-chat inline {theme}></dl-guide-chat>", {})
    context = browser.new_context(color_scheme=scheme)
    tab = Tab(context, stub).visit("/theme")
    colour = tab.page.locator("dl-guide-chat .panel").evaluate("(p) => getComputedStyle(p).backgroundColor")
    assert colour == ("rgb(24, 27, 31)" if dark else "rgb(255, 254, 251)")
    context.close()


def test_theme_page_follows_the_page(tab: Tab, stub: Stub) -> None:
    stub.pages["/theme"] = (
        "<!doctype html><style>html { color-scheme: dark; }</style>"
        f'{SCRIPT}<dl-guide-chat inline theme="page"></dl-guide-chat>',
        {},
    )
    tab.visit("/theme")
    colour = tab.page.locator("dl-guide-chat .panel").evaluate("(p) => getComputedStyle(p).backgroundColor")
    assert colour == "rgb(24, 27, 31)"


def test_custom_properties_and_parts(tab: Tab, stub: Stub) -> None:
    stub.pages["/own"] = (
        "<!doctype html><style>dl-guide-chat { --dl-accent: rgb(120, 0, 80); --dl-radius: 0px; --dl-height: 400px; }"
        "dl-guide-chat::part(panel) { border-width: 5px; }</style>"
        f"{SCRIPT}<dl-guide-chat inline></dl-guide-chat>",
        {},
    )
    tab.visit("/own")
    tab.field.fill("x")
    style = tab.page.evaluate(
        """() => {
            const root = document.querySelector('dl-guide-chat').shadowRoot;
            const panel = getComputedStyle(root.querySelector('.panel'));
            const send = getComputedStyle(root.querySelector('.send'));
            return [panel.borderTopWidth, panel.borderTopLeftRadius, panel.height, send.backgroundColor];
        }"""
    )
    assert style == ["5px", "0px", "400px", "rgb(120, 0, 80)"]


def test_right_to_left_mirrors(tab: Tab, stub: Stub) -> None:
    stub.pages["/rtl"] = (
        f'<!doctype html><html dir="rtl">{SCRIPT}<dl-guide-chat></dl-guide-chat></html>',
        {},
    )
    tab.visit("/rtl")
    launcher = box(tab.button("Ask the learning guide"))
    assert launcher["x"] == 20
    tab.button("Ask the learning guide").click()
    tab.ask(START)
    panel = box(tab.page.get_by_role("dialog"))
    assert panel["x"] == 20
    question = box(tab.turns.last.locator(".question"))
    assert question["x"] == panel["x"] + 19
    send = box(tab.page.locator("dl-guide-chat .send"))
    field = box(tab.field)
    assert send["x"] < field["x"]
    assert tab.prose.locator("p").first.evaluate("(p) => getComputedStyle(p).direction") == "ltr"


def test_the_page_does_not_scroll_along_with_the_conversation(tab: Tab, stub: Stub) -> None:
    words = f"<p>{'Words. ' * 900}</p>"
    tag = "<dl-guide-chat inline></dl-guide-chat>"
    stub.pages["/long"] = (f"<!doctype html>{words}{SCRIPT}{tag}{words}", {})
    tab.page.set_viewport_size({"width": 360, "height": 740})
    tab.visit("/long")
    tab.field.focus()
    before = tab.page.evaluate("scrollY")
    assert before > 0
    tab.ask(START)
    tab.button("Source 2: CS224d: Deep Learning for NLP").dispatch_event("click")
    tab.page.wait_for_timeout(100)
    assert tab.page.evaluate("scrollY") == before


def test_position_start_puts_it_on_the_other_side(tab: Tab, stub: Stub) -> None:
    stub.pages["/start"] = (f'<!doctype html>{SCRIPT}<dl-guide-chat position="start"></dl-guide-chat>', {})
    tab.visit("/start")
    assert box(tab.button("Ask the learning guide"))["x"] == 20


def test_hidden_hides(tab: Tab, stub: Stub) -> None:
    tab.visit("/host")
    tab.page.locator("dl-guide-chat").evaluate("(chat) => { chat.hidden = true; }")
    expect(tab.button("Ask the learning guide")).to_have_count(0)


def test_strings_can_be_replaced_and_language_chosen(tab: Tab, stub: Stub) -> None:
    stub.pages["/de"] = (f'<!doctype html>{SCRIPT}<dl-guide-chat inline lang="de-CH"></dl-guide-chat>', {})
    tab.visit("/de")
    expect(tab.page.get_by_role("heading", name="Womit möchten Sie anfangen?")).to_be_visible()
    tab.page.evaluate("document.querySelector('dl-guide-chat').strings = {hello: 'Grüezi!'}")
    expect(tab.page.get_by_role("heading", name="Grüezi!")).to_be_visible()
    expect(tab.button("Lernplan")).to_be_visible()


# ---- other origins


def test_works_from_another_origin(tab: Tab, stub: Stub, other: Stub) -> None:
    stub.origins.add(other.url)
    other.pages["/page"] = (
        f'<!doctype html><script type="module" src="{stub.url}/widget.js"></script><dl-guide-chat></dl-guide-chat>',
        {"Content-Security-Policy": f"default-src 'none'; script-src {stub.url}; connect-src {stub.url}"},
    )
    tab.page.goto(f"{other.url}/page")
    tab.button("Ask the learning guide").click()
    tab.ask(START)
    tab.button("Helpful").click()
    expect(tab.turns.last.locator(".tool-note")).to_have_text("Thank you.")
    assert [seen.path for seen in stub.seen] == ["/v1/ask", "/v1/feedback"]
    assert other.seen == []


def test_endpoint_attribute_says_where_to_ask(tab: Tab, stub: Stub, other: Stub) -> None:
    other.origins.add(stub.url)
    stub.pages["/far"] = (
        f'<!doctype html>{SCRIPT}<dl-guide-chat inline endpoint="{other.url}"></dl-guide-chat>',
        {},
    )
    tab.visit("/far")
    tab.ask(START)
    assert len(other.asked) == 1
    assert stub.asked == []


def test_a_missing_policy_line_is_explained_on_the_console(tab: Tab, stub: Stub, other: Stub) -> None:
    lines: list[str] = []
    tab.page.on("console", lambda message: lines.append(message.text))
    other.origins.add(stub.url)
    stub.pages["/far"] = (
        f'<!doctype html>{SCRIPT}<dl-guide-chat inline endpoint="{other.url}"></dl-guide-chat>',
        {"Content-Security-Policy": "connect-src 'self'"},
    )
    tab.visit("/far")
    tab.say(START)
    expect(tab.status).to_contain_text("This chat isn’t available here. Please tell the owner of this site.")
    assert [line for line in lines if f"Add: connect-src {other.url}" in line]


def test_an_origin_that_is_let_in_later_is_answered_by_try_again(tab: Tab, stub: Stub, other: Stub) -> None:
    stub.pages["/far"] = (
        f'<!doctype html>{SCRIPT}<dl-guide-chat inline endpoint="{other.url}"></dl-guide-chat>',
        {},
    )
    tab.visit("/far")
    tab.page.evaluate("document.querySelector('dl-guide-chat').apiKey = 'a-key'")
    tab.say(START)
    expect(tab.status).to_contain_text("This chat isn’t available here. Please tell the owner of this site.")
    other.origins.add(stub.url)
    tab.button("Try again").click()
    expect(tab.turns.last).to_have_attribute("data-state", "done")


def test_a_service_elsewhere_that_is_down_is_waited_for(tab: Tab, stub: Stub, other: Stub) -> None:
    stub.pages["/far"] = (
        f'<!doctype html>{SCRIPT}<dl-guide-chat inline endpoint="{other.url}"></dl-guide-chat>',
        {},
    )
    tab.page.route(f"{other.url}/**", lambda route: route.abort("connectionrefused"))
    tab.visit("/far")
    tab.say(START)
    expect(tab.status).to_contain_text("The guide can’t be reached. Trying again in")
    other.origins.add(stub.url)
    tab.page.unroute(f"{other.url}/**")
    expect(tab.turns.last).to_have_attribute("data-state", "done")


def test_a_script_tag_with_data_mount_is_enough(tab: Tab, stub: Stub) -> None:
    stub.pages["/mount"] = (
        '<!doctype html><p>x</p><script type="module" src="/widget.js" data-mount></script>',
        {},
    )
    tab.visit("/mount")
    expect(tab.button("Ask the learning guide")).to_be_visible()


def test_two_widgets_and_a_script_loaded_twice_live_together(tab: Tab, stub: Stub) -> None:
    stub.pages["/two"] = (
        f'<!doctype html>{SCRIPT}<script type="module" src="/widget.js?again"></script>'
        '<dl-guide-chat inline storage="none"></dl-guide-chat>'
        '<dl-guide-chat inline storage="none"></dl-guide-chat>',
        {},
    )
    tab.visit("/two")
    fields = tab.page.get_by_role("textbox", name="Your question")
    expect(fields).to_have_count(2)
    fields.first.fill("Hello?")
    fields.first.press("Enter")
    expect(tab.turns).to_have_count(1)
