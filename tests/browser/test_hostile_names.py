"""Runs, a study and a table with names that would be pictures and links, on every page of a real browser."""

import re
from urllib.parse import urlsplit

import pytest
from all_pages import ADDRESSES
from hostile import hostile_store
from playwright.sync_api import Browser
from serving import serve
from settled import settled

from pages.shared import setup

MADE = """() => [...document.querySelectorAll("a, img, iframe, script, object, use, image")]
    .filter((each) => /host\\.test/.test(each.outerHTML)).map((each) => each.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def named(request, tmp_path_factory):
    """A server whose store is full of such names, and their ids."""
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOENCODE_RUNS", str(folder / "runs"))
        setup.store.clear()
        ids = hostile_store()
        setup.store.clear()
        with serve(request.config.rootpath / "app.py", folder) as running:
            yield running, ids


def test_no_name_becomes_a_picture_or_a_link(browser: Browser, named):
    server, ids = named
    page = browser.new_page(base_url=server.url)
    page.set_default_timeout(60_000)
    elsewhere, errors = [], []
    page.on("request", lambda request: elsewhere.append(request.url) if not here(request.url) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    shown = 0
    for address in [each for each in ADDRESSES if "lesson=" not in each]:
        runs = f"run={ids['table']}" + f"&run={ids['again']}" * ("flow" in address or "compare" in address)
        page.goto(f"/{address}{'&' if '?' in address else '?'}{runs}&study={ids['study']}")
        settled(page)
        assert page.evaluate(MADE) == [], address
        shown += bool(
            re.search(r"!\\[x\\]|host\.test", page.locator("body").inner_text().replace("\u2060", ""))
        )
    assert elsewhere == [] and errors == []
    assert shown > 3  # menus have them besides, as the value of a field
    page.close()


def here(url):
    return urlsplit(url).scheme in ("data", "blob") or urlsplit(url).hostname == "127.0.0.1"
