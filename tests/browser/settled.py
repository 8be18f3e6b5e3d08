"""Waiting for a page of Streamlit: while its script runs, old elements stand beside new ones."""

from playwright.sync_api import Locator, Page, expect

ENDED = '[data-testid="stApp"][data-test-script-state="notRunning"]'
"""The app while no script runs; Streamlit's own tests wait for it too."""


def settled(page: Page) -> None:
    """Waits until the script of a page has ended."""
    page.locator(ENDED).wait_for()


def seen(locator: Locator) -> None:
    """One element is to be seen, and is the only one of its kind once the script has ended."""
    expect(locator.first).to_be_visible()
    settled(locator.page)
    expect(locator).to_be_visible()
