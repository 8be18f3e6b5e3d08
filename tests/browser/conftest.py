"""A server of our own and a real Chromium to look at it.

Fixtures: `server` (one for all), `page` (opened on it with `page.goto("/")`), `open_page` (for a second
visitor) and `console_errors`. A page error that nobody caught fails its test.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from find_chromium import HELP, find_chromium
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from serving import PATIENCE, Server, serve

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
VIEWPORT = {"width": 1400, "height": 1000}
expect.set_options(timeout=PATIENCE * 1000)

_failed = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboard, with an empty runs folder of its own."""
    with serve(request.config.rootpath / "app.py", tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium; per module, since its event loop must not outlive these tests."""
    path = find_chromium()
    if path is None:
        pytest.fail(HELP, pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def console_errors() -> list[str]:
    """What the pages of this test wrote to the console as errors."""
    return []


@pytest.fixture
def open_page(
    request: pytest.FixtureRequest,
    browser: Browser,
    server: Server,
    tmp_path_factory: pytest.TempPathFactory,
    console_errors: list[str],
) -> Iterator[Callable[[], Page]]:
    """Opens a page of a new visitor (own cookies, own session), blank at first."""
    pages: list[Page] = []
    uncaught: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            console_errors.append(message.text)

    def note_uncaught(error: Exception) -> None:
        # Plotly rejects a promise with nothing in it when an animation is interrupted, as pausing does.
        if str(error) != "undefined":
            uncaught.append(str(error))

    def opened() -> Page:
        page = browser.new_context(viewport=VIEWPORT, base_url=server.url).new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.on("pageerror", note_uncaught)
        page.on("console", note)
        pages.append(page)
        return page

    yield opened

    if request.node.stash.get(_failed, False) or uncaught:
        folder = tmp_path_factory.mktemp("seen")
        for number, page in enumerate(p for p in pages if not p.is_closed()):
            with suppress(PlaywrightError):  # a page too busy to be pictured is closed all the same
                page.screenshot(path=folder / f"{number}.png", timeout=10_000)
        print(f"Screenshots: {folder}\nConsole errors: {console_errors}\nServer:\n{server.last_words()}")
    for page in pages:
        page.context.close()
    if uncaught:
        pytest.fail("Uncaught in the page: " + "; ".join(uncaught), pytrace=False)


@pytest.fixture
def page(open_page: Callable[[], Page]) -> Page:
    """One page, blank at first: `page.goto("/")`."""
    return open_page()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed:
        item.stash[_failed] = True
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker("browser")
