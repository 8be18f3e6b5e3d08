"""Every page in a Firefox of the system: it opens, its pictures are drawn, its console has no errors."""

import base64
import io
from collections.abc import Iterator
from typing import Any

import pytest
from all_pages import PAGES
from firefox import Tab, find_firefox, firefox
from PIL import Image

FOUND = find_firefox()
pytestmark = pytest.mark.skipif(FOUND is None, reason="no Firefox on this machine (Debian: firefox-esr)")
ENDED = "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
PLAYERS = (
    "[...document.querySelectorAll('*')].map((node) => node.shadowRoot?.querySelector('.player .panes'))"
    ".filter((node) => node?.clientHeight > 50)"
)
WITH_PLAYER = {"playground", "flow", "latent"}
"""Pages whose first view needs no answer of a worker for its player."""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with firefox(str(FOUND), tmp_path_factory.mktemp("firefox")) as found:
        yield found


def colours(tab: Tab) -> int:
    """How many colours the first player shows; one where it is blank."""
    box = tab.ask(f"(({PLAYERS})[0].scrollIntoView(), ({PLAYERS})[0].getBoundingClientRect().toJSON())")
    clip = {"type": "box", "x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"]}
    shot = tab.send("browsingContext.captureScreenshot", context=tab.context, clip=clip)
    picture = Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")
    return len(picture.getcolors(1 << 24) or ())


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_and_draws(tab: Tab, server: Any, name: str):
    tab.open(f"{server.url}/{'' if name == PAGES[0] else name}", 1400, 1000)
    assert tab.wait(ENDED, 60)
    assert not tab.ask("document.querySelectorAll('[data-testid=stException]').length")
    if name in WITH_PLAYER:
        assert tab.wait("performance.getEntriesByName('player first frame').length > 0", 60)
        assert colours(tab) > 50
    assert not tab.errors
