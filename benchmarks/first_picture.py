"""How long until a page shows its first picture: every page, every view, every lesson, on a warm server.

Run it with `.venv/bin/python benchmarks/first_picture.py [--json] [--repeat 3] [name ...]` on a quiet
machine, after `make test` (which brings Chromium and Playwright). Every figure is the median of --repeat
visits, each in a fresh browser without a cache; a page without a picture counts until its words stand there.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]

from all_pages import ADDRESSES  # noqa: E402
from conftest import FLAGS, VIEWPORT, serve  # noqa: E402
from find_chromium import find_chromium  # noqa: E402

PICTURE = """() => performance.getEntriesByName("player first frame").length > 0
  || document.querySelector(".stPlotlyChart .main-svg .trace, .stPlotlyChart .bars, .stPlotlyChart canvas,"
    + " .stVegaLiteChart canvas, .stImage img, .stDataFrame canvas, .katex") !== null
  || (document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning"
    && !document.querySelector("[data-testid=stProgress]"))"""
LIMIT = 2.5
"""Seconds that a first picture may take; that of a lesson 2."""


def seconds_to_picture(browser: Browser, url: str) -> float:
    """One visit of a new visitor."""
    context = browser.new_context(viewport=VIEWPORT, bypass_csp=True)
    page = context.new_page()
    begun = time.monotonic()
    page.goto(url, wait_until="commit")
    page.wait_for_function(PICTURE, timeout=60_000, polling=20)
    passed = time.monotonic() - begun
    context.close()
    return passed


def measure(addresses: Sequence[str], repeat: int) -> dict[str, float]:
    """Seconds to the first picture by address; the first visit warms the server up and is not counted."""
    found = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(ROOT / "app.py", Path(folder)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        for address in addresses:
            url = f"{server.url}/{address}"
            seconds_to_picture(browser, url)
            visits = [seconds_to_picture(browser, url) for _ in range(repeat)]
            found[address or "playground"] = median(visits)
        browser.close()
    return found


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="addresses that begin so; all by default")
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    wanted = [one for one in ADDRESSES if not options.names or one.startswith(tuple(options.names))]
    figures = measure(wanted, options.repeat)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"| {name} | {value:.2f} s{' (too late)' * (value > LIMIT)} |")


if __name__ == "__main__":
    main()
