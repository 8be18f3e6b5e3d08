"""The main job in a real browser: it opens moving, trains on digits, plays, survives a reload."""

import re
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Error, Page, expect
from settled import seen

PLAYER = ".player"
JOB = re.compile(r"[?&]job=")
RUN = re.compile(r"[?&]run=(?!gallery)")


def opened(page: Page, link: str = "/") -> Page:
    page.goto(link)
    page.locator(f"{PLAYER} .caption:visible").filter(has_text="t = ").first.wait_for()
    return page


def flow_time(page: Page) -> str:
    """The caption "t = ..." of the player."""
    caption = page.locator(f"{PLAYER} .caption").first
    return (caption.text_content() or "") if caption.count() else ""


def wait_until(page: Page, condition, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        page.wait_for_timeout(50)


def train(page: Page) -> None:
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(JOB)


def iteration(page: Page) -> int:
    words = page.get_by_text(re.compile(r"Iteration [\d,]+ of")).first.text_content() or ""
    return int(re.search(r"Iteration ([\d,]+)", words)[1].replace(",", ""))


def test_opens_on_a_run_that_is_already_playing(page):
    opened(page)
    wait_until(page, lambda: flow_time(page) != "")
    panes = page.locator(f"{PLAYER} .panes").first
    first, picture = flow_time(page), panes.screenshot()
    wait_until(page, lambda: flow_time(page) != first)
    assert panes.screenshot() != picture
    expect(page.locator(".js-plotly-plot")).to_have_count(3)  # after the first frame


def test_reduced_motion_is_honoured(browser, server):
    context = browser.new_context(base_url=server.url, reduced_motion="reduce")
    page = opened(context.new_page())
    page.wait_for_timeout(2500)
    start = flow_time(page)
    page.wait_for_timeout(1000)
    assert flow_time(page) == start
    context.close()


def test_trains_on_digits_moves_survives_and_is_found(page, open_page, server):
    opened(page, "/?iterations=4000")
    page.get_by_role("combobox", name="Data set").click()
    page.get_by_role("option", name="Digits").click()
    seen(page.get_by_text("Handwritten digits"))
    train(page)

    page.get_by_text(re.compile(r"Iteration [\d,]+ of 4,000")).first.wait_for()
    canvas = page.locator(f"{PLAYER} .panes")
    began, pictures = iteration(page), set()
    for _ in range(8):
        page.wait_for_timeout(350)
        with suppress(Error):  # it may be laid out anew between two pictures
            pictures.add(canvas.screenshot())
    assert iteration(page) > began  # the numbers go on
    assert len(pictures) > 3  # and so do the particles

    page.reload()  # nothing stops, nothing is doubled
    page.get_by_text(re.compile(r"Iteration [\d,]+ of 4,000")).first.wait_for()
    assert iteration(page) > began
    other = open_page()
    other.goto(page.url)
    other.get_by_text(re.compile(r"Iteration [\d,]+ of 4,000")).first.wait_for()
    assert JOB.search(other.url)

    page.get_by_role("button", name="Stop", exact=True).click()
    page.wait_for_url(RUN)
    other.wait_for_url(RUN)
    page.locator(f"{PLAYER} .caption").filter(has_text="t = ").first.wait_for()
    first = flow_time(page)
    wait_until(page, lambda: flow_time(page) not in ("", first))
    stored = [path.name for path in Path(server.runs).iterdir() if "digits" in path.name]
    assert len(stored) == 1

    opened(page, page.url)  # the link brings the run back
    seen(page.get_by_role("heading", name="Digits (8×8), k = 8, λ = 3·10⁻⁴, pmp"))
    page.get_by_role("link", name="Runs").click()
    seen(page.get_by_role("heading", name="Runs"))


def test_an_unknown_run_in_the_link_is_explained(page):
    page.goto("/?run=20200101-000000-moons-k1-0000")
    expect(page.get_by_role("alert")).to_contain_text("20200101")
    page.wait_for_selector(PLAYER)
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()


def test_the_server_has_loaded_no_torch_and_no_sklearn(page, server):
    opened(page)
    page.get_by_role("link", name="Runs").click()
    seen(page.get_by_role("heading", name="Runs"))
    if not hasattr(psutil.Process, "memory_maps"):
        pytest.skip("this system does not tell what a process has loaded")
    files = {Path(mapped.path).as_posix() for mapped in psutil.Process(server.process.pid).memory_maps()}
    assert not [name for name in files if "/torch/" in name or "/sklearn/" in name]
