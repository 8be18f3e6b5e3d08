"""Finds a Chromium that runs, and gets one when asked; prints its path.

    python tests/browser/find_chromium.py [--install]

In this order: $CHROMIUM, the PATH, Playwright's own; with --install also Playwright's download and,
where root and apt-get are at hand, the distribution's package.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import TextIO

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
HELP = (
    "No Chromium for the browser tests. Install one (Debian: apt-get install chromium), name one by "
    "CHROMIUM=/path/to/chromium, or let Playwright do it: .venv/bin/playwright install --with-deps chromium"
)


def find_chromium() -> str | None:
    """Path of the first Chromium that runs, None when there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if _runs(named) else None
    return next((path for path in _candidates() if _runs(path)), None)


def install_chromium() -> str | None:
    """Path of a Chromium, installed where none runs yet; None when that fails everywhere."""
    path = find_chromium()
    if path or os.environ.get("CHROMIUM"):
        return path
    for command in _installers():
        print("No Chromium yet:", *command, file=sys.stderr, flush=True)
        if _succeeds(command, seconds=600, output=sys.stderr) and (path := find_chromium()):
            return path
    return None


def _candidates() -> Iterator[str]:
    yield from filter(None, map(shutil.which, NAMES))
    yield from filter(os.path.exists, MAC)
    yield from filter(os.path.exists, _playwrights_own())


def _playwrights_own() -> Iterator[str]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    yield path  # after its event loop has ended


def _installers() -> Iterator[list[str]]:
    yield [sys.executable, "-m", "playwright", "install", "chromium"]
    root = ["env"] if os.geteuid() == 0 else ["sudo", "-n", "env"]
    if shutil.which("apt-get") and _succeeds([*root, "true"], seconds=10):
        apt = [*root, "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
        yield [*apt, "update"]
        yield [*apt, "install", "--no-install-recommends", "chromium"]


def _runs(path: str) -> bool:
    # Ubuntu's chromium-browser is a stub without its snap, and Playwright's may lack system libraries.
    return _succeeds([path, "--version"], seconds=30)


def _succeeds(command: list[str], seconds: float, output: int | TextIO = subprocess.DEVNULL) -> bool:
    streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
    try:
        done = subprocess.run(command, timeout=seconds, **streams)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def main() -> int:
    """Prints the path, or why there is none."""
    path = install_chromium() if "--install" in sys.argv[1:] else find_chromium()
    named = os.environ.get("CHROMIUM")
    if path is None and named:
        print(f"CHROMIUM = {named}: there is no Chromium that runs.", file=sys.stderr)
        return 1
    print(path or HELP, file=sys.stdout if path else sys.stderr)
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
