"""The page The mathematics in a real browser: all formulas are rendered and fit, and links open sections."""

import pytest
from playwright.sync_api import TimeoutError as NotOpened
from playwright.sync_api import expect
from settled import settled

from autoencode_core.home import DOCS

expect.set_options(timeout=30_000)  # the first page of a server takes its time

FORMULAS = (DOCS / "theory.md").read_text(encoding="utf-8").count("\n$$\n") // 2
WRONG = ".katex-error, .katex [mathcolor]"
"""Formulas that cannot be read, and commands that are not known, which stand there in red."""
TOO_WIDE = """[...document.querySelectorAll('[data-testid=stMain], .katex-display')]
    .filter(part => part.scrollWidth > part.clientWidth).map(part => part.textContent.slice(0, 60))"""
PAST_THE_EDGE = """[...document.querySelectorAll('[data-testid=stMain] *')]
    .filter(part => part.getBoundingClientRect().right > innerWidth + 1 && !part.closest('.katex-mathml'))
    .map(part => part.textContent.slice(0, 60)).filter(words => words)"""


@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("dark", 1400), ("light", 400)])
def test_every_formula_is_rendered_and_fits(page, scheme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto("/mathematics")
    expect(page.locator(".katex-display")).to_have_count(FORMULAS)
    expect(page.locator(WRONG)).to_have_count(0)
    assert "$" not in page.get_by_test_id("stMain").inner_text()
    assert page.evaluate(TOO_WIDE) == [] and page.evaluate(PAST_THE_EDGE) == []


def test_links_open_sections(page):
    page.goto("/mathematics?section=5")
    expect(page.locator(".katex-display")).to_have_count(FORMULAS)
    settled(page)
    expect(page.get_by_role("heading", name="5. High and low")).to_be_in_viewport()
    page.get_by_role("link", name="2. The width-varying flow").click()
    expect(page.get_by_role("heading", name="2. The width-varying flow")).to_be_in_viewport()
    page.get_by_role("link", name="sources", exact=True).first.click()
    expect(page.get_by_role("heading", name="Sources")).to_be_in_viewport()


def test_a_section_chosen_at_once_is_kept_while_the_page_above_it_grows(page):
    page.goto("/mathematics?section=5")
    page.get_by_role("link", name="2. The width-varying flow").click()
    expect(page.locator(".katex-display")).to_have_count(FORMULAS)
    settled(page)
    page.wait_for_timeout(1000)
    expect(page.get_by_role("heading", name="2. The width-varying flow")).to_be_in_viewport()


def test_a_person_who_scrolls_is_let_go(page):
    page.goto("/mathematics?section=5")
    expect(page.get_by_role("heading", name="5. High and low")).to_be_in_viewport()
    page.mouse.move(700, 500)
    page.mouse.wheel(0, -20_000)
    page.wait_for_timeout(1000)
    expect(page.get_by_role("heading", name="5. High and low")).not_to_be_in_viewport()


def test_the_text_of_a_view_leads_to_its_section(page):
    page.goto("/control")
    section = opened_by(page, page.get_by_role("link", name="The mathematics, section 3"))
    expect(section.get_by_role("heading", name="3. Cost and its gradient")).to_be_in_viewport(timeout=60_000)


def opened_by(page, link):
    """The page that a link in a view's text opens.

    While the page's first answers come in, what is drawn anew closes again and loses a click.
    """
    for last in (False, False, False, True):
        settled(page)
        try:
            if not link.is_visible():
                page.get_by_text("What am I looking at?").click()
            with page.context.expect_page(timeout=10_000) as opened:
                link.click(timeout=10_000)
            return opened.value
        except NotOpened:
            if last:
                raise
