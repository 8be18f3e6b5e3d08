"""The picture alone on the screen, the latent moment, and what larger type and reduced motion change."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tiny_page import errors, show, tiny_page

from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.flow import flow_scene
from autoencode_core.home import GALLERY
from autoencode_core.store.run_store import RunStore

FITTED = """(() => {
  const [canvas, panes] = [".top", ".panes"].map((name) => document.querySelector(name));
  const near = (pixels, length) => Math.abs(pixels - length * devicePixelRatio) <= 1;
  return near(canvas.width, panes.clientWidth) && near(canvas.height, panes.clientHeight);
})()"""
"""Whether the canvas has the size that its box has."""


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The circle of the gallery."""
    record = RunStore(tmp_path_factory.mktemp("runs"), gallery=GALLERY).record("gallery-circle")
    return encode(flow_scene(record, "circle", title="A circle"))


@pytest.fixture
def page(browser: Browser, flow: bytes) -> Iterator[Page]:
    page = tiny_page(browser, "player", flow)
    expect(page.locator(".player .caption")).to_contain_text("t = ")
    yield page
    assert not errors(page)
    page.context.close()


def box(page: Page, selector: str) -> dict[str, float]:
    found = page.locator(selector).first.bounding_box()
    assert found is not None
    return dict(found)


@pytest.mark.parametrize("width, height", [(1024, 768), (1920, 1080), (400, 800), (3840, 2160)])
def test_picture_and_timeline_fill_the_screen_and_escape_leaves(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function(FITTED, timeout=30_000)
    usual = box(page, ".panes")
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Leave full screen")).to_be_visible()
    whole = box(page, ".player")
    assert (whole["x"], whole["y"], whole["width"], whole["height"]) == (0, 0, width, height)
    for part in (".play", ".strip", ".caption", ".present", ".panes"):
        seen = box(page, part)
        assert seen["y"] >= 0 and seen["y"] + seen["height"] <= height, part
        assert seen["x"] >= 0 and seen["x"] + seen["width"] <= width, part
    assert box(page, ".panes")["height"] > (0.25 if width < 1024 else 0.5) * height
    expect(page.locator(".headline")).to_have_text("A circle")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Full screen", exact=True)).to_be_focused()
    page.wait_for_function("document.fullscreenElement === null")
    page.wait_for_function(FITTED, timeout=30_000)
    assert box(page, ".panes") == usual


def test_type_and_marks_grow_with_the_screen(page: Page) -> None:
    size = "parseFloat(getComputedStyle(document.querySelector('.caption')).fontSize)"
    page.set_viewport_size({"width": 1920, "height": 1080})
    usual = page.evaluate(size)
    page.get_by_role("button", name="Full screen", exact=True).click()
    expect(page.get_by_role("button", name="Leave full screen")).to_be_visible()
    assert page.evaluate(size) > 1.5 * usual
    page.get_by_role("button", name="Leave full screen").click()
    expect(page.get_by_role("button", name="Full screen", exact=True)).to_be_visible()
    assert page.evaluate(size) == usual


def test_the_keyboard_does_not_go_under_it(page: Page) -> None:
    page.evaluate("document.body.append(Object.assign(document.createElement('button'), {id: 'under'}))")
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Leave full screen")).to_be_visible()
    page.evaluate("document.getElementById('under').focus()")
    assert page.evaluate("document.activeElement.closest('.player') !== null")


def test_playing_rests_at_the_latent_moment_where_it_is_marked(page: Page) -> None:
    mark = page.get_by_role("button", name="Rest at the latent moment")
    expect(page.locator(".sentence")).to_be_hidden()
    mark.click()
    expect(mark).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Speed").select_option("4")
    page.locator(".strip").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    expect(page.locator(".sentence")).to_have_text(
        "The latent moment, t = 1.5: 1 of 2 components is all that is left, "
        "and all that the decoder is given.",
        timeout=20_000,
    )
    moment = page.locator(".caption").text_content()
    page.wait_for_timeout(700)
    assert page.locator(".caption").text_content() == moment and "t = 1.50" in str(moment)
    expect(page.locator(".sentence")).to_have_text("", timeout=20_000)  # and goes on


def test_with_larger_type_a_click_still_meets_the_particle_under_it(page: Page) -> None:
    page.keyboard.press("Space")
    page.keyboard.press("Home")
    page.evaluate("document.documentElement.style.fontSize = '21.6px'")
    page.wait_for_timeout(300)
    ratio = page.evaluate("document.querySelector('.panes').clientHeight") / box(page, ".strip")["height"]
    assert 3 < ratio < 12
    strip = box(page, ".strip")
    page.mouse.click(strip["x"] + strip["width"] - 3, strip["y"] + strip["height"] / 2)
    expect(page.locator(".caption")).to_contain_text("t = 3.00")


def test_with_reduced_motion_it_stands_still_until_it_is_told_to_play(browser: Browser, flow: bytes) -> None:
    page = tiny_page(browser, "player", flow)
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    page.locator("body[data-ready=yes]").wait_for(state="attached")
    page.evaluate("sessionStorage.clear()")
    show(page, flow)
    expect(page.get_by_role("button", name="Play (Space)")).to_be_visible()
    moment = page.locator(".caption").text_content()
    page.wait_for_timeout(500)
    assert page.locator(".caption").text_content() == moment
    page.context.close()
