"""The player in a real browser: clock, scrubber, picks, memory, themes, and what it does without WebGL."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from settled import seen
from test_playground import flow_time, opened, wait_until

RUN = "/?run=gallery-s_curve"
CONTEXT = """const real = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, wishes) {
    if (!String(kind).startsWith("webgl")) return real.call(this, kind, wishes);
    return %s;
};"""
NO_WEBGL = CONTEXT % "null"
# A card's name instead of the emulation's: the player draws with WebGL only where a card does the work.
WEBGL = (
    CONTEXT % "real.call(this, kind, {...wishes, failIfMajorPerformanceCaveat: false})"
    + "WebGL2RenderingContext.prototype.getParameter = (ask => function (name) {"
    + "    return name === 0x9246 || name === 0x1F01 ? 'A card' : ask.call(this, name); }"
    + ")(WebGL2RenderingContext.prototype.getParameter);"
)


def paused(page: Page, link: str = RUN) -> Page:
    """The page with its player standing still a while after its start."""
    opened(page, link)
    wait_until(page, lambda: not flow_time(page).startswith(("t = 0.00", "t = 0.0 ")))
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play (Space)").first).to_be_visible()
    return page


def picture(page: Page, place: int = 0) -> bytes:
    """What one of the players shows."""
    return page.locator(".player .panes").nth(place).screenshot()


def strip(page: Page):
    """The first player's, scrolled to: the pictures of a page may be taller than the window."""
    found = page.get_by_role("slider", name="Time").first
    found.scroll_into_view_if_needed()
    return found


def test_space_stops_and_starts_it_and_arrows_step(page):
    paused(page)
    still = flow_time(page)
    page.wait_for_timeout(700)
    assert flow_time(page) == still
    page.keyboard.press("ArrowRight")
    wait_until(page, lambda: flow_time(page) != still)
    stepped = flow_time(page)
    page.keyboard.press("Space")
    wait_until(page, lambda: flow_time(page) != stepped)
    expect(page.get_by_role("button", name="Pause (Space)").first).to_be_visible()


def test_the_scrubber_seeks_by_hand_and_by_keys_and_says_where_it_is(page):
    paused(page)
    box = strip(page).bounding_box()
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    wait_until(page, lambda: "decoder" in flow_time(page))
    late = picture(page)
    expect(strip(page)).to_have_attribute("aria-valuetext", re.compile("decoder, layer"))
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + box["height"] / 2)
    wait_until(page, lambda: "projection drops" in flow_time(page))
    page.keyboard.press("Home")
    wait_until(page, lambda: flow_time(page).startswith("t = 0.00"))
    assert picture(page) != late


def test_reload_keeps_time_and_the_link_carries_it(page, open_page):
    paused(page)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile(r"[?&]t="))
    kept = flow_time(page)
    page.reload()
    wait_until(page, lambda: flow_time(page) == kept)
    page.wait_for_timeout(600)
    assert flow_time(page) == kept
    other = open_page()
    other.goto(page.url)
    wait_until(other, lambda: flow_time(other)[:8] == kept[:8])


def test_nothing_is_asked_of_the_server_while_it_plays(page):
    opened(page, RUN)
    page.wait_for_timeout(1500)
    heard: list[object] = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("websocket", lambda socket: heard.append(socket.url))
    page.wait_for_timeout(2500)
    assert not heard


def test_picks_show_in_every_linked_view_and_survive_reruns(page):
    paused(page, "/flow?run=gallery-s_curve&run=gallery-s_curve_high")
    page.wait_for_timeout(500)
    before = picture(page, 1)
    page.locator(".player").first.locator("canvas.top").focus()
    page.keyboard.press("n")
    seen(page.get_by_role("heading", name="Picked particles (1)"))
    wait_until(page, lambda: picture(page, 1) != before)
    page.keyboard.press("Escape")
    seen(page.get_by_role("heading", name="Single particles"))


@pytest.mark.parametrize("path", ["/", "/flow"])
def test_a_link_opens_at_its_time_whatever_was_before(page, path):
    page.goto(f"{path}?run=gallery-moons&t=2.25")
    wait_until(page, lambda: flow_time(page).startswith("t = 2.25"))
    page.goto(f"{path}?run=gallery-moons&t=0.75")
    wait_until(page, lambda: flow_time(page).startswith("t = 0.75"))


def test_on_a_walk_the_mark_moves(page):
    page.goto("/latent?run=gallery-s_curve")
    page.get_by_text("Walk", exact=True).click()
    page.locator(".player .caption").filter(has_text="share of the way").first.wait_for()
    page.keyboard.press("Space")
    page.keyboard.press("Home")
    page.wait_for_timeout(500)
    start = flow_time(page)
    codes = page.locator(".player .panes").first.bounding_box()
    left = {**codes, "width": codes["width"] / 2}  # the plane of codes, which does not turn
    before = page.screenshot(clip=left)
    page.keyboard.press("End")
    wait_until(page, lambda: flow_time(page) != start)
    page.wait_for_timeout(300)
    assert page.screenshot(clip=left) != before


def test_runs_side_by_side_have_one_transport_that_moves_both(page):
    opened(page, "/flow?run=gallery-s_curve&run=gallery-s_curve_high")
    transport = page.locator(".player .transport:visible")
    expect(transport).to_have_count(1)
    expect(transport).to_be_in_viewport()  # it stays in sight below the pictures
    wait_until(page, lambda: not flow_time(page).startswith("t = 0.00"))
    page.keyboard.press("Space")
    page.wait_for_timeout(300)
    captions = page.locator(".player .transport .caption")
    told = transport.locator(".caption").text_content()
    assert told.startswith("t = ") and {captions.nth(i).text_content() for i in (0, 1)} == {told}
    before = [picture(page, place) for place in (0, 1)]
    strip = transport.get_by_role("slider", name="Time").bounding_box()
    page.mouse.click(strip["x"] + 0.95 * strip["width"], strip["y"] + strip["height"] / 2)
    page.mouse.move(0, 0)
    wait_until(page, lambda: all(picture(page, place) != before[place] for place in (0, 1)))


def test_layers_are_switched_by_their_words(page):
    paused(page)
    before = picture(page)
    word = page.get_by_role("button", name="ghost of the input").first
    expect(word).to_have_attribute("aria-pressed", "true")
    word.click()
    expect(word).to_have_attribute("aria-pressed", "false")
    page.mouse.move(0, 0)
    wait_until(page, lambda: picture(page) != before)


def test_density_and_field_are_computed_when_they_are_asked_for(page):
    paused(page, "/?run=gallery-circle")
    before = picture(page)
    page.get_by_role("button", name="density").first.click()
    page.mouse.move(0, 0)
    wait_until(page, lambda: picture(page) != before, 40)
    word = page.get_by_role("button", name="density").first
    expect(word).to_have_attribute("aria-busy", "false", timeout=20_000)
    expect(word).to_have_attribute("aria-pressed", "true")


def test_unrolled_shows_another_picture(page):
    paused(page)
    before = picture(page)
    page.get_by_role("button", name="unrolled").first.click()
    page.mouse.move(0, 0)
    wait_until(page, lambda: picture(page) != before)


@pytest.mark.parametrize("script, pencil", [(NO_WEBGL, "canvas"), (WEBGL, "webgl")])
@pytest.mark.parametrize("run", ["s_curve", "circle"])
def test_it_plays_with_webgl_and_without(browser: Browser, server, script, pencil, run):
    context = browser.new_context(base_url=server.url)
    context.add_init_script(script)
    page = opened(context.new_page(), f"/?run=gallery-{run}")
    expect(page.locator(".player").first).to_have_attribute("data-pencil", pencil)
    first = picture(page)
    wait_until(page, lambda: picture(page) != first)
    page.keyboard.press("Space")
    if run == "circle":  # flat, so that nothing moves now
        page.wait_for_timeout(300)
        marks = picture(page)
        page.get_by_role("button", name="particles", exact=True).first.click()
        page.mouse.move(0, 0)
        wait_until(page, lambda: picture(page) != marks)
    context.close()


def test_without_any_canvas_a_sentence_stands_in_its_place(browser: Browser, server):
    context = browser.new_context(base_url=server.url)
    context.add_init_script("HTMLCanvasElement.prototype.getContext = () => null;")
    page = context.new_page()
    page.goto(RUN)
    expect(page.locator(".player .message").first).to_contain_text("canvas", timeout=30_000)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_in_both_themes(browser: Browser, server, scheme):
    context = browser.new_context(base_url=server.url, color_scheme=scheme)
    page = paused(context.new_page())
    colours = page.locator(".player .caption").first.evaluate(
        "e => [getComputedStyle(e).color, getComputedStyle(document.querySelector('.stApp')).backgroundColor]"
    )
    ink, paper = (luminance(colour) for colour in colours)
    low, high = sorted((ink, paper))
    assert (high + 0.05) / (low + 0.05) > 4.5
    assert (paper < 0.2) == (scheme == "dark")
    context.close()


def luminance(colour: str) -> float:
    """Relative luminance of a CSS colour rgb(...)."""
    shares = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [s / 12.92 if s <= 0.03928 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_latent_page_decodes_where_it_is_clicked(page):
    page.goto("/latent?run=gallery-s_curve")
    said = page.get_by_text("decodes to a point").first
    said.wait_for()
    before = said.text_content()
    box = page.locator(".player canvas.top").first.bounding_box()
    page.mouse.click(box["x"] + 0.15 * box["width"], box["y"] + 0.35 * box["height"])
    wait_until(page, lambda: page.get_by_text("decodes to a point").first.text_content() != before)
    page.get_by_text("Training", exact=True).click()
    page.locator(".player .caption").filter(has_text="iteration").first.wait_for()
