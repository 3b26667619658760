"""Makes the pictures of docs/ from the real service: `python -m tests.browser.pictures`.

Whole windows, with the host page beside the open panel. Needs Chromium; builds an index where there is none.
Look at each picture before committing it.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser.conftest import FLAGS, Place, Tab
from tests.browser.service import host_page, serving
from tests.browser.stub import Stub

if TYPE_CHECKING:
    from playwright.sync_api import Browser

IMAGES = Path(__file__).parent.parent.parent / "docs" / "images"
INDEX = Path(__file__).parent.parent.parent / ".pytest_cache" / "d" / "dlstart" / "index"
"""The index that the tests keep; the service makes it where it is missing or stale."""


def open_source(tab: Tab) -> None:
    """An answer in the floating panel, with a source open."""
    tab.button("Ask the learning guide").click()
    tab.ask("How do I start learning deep learning?")
    tab.prose.locator("button.marker").first.click()


def compare(tab: Tab) -> None:
    """A comparison in the floating panel."""
    tab.button("Ask the learning guide").click()
    tab.ask("Compare CS231n and fast.ai")


def follow_plan(tab: Tab) -> None:
    """A plan with its first step done."""
    tab.button("Ask the learning guide").click()
    tab.button("Study plan").click()
    tab.page.locator("dl-guide-chat input[value=nlp]").check()
    tab.page.locator("dl-guide-chat input[value=none]").check()
    tab.page.get_by_role("spinbutton").fill("6")
    tab.button("Make my plan").click()
    tab.page.locator("dl-guide-chat li.step").first.get_by_role("checkbox").check()
    tab.page.locator("dl-guide-chat .scroll").evaluate("(scroll) => { scroll.scrollTop = 0; }")


def ask_on_page(tab: Tab) -> None:
    """The page at `/` with an answer."""
    tab.ask("How do I start learning deep learning?")


Picture = tuple[str, tuple[int, int], Any, Callable[[Tab], None]]
PICTURES: dict[str, Picture] = {
    "widget-answer.png": ("/host", (1280, 800), "light", open_source),
    "widget-comparison.png": ("/host", (1280, 800), "dark", compare),
    "widget-plan.png": ("/host", (1280, 800), "light", follow_plan),
    "page-dark.png": ("/", (1280, 900), "dark", ask_on_page),
}
"""File -> path, window in CSS pixels, colour scheme, and what is done before the picture is taken."""


def take(browser: Browser, name: str, site: str, host: Stub) -> None:
    """Take one picture; `site` is the service's address."""
    path, (width, height), scheme, act = PICTURES[name]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(20000)
    tab = Tab(context, Place(site) if path == "/" else host).visit(path)
    act(tab)
    tab.page.mouse.move(1, 1)
    tab.page.wait_for_timeout(500)
    tab.page.screenshot(path=IMAGES / name)
    context.close()


def main() -> None:
    """Take all of them."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        sys.exit("the pictures need Chromium: apt-get install -y chromium")
    host = Stub()
    host.start()
    with (
        tempfile.TemporaryDirectory() as state,
        serving(Path(state), index_dir=str(INDEX), allowed_origins=host.url) as url,
        sync_playwright() as playwright,
    ):
        host.pages["/host"] = (host_page(url), {})
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for name in PICTURES:
            take(browser, name, url, host)
            sys.stdout.write(f"{IMAGES / name}\n")
        browser.close()
    host.stop()


if __name__ == "__main__":
    main()
