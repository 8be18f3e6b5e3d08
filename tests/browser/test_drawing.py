"""A data set drawn with the mouse, with a finger and with keys, taken and trained on."""

import math
import re

import pytest
from playwright.sync_api import Page, expect
from settled import seen

BOARD = ".drawing canvas.board"
LINK = "/?data=draw&iterations=12&tolerance=0"


def opened(page: Page) -> Page:
    page.goto(LINK)
    page.locator(BOARD).wait_for()
    return page


def places(page: Page):
    """From coordinates of the board to those of the screen; its axes stand 34 px from the left, 12 below."""
    box = page.locator(BOARD).bounding_box()
    side = box["width"] - 46
    return lambda x, y: (box["x"] + 34 + (x + 2) / 4 * side, box["y"] + 12 + (2 - y) / 4 * side)


def stroke(page: Page, way) -> None:
    """Drags along a way, a function of a share from 0 to 1."""
    place = places(page)
    page.mouse.move(*place(*way(0)))
    page.mouse.down()
    for i in range(1, 31):
        page.mouse.move(*place(*way(i / 30)))
    page.mouse.up()


def arc(turn: float, x: float, y: float):
    return lambda share: (x + math.cos(turn + 3 * share), y + math.sin(turn + 3 * share))


def said(page: Page) -> tuple[int, ...]:
    """How many points there are, and of which class."""
    words = page.locator(".drawing .caption").text_content() or ""
    return tuple(int(number) for number in re.findall(r"(\d+) (?:points?|of class)", words))


def press(page: Page, name: str) -> None:
    page.locator(".drawing").get_by_role("button", name=name, exact=True).click()


def test_a_drawing_becomes_a_run(page, console_errors):
    opened(page)
    use = page.get_by_role("button", name="Use this drawing")
    expect(use).to_be_disabled()
    stroke(page, arc(0, -0.4, -0.1))
    (first,) = said(page)
    assert 100 < first < 140  # 40 for each unit of 3, and the press
    press(page, "Class B")
    stroke(page, arc(math.pi, 0.4, 0.1))
    both, a, b = said(page)
    assert a == first and both == a + b > 200

    press(page, "Eraser")
    stroke(page, lambda share: (share - 1, 0.9))  # across the top of the first arc
    erased = said(page)
    assert erased[2] == b and 0 < erased[1] < a
    press(page, "Undo")
    assert said(page) == (both, a, b)
    press(page, "Clear")
    assert said(page) == (0,)
    expect(use).to_be_disabled()
    press(page, "Undo")
    assert said(page) == (both, a, b)

    page.reload()  # what is not used yet is not lost
    page.locator(BOARD).wait_for()
    expect(page.locator(".drawing .caption")).to_contain_text(f"{both} points")

    use.click()
    seen(page.get_by_text("Your drawing is kept as my-drawing.csv"))
    seen(page.get_by_text(f"{both} rows of your own file."))
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(
        re.compile(r"[?&]run=(?!gallery)"), timeout=90_000
    )  # the first job waits for the workers
    seen(page.get_by_text("my-drawing.csv, k = 1"))
    seen(page.get_by_text("All 12 iterations done", exact=False))
    assert not console_errors


def test_the_board_is_drawn_on_with_keys(page):
    opened(page)
    board = page.locator(BOARD)
    board.focus()
    page.keyboard.press("Space")
    (dab,) = said(page)
    assert dab > 1
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    assert said(page) == (2 * dab, dab, dab)
    assert f"{2 * dab} points" in board.get_attribute("aria-label")
    page.keyboard.press("e")
    page.keyboard.press("Space")
    assert said(page) == (dab,)
    page.keyboard.press("Control+z")
    assert said(page) == (2 * dab, dab, dab)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_finger_draws_where_there_is_little_room(browser, server, scheme):
    context = browser.new_context(
        viewport={"width": 400, "height": 900}, has_touch=True, base_url=server.url, color_scheme=scheme
    )
    page = opened(context.new_page())
    box = page.locator(BOARD).bounding_box()
    assert box["width"] <= 400 and box["x"] >= 0
    page.touchscreen.tap(*places(page)(1, -1))
    assert said(page)[0] > 1
    pixel = page.locator(BOARD).evaluate(
        """(board, [x, y]) => {
          const box = board.getBoundingClientRect(), unit = board.width / box.width;
          return [...board.getContext("2d").getImageData((x - box.x) * unit, (y - box.y) * unit, 1, 1).data];
        }""",
        places(page)(1, -1),
    )
    blue = [43, 143, 208] if scheme == "dark" else [0, 114, 178]  # the mark of the first class
    assert max(abs(found - wanted) for found, wanted in zip(pixel, blue, strict=False)) <= 3
    context.close()
