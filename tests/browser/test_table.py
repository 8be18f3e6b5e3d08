"""A person's own table in a real browser: looked at, asked about, taken, trained on, found by its link."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect
from settled import seen

ROWS = "".join(
    f"{i};{1 + i % 7}.{100 + i};{2 + i % 5}.{200 + i};{'rot' if i % 3 else 'blau'}\n" for i in range(40)
)
TABLE = f"Nr;Höhe;Breite;Art\n{ROWS}"


def look_at(page: Page, file: Path, link: str = "/") -> None:
    """Upload a file; the preview is on screen afterwards."""
    page.goto(link)
    box = page.get_by_role("combobox", name="Data set")
    box.click()
    box.fill("Your own table")
    box.press("Enter")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("heading", name="Your table").wait_for()


def kept(server) -> list[Path]:
    """What is kept of this table; other tests keep others."""
    return list((server.runs / "data").glob("*größen*"))


def test_a_table_is_asked_about_taken_and_trained_on(page, open_page, server, tmp_path):
    file = tmp_path / "Größen 2024.csv"
    file.write_text(TABLE, encoding="utf-8")
    look_at(page, file, "/?iterations=20")
    take = page.get_by_role("button", name="Take this table")
    seen(page.get_by_text("1.100 in “Höhe” and “Breite”: 1.1, or 1100?"))
    expect(take).to_be_disabled()
    page.get_by_role("button", name="1.100 means 1100").click()
    expect(take).to_be_enabled()
    seen(page.get_by_text("thousands point"))
    seen(page.get_by_text("Label “Art”: 2 classes, blau and rot"))
    seen(page.get_by_text("Left out: “Nr” (an id)"))
    assert not kept(server)  # nothing is kept before it is taken

    take.click()
    seen(page.get_by_text("40 rows of your own file"))
    (file,) = kept(server)
    assert file.read_text(encoding="utf-8") == TABLE and file.name.endswith("-größen-2024.csv")
    expect(page).to_have_url(re.compile("reading="))

    other = open_page()  # the link says how the table is read
    other.goto(page.url)
    seen(other.get_by_text("40 rows of your own file"))
    other.get_by_role("button", name="How it is read").click()
    seen(other.get_by_text("thousands point"))
    other.get_by_role("button", name="Not now").click()

    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(re.compile(r"[?&]run=(?!gallery)"), timeout=60_000)
    seen(page.get_by_role("heading", name="größen-2024.csv"))


def test_a_bad_file_leaves_the_page_usable(page, tmp_path):
    file = tmp_path / "bad.csv"
    file.write_text('a,b,label\n1,2,"u\n3,4,v\n', encoding="utf-8")
    look_at(page, file)
    expect(page.get_by_role("alert")).to_contain_text("row 2")
    expect(page.get_by_role("button", name="Take this table")).to_be_disabled()
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("heading", name="Your table")).to_be_hidden()
    page.locator(".player .caption").first.wait_for()
