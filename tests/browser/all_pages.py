"""Every page of the app, every view of those that have several, every lesson."""

from importlib import import_module

from playwright.sync_api import Page, expect
from settled import settled

from autoencode_core.lessons.reading import lessons
from pages import router

PAGES = tuple(router.PAGES)
"""Names of the modules in pages/."""


def _addresses() -> list[str]:
    found = [""]
    for name in PAGES[1:]:
        views = getattr(import_module(f"pages.{name}"), "VIEWS", ())
        found += [f"{name}?view={view.name}" for view in views] or [name]
    return [*found, *(f"lessons?lesson={name}" for name in lessons())]


ADDRESSES = tuple(_addresses())
"""Addresses below that of the server; the first page has none."""


def opened(page: Page, address: str) -> None:
    """Opens a page and waits until it has said all, answers of workers included."""
    page.goto(f"/{address}")
    answered(page)


def answered(page: Page) -> None:
    """Waits until the script has ended and nothing is being computed for it."""
    settled(page)
    expect(page.locator("[data-testid=stProgress], [data-testid=stSpinner]")).to_have_count(0)
    settled(page)
