"""What 32 regimes cost as one batch, beside one regime and beside 32 runs one after the other; and 256.

Run it with `.venv/bin/python benchmarks/sweep.py [--json] [--repeats N]` on a quiet machine. Case S: S-curve,
k = 2, L = 20, T = 2, 500 particles, single layer; 8 Tikhonov weights x 4 seeds, and 16 x 16. Medians over
repeats, of 256 regimes and of one run of pmp on the digits over the iterations.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from report import parser, publish, table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil
import torch

import autoencode_core as ac
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.memory import regime_bytes, workspace_bytes
from autoencode_core.training.problem import Problem

WEIGHTS, SEEDS = [10 ** (-1 - i / 2) for i in range(8)], range(4)
SIZES = {"particles": 500, "bottleneck": 2, "depth": 20, "horizon": 2.0}
CASE = {"dataset": "s_curve", "field": "single_layer", "activation": "tanh", **SIZES}
METHODS = {
    "adam": {"method": "adam", "iterations": 200},
    "lbfgs": {"method": "lbfgs", "iterations": 200},
    "pmp, metric of the control": {"method": "pmp", "metric": "control", "iterations": 100},
    "pmp, metric of the field": {"method": "pmp", "iterations": 25},
}
MANY_WEIGHTS, MANY_SEEDS = [10 ** (-1 - i / 4) for i in range(16)], range(16)
FEW_ITERATIONS = {"adam": 20, "lbfgs": 20, "pmp, metric of the control": 10, "pmp, metric of the field": 10}
DIGITS = {"dataset": "digits", "method": "pmp", "iterations": 30}


def seconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def gradient_ms(specs: Sequence[ac.RunSpec], repeats: int) -> float:
    """Milliseconds of one cost and gradient of all regimes."""
    problem = Problem(specs)
    with torch.no_grad():
        for _ in range(10):
            problem.train.cost_and_gradient(problem.theta)
        times = [seconds(lambda: problem.train.cost_and_gradient(problem.theta)) for _ in range(40 * repeats)]
    return 1e3 * median(times)


def training(spec: ac.RunSpec, repeats: int) -> dict[str, float]:
    """Milliseconds an iteration: one run, the batch, and its runs one after the other, in turns."""
    specs = [spec.but(tikhonov=weight, seed=seed) for weight in WEIGHTS for seed in SEEDS]
    ac.train(spec.but(iterations=2))
    taken: dict[str, list[float]] = {"one": [], "batch": [], "in turn": []}
    for _ in range(repeats):
        taken["one"].append(median(seconds(lambda: ac.train(spec)) for _ in range(3)))
        taken["batch"].append(seconds(lambda: train_regimes(specs)))
        taken["in turn"].append(seconds(lambda: [ac.train(one) for one in specs]))
    return {
        "iterations": spec.iterations,
        **{f"{key}_ms": 1e3 * median(times) / spec.iterations for key, times in taken.items()},
        "batch_over_one": median(b / a for a, b in zip(taken["one"], taken["batch"], strict=True)),
        "in_turn_over_batch": median(b / a for a, b in zip(taken["batch"], taken["in turn"], strict=True)),
    }


def iteration_ms(specs: Sequence[ac.RunSpec]) -> float:
    """Milliseconds of an iteration of all regimes, without what comes before the first and after the last."""
    clock = train_regimes(specs)[0].history["seconds"]
    return 1e3 * median(after - before for before, after in pairwise(clock))


def many(method: str) -> float:
    """Milliseconds of an iteration of 256 regimes."""
    spec = ac.RunSpec(**CASE, **{**METHODS[method], "iterations": FEW_ITERATIONS[method]})
    return iteration_ms([spec.but(tikhonov=w, seed=seed) for w in MANY_WEIGHTS for seed in MANY_SEEDS])


def memory(spec: ac.RunSpec) -> dict[str, float]:
    """MiB that a sweep says it takes, and what the process grew by."""
    ac.train(spec.but(iterations=1))  # what is loaded at first use is not the sweep's
    process, mib = psutil.Process(), 2**20
    before = peak = process.memory_info().rss

    def watch(_: object) -> None:
        nonlocal peak
        peak = max(peak, process.memory_info().rss)

    ac.sweep(spec, tikhonov=WEIGHTS, seeds=SEEDS, on_progress=watch)
    stated = workspace_bytes(spec) + len(WEIGHTS) * len(SEEDS) * regime_bytes(spec)
    return {"stated": stated / mib, "grown": (peak - before) / mib}


def measure(repeats: int) -> dict[str, Any]:
    """All figures."""
    spec = ac.RunSpec(**CASE, method="lbfgs", iterations=100)
    specs = [spec.but(tikhonov=weight, seed=seed) for weight in WEIGHTS for seed in SEEDS]
    wide = ac.RunSpec(dataset="digits", method="adam", iterations=5)
    space = {"s_curve": memory(spec), "digits": memory(wide)}
    one, batch = gradient_ms([spec], repeats), gradient_ms(specs, repeats)
    return {
        "threads": torch.get_num_threads(),
        "gradient": {"one_ms": one, "batch_ms": batch, "batch_over_one": batch / one},
        "training": {name: training(ac.RunSpec(**CASE, **way), repeats) for name, way in METHODS.items()},
        "many_ms": {name: many(name) for name in METHODS},
        "digits_pmp_ms": iteration_ms([ac.RunSpec(**DIGITS)]),
        "memory_mib": space,
    }


def words(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    head = ["", "one regime, ms", "32 regimes, ms", "32 over one", "32 runs in turn over 32 at once"]
    step = found["gradient"]
    rows = [
        [
            "one gradient",
            f"{step['one_ms']:.3f}",
            f"{step['batch_ms']:.2f}",
            f"{step['batch_over_one']:.1f}",
            "",
        ]
    ]
    rows += [
        [
            f"one iteration of {method}",
            f"{t['one_ms']:.3f}",
            f"{t['batch_ms']:.2f}",
            f"{t['batch_over_one']:.1f}",
            f"{t['in_turn_over_batch']:.1f}",
        ]
        for method, t in found["training"].items()
    ]
    more = [
        *([f"one iteration of 256 regimes, {name}", f"{ms:.1f}"] for name, ms in found["many_ms"].items()),
        ["one iteration of pmp on the digits, one regime", f"{found['digits_pmp_ms']:.1f}"],
    ]
    space = "; ".join(
        f"{name}: stated {m['stated']:.0f} MiB, grown by {m['grown']:.0f} MiB"
        for name, m in found["memory_mib"].items()
    )
    return (
        f"Case S with {found['threads']} threads at most (aim: 32 regimes at most 6 times one).\n\n"
        f"{table(head, rows)}\n\n{table(['', 'ms'], more)}\n\nMemory of 32 regimes ({space})."
    )


def main(options: argparse.Namespace) -> None:
    """Measures and publishes."""
    found = measure(options.repeats)
    publish("sweep", found, words(found), options)


if __name__ == "__main__":
    flags = parser(__doc__)
    flags.add_argument(
        "--repeats", type=int, default=3, help="repetitions of each training (now %(default)s)"
    )
    main(flags.parse_args())
