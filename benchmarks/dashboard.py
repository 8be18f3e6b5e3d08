"""How long a person waits: start-up, iterations per second in the app and from the command line.

Run it with `.venv/bin/python benchmarks/dashboard.py [--json]` on a quiet machine, after `make test` (which
brings Chromium and Playwright). Every figure is the median of --repeat runs.
"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from find_chromium import find_chromium  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
CASES = {
    "s_curve, N = 500, L = 20": {"dataset": "s_curve", "depth": 20, "iterations": 2000},
    "digits, k = 8, L = 20": {"dataset": "digits", "depth": 20, "iterations": 200},
}
TITLES = {"s_curve": "S-curve", "digits": "Digits (8×8)"}


@contextmanager
def dashboard(runs: str) -> Iterator[tuple[str, float]]:
    """`make run` on a free port; its address and the moment it was called."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "AUTOENCODE_RUNS": runs, "STREAMLIT_SERVER_HEADLESS": "true"}
    called = time.monotonic()
    process = subprocess.Popen(
        ["make", "run", f"PORT={port}"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield f"http://127.0.0.1:{port}", called
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(20)


def first_moving_frame(browser: Browser, runs: str) -> float:
    """Seconds from `make run` (not the first one) to a frame that differs from the one before."""
    with dashboard(runs) as (url, called):
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        while True:
            try:
                page.goto(url)
                break
            except Exception:
                time.sleep(0.05)
        caption = page.locator(".player .caption").first
        first = ""
        while not first or caption.text_content() == first:
            first = first or (caption.text_content() if caption.count() else "") or ""
            time.sleep(0.02)
        seconds = time.monotonic() - called
        page.close()
        return seconds


def rate_in_app(page: Page, url: str, case: dict[str, object], seed: int) -> tuple[float, float]:
    """Iterations per second of a run trained in the app and watched, and live refreshes per second."""
    knobs = {"depth": case["depth"], "iterations": case["iterations"], "seed": seed}
    link = {f"knob_{name}": value for name, value in knobs.items()}
    page.goto(f"{url}/?{urlencode({'knob_dataset': TITLES[str(case['dataset'])], **link})}")
    page.locator(".player .caption").first.wait_for()
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(re.compile(r"[?&]job="))
    words = page.locator(".player .foot .words").first
    words.wait_for()
    seen: dict[str, float] = {}
    while "run=2" not in page.url:
        said = words.text_content(timeout=5000) if words.count() else ""
        if said and said.startswith("iteration") and said not in seen:
            seen[said] = time.monotonic()
        time.sleep(0.02)
    times = list(seen.values())
    refreshes = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 2 else float("nan")
    run = re.search(r"run=([\w-]+)", page.url)
    return rate_of_stored(str(run[1])), refreshes


def rate_of_stored(run_id: str) -> float:
    """Iterations per second of a stored run."""
    shown = command("show", run_id, "--json")["summary"]
    return shown["iterations"] / shown["seconds"]


def command(*words: str) -> dict[str, dict[str, float]]:
    """What a command of the core answers as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "autoencode_core", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, dict[str, float]] = json.loads(done.stdout)
    return answer


def measure(repeat: int) -> dict[str, float]:
    """All figures."""
    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as runs, sync_playwright() as playwright:
        os.environ["AUTOENCODE_RUNS"] = runs
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for _ in range(repeat):
            waited = first_moving_frame(browser, runs)
            figures.setdefault("first moving frame, s", []).append(waited)
        with dashboard(runs) as (url, _):
            time.sleep(15)  # server and workers are up
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            for seed in range(repeat):
                for name, case in CASES.items():
                    rate, refreshes = rate_in_app(page, url, case, seed)
                    figures.setdefault(f"{name}: in the app, it/s", []).append(rate)
                    figures.setdefault(f"{name}: refreshes per second", []).append(refreshes)
        for seed in range(repeat):
            for name, case in CASES.items():
                flags = [part for key, value in case.items() for part in (f"--{key}", str(value))]
                run = command("train", *flags, "--seed", str(seed), "--out", runs, "--json")
                rate = run["summary"]["iterations"] / run["summary"]["seconds"]
                figures.setdefault(f"{name}: command line, it/s", []).append(rate)
        browser.close()
    return {name: median(values) for name, values in figures.items()}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    figures = measure(options.repeat)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"| {name} | {value:.3g} |")


if __name__ == "__main__":
    main()
