"""The pages Control, ODE limit and Mean field: each default picture from its link, and the sums behind them.

Run it with `.venv/bin/python benchmarks/limits.py [--json] [--repeats N]` on a quiet machine, after
`make test` (which brings Chromium and Playwright). The run is gallery-s_curve (N = 2000, L = 12, two layers);
the workers are up, but nothing about that run has been asked. Browser, server and workers share the machine.
Medians over repeats; ratios are medians of ratios within one repeat.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from report import parser, publish, table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch
from dashboard import FLAGS, dashboard, find_chromium
from playwright.sync_api import Page, sync_playwright
from scipy.integrate import solve_ivp
from torch.func import jacrev, vmap

import autoencode_core as ac
from autoencode_core.analysis.mean_field.particles import trained
from autoencode_core.analysis.ode_limit.geometry import linearised
from autoencode_core.analysis.ode_limit.steps import RTOL, Outputs
from autoencode_core.analysis.run_problem import RunProblem
from autoencode_core.store.study import STUDY_SPEC

RUN = "gallery-s_curve"
VIEWS = {
    "control": ("along", "costates", "iteration", "methods", "component"),
    "ode_limit": ("steps", "geometry", "depth"),
    "mean_field": ("particles", "density", "doubled", "push"),
}
DONE = """() => {
    const all = (where) => [...document.querySelectorAll(where)];
    const words = (where) => all(where).map((each) => each.textContent);
    const waits = words("button").some((text) => text.trim() === "Cancel")
        || words("[data-testid=stMetricValue]").some((text) => text.includes("…"));
    const app = document.querySelector("[data-testid=stApp]");
    return !waits && app.getAttribute("data-test-script-state") === "notRunning";
}"""
MARKS = {
    "figure": ".js-plotly-plot .main-svg",
    "player": ".player .caption:has-text('t = ')",
}
PLAYERS = ("costates", "iteration", "component", "density", "doubled", "push")
NETS = {
    "S-curve, single layer": STUDY_SPEC.but(tikhonov=1e-3),
    "S-curve, two layers": ac.RunSpec(dataset="s_curve", iterations=100, tikhonov=1e-3),
    "digits, single layer": ac.RunSpec(
        dataset="digits", bottleneck=8, depth=20, field="single_layer", tikhonov=1e-3, iterations=60
    ),
}
COUNTS = [2**power for power in range(4, 13)]
SEEDS = (0, 1, 2)


def seconds(work: Callable[[], Any]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratio(own: Callable[[], Any], other: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """Median seconds of the first, and of how many times longer the second takes; one call of each before."""
    own(), other()
    pairs = [(seconds(own), seconds(other)) for _ in range(repeats)]
    return median(a for a, _ in pairs), median(b / a for a, b in pairs)


def jacobians(run: ac.Run, repeats: int) -> dict[str, float]:
    """The answer about the flow map; its layers' Jacobians beside those of torch.func."""
    problem = RunProblem(run)
    arch, x = problem.model.architecture, problem.x[0][:, :200]
    layers = arch.shape.layers(problem.model.control.vector[None])

    def own() -> list[torch.Tensor]:
        return [
            linearised(arch, layer, x[:a])[0].slope
            for layer, a in zip(layers, arch.shape.counts, strict=True)
        ]

    def by_autograd() -> list[torch.Tensor]:
        found = []
        for layer, a in zip(layers, arch.shape.counts, strict=True):

            def step(x: torch.Tensor, layer: Any = layer) -> torch.Tensor:
                return (arch.move(layer, x[None, :, None]) - x[None, :, None])[0, :, 0]

            found.append(vmap(jacrev(step))(x[:a].T))
        return found

    with torch.no_grad():
        whole = median(seconds(lambda: ac.analysis.geometry(run)) for _ in range(repeats))
        apart = max(float((a - b).abs().max()) for a, b in zip(own(), by_autograd(), strict=True))
        taken, times = ratio(own, by_autograd, repeats)
    return {"seconds": whole, "jacobians_ms": 1e3 * taken, "autograd_over_own": times, "apart": apart}


def reference(run: ac.Run, repeats: int) -> dict[str, float]:
    """The adaptive reference of 50 particles at once, beside that of one particle after the other."""
    outputs = Outputs(run, 50)
    arch, layers = outputs.arch, outputs.layers
    particles = outputs.x.shape[2]

    def alone(i: int) -> np.ndarray[Any, Any]:
        state = outputs.x[0, :, i].numpy().copy()
        for n, layer in enumerate(layers):
            a = arch.counts[n]
            if n == arch.depth // 2:
                state[arch.bottleneck :] = 0

            def velocity(_: float, x: Any, layer: Any = layer, a: int = a) -> Any:
                return arch.field.velocity(layer, torch.as_tensor(x).view(1, a, 1)).numpy().ravel()

            span = (0.0, arch.step)
            state[:a] = solve_ivp(velocity, span, state[:a], "DOP853", span[1:], rtol=RTOL, atol=RTOL).y[
                :, -1
            ]
        return state

    with torch.no_grad():
        together = outputs.adaptive(RTOL, lambda _: None)
        each = torch.as_tensor(np.array([alone(i) for i in range(particles)]).T)[None]
        apart = float(np.abs(together - outputs.read(each)).max())
        own, times = ratio(
            lambda: outputs.adaptive(RTOL, lambda _: None),
            lambda: [alone(i) for i in range(particles)],
            repeats,
        )
    return {"seconds": own, "one_by_one_over_own": times, "apart": apart}


def sweep(repeats: int) -> dict[str, float]:
    """The trainings of a particle sweep, its samples as one batch, beside one after the other."""
    spec = STUDY_SPEC.but(iterations=40)
    own, times = ratio(
        lambda: trained(spec, COUNTS, SEEDS),
        lambda: [trained(spec, COUNTS, [seed]) for seed in SEEDS],
        repeats,
    )
    return {"seconds": own, "one_by_one_over_own": times}


def opened(page: Page, url: str, name: str, view: str, run: str = RUN) -> float:
    """Seconds from a link to its finished picture."""
    page.goto("about:blank")
    start = time.monotonic()
    page.goto(f"{url}/{name}?view={view}&run={run}")
    page.locator(MARKS["player" if view in PLAYERS else "figure"]).first.wait_for(timeout=120_000)
    page.wait_for_function(DONE, polling=20)
    return time.monotonic() - start


def in_browser(repeats: int) -> dict[str, float]:
    """Every default picture; each repeat has a server of its own, since answers are kept."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as runs, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for _ in range(repeats):
            with dashboard(runs) as (url, _):
                time.sleep(15)  # the server is up
                page = browser.new_page(viewport={"width": 1400, "height": 1000}, bypass_csp=True)
                for view in ("along", "costates", "methods"):  # the workers are up
                    opened(page, url, "control", view, "gallery-circle")
                for name, views in VIEWS.items():
                    for view in views:
                        taken = opened(page, url, name, view)
                        found.setdefault(f"{name}, {view}", []).append(taken)
                page.close()
        browser.close()
    return {name: median(taken) for name, taken in found.items()}


def measure(repeats: int) -> dict[str, Any]:
    """All figures."""
    torch.set_num_threads(1)
    runs = {name: ac.train(spec) for name, spec in NETS.items()}
    return {
        "jacobians": {name: jacobians(run, 3 * repeats) for name, run in runs.items()},
        "reference": {name: reference(run, repeats) for name, run in runs.items()},
        "sweep": sweep(repeats),
        "browser": in_browser(repeats),
    }


def words(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    pictures = [[name, f"{taken:.1f}"] for name, taken in found["browser"].items()]
    maps = [
        [
            name,
            f"{net['seconds']:.2f}",
            f"{net['jacobians_ms']:.2f}",
            f"{net['autograd_over_own']:.1f}",
            f"{net['apart']:.0e}",
            f"{found['reference'][name]['seconds']:.2f}",
            f"{found['reference'][name]['one_by_one_over_own']:.0f}",
            f"{found['reference'][name]['apart']:.0e}",
        ]
        for name, net in found["jacobians"].items()
    ]
    head = ["run", "geometry, s", "∂F, ms", "torch.func over own", "apart"]
    head += ["reference, s", "one by one over it", "apart"]
    trainings = found["sweep"]
    return (
        f"From the link to the finished picture of {RUN}, workers up, nothing asked before (aim 5 s):\n\n"
        f"{table(['page, view', 'seconds'], pictures)}\n\n"
        f"{table(head, maps)}\n\n"
        "(Geometry of 200 particles, and δ ∂F of all layers there, beside vmap of jacrev. Reference: DOP853 "
        "of 50 particles as one system, beside one system each.)\n\n"
        f"The {len(COUNTS) * len(SEEDS)} trainings of a particle sweep, N = 16 ... 4096, samples as one "
        f"batch: {trainings['seconds']:.1f} s; one after the other takes "
        f"{trainings['one_by_one_over_own']:.2f} times that."
    )


def main(options: argparse.Namespace) -> None:
    """Measures and publishes."""
    found = measure(options.repeats)
    publish("limits", found, words(found), options)


if __name__ == "__main__":
    flags = parser(__doc__)
    flags.add_argument("--repeats", type=int, default=3, help="repetitions (now %(default)s)")
    main(flags.parse_args())
