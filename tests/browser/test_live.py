"""A training in a real browser: pictures that are never taken away, a pause, one iteration, another λ."""

import re

import pytest
from playwright.sync_api import Page, expect
from settled import settled
from test_playground import RUN, iteration, train, wait_until

WATCHED = """() => {
    window.lost = [];
    new MutationObserver((changes) => changes.forEach((change) => change.removedNodes.forEach((node) => {
        if (node.nodeType === 1 && (node.matches("canvas") || node.querySelector("canvas")))
            window.lost.push(node.tagName + " " + node.className);
    }))).observe(document.body, { childList: true, subtree: true });
}"""


@pytest.fixture
def training(page: Page) -> Page:
    """The page of a training whose pictures are all there."""
    page.goto("/?data=s_curve&k=2&iterations=20000&method=adam")
    page.get_by_role("button", name="Train", exact=True).wait_for()
    settled(page)
    train(page)
    page.get_by_text(re.compile(r"Iteration [\d,]+ of")).first.wait_for()
    page.locator(".player canvas").first.wait_for()
    page.locator('[data-testid="stVegaLiteChart"] canvas').nth(1).wait_for()
    page.wait_for_timeout(1000)
    return page


def test_live_pictures_stay_while_a_run_trains_and_is_changed(training):
    page = training
    page.evaluate(WATCHED)
    began = iteration(page)
    wait_until(page, lambda: iteration(page) > 4 * max(100, began), 60)  # the axis doubles twice
    assert page.evaluate("window.lost") == []

    page.get_by_role("button", name=re.compile("Pause")).click()
    resume = page.get_by_role("button", name=re.compile("Resume"))
    resume.wait_for()
    expect(page.get_by_text(re.compile("Iteration .* paused"))).to_be_visible()
    page.wait_for_timeout(1500)
    still = iteration(page)
    page.wait_for_timeout(1500)
    assert iteration(page) == still
    page.get_by_role("button", name=re.compile("One iteration")).click()
    wait_until(page, lambda: iteration(page) == still + 1)

    slider = page.locator("[class*=st-key-live_tikhonov]").get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    resume.click()
    page.get_by_role("heading", name=re.compile("changed by hand")).wait_for()
    assert page.evaluate("window.lost") == []

    page.keyboard.press("Alt+p")
    resume.wait_for()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.wait_for_url(RUN)
    expect(page.get_by_text(re.compile("changed by hand")).first).to_be_visible()
