"""The page Regimes in a real browser: a strip trained and opened, convexity, landscape, comparison, links."""

import re
from contextlib import suppress

from playwright.sync_api import Page, TimeoutError, expect
from settled import seen, settled

expect.set_options(timeout=30_000)  # a strip takes seconds, and the workers theirs to start

STRIP = "gallery.regimes"
CHART = ".js-plotly-plot"
MARK = f"{CHART} .scatterlayer .points path"


def opened(page: Page, view: str, **link: str) -> Page:
    more = "".join(f"&{name}={value}" for name, value in link.items())
    page.goto(f"/regimes?view={view}{more}")
    page.get_by_role("radio", name=view.capitalize(), checked=True).wait_for()
    return page


def open_mark(page: Page, number: int, address: re.Pattern[str]) -> None:
    """Clicks a mark until its run opens: a click may fall between two figures."""
    for _ in range(3):
        click_mark(page, number)
        with suppress(TimeoutError):
            page.wait_for_url(address, timeout=10_000)
            return
    page.wait_for_url(address)


def click_mark(page: Page, number: int) -> None:
    """A click in the middle of a mark: Plotly's own layer lies over it."""
    mark = page.locator(MARK).nth(number)
    mark.wait_for()
    page.wait_for_timeout(1500)  # it listens a moment after it has drawn
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_strip_is_trained_shown_and_opened(page, console_errors):
    opened(page, "strip")
    seen(page.get_by_text("all seeds agree").first)
    expect(page.locator(".player .opener")).to_have_count(7)  # the small multiples of the gallery's strip

    page.get_by_text("Train a strip of your own").click()
    page.get_by_role("spinbutton", name="Seeds").fill("2")
    page.get_by_role("spinbutton", name="Iterations").fill("60")
    page.get_by_role("spinbutton", name="Iterations").press("Enter")
    page.get_by_role("spinbutton", name="Train on").fill("0")
    page.get_by_role("spinbutton", name="Train on").press("Enter")
    page.get_by_role("button", name="Train 14 runs").click()
    page.wait_for_url(re.compile("job="))
    expect(page.get_by_role("button", name="Stop", exact=True).first).to_be_visible()
    page.wait_for_url(re.compile(r"study=(?!gallery)"))
    seen(page.get_by_text(re.compile("of 2 seeds against λ")))
    seen(page.get_by_text(re.compile(r"\d+ of 14 runs had not converged")))
    expect(page.locator(".player .opener")).to_have_count(7)

    open_mark(page, 0, re.compile(r"/flow\?run=.*-strip-.*\.0\d\d"))
    page.locator(".player .caption").filter(has_text="t = ").first.wait_for()
    page.go_back()
    page.wait_for_url(re.compile("/regimes"))
    expect(page.locator(CHART).first).to_be_visible()
    assert not [line for line in console_errors if "404" not in line]


def test_a_small_flow_is_enlarged_and_small_again(page):
    opened(page, "strip")
    openers = page.locator(".player .opener")
    expect(openers).to_have_count(7)
    openers.nth(2).click()
    expect(page.locator(".player .opener:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".player .opener:visible")).to_have_count(7)


def test_both_branches_of_a_continuation_and_their_runs(page):
    opened(page, "continuation")
    seen(page.get_by_text(re.compile("The branches differ at")))
    open_mark(page, 3, re.compile(r"/flow\?run=gallery\.hysteresis\.0\d\d"))


def test_the_certificate_and_the_flattest_direction(page):
    opened(page, "convexity", run=f"{STRIP}.027")
    seen(page.get_by_text("J is locally strongly convex here"))
    caption = page.locator(".player .caption").first
    expect(caption).to_have_text("s = 0")  # it stands at the trained control
    page.get_by_role("button", name="Play", exact=False).first.click()
    expect(caption).not_to_have_text("s = 0")
    page.get_by_role("button", name="ν along the training").click()
    expect(page.locator(CHART)).to_have_count(2)
    page.get_by_role("button", name="Compute it").click()  # a link has begun nothing that takes long
    expect(page.locator(CHART)).to_have_count(3)


def test_the_slider_moves_the_landscape_without_the_server(page):
    opened(page, "landscape", run=f"{STRIP}.010")
    slider = page.locator(".landscape input[type=range]")
    slider.wait_for()
    before, sent = page.locator(".landscape .picture").screenshot(), []
    page.on("websocket", lambda socket: sent.append(socket))
    page.on("request", lambda request: sent.append(request))
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert page.locator(".landscape .picture").screenshot() != before
    assert not sent
    page.get_by_role("radio", name="Plane of three minimisers").click()
    seen(page.get_by_text("The second run"))
    slider.wait_for()


def test_pinned_runs_are_in_the_link_to_this_screen(page, open_page):
    opened(page, "compare")
    players = ".player canvas.top:visible"
    expect(page.locator(players)).to_have_count(2)
    words = "Only one knob differs, Tikhonov weight λ"
    said = page.get_by_test_id("stAlert").filter(has_text=words).last
    expect(said).to_be_visible()
    settled(page)
    assert "run=" not in page.url  # nobody has chosen them
    page.get_by_role("button", name="Link to this screen").click()
    link = page.get_by_test_id("stCode").locator("code").inner_text()
    assert link.count("run=") == 2 and "view=compare" in link
    other = open_page()
    other.goto(link)
    expect(other.locator(players)).to_have_count(2)
    expect(other.get_by_test_id("stAlert").filter(has_text=words).last).to_have_text(said.inner_text())
