"""One Chromium for all browser tests; a service and a fresh profile for each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.browser.service import host_page, serving
from tests.browser.stub import Stub

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOST = (
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Some page</title>'
    "<h1>Some page</h1><p>Words of the page.</p>"
    '<script type="module" src="/widget.js"></script>{tag}<p>More words.</p></html>'
)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Closed with the last browser test: its event loop would be in the way of others."""
    pytest.importorskip("playwright", reason="browser tests need playwright: make test installs it")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("browser tests need Chromium: apt-get install -y chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def stub() -> Iterator[Stub]:
    """The stand-in service, with a host page at /host that holds a floating widget, and /inline."""
    service = Stub()
    service.pages["/host"] = (HOST.format(tag="<dl-guide-chat></dl-guide-chat>"), {})
    service.pages["/inline"] = (HOST.format(tag="<dl-guide-chat inline></dl-guide-chat>"), {})
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="package")
def host() -> Iterator[Stub]:
    """Somebody's site, on another origin than the service: its pages are in `pages`."""
    site = Stub()
    site.start()
    yield site
    site.stop()


@pytest.fixture(scope="package")
def service(data_dir: Path, host: Stub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running service, which `host` may ask; one for all browser tests."""
    state = tmp_path_factory.mktemp("state")
    with serving(state, index_dir=str(data_dir / "index"), allowed_origins=host.url) as url:
        for path, attributes, direction in (
            ("/host", "", "ltr"),
            ("/inline", "inline", "ltr"),
            ("/rtl", "", "rtl"),
        ):
            host.pages[path] = (host_page(url, attributes, direction), {})
        yield url


class Site(Protocol):
    """Where a tab goes."""

    @property
    def url(self) -> str:
        """Without a slash at its end."""


@dataclass(frozen=True)
class Place:
    """An address that a tab goes to."""

    url: str
    """Without a slash at its end."""


def box(locator: Any) -> dict[str, float]:
    """Where something is on the screen: x, y, width, height in CSS pixels."""
    found: dict[str, float] | None = locator.bounding_box()
    assert found is not None, "it is not on the screen"
    return found


class Tab:
    """A page in a browser profile of its own, with the parts of the widget by their names."""

    def __init__(self, context: BrowserContext, stub: Site) -> None:
        self.context = context
        self.stub = stub
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def visit(self, path: str = "/inline") -> Tab:
        """Goes to a page of its site and waits for the widget."""
        self.page.goto(self.stub.url + path)
        self.page.wait_for_function("customElements.get('dl-guide-chat') !== undefined")
        return self

    def button(self, name: str) -> Any:
        """A button by its exact accessible name."""
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def field(self) -> Any:
        """The question field."""
        return self.page.locator("dl-guide-chat .composer textarea")

    @property
    def turns(self) -> Any:
        """Every question with its answer."""
        return self.page.locator("dl-guide-chat .turn")

    @property
    def prose(self) -> Any:
        """The text of the last answer."""
        return self.turns.last.locator(".prose")

    @property
    def status(self) -> Any:
        """What the last turn says about how it fares."""
        return self.turns.last.locator(".status")

    @property
    def announcer(self) -> Any:
        """What is read out."""
        return self.page.locator("dl-guide-chat .log > .sr")

    def say(self, question: str) -> None:
        """Types a question and sends it."""
        self.field.fill(question)
        self.field.press("Enter")

    def ask(self, question: str) -> None:
        """The same, and waits for the answer."""
        count = self.turns.count()
        self.say(question)
        self.page.wait_for_function(
            """(n) => {
                const turns = document.querySelector('dl-guide-chat').shadowRoot.querySelectorAll('.turn');
                return turns.length > n && turns[turns.length - 1].dataset.state === 'done';
            }""",
            arg=count,
        )


@pytest.fixture
def tab(browser: Browser, stub: Stub) -> Iterator[Tab]:
    """A tab on a desk, in light colours."""
    context = browser.new_context(viewport={"width": 1000, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(5000)
    one = Tab(context, stub)
    yield one
    context.close()
    assert one.faults == []


@pytest.fixture
def guest(browser: Browser, host: Stub, service: str) -> Iterator[Tab]:
    """A tab on somebody's site with the floating widget of the real service."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(10000)
    tab = Tab(context, host).visit("/host")
    yield tab
    context.close()
    assert tab.faults == []


@pytest.fixture
def real(browser: Browser, service: str) -> Iterator[Tab]:
    """A tab on the service's own page."""

    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(10000)
    tab = Tab(context, Place(service))
    tab.page.add_init_script(
        """window.violations = [];
        document.addEventListener('securitypolicyviolation', (e) => violations.push(e.effectiveDirective));"""
    )
    tab.visit("/")
    yield tab
    assert tab.page.evaluate("violations") == []
    context.close()
    assert tab.faults == []


@pytest.fixture
def phone(browser: Browser, stub: Stub) -> Iterator[Tab]:
    """A tab on a phone."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    context.set_default_timeout(5000)
    one = Tab(context, stub)
    yield one
    context.close()
    assert one.faults == []


WIDGET = Path(__file__).parent.parent.parent / "assistant" / "channels" / "widget"
