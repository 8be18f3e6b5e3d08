"""A server of our own and a real Chromium to look at it.

Fixtures: `server` (one for all), `page` (opened on it with `page.goto("/")`), `open_page` (for a second
visitor) and `console_errors`. A page error that nobody caught fails its test.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from find_chromium import HELP, find_chromium
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

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
PATIENCE = 30.0
"""Seconds that a page or the server may take before a test gives up."""
expect.set_options(timeout=PATIENCE * 1000)

_failed = pytest.StashKey[bool]()


@dataclass(frozen=True)
class Server:
    """A running dashboard: its address, its process, the folder of its runs, its log."""

    url: str
    process: subprocess.Popen[bytes]
    runs: Path
    log: Path

    def last_words(self, lines: int = 40) -> str:
        """The end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@contextmanager
def serve(app: Path, folder: Path) -> Iterator[Server]:
    """A dashboard on a free port, gone with all its children at the end.

    Args:
        app: the script to run, in its own folder.
        folder: where its runs and its log go.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    runs, log = folder / "runs", folder / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", app.name]
    command += ["--server.port", str(port), "--server.headless", "true"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=app.parent,
            env={**os.environ, "AUTOENCODE_RUNS": str(runs)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}", process, runs, log)
    try:
        _wait_until_healthy(server)
        yield server
    finally:
        _end(process)


def _wait_until_healthy(server: Server) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The server did not come up. Its log:\n{server.last_words()}", pytrace=False)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the whole process group: politely first, so that the server can see its workers out."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


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
