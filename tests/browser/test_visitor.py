"""Who looks, in real browsers: known again after a reload and in another tab, and not taken for another."""

import re

import pytest
from playwright.sync_api import Browser, Page
from serving import serve

PAGE = """import streamlit as st
from pages.shared.visitor import visitor
st.text("visitor " + visitor())
"""


@pytest.fixture(scope="module")
def address(request, tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("visitor")
    (folder / "who.py").write_text(PAGE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(request.config.rootpath))
        with serve(folder / "who.py", folder) as running:
            yield running.url


def seen(page: Page, address: str) -> str:
    page.goto(address)
    text = page.get_by_text(re.compile("^visitor [0-9a-f]{32}$"))
    text.wait_for()
    return text.inner_text()


def test_a_browser_is_known_again_and_no_link_makes_it_another(browser: Browser, address):
    here, there = browser.new_context(), browser.new_context()
    first, second, other = here.new_page(), here.new_page(), there.new_page()
    found = seen(first, address)
    assert seen(first, address) == found
    assert seen(second, address) == found
    stranger = seen(other, address)
    assert stranger != found
    assert seen(other, f"{address}/?visitor_here={found}&visitor={found}") == stranger
    assert all(cookie["value"] not in first.content() for cookie in here.cookies())
    here.close()
    there.close()
