"""The widget of the real service on somebody else's page: what it leaves alone, and what it keeps to itself."""

from __future__ import annotations

import io
from typing import Any

import pytest

pytest.importorskip("playwright", reason="browser tests need playwright: make test installs it")
pytest.importorskip("PIL", reason="pixels are read with Pillow: make test installs it")
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Tab, box
from tests.browser.stub import Stub

COMPARE = "Compare CS231n and fast.ai"


def pixels(tab: Tab) -> Any:
    """What is on the screen."""
    return Image.open(io.BytesIO(tab.page.screenshot())).convert("RGB")


def launch(tab: Tab) -> None:
    """Opens the panel as a visitor does."""
    tab.button("Ask the learning guide").click()
    expect(tab.page.get_by_role("dialog")).to_be_visible()


# ---- the page around it


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/host", "/rtl"])
@pytest.mark.parametrize("size", [(1440, 900), (1280, 800), (768, 1024), (521, 700)])
def test_every_pixel_of_the_page_beside_the_open_panel_stays(
    browser: Browser, host: Stub, service: str, size: tuple[int, int], path: str, scheme: Any
) -> None:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
    )
    tab = Tab(context, host).visit(path)
    before = pixels(tab)
    launch(tab)
    panel = box(tab.page.get_by_role("dialog"))
    after = pixels(tab)
    # The shadow reaches 80 px beyond the panel; what is further away is the page's alone.
    left = int(panel["x"]) - 80
    right = int(panel["x"] + panel["width"]) + 80
    beside = (right, 0, size[0], size[1]) if path == "/rtl" else (0, 0, left, size[1])
    if size[0] > 600:
        assert (beside[2] - beside[0]) > 150
        assert before.crop(beside).tobytes() == after.crop(beside).tobytes()
    else:
        # So narrow a window shows the page above the panel, under its shadow: the green of its header.
        red, green, _ = after.getpixel((260, 3))
        assert green > red + 30
    tab.page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).click()
    tab.page.mouse.move(1, 1)
    tab.page.evaluate("document.activeElement.blur()")
    assert pixels(tab).crop(beside).tobytes() == before.crop(beside).tobytes()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_the_sheet_covers_the_whole_page(
    browser: Browser, host: Stub, service: str, scheme: Any
) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=scheme, reduced_motion="reduce"
    )
    tab = Tab(context, host).visit("/host")
    launch(tab)
    assert tab.page.locator("dl-guide-chat .panel").evaluate("(panel) => panel.matches(':modal')")
    sheet = (24, 27, 31) if scheme == "dark" else (255, 254, 251)
    after = pixels(tab)
    for point in ((3, 200), (386, 200), (3, 600), (386, 600), (3, 840), (386, 840)):
        assert after.getpixel(point) == sheet
    context.close()


# ---- tables


@pytest.mark.parametrize("width", [1280, 600, 390, 320])
def test_a_comparison_breaks_no_word(guest: Tab, width: int) -> None:
    guest.page.set_viewport_size({"width": width, "height": 800})
    launch(guest)
    guest.ask(COMPARE)
    heads = guest.prose.locator("tbody th[scope=row]")
    assert heads.count() >= 2
    for head in heads.all():
        lines = head.evaluate(
            """(cell) => {
                const range = document.createRange();
                range.selectNodeContents(cell);
                return new Set([...range.getClientRects()].map((each) => Math.round(each.top))).size;
            }"""
        )
        assert lines <= len((head.text_content() or "").split())
        assert box(head)["width"] >= 45
    cells = guest.prose.locator("tbody td")
    assert min(box(cell)["width"] for cell in cells.all()) >= 100
    wide = guest.prose.locator(".wide").first
    assert wide.evaluate("(wide) => wide.scrollWidth - wide.clientWidth") == 0
    scroll = guest.page.locator("dl-guide-chat .scroll")
    assert scroll.evaluate("(scroll) => scroll.scrollWidth - scroll.clientWidth") == 0


def test_a_narrow_comparison_is_shown_as_cards_that_name_their_columns(guest: Tab) -> None:
    guest.page.set_viewport_size({"width": 320, "height": 800})
    launch(guest)
    guest.ask(COMPARE)
    table = guest.page.get_by_role("table")
    expect(table).to_have_class("stacked")
    cells = table.locator("tbody tr").first.locator("td").all()
    labels = [cell.evaluate("(cell) => getComputedStyle(cell, '::before').content") for cell in cells]
    assert sorted(labels) == ['"CS231n"', '"Jeremy Howard\'s fast.ai course (addition)"']
    heads = table.locator("thead th").all_text_contents()
    assert labels == [f'"{head}"' for head in heads if head]
    expect(guest.page.get_by_role("rowheader", name="price")).to_be_visible()
    guest.page.set_viewport_size({"width": 1280, "height": 800})
    expect(table).not_to_have_class("stacked")


# ---- the page's shortcuts


def test_what_is_typed_reaches_no_shortcut_of_the_page(guest: Tab) -> None:
    launch(guest)
    guest.page.keyboard.type("is fast.ai / CS231n free?")
    expect(guest.field).to_have_value("is fast.ai / CS231n free?")
    guest.page.keyboard.press("ArrowDown")
    guest.page.keyboard.press("Enter")
    expect(guest.turns.last).to_have_attribute("data-state", "done")
    expect(guest.turns.last.locator(".question")).to_contain_text("is fast.ai / CS231n free?")
    guest.button("Not helpful").click()
    guest.page.get_by_role("textbox", name="Anything else? (optional)").focus()
    guest.page.keyboard.type("so / so?")
    guest.page.keyboard.press("Escape")
    expect(guest.page.get_by_role("dialog")).to_have_count(0)
    assert guest.page.evaluate("heard") == []
    assert guest.page.locator("#search").input_value() == ""


def test_every_field_of_the_plan_keeps_its_keys(guest: Tab) -> None:
    launch(guest)
    guest.button("Study plan").click()
    hours = guest.page.get_by_role("spinbutton", name="Hours a week (optional)")
    hours.focus()
    guest.page.keyboard.type("5/s?")
    guest.page.keyboard.press("ArrowDown")
    radio = guest.page.locator("dl-guide-chat input[value=some-maths]")
    radio.focus()
    guest.page.keyboard.press("Space")
    guest.page.keyboard.press("ArrowDown")
    expect(guest.page.locator("dl-guide-chat input[value=maths]")).to_be_checked()
    assert guest.page.evaluate("heard") == []


def test_the_shortcuts_of_the_page_work_wherever_nothing_is_typed(guest: Tab) -> None:
    guest.page.keyboard.press("/")
    expect(guest.page.locator("#search")).to_be_focused()
    guest.page.evaluate("heard.length = 0")
    # The launcher has the focus after the panel is closed: a letter there is the page's, a press is not.
    launch(guest)
    guest.page.keyboard.press("Escape")
    guest.page.evaluate("heard.length = 0")
    guest.page.keyboard.press("s")
    assert "document bubble keydown s" in guest.page.evaluate("heard")
    guest.page.evaluate("heard.length = 0")
    guest.page.keyboard.press("Enter")
    expect(guest.page.get_by_role("dialog")).to_be_visible()
    assert guest.page.evaluate("heard") == []


@pytest.mark.parametrize(
    ("keys", "reaches"),
    [
        ("Control+k", True),
        ("Control+Shift+p", True),
        ("F2", True),
        ("Control+z", False),
        ("Control+a", False),
    ],
)
def test_commands_of_the_page_work_from_the_field_and_editing_does_not_leave_it(
    guest: Tab, keys: str, reaches: bool
) -> None:
    launch(guest)
    guest.page.evaluate(
        "document.addEventListener('keydown', (event) => { window.last = event.key; event.preventDefault(); })"
    )
    guest.page.keyboard.press(keys)
    last = keys.split("+")[-1].lower()
    assert ((guest.page.evaluate("window.last ?? ''")).lower() == last) is reaches


def test_a_listener_at_the_window_that_came_before_the_widget_is_the_one_that_hears(
    guest: Tab, host: Stub, service: str
) -> None:
    # What docs/widget.md says cannot be helped: keys come by the window first, and whoever listened first hears first.
    guest.page.add_init_script(
        "window.early = []; addEventListener('keydown', (event) => early.push(event.target.localName), true)"
    )
    guest.visit("/host")
    launch(guest)
    guest.page.keyboard.type("s")
    expect(guest.field).to_have_value("s")
    assert guest.page.evaluate("early") == ["dl-guide-chat"]
    assert guest.page.evaluate("heard") == []


def test_a_widget_in_a_closed_shadow_tree_keeps_its_keys_as_far_as_it_can(guest: Tab) -> None:
    guest.page.evaluate(
        """() => {
            const chat = document.querySelector('dl-guide-chat');
            const shell = document.createElement('my-app');
            document.body.append(shell);
            const root = shell.attachShadow({mode: 'closed'});
            root.append(chat);
            window.chat = chat;
            chat.open();
        }"""
    )
    guest.page.keyboard.type("s f?")
    assert guest.page.evaluate("chat.shadowRoot.querySelector('.composer textarea').value") == "s f?"
    # From outside a closed tree nobody can tell whose keys they are: listeners that capture hear them.
    assert [each for each in guest.page.evaluate("heard") if "bubble" in each] == []


# ---- composing words


@pytest.mark.parametrize(
    "init",
    [
        {"isComposing": True, "keyCode": 13},
        {"isComposing": False, "keyCode": 229},
        {"isComposing": True, "keyCode": 229},
    ],
    ids=["isComposing", "keyCode 229 (Safari)", "both"],
)
@pytest.mark.parametrize("key", ["Enter", "Escape"])
def test_a_key_that_ends_a_composition_neither_sends_nor_closes(
    guest: Tab, key: str, init: dict[str, Any]
) -> None:
    launch(guest)
    guest.field.fill("深層学習")
    guest.field.dispatch_event(
        "keydown", {"key": key, "bubbles": True, "composed": True, "cancelable": True} | init
    )
    expect(guest.field).to_have_value("深層学習")
    expect(guest.turns).to_have_count(0)
    expect(guest.page.get_by_role("dialog")).to_be_visible()
    guest.field.press("Enter")
    expect(guest.turns).to_have_count(1)
