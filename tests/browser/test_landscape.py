"""The landscape of the cost in a real browser: λ moves it without a server, map and surface, readings."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from tiny_page import errors, show, tiny_page

from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.landscape import line_scene, plane_scene

QUICK_MS = 200
"""What a move of the slider may take; it takes about 10."""


def plane(identity: str = "plane", tikhonov: float = 0.01) -> bytes:
    """A double well."""
    a = np.linspace(-2, 2, 41)
    x, y = np.meshgrid(a, a)
    answer = {
        "a": a,
        "b": a,
        "data_term": 0.2 * (x**2 - 1) ** 2 + 0.1 * y**2,
        "square": (x - 0.2) ** 2 + y**2 + 1,
        "marks": np.array([[0.0, 0.0], [-1.0, 0.0]]),
        "marks_data_term": np.array([0.1, -0.3]),
        "marks_square": np.array([1.0, 2.0]),
        "path": np.array([[1.5, 1.5], [1.2, 0.4], [0.0, 0.0]]),
        "path_off": np.array([3.0, 0.5, 0.0]),
        "zero": np.array([0.2, 0.0]),
        "zero_off": 1.0,
        "zero_data_term": np.nan,
        "values": np.array([0.5, -0.06]),
        "note": "",
    }
    return encode(plane_scene(answer, tikhonov, identity, "minimisers", names=["θ*", "seed 2"]))


def line() -> bytes:
    """A line over a barrier."""
    s = np.linspace(-0.25, 1.25, 61)
    answer = {"s": s, "data_term": s**2 * (1 - s) ** 2, "square": 2 + s, "distance": 1.5, "note": ""}
    return encode(line_scene(answer, 0.01, "line"))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = tiny_page(browser, "landscape", plane())
    yield page
    assert not errors(page)
    page.context.close()


def picture(page: Page) -> bytes:
    page.mouse.move(0, 0)
    return page.locator(".picture").screenshot()


def words(page: Page) -> str:
    return page.locator(".words").text_content() or ""


def test_the_slider_moves_the_surface_at_once(page: Page) -> None:
    before = picture(page)
    slider = page.get_by_role("slider", name="Tikhonov weight λ")
    assert words(page) == "Tikhonov weight λ = 0.01"
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert words(page) == "Tikhonov weight λ = 0.0105"
    expect(slider).to_have_attribute("aria-valuetext", "λ = 0.0105")
    page.keyboard.press("End")
    assert words(page) == "Tikhonov weight λ = 1"
    assert picture(page) != before
    slow = page.evaluate("""() => {
        const slider = document.querySelector("input"), passed = [];
        for (let step = 0; step < 20; step++) {
            slider.value = 5 * step;
            const start = performance.now();
            slider.dispatchEvent(new Event("input"));
            passed.push(performance.now() - start);
        }
        return passed.sort((a, b) => a - b)[10];
    }""")
    assert slow < QUICK_MS
    page.get_by_role("button", name="λ of the run: 0.01").click()
    assert words(page) == "Tikhonov weight λ = 0.01"
    assert picture(page) == before


def test_without_a_penalty_there_is_one_picture(page: Page) -> None:
    page.get_by_role("slider").focus()
    page.keyboard.press("Home")
    assert words(page) == "Tikhonov weight λ = 0"


def test_the_curvature_follows_the_weight_in_words(page: Page) -> None:
    expect(page.locator(".caption")).to_contain_text("0.52 and −0.04 along the two axes: J does not curve")
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    expect(page.locator(".caption")).to_contain_text("J curves upwards along both")


def test_the_surface_turns_by_hand_and_by_keys(page: Page) -> None:
    flat = picture(page)
    button = page.get_by_role("button", name="surface")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    first = picture(page)
    assert first != flat
    box = page.locator("canvas.top").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 220, steps=3)
    page.mouse.up()
    turned = picture(page)
    assert turned != first
    page.locator("canvas.top").focus()
    page.keyboard.press("ArrowLeft")
    assert picture(page) != turned


def test_places_are_read_by_hand_and_by_keys(page: Page) -> None:
    before = picture(page)
    box = page.locator("canvas.top").bounding_box()
    page.mouse.move(box["x"] + 150, box["y"] + 150)
    assert page.locator(".picture").screenshot() != before
    page.mouse.move(0, 0)
    page.locator("canvas.top").focus()
    page.keyboard.press("ArrowRight")
    spoken = page.locator(".spoken").text_content() or ""
    # at a = 0.1, b = 0 of the double well, λ = 0.01
    assert "data term 0.196" in spoken and "λ‖θ‖² 0.0101" in spoken and "J = 0.206" in spoken


def test_named_controls_have_their_own_cost(page: Page) -> None:
    expect(page.locator(".caption")).to_contain_text("λ = 0.01: J = 0.11 at θ*, −0.28 at seed 2.")
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    expect(page.locator(".caption")).to_contain_text("λ = 1: J = 1.1 at θ*, 1.7 at seed 2.")


def test_weight_and_view_outlive_new_data_and_a_reload(page: Page) -> None:
    page.get_by_role("slider").focus()
    page.keyboard.press("PageUp")
    moved = words(page)
    page.get_by_role("button", name="surface").click()
    show(page, plane())
    assert words(page) == moved
    page.reload()
    page.locator("body[data-ready=yes]").wait_for(state="attached")
    show(page, plane())
    assert words(page) == moved
    expect(page.get_by_role("button", name="surface")).to_have_attribute("aria-pressed", "true")
    show(page, plane("another", 0.1))
    assert words(page) == "Tikhonov weight λ = 0.1"


def test_a_line_is_read_and_weighed(browser: Browser) -> None:
    page = tiny_page(browser, "landscape", line())
    expect(page.get_by_role("button", name="surface")).to_be_hidden()
    before = picture(page)
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    assert picture(page) != before
    page.locator("canvas.top").focus()
    page.keyboard.press("ArrowRight")
    assert "s = 0," in (page.locator(".spoken").text_content() or "")
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 700, 1400])
def test_it_fits_any_width(browser: Browser, scheme: str, width: int) -> None:
    page = tiny_page(browser, "landscape", plane(), scheme, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".picture").bounding_box()["height"] > 200
    assert not errors(page)
    page.context.close()


def test_a_scene_that_cannot_be_read_becomes_a_sentence(browser: Browser) -> None:
    page = tiny_page(browser, "landscape", b"\x08\x00\x00\x00notjson!")
    expect(page.locator(".message")).to_contain_text("could not be drawn")
    show(page, plane())
    expect(page.locator(".message")).to_be_hidden()
    page.context.close()
