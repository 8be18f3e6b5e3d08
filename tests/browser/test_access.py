"""WCAG 2.2 AA by axe-core, keyboard focus that is seen, and pages as narrow as 320 px and as wide as 3840."""

import time

import pytest
from all_pages import ADDRESSES, answered, opened
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FOREIGN: dict[str, str] = {}
"""Rules that Streamlit's own elements break and no style sheet mends: rule to a part of the selector."""

PHONE = {"width": 400, "height": 800}
WIDTHS = (320, 700, 1920, 3840)
"""A small phone, 1400 at 200 %, a projector, 4K."""
STOPS = 200
"""How often Tab is pressed on a page, if it has as many places."""
PATIENCE = 5.0
"""Seconds that a ring may take to stand, or a picture to follow its window."""

FOCUS = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  if (!node || node === document.body) return null;
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (css) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = css;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    const part = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    return { value: 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b), shown: a > 250 };
  };
  const page = light(getComputedStyle(document.querySelector(".stApp")).backgroundColor).value;
  const words = node.getAttribute("aria-label") || node.textContent.trim().slice(0, 30) || node.className;
  let [best, at] = [0, node];
  for (let up = 0; up < 4 && at; up++, at = at.parentElement) {
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(at);
    const box = at.getBoundingClientRect();
    if (outlineStyle === "none" || parseFloat(outlineWidth) < 2 || box.width < 8 || box.height < 8) continue;
    const { value, shown } = light(outlineColor);
    if (shown) best = Math.max(best, (Math.max(value, page) + 0.05) / (Math.min(value, page) + 0.05));
  }
  return { name: `${node.tagName} ${words}`, contrast: best };
}"""

OVERFLOW = """() => {
  const [page, main] = [document.scrollingElement, document.querySelector(".stMain")];
  const over = Math.max(page.scrollWidth - page.clientWidth, main.scrollWidth - main.clientWidth);
  if (over <= 0) return [];
  const out = [...main.querySelectorAll("*")]
    .flatMap((one) => [one, ...(one.shadowRoot?.querySelectorAll("*") ?? [])])
    .filter((one) => one.getBoundingClientRect().right > page.clientWidth + 1);
  return [`${over} px`, ...out.slice(0, 5).map((one) => `${one.tagName} ${one.getAttribute("class") ?? ""}`)];
}"""


def dark(page: Page) -> None:
    """Switches to the dark theme, as a person's system does at dusk."""
    page.emulate_media(color_scheme="dark")
    expect(page.locator(".stApp")).to_have_css("color-scheme", "dark")
    answered(page)


def faults(page: Page) -> list[str]:
    """What axe-core finds serious or critical, but for what is Streamlit's own."""
    options = {"resultTypes": ["violations"], "runOnly": RULES}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{fault['id']}: {node['target']} {(node['any'] + node['all'] + node['none'])[0]['message']}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
        if not (fault["id"] in FOREIGN and FOREIGN[fault["id"]] in str(node["target"]))
    ]


def lasting_faults(page: Page) -> list[str]:
    """What is still at fault some moments later: from one theme to the other colours fade."""
    found = faults(page)
    if found:
        page.wait_for_timeout(2000)
        found = faults(page)
    return found


def overflow(page: Page, width: int) -> list[str]:
    """What of the page lies to the right of a screen of that width, once its pictures have followed."""
    page.set_viewport_size({"width": width, "height": 900})
    end = time.monotonic() + PATIENCE
    while (over := page.evaluate(OVERFLOW)) and time.monotonic() < end:
        page.wait_for_timeout(50)
    return [str(one) for one in over]


def unseen(page: Page) -> list[str]:
    """Where the keyboard stands without a ring of 3 : 1, through at most STOPS stops."""
    found = []
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus is None:
            break
        end = time.monotonic() + PATIENCE
        while focus is not None and focus["contrast"] < 3 and time.monotonic() < end:
            page.wait_for_timeout(50)  # a ring that fades in stands after some frames
            focus = page.evaluate(FOCUS)
        if focus is not None and focus["contrast"] < 3:
            found.append(f"{focus['name']}: {focus['contrast']:.1f}")
    return found


@pytest.fixture
def still_page(page: Page) -> Page:
    """A page on which nothing plays: what moves is not asked about here, and takes the time of what is."""
    page.emulate_media(reduced_motion="reduce")
    return page


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_is_read_and_operated_by_everybody(still_page: Page, address: str):
    page = still_page
    opened(page, address)
    found: dict[str, object] = {"light": faults(page), "focus": unseen(page)}
    page.set_viewport_size(PHONE)
    dark(page)
    found["dark phone"] = lasting_faults(page)
    for width in WIDTHS:
        found[f"too wide at {width} px"] = overflow(page, width)
    assert {where: what for where, what in found.items() if what} == {}
