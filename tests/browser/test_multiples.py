"""Small multiples in a real browser: many on one clock, one of them enlarged and small again."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from reading import snapshot
from tiny_page import errors, show, tiny_page

from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.multiples import live_multiples


def picture(iteration: int = 10, r: int = 7, d: int = 2, identity: str = "study") -> bytes:
    """r regimes at an iteration."""
    shot = snapshot(n=60, d=d)
    outputs = np.stack([shot["outputs"] * (0.3 + 0.1 * place + 0.001 * iteration) for place in range(r)])
    shot |= {"outputs": outputs, "iterations": [iteration] * r}
    return encode(live_multiples(identity, shot, [f"λ = 0.{place}" for place in range(r)]))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = tiny_page(browser, "player", picture())
    yield page
    assert not errors(page)
    page.context.close()


def titles(page: Page) -> list[str]:
    """Titles of the panes that are seen."""
    return page.locator(".opener:visible").all_text_contents()


def seen(page: Page) -> bytes:
    """The panes."""
    return page.locator(".panes").screenshot()


@pytest.mark.parametrize("width, columns", [(1400, 7), (1000, 4), (700, 4), (376, 2)])
def test_as_many_columns_as_fit_and_no_pane_sticks_out(browser: Browser, width: int, columns: int) -> None:
    page = tiny_page(browser, "player", picture(), width=width)
    boxes = [head.bounding_box() for head in page.locator(".head").all()]
    assert len({round(box["x"]) for box in boxes}) == columns
    assert min(box["width"] for box in boxes) >= 150
    assert max(box["x"] + box["width"] for box in boxes) <= width
    page.context.close()


def test_a_click_enlarges_and_escape_brings_all_back(page: Page) -> None:
    assert len(titles(page)) == 7
    small = seen(page)
    box = page.locator(".head").nth(2).bounding_box()
    page.mouse.click(box["x"] + 80, box["y"] + 100)
    assert titles(page) == ["λ = 0.2"]
    expect(page.locator(".opener:visible")).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("button", name="ghost", exact=False).first).to_be_hidden()  # that of another pane
    expect(page.locator(".switches:visible").get_by_role("button", name="target")).to_be_visible()
    page.keyboard.press("Escape")
    assert len(titles(page)) == 7
    page.mouse.move(0, 0)
    page.wait_for_timeout(300)
    assert seen(page) == small


def test_it_works_by_keyboard_and_the_focus_stays(page: Page) -> None:
    title = page.get_by_role("button", name="λ = 0.5")
    title.focus()
    page.keyboard.press("Enter")
    assert titles(page) == ["λ = 0.5"]
    expect(title).to_be_focused()
    page.get_by_role("button", name="all", exact=True).focus()
    page.keyboard.press("Enter")
    assert len(titles(page)) == 7
    expect(title).to_be_focused()


def test_what_is_enlarged_stays_so_when_new_data_come_and_goes_when_it_is_gone(page: Page) -> None:
    page.get_by_role("button", name="λ = 0.6").click()
    before = seen(page)
    show(page, picture(900))
    assert titles(page) == ["λ = 0.6"]
    expect(page.locator(".note:visible").first).to_have_text("iteration 900")
    page.wait_for_timeout(600)
    assert seen(page) != before
    show(page, picture(900, r=3))
    assert len(titles(page)) == 3


def test_the_one_of_the_same_place_stays_enlarged_when_others_are_shown(page: Page) -> None:
    page.get_by_role("button", name="λ = 0.3").click()
    show(page, picture(identity="study seed 2"))
    assert titles(page) == ["λ = 0.3"]
    page.reload()
    page.locator("body[data-ready=yes]").wait_for(state="attached")
    show(page, picture(identity="study seed 2"))
    assert titles(page) == ["λ = 0.3"]
    page.get_by_role("button", name="all", exact=True).click()
    show(page, picture())
    assert len(titles(page)) == 7


def test_a_drag_turns_all_of_them_and_enlarges_none(browser: Browser) -> None:
    page = tiny_page(browser, "player", picture(d=3))
    first, last = (page.locator(".head").nth(i).bounding_box() for i in (0, 6))
    clip = {"x": last["x"], "y": last["y"] + 30, "width": last["width"], "height": 150}
    page.wait_for_timeout(600)
    before = page.screenshot(clip=clip)
    page.mouse.move(first["x"] + 60, first["y"] + 80)
    page.mouse.down()
    page.mouse.move(first["x"] + 120, first["y"] + 100, steps=4)
    page.mouse.up()
    page.mouse.move(0, 0)
    page.wait_for_timeout(300)
    assert len(titles(page)) == 7
    assert page.screenshot(clip=clip) != before
    page.context.close()


def test_a_switch_of_the_enlarged_one_goes_for_all(page: Page) -> None:
    before = seen(page)
    page.get_by_role("button", name="λ = 0.0").click()
    page.locator(".switches:visible").get_by_role("button", name="target").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="λ = 0.4").click()
    switch = page.locator(".switches:visible").get_by_role("button", name="target")
    expect(switch).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Escape")
    assert seen(page) != before


def test_a_player_waits_for_its_first_picture_without_an_error(browser: Browser) -> None:
    page = tiny_page(browser, "player", b"")
    expect(page.get_by_text("Waiting for the first picture")).to_be_visible()
    for width in (700, 1000):  # what is seen and resized asks for a drawing
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(200)
    show(page, picture())
    expect(page.get_by_text("Waiting for the first picture")).to_be_hidden()
    assert len(titles(page)) == 7 and not errors(page)
    page.context.close()
