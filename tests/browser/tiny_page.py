"""A page with nothing but one component on it, without a server: its files come from assets/."""

import base64
from pathlib import Path

from playwright.sync_api import Browser, Page, Route

ASSETS = Path(__file__).parents[2] / "assets"
HOME = "http://tiny.test"
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
COLOURS = {
    "light": ("#ffffff", "#f0f2f6", "#31333f"),
    "dark": ("#0e1117", "#262730", "#fafafa"),
}
PAGE = """<!doctype html><meta charset="utf-8"><title>tiny</title>
<style>:root {{ --st-background-color: {page}; --st-secondary-background-color: {second};
  --st-text-color: {ink}; --st-primary-color: #0072B2; --st-border-color: #8888;
  --st-font: sans-serif; font-family: sans-serif }}
  body {{ margin: 8px; background: {page}; color: {ink} }}</style>
<link rel="stylesheet" href="/assets/{name}.css">
<div id="host"><div class="{name}"></div></div>
<script type="module">
import component from "/assets/{name}.js";
window.said = {{}};
window.show = (text) => component({{
  parentElement: host,
  data: Uint8Array.from(atob(text), (c) => c.charCodeAt(0)),
  setStateValue: (key, value) => (said[key] = value),
  setTriggerValue: (key, value) => (said[key] = value),
}});
document.body.dataset.ready = "yes";
</script>"""


def tiny_page(browser: Browser, name: str, data: bytes, scheme: str = "light", width: int = 1000) -> Page:
    """A page that shows a component; an error in it fails the next call of `show`.

    Args:
        browser: where.
        name: of the component: its files are assets/<name>.js and .css.
        data: what it shows first.
        scheme: "light" or "dark".
        width: css px.
    """
    page = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme).new_page()
    page.on("pageerror", lambda error: errors(page).append(str(error)))
    page.set_default_timeout(10_000)
    paper, second, ink = COLOURS[scheme]
    html = PAGE.format(name=name, page=paper, second=second, ink=ink)

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HOME).lstrip("/")
        if not path:
            route.fulfill(body=html, content_type="text/html")
            return
        file = ASSETS.parent / path
        route.fulfill(body=file.read_text(), content_type=TYPES[file.suffix])

    page.route(f"{HOME}/**", answer)
    page.goto(f"{HOME}/")
    page.locator("body[data-ready=yes]").wait_for(state="attached")
    show(page, data)
    return page


def show(page: Page, data: bytes) -> None:
    """Gives the component other data."""
    page.evaluate("(text) => { window.show(text); }", base64.b64encode(data).decode())
    assert not errors(page), errors(page)


def errors(page: Page) -> list[str]:
    """What went wrong on a page."""
    found: list[str] = page.__dict__.setdefault("tiny_errors", [])
    return found
