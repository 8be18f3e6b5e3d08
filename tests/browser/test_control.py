"""The page Control in a real browser: the control along t, the methods, links."""

import re

from playwright.sync_api import expect
from settled import seen

expect.set_options(timeout=30_000)  # the workers take their time to start

CHART = ".js-plotly-plot"


def opened(page, view, **link):
    more = "".join(f"&{name}={value}" for name, value in link.items())
    page.goto(f"/control?view={view}{more}")
    expect(page.locator(CHART).first).to_be_visible()
    return page


def test_the_control_its_hamiltonian_and_its_residuals_share_an_axis(page, console_errors):
    opened(page, "along", run="gallery-bimodal")
    expect(page.locator(f"{CHART} .heatmaplayer image")).to_have_count(1)
    for words in ("Control θ(t)", "Speed of the flow", "flow time t"):
        expect(page.locator(CHART).get_by_text(words)).to_be_visible()
    seen(page.get_by_text("H is constant to 0.066%"))
    seen(page.get_by_text("θ is maximal nearby"))
    assert page.locator(f"{CHART} .cartesianlayer .subplot").count() == 5
    expect(page.get_by_role("alert")).to_have_count(0)
    assert not [line for line in console_errors if "404" not in line]


def test_the_figure_is_saved_as_a_table(page):
    opened(page, "along", run="gallery-bimodal")
    seen(page.get_by_text("θ is maximal nearby"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").click()
    assert saved.value.suggested_filename == "gallery-bimodal-control.csv"
    head, *rows = saved.value.path().read_text().splitlines()
    assert head.startswith("layer,t_from,t_to") and len(rows) == 10


def test_the_methods_from_the_link_and_on_logarithmic_axes(page, open_page):
    page.goto("/control?view=methods&run=gallery-bimodal&each=50")
    page.get_by_role("button", name="Compute it").click()  # a link alone begins nothing that takes long
    expect(page.locator(CHART)).to_have_count(3)
    seen(page.get_by_text(re.compile("after 50 iterations")).first)
    page.get_by_role("radio", name="log", exact=True).click()
    page.wait_for_url(re.compile("axes=log"))
    other = open_page()
    other.goto(page.url)
    expect(other.get_by_role("radio", name="log", exact=True)).to_be_checked()
    expect(other.locator(CHART)).to_have_count(3)
