"""The page ODE limit in a real browser."""

import re

from playwright.sync_api import expect
from settled import seen

expect.set_options(timeout=30_000)  # the workers take their time to start

CHART = ".js-plotly-plot .scatterlayer"


def test_the_verdict_its_picture_and_its_table(page, console_errors):
    page.goto("/ode_limit")
    seen(page.get_by_text("This network is a discretised ODE."))
    page.get_by_role("button", name="For contrast").click()
    seen(page.get_by_text("This network is not a discretised ODE."))
    expect(page.locator(CHART)).to_have_count(2)
    assert "view=" not in page.url  # what nobody chose is not in the link
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    head = download.value.path().read_text().splitlines()
    assert head[0] == "method,substeps,step,difference,error,fitted" and len(head) == 22
    assert not [line for line in console_errors if "404" not in line]


def test_the_views_of_one_run(page):
    page.goto("/ode_limit?view=geometry&run=gallery-s_curve")
    seen(page.get_by_role("heading", name="Lipschitz constants"))
    expect(page.locator(CHART)).to_have_count(4)  # four panels of one figure
    page.get_by_role("radio", name="Depth").click()
    page.wait_for_url(re.compile("view=depth"))
    page.get_by_role("button", name="Compute it").click()  # a link led here
    seen(page.get_by_text("Cutting every layer in two"))
    assert "run=gallery-s_curve" in page.url
