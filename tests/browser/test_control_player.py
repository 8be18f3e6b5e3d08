"""Costates and one iteration of pmp in a real browser."""

import io
import re

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, expect
from settled import seen
from test_player import NO_WEBGL, WEBGL
from test_playground import flow_time, wait_until

expect.set_options(timeout=30_000)  # the workers take their time to start


def time_of(page) -> float:
    return float(re.match(r"t = ([\d.]+)", flow_time(page))[1])


def test_costates_play_backwards_and_can_be_turned_round(page, console_errors):
    page.goto("/control?view=costates&run=gallery-circle")
    page.locator(".player .caption").filter(has_text="t = ").wait_for()
    wait_until(page, lambda: 0.2 < time_of(page) < 2.8)
    first = time_of(page)
    wait_until(page, lambda: time_of(page) < first)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play backwards (Space)")).to_be_visible()
    still = page.locator(".player .panes").screenshot()
    page.get_by_role("button", name="costates p(t)").click()
    page.wait_for_timeout(300)
    assert page.locator(".player .panes").screenshot() != still  # the arrows are gone
    page.get_by_role("button", name="Play forwards").click()
    held = time_of(page)
    page.get_by_role("button", name="Play (Space)").click()
    wait_until(page, lambda: time_of(page) > held)
    assert not [line for line in console_errors if "404" not in line]


def arrows(browser: Browser, server, script: str) -> np.ndarray:
    """Where the costates of one moment are drawn by a pencil, as shares of grey."""
    context = browser.new_context(base_url=server.url, reduced_motion="reduce")
    context.add_init_script(script)
    page = context.new_page()
    page.goto("/control?view=costates&run=gallery-bimodal")
    page.locator(".player .caption").filter(has_text="t = ").wait_for()
    page.keyboard.press("Home")
    for name in ("particles", "ghost of the target"):
        page.get_by_role("button", name=name, exact=True).click()
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    picture = Image.open(io.BytesIO(page.locator(".player .panes").screenshot())).convert("L")
    context.close()
    return np.asarray(picture) / 255


def test_arrows_are_the_same_with_webgl_and_without(browser, server):
    plain, card = arrows(browser, server, NO_WEBGL), arrows(browser, server, WEBGL)
    assert plain.shape == card.shape
    assert np.mean(plain < 0.8) > 0.01
    assert np.mean(np.abs(plain - card)) < 0.0015


def test_the_other_players_have_no_way_back(page):
    page.goto("/flow?run=gallery-circle")
    page.locator(".player .caption").filter(has_text="t = ").first.wait_for()
    expect(page.get_by_role("button", name=re.compile("Play (for|back)wards"))).to_have_count(0)


def test_an_iteration_step_by_step_and_in_the_link(page, open_page):
    page.goto("/control?view=iteration&run=gallery-circle")
    seen(page.get_by_text("The particles go through the layers"))
    for words in ("From the end back to the start", "States and costates stay as they are", "tried:"):
        page.get_by_role("button", name="Next").click()
        seen(page.get_by_text(words))
    expect(page.locator(".player canvas.top")).to_have_count(1)
    page.wait_for_url(re.compile("[?&]phase="))
    other = open_page()
    other.goto(page.url)
    seen(other.get_by_text("tried:"))
