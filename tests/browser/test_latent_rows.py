"""The page Latent, Rows, in a real browser: a file is dropped, codes are taken along."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from settled import seen

expect.set_options(timeout=30_000)  # the workers take their time to start


def test_rows_of_a_file_among_the_codes(page, console_errors):
    page.goto("/latent?run=gallery-moons")
    page.get_by_role("radio", name="Rows").click()
    picture = page.locator(".js-plotly-plot").filter(has_text="Rows among the codes").last
    expect(picture).to_contain_text("test row", timeout=90_000)
    with page.expect_download() as waited:
        page.get_by_role("button", name="Codes of all 2,500 rows").click()
    lines = Path(waited.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2501 and lines[0] == "row,part,label,z1,squared distance (data units²)"

    rows = "x2;x1;remark\n0.5;-0.87;on the curve\n9;9;far away\n"
    file = {"name": "neu äöü.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("1 of 2 rows is unusual")).to_be_visible(timeout=60_000)
    expect(picture).to_contain_text("unusual new row")
    with page.expect_download() as waited:
        page.get_by_role("button", name="Codes of the new rows").click()
    lines = Path(waited.value.path()).read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in lines] == ["row", "2", "3"]
    assert lines[2].endswith(",1.0,unusual") and waited.value.suggested_filename == "neu äöü-codes.csv"

    page.locator("input[type=file]").set_input_files({**file, "buffer": b"x1,y\n1,2\n3,4\n"})
    seen(page.get_by_text("which the run was trained on"))
    assert not [line for line in console_errors if "404" not in line]


@pytest.mark.parametrize("width", [400, 1280])
def test_it_fits_the_page(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/latent?run=gallery-digits")
    page.get_by_role("radio", name="Rows").click()
    picture = page.locator(".js-plotly-plot").filter(has_text="Rows among the codes").last
    expect(picture).to_contain_text("training row", timeout=90_000)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
