"""The page Mean field in a real browser: rates, density with its mass, the doubled state, links."""

import io
import re

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from settled import seen
from test_player import NO_WEBGL, WEBGL
from test_playground import flow_time

expect.set_options(timeout=30_000)  # the workers take their time to start

CHART = ".js-plotly-plot"


def opened(page: Page, view: str, run: str = "gallery-s_curve", **link: str) -> Page:
    more = "".join(f"&{name}={value}" for name, value in link.items())
    page.goto(f"/mean_field?view={view}&run={run}{more}")
    return page


def test_rates_of_a_sweep_and_their_link(page, open_page):
    opened(page, "particles", "gallery-bimodal", largest="128", samples="2", starts="1")
    compute = page.get_by_role("button", name="Compute it")
    seen(page.get_by_text("a link never begins what takes long"))
    compute.click()
    expect(page.locator(CHART)).to_have_count(4, timeout=90_000)  # it trains
    seen(page.get_by_text(re.compile(r"; sliced W₁ \(64 directions\) to 20,000 fresh")))
    seen(page.get_by_text("Converged: 8 of 8 points, each one start; 8 of 8 trainings."))
    assert "largest=128" in page.url and "view=particles" in page.url
    other = open_page()
    other.goto(page.url)
    expect(other.locator(CHART)).to_have_count(4)  # what is known needs no click


def test_the_density_plays_and_its_mass_stays_on_screen(page, console_errors):
    opened(page, "density", "gallery-moons")
    seen(page.get_by_text(re.compile(r"mass of μₜ = 1 ± 1?0?")))
    caption = page.locator(".player .caption").filter(has_text="t = ").first
    before = caption.inner_text()
    expect(caption).not_to_have_text(before)
    page.get_by_role("radio", name="only where they start").click()
    seen(page.get_by_text("most lies beside the grid"))
    assert "grid=" in page.url
    assert not [line for line in console_errors if "404" not in line]


def shading(browser: Browser, server, script: str) -> list[np.ndarray]:
    """What a pencil draws of the density alone, at t = 0 and between two layers, as shares of grey."""
    size = {"width": 1400, "height": 1000}
    context = browser.new_context(base_url=server.url, reduced_motion="reduce", viewport=size)
    context.add_init_script(script)
    page = opened(context.new_page(), "density", "gallery-residual_network")
    page.locator(".player .caption").filter(has_text="t = ").wait_for(timeout=60_000)
    page.keyboard.press("Home")
    for name in ("particles", "ghost of the input"):
        switch = page.get_by_role("button", name=name, exact=True)
        if switch.get_attribute("aria-pressed") == "true":
            switch.click()
    pictures = []
    for share in (0, 0.045):
        strip = page.locator(".player .strip").bounding_box()
        page.mouse.click(strip["x"] + 10 + share * (strip["width"] - 20), strip["y"] + 30)
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)
        picture = Image.open(io.BytesIO(page.locator(".player canvas").first.screenshot())).convert("L")
        pictures.append(np.asarray(picture.crop((60, 90, picture.width // 2, picture.height - 60))) / 255)
    assert 0.1 < float(re.match(r"t = ([\d.]+)", flow_time(page))[1]) < 0.25
    context.close()
    return pictures


def test_between_two_layers_the_density_is_where_the_particles_are(browser, server):
    """The circle of t = 0 is torn apart at once: half way through the first layer no ring is left."""
    (start, plain), (_, card) = shading(browser, server, NO_WEBGL), shading(browser, server, WEBGL)
    assert plain.shape == card.shape and np.mean(np.abs(plain - card)) < 0.003
    ring = start < 0.93  # the middle of the first density, without the lines of the grid
    assert ring.sum() > 300
    assert np.median(start[ring]) < 0.92 < 0.967 < np.median(plain[ring])  # a cross-fade leaves 0.95 of it


def test_the_doubled_state_and_the_push_forward(page):
    opened(page, "doubled")
    expect(page.locator(".player .title", has_text="Shadow variables s")).to_be_visible()
    seen(page.get_by_text("Both forms end in the same place"))
    page.get_by_role("radio", name="Push-forward").click()
    seen(page.get_by_text("the histogram moves as the samples do"))
    expect(page.locator(CHART)).to_have_count(1)
    assert "view=push" in page.url
