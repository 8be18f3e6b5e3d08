"""The page Regimes: a strip from click to picture, ν beside autograd, the landscape's slider.

Run it with `.venv/bin/python benchmarks/regimes.py [--json] [--repeats N]` on a quiet machine, after
`make test` (which brings Chromium and Playwright). Strip: S-curve, k = 2, L = 20, T = 5, 500 particles,
one layer, 300 iterations of lbfgs at most, 7 Tikhonov weights x 4 seeds. Digits: k = 8, L = 20, T = 5.
Browser, server and workers share the machine. Medians over repeats.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from report import parser, publish, table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from dashboard import FLAGS, dashboard, find_chromium
from playwright.sync_api import Page, sync_playwright
from torch.func import grad, jvp

import autoencode_core as ac
from autoencode_core.analysis.run_problem import RunProblem
from autoencode_core.store.study import STUDY_SPEC, Plan, spread
from autoencode_core.training.curvature import Curvature
from autoencode_core.training.study import make_study

PLAN = Plan(kind="strip", spec=STUDY_SPEC, further=0, tikhonov=spread(1e-4, 1e-1, 7), seeds=range(4))
_DIGITS = {"dataset": "digits", "bottleneck": 8, "depth": 20, "horizon": 5.0, "tikhonov": 1e-3}
NETS = {
    "S-curve, single layer": STUDY_SPEC.but(tikhonov=1e-3),
    "S-curve, two layers": ac.RunSpec(dataset="s_curve", iterations=100, tikhonov=1e-3),
    "digits, single layer": ac.RunSpec(**_DIGITS, field="single_layer", iterations=60),
    "digits, two layers": ac.RunSpec(**_DIGITS, field="two_layer", expansion=4, iterations=20),
}
MOVES = """async (slider) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const times = [];
    for (let i = 0; i < 30; i++) {
        await frame();
        const start = performance.now();
        slider.value = Number(slider.min) + ((i + 1) / 31) * (slider.max - slider.min);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await frame();
        await new Promise((done) => setTimeout(done));
        times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b);
}"""


def seconds(work: Any) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def strip(repeats: int) -> dict[str, float]:
    """Seconds of the plan as one batch, and of its runs one after the other."""
    make_study(
        Plan(kind="strip", spec=STUDY_SPEC.but(iterations=2), tikhonov=PLAN.tikhonov, seeds=PLAN.seeds)
    )
    specs = [STUDY_SPEC.but(tikhonov=place.tikhonov, seed=place.seed) for place in PLAN.settings()]
    batch = [seconds(lambda: make_study(PLAN)) for _ in range(repeats)]
    turns = [seconds(lambda: [ac.train(spec) for spec in specs]) for _ in range(repeats)]
    return {"batch": median(batch), "in turn": median(turns)}


def curvature(spec: ac.RunSpec, repeats: int) -> dict[str, float]:
    """ν of a run, seconds and products, and one product beside autograd's, milliseconds."""
    run = ac.train(spec)
    found = ac.analysis.curvature(run, 1)
    taken = median(seconds(lambda: ac.analysis.curvature(run, 1)) for _ in range(repeats))
    problem = RunProblem(run)
    theta, arch = problem.model.control.vector, problem.model.architecture

    def loss(vector: torch.Tensor) -> torch.Tensor:
        end = arch.outcome(arch.shape.layers(vector[None]), problem.x)
        return (end - problem.y).square().sum() / problem.x.shape[2] / arch.step

    one = torch.randn(1, len(theta), dtype=theta.dtype, generator=torch.Generator().manual_seed(0))
    own = Curvature(arch, theta, problem.x, problem.y)
    product = own.product(one)[0]
    other = jvp(grad(loss), (theta,), (one[0],))[1]
    apart = float((product - other).norm() / other.norm())
    mine, theirs = [], []
    for _ in range(5 * repeats):
        mine.append(seconds(lambda: own.product(one)))
        theirs.append(seconds(lambda: jvp(grad(loss), (theta,), (one[0],))))
    ratio = median(b / a for a, b in zip(mine, theirs, strict=True))
    return {
        "parameters": float(len(theta)),
        "nu": found["nu"],
        "floor": found["floor"],
        "seconds": taken,
        "products": float(found["products"]),
        "product_ms": 1e3 * median(mine),
        "autograd_over_own": ratio,
        "apart": apart,
    }


def click(page: Page, url: str) -> tuple[float, float]:
    """Seconds from the click to the first marks and to the finished picture."""
    page.goto(f"{url}/regimes?view=strip")
    page.get_by_text("Train a strip of your own").click()
    button = page.get_by_role("button", name="Train 28 runs")
    button.wait_for()
    time.sleep(2)
    start = time.monotonic()
    button.click()
    page.locator("[data-testid=stVegaLiteChart] canvas").wait_for()
    first = time.monotonic() - start
    page.wait_for_url(re.compile(r"study=(?!gallery)"))
    page.locator(".js-plotly-plot .scatterlayer .points path").first.wait_for()
    return first, time.monotonic() - start


def in_browser(repeats: int) -> dict[str, float]:
    """The strip in the app, and the landscape's slider."""
    with tempfile.TemporaryDirectory() as runs, sync_playwright() as playwright:
        os.environ["AUTOENCODE_RUNS"] = runs
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        with dashboard(runs) as (url, _):
            time.sleep(20)  # server and workers are up
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            waits = [click(page, url) for _ in range(repeats + 1)][1:]
            page.goto(f"{url}/regimes?view=landscape&run=gallery.regimes.010")
            slider = page.locator(".landscape input[type=range]")
            slider.wait_for()
            time.sleep(2)
            moves = slider.evaluate(MOVES)
        browser.close()
    firsts, lasts = zip(*waits, strict=True)
    return {
        "first marks": median(firsts),
        "finished": median(lasts),
        "slider_ms": median(moves),
        "slider_worst_ms": max(moves),
    }


def measure(repeats: int) -> dict[str, Any]:
    """All figures."""
    torch.set_num_threads(1)
    nets = {name: curvature(spec, repeats) for name, spec in NETS.items()}
    return {"strip": strip(repeats), "curvature": nets, "browser": in_browser(repeats)}


def words(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    head = ["ν of", "P", "seconds", "products", "ν", "floor", "one product, ms", "autograd over own"]
    rows = [
        [
            name,
            f"{net['parameters']:,.0f}",
            f"{net['seconds']:.2f}",
            f"{net['products']:.0f}",
            f"{net['nu']:.4g}",
            f"{net['floor']:.4g}",
            f"{net['product_ms']:.2f}",
            f"{net['autograd_over_own']:.1f}",
        ]
        for name, net in found["curvature"].items()
    ]
    batch, turns, seen = found["strip"]["batch"], found["strip"]["in turn"], found["browser"]
    return (
        f"A strip of 28 runs: {batch:.1f} s as one batch, {turns / batch:.1f} times that one by one. "
        f"In the app, from the click: first marks after {seen['first marks']:.2f} s (aim 1 s), the finished "
        f"picture after {seen['finished']:.1f} s (aim 10 s).\n\n"
        f"{table(head, rows)}\n\n(aim: at most 10 s for digits on 2 cores; own products differ from "
        "autograd's by rounding alone.)\n\n"
        f"A move of the landscape's slider: {seen['slider_ms']:.0f} ms to the next frame, "
        f"{seen['slider_worst_ms']:.0f} ms at worst (aim 200 ms)."
    )


def main(options: argparse.Namespace) -> None:
    """Measures and publishes."""
    found = measure(options.repeats)
    publish("regimes", found, words(found), options)


if __name__ == "__main__":
    flags = parser(__doc__)
    flags.add_argument("--repeats", type=int, default=3, help="repetitions (now %(default)s)")
    main(flags.parse_args())
