"""The page Mean field in a real browser: rates, density with its mass, the doubled state, links."""

import re

from playwright.sync_api import Page, expect

expect.set_options(timeout=30_000)  # the workers take their time to start

CHART = ".js-plotly-plot"


def opened(page: Page, view: str, run: str = "gallery-s_curve", **link: str) -> Page:
    more = "".join(f"&{name}={value}" for name, value in link.items())
    page.goto(f"/mean_field?view={view}&run={run}{more}")
    return page


def test_rates_of_a_sweep_and_their_link(page, open_page):
    opened(page, "particles", "gallery-bimodal", sweep_largest="128", sweep_seeds="2", sweep_starts="1")
    expect(page.locator(CHART)).to_have_count(4, timeout=90_000)  # it trains
    expect(page.get_by_text(re.compile(r"; sliced W₁ \(64 directions\) to 20,000 fresh"))).to_be_visible()
    expect(page.get_by_text("Converged: 8 of 8 points, each one start; 8 of 8 trainings.")).to_be_visible()
    assert "sweep_largest=128" in page.url and "view=particles" in page.url
    other = open_page()
    other.goto(page.url)
    expect(other.locator(CHART)).to_have_count(4)


def test_the_density_plays_and_its_mass_stays_on_screen(page, console_errors):
    opened(page, "density", "gallery-moons")
    expect(page.get_by_text(re.compile(r"mass of μₜ = 1 ± 1?0?"))).to_be_visible()
    caption = page.locator(".player .caption").filter(has_text="t = ").first
    before = caption.inner_text()
    expect(caption).not_to_have_text(before)
    page.get_by_role("radio", name="only where they start").click()
    expect(page.get_by_text("most lies beside the grid")).to_be_visible()
    assert "mass_grid=" in page.url
    assert not [line for line in console_errors if "404" not in line]


def test_the_doubled_state_and_the_push_forward(page):
    opened(page, "doubled")
    expect(page.locator(".player .title", has_text="Shadow variables s")).to_be_visible()
    expect(page.get_by_text("Both forms end in the same place")).to_be_visible()
    page.get_by_role("radio", name="Push-forward").click()
    expect(page.get_by_text("the histogram moves as the samples do")).to_be_visible()
    expect(page.locator(CHART)).to_have_count(1)
    assert "view=push" in page.url
