"""What leaves the pages: what makes a run again, and figures for a paper."""

import re

from playwright.sync_api import Page, expect
from settled import seen, settled


def test_a_run_can_be_made_again_elsewhere(page: Page) -> None:
    page.goto("/")
    button = page.get_by_role("button", name="Reproduce")
    seen(button)
    button.click()
    line = page.get_by_test_id("stCode").first
    expect(line).to_contain_text(re.compile(r"python -m autoencode_core train --dataset circle"))
    for label, name in (("Python script", ".py"), ("Notebook", ".ipynb"), ("BibTeX", ".bib")):
        settled(page)
        with page.expect_download() as waited:
            page.get_by_role("button", name=label).click()
        assert waited.value.suggested_filename.endswith(name)


def test_a_figure_is_saved_for_a_paper(page: Page) -> None:
    page.goto("/")
    button = page.get_by_role("button", name="Figure").last
    expect(button).to_be_visible()
    settled(page)
    button.click()
    page.get_by_role("radio", name="SVG").or_(page.get_by_role("button", name="SVG")).click()
    with page.expect_download() as waited:
        page.get_by_role("button", name=re.compile("Download SVG")).click(timeout=60_000)
    assert waited.value.suggested_filename.endswith("-history.svg")
    assert b"<svg" in waited.value.path().read_bytes()[:200]
