"""The first visit: a tour that can be dismissed for good, presets, a page that does not jump."""

import re

import pytest
from playwright.sync_api import Page, expect
from settled import seen, settled

CARD = ".tour .card"
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const main = ({ node }) => node && node.nodeType === 1 && node.closest("[data-testid=stMain]");
    if (entry.sources.some(main)) shifts.push([entry.startTime, entry.value]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


def opened(page: Page, link: str = "/") -> Page:
    page.goto(link)
    page.locator(".player .caption").filter(has_text="t = ").first.wait_for()
    settled(page)
    return page


def test_the_tour_has_four_steps_and_is_gone_for_good_when_it_was_dismissed(page):
    opened(page)
    card = page.locator(CARD)
    expect(card).to_contain_text("1 of 4")
    titles = {card.locator("h2").text_content()}
    for step in (2, 3, 4):
        card.get_by_role("button", name="Next").press("Enter")
        expect(card).to_contain_text(f"{step} of 4")
        titles.add(card.locator("h2").text_content())
    assert len(titles) == 4
    card.get_by_role("button", name="Don't show again").click()
    expect(card).to_be_hidden()
    page.reload()
    opened(page, page.url)
    expect(page.locator(CARD)).to_be_hidden()
    page.get_by_role("button", name="Tour").click()  # who wants it has it again
    expect(page.locator(CARD)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(CARD)).to_be_hidden()


def test_a_tour_that_was_closed_comes_again_with_the_next_visit(page):
    opened(page)
    page.locator(CARD).get_by_role("button", name="Close").click()
    expect(page.locator(CARD)).to_be_hidden()
    page.reload()
    opened(page, page.url)
    expect(page.locator(CARD)).to_be_visible()


@pytest.mark.parametrize("link", ["/?embed=true", "/?lesson=03"])
def test_no_tour_where_somebody_else_leads(page, link):
    opened(page, link)
    assert page.locator(CARD).count() == 0 or not page.locator(CARD).is_visible()


def test_a_preset_opens_its_run_and_turns_the_knobs(page):
    opened(page)
    page.locator(CARD).get_by_role("button", name="Close").click()
    page.get_by_role("button", name="High λ", exact=True).click()
    seen(page.get_by_role("heading", name="S-curve, high λ"))
    assert re.search(r"run=gallery-s_curve_high", page.url)
    seen(page.get_by_text("0.1", exact=True).first)
    expect(page.get_by_role("combobox", name=re.compile("Data set"))).to_have_value(re.compile("S-curve"))


def test_nothing_jumps_when_the_player_comes(page):
    page.add_init_script(SHIFTS)
    opened(page)
    came = page.evaluate("performance.getEntriesByName('player first frame')[0].startTime")
    page.wait_for_timeout(1500)
    late = [value for at, value in page.evaluate("shifts") if at > came - 300]
    assert sum(late) < 0.05
