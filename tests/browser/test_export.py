"""Players saved as files: opened from the disk, without server or network, they look and play as they did."""

import html
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from test_landscape import line, plane
from test_playground import opened, wait_until
from tiny_page import errors, tiny_page

from autoencode_core.export.player_page import player_page
from autoencode_core.export.run import export
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.flow import flow_scene
from autoencode_core.figures.scenes.multiples import multiples_scene
from autoencode_core.home import GALLERY
from autoencode_core.store.record import RunRecord
from autoencode_core.store.run_file import unpack

Open = Callable[..., Page]
SPACE = "S-curve onto two numbers, low λ"
PIXELS = "document.querySelector('.panes canvas').toDataURL()"
"""The particles, axes and layers: all but words, among which there is the reading of a picked particle."""


def run(name: str) -> RunRecord:
    """A run of the gallery."""
    return unpack((GALLERY / f"{name}.autoencode").read_bytes())


def saved(name: str, **screen: Any) -> str:
    """A run of the gallery as a file."""
    found = export(run(name), lambda share, words: None, format="html", screen=screen)
    return found["data"].tobytes().decode()


@pytest.fixture
def from_disk(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a file of its own; nothing may be asked of any other place, nothing may go wrong."""
    pages: list[Page] = []
    wrong: list[str] = []

    def open_file(text: str, **settings: Any) -> Page:
        path = tmp_path / f"{len(pages)}.html"
        path.write_text(text, encoding="utf-8")
        whole = {"viewport": {"width": 1016, "height": 900}, "offline": True, **settings}
        page = browser.new_context(**whole).new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("request", lambda asked: None if asked.url == path.as_uri() else wrong.append(asked.url[:80]))
        page.goto(path.as_uri())
        pages.append(page)
        return page

    yield open_file
    for page in pages:
        page.context.close()
    assert not wrong


def captions(page: Page) -> list[str]:
    """What each player says of its moment."""
    return page.locator(".player .caption").all_text_contents()


def button(page: Page, name: str) -> Locator:
    """The first button of that name."""
    return page.get_by_role("button", name=name, exact=True).first


@pytest.mark.parametrize("name", ["s_curve", "moons", "digits", "classify"])
def test_a_run_plays_from_the_disk(from_disk: Open, name: str) -> None:
    text = saved(name)
    assert len(text.encode()) < 1_000_000
    page = from_disk(text)
    first = captions(page)
    wait_until(page, lambda: captions(page) != first)
    page.keyboard.press("Space")
    expect(button(page, "Play (Space)")).to_be_visible()
    still, picture = captions(page), page.evaluate(PIXELS)
    page.wait_for_timeout(400)
    assert captions(page) == still
    for _ in range(3):  # the first step may be to a moment so near that t has the same two digits
        page.keyboard.press("ArrowRight")
    wait_until(page, lambda: captions(page) != still)
    assert page.evaluate(PIXELS) != picture
    expect(page.get_by_role("heading", level=1)).to_have_text(run(name).name)
    expect(page.locator(".player canvas.top")).to_have_attribute(
        "aria-label", page.locator("figcaption").inner_text()
    )


def test_it_plays_in_a_frame_of_a_notebook(from_disk: Open) -> None:
    page = from_disk(f'<iframe srcdoc="{html.escape(saved("moons"))}" width="900" height="700"></iframe>')
    words = page.frame_locator("iframe").locator(".player .caption")
    first = words.inner_text()
    wait_until(page, lambda: words.inner_text() != first)


def test_what_needs_a_server_is_not_offered(from_disk: Open) -> None:
    page = from_disk(saved("moons"))
    page.locator("summary", has_text="Save").click()
    expect(page.locator(".save .menu button")).to_have_text(["Picture as it is now (PNG)"])
    expect(button(page, "density of μₜ")).to_be_hidden()
    expect(button(page, "vector field F(·, θ(t))")).to_be_hidden()
    with page.expect_download() as waited:
        page.get_by_role("button", name="Picture as it is now (PNG)").click()
    assert waited.value.suggested_filename.endswith(".png")


WRITTEN = """() => {
window.written = [];
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...where) {
  if (!this.canvas.isConnected) window.written.push(text);
  return write.call(this, text, ...where);
};
}
"""


def test_a_picture_saved_while_playing_is_named_after_the_moment_it_shows(
    from_disk: Open, tmp_path: Path
) -> None:
    page = from_disk(saved("circle"), viewport={"width": 420, "height": 900})
    page.evaluate(WRITTEN)
    page.locator("summary", has_text="Save").click()
    with page.expect_download() as waited:
        page.get_by_role("button", name="Picture as it is now (PNG)").click()
    expect(button(page, "Pause (Space)")).to_be_visible()
    (shown,) = page.evaluate("written.filter((text) => text.startsWith('t = '))")
    name = waited.value.suggested_filename
    assert name.endswith(f"-t{shown.split(' ')[2]}.png")
    waited.value.save_as(tmp_path / "saved.png")
    with Image.open(tmp_path / "saved.png") as image:
        assert image.width >= 1920
    # the screen is as sharp as before
    assert page.evaluate("document.querySelector('.panes canvas').width") < 420


def test_reduced_motion_starts_paused(from_disk: Open) -> None:
    page = from_disk(saved("s_curve"), reduced_motion="reduce")
    expect(button(page, "Play (Space)")).to_be_visible()
    start = captions(page)
    page.wait_for_timeout(500)
    assert captions(page) == start == ["t = 0.00 · encoder · layer 1 of 8 · driven 3 of 3"]
    page.keyboard.press("Space")
    wait_until(page, lambda: captions(page) != start)


def test_the_flags_of_the_command_line_are_honoured(from_disk: Open) -> None:
    page = from_disk(
        saved("s_curve", at=0.75, yaw=0.5, unrolled=True, dark=True, particles=[3, 7], layers=["particles"])
    )
    assert captions(page)[0].startswith("t = 0.75 ·")
    expect(button(page, "unrolled")).to_have_attribute("aria-pressed", "true")
    expect(button(page, "tails")).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 17, 23)"
    assert page.evaluate("[...window.autoencodePlayers.groups.values()][0].chosen.size") == 2


WITHOUT_SERVER = """() => {
  for (const one of document.querySelectorAll("button")) {
    if (/^(density of|vector field)/.test(one.textContent)) one.style.display = "none";
  }
  document.fonts.dispatchEvent(new Event("loadingdone")); // the player measures its heads anew
}"""
"""Hides the layers that a file does not offer: with them the switches may take a line more."""


@pytest.mark.parametrize("name", ["s_curve", "moons"])
def test_a_saved_screen_is_the_screen(browser: Browser, from_disk: Open, name: str) -> None:
    scene = encode(flow_scene(run(name), "a run", start=0.25))
    page = tiny_page(browser, "player", scene)
    page.evaluate(WITHOUT_SERVER)
    page.keyboard.press("Space")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    box = page.locator("canvas.top").bounding_box()
    middle = (box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 90, middle[1] - 40, steps=4)
    page.mouse.up()
    page.keyboard.press("n")
    button(page, "tails").click()
    page.locator("select").last.select_option(label="squared error")
    page.mouse.move(0, 0)
    page.keyboard.press("Space")
    page.wait_for_timeout(300)
    page.keyboard.press("Space")
    page.locator("summary", has_text="Save").click()
    page.get_by_role("button", name="Page that plays anywhere (HTML)").click()
    asked = page.evaluate("said.save")
    assert asked["format"] == "html" and [one["id"] for one in asked["scenes"]] == ["a run"]
    memories = {one["id"]: one["memory"] for one in asked["scenes"]}
    other = from_disk(player_page([scene], memories))
    expect(button(other, "Play (Space)")).to_be_visible()
    expect(button(other, "tails")).to_have_attribute(
        "aria-pressed", button(page, "tails").get_attribute("aria-pressed")
    )
    assert captions(other) == captions(page)
    assert len(memories["a run"]["picks"]) == 1
    other.wait_for_timeout(300)
    assert other.evaluate(PIXELS) == page.evaluate(PIXELS)
    assert not errors(page)
    page.context.close()


def test_two_runs_share_one_clock(from_disk: Open) -> None:
    scenes = [
        encode(flow_scene(run(name), name, clock="flow", beside=False))
        for name in ("s_curve", "s_curve_high")
    ]
    page = from_disk(
        player_page(scenes, {"s_curve": {"time": {"at": 0.5, "playing": False, "speed": 1, "loop": True}}})
    )
    expect(page.locator(".player")).to_have_count(2)
    assert [words[:8] for words in captions(page)] == ["t = 0.75"] * 2
    page.keyboard.press("Space")
    wait_until(page, lambda: "decoder" in captions(page)[0])
    page.keyboard.press("Space")
    for _ in range(3):
        assert captions(page)[0][:8] == captions(page)[1][:8]
        page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Play (Space)")).to_have_count(2)


def test_small_multiples_enlarge(from_disk: Open) -> None:
    records = [run("s_curve"), run("s_curve_high")]
    page = from_disk(player_page([encode(multiples_scene(records, ["λ = low", "λ = high"], "two"))]))
    page.get_by_role("button", name="λ = high").click()
    expect(page.locator(".opener:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".opener:visible")).to_have_count(2)


@pytest.mark.parametrize("draw", [plane, line])
def test_a_landscape_is_saved_as_it_is(browser: Browser, from_disk: Open, draw: Callable[[], bytes]) -> None:
    page = tiny_page(browser, "landscape", draw())
    page.locator("input[type=range]").press("ArrowRight")
    if draw is plane:
        page.get_by_role("button", name="surface").click()
        page.locator("canvas.top").press("ArrowLeft")
    page.get_by_role("button", name="Save HTML").click()
    asked = page.evaluate("said.save")
    memories = {one["id"]: one["memory"] for one in asked["scenes"]}
    other = from_disk(player_page([draw()], memories, kind="landscape"))
    for seen in (".words", ".caption"):
        assert other.locator(seen).first.inner_text() == page.locator(seen).first.inner_text()
    expect(other.get_by_role("button", name="Save HTML")).to_be_hidden()
    before = other.locator(".words").first.inner_text()
    other.locator("input[type=range]").press("ArrowRight")
    assert other.locator(".words").first.inner_text() != before
    page.context.close()


@pytest.mark.parametrize("width", [400, 1200])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_wider_than_the_window(from_disk: Open, width: int, dark: bool) -> None:
    page = from_disk(saved("digits", dark=dark), viewport={"width": width, "height": 800})
    wait_until(page, lambda: captions(page) != [""])
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_flow_saves_all_its_runs_in_one_file(page: Page, from_disk: Open) -> None:
    opened(page, "/flow?run=gallery-s_curve&run=gallery-s_curve_high")
    expect(page.locator(".player .transport:visible")).to_have_count(1)
    page.keyboard.press("Space")
    expect(button(page, "Play (Space)")).to_be_visible()
    shown = page.locator(".player .transport:visible .caption").text_content()
    page.locator("summary", has_text="Save").first.click()
    page.get_by_role("button", name="Page that plays anywhere (HTML)").first.click()
    with page.expect_download() as waited:
        page.get_by_role("button", name="Download HTML").click()
    assert waited.value.suggested_filename == "S-curve-onto-two-numbers-low.html"
    other = from_disk(waited.value.path().read_text(encoding="utf-8"))
    expect(other.get_by_role("heading", level=1)).to_have_text([SPACE, "S-curve, high λ: the flow is PCA"])
    transport = other.locator(".player .transport:visible")  # one for both, as on the page
    expect(transport.locator(".caption")).to_have_text([shown])
    pictures = [other.locator(".player .panes").nth(place).screenshot() for place in (0, 1)]
    button(other, "Play (Space)").click()
    for place, picture in enumerate(pictures):
        wait_until(
            other, lambda at=place, was=picture: other.locator(".player .panes").nth(at).screenshot() != was
        )
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Download HTML")).to_have_count(0)
