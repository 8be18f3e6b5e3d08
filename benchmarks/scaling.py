"""How the cost of one gradient grows with N, L and Σ aₙ², and what 10,000,000 particles take.

Run it with `.venv/bin/python benchmarks/scaling.py [--json] [--particles N]` on a quiet machine. Exponents
are
slopes of a straight line through log seconds against log size, with two standard errors.
"""

import argparse
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from report import one_core, parser, publish, table

CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
one_core()

import numpy as np  # noqa: E402
import psutil  # noqa: E402
import torch  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import autoencode_core as ac  # noqa: E402
from autoencode_core.flow.architecture import Architecture  # noqa: E402
from autoencode_core.flow.fields import controlled_field  # noqa: E402
from autoencode_core.flow.widths import active_counts  # noqa: E402
from autoencode_core.training import problem  # noqa: E402
from autoencode_core.training.compiling import compile_all  # noqa: E402
from autoencode_core.training.objective import Objective  # noqa: E402
from autoencode_core.training.run import load_data  # noqa: E402

LAWS: dict[str, tuple[str, list[tuple[int, int, int, int]]]] = {
    # what varies, and (d, k, L, N) of each point
    "N, narrow net": ("particles", [(3, 2, 20, 4000 * 4**i) for i in range(5)]),
    "N, wide net": ("particles", [(128, 16, 20, 500 * 2**i) for i in range(5)]),
    "L, narrow net": ("layers", [(3, 2, 10 * 2**i, 20_000) for i in range(5)]),
    "L, wide net": ("layers", [(128, 16, 8 * 2**i, 1000) for i in range(5)]),
    "Σ aₙ², narrow nets": ("squares", [(d, d // 2, 20, 20_000) for d in (8, 12, 16, 24, 32, 40)]),
    "Σ aₙ², wide nets": ("squares", [(d, d // 8, 20, 2000) for d in (128, 192, 256, 384, 512)]),
}


def gradient_seconds(width: int, bottleneck: int, depth: int, particles: int) -> tuple[float, int]:
    """Median seconds of one cost and gradient (single layer, tanh, float32), and Σ aₙ²."""
    counts = active_counts(width, bottleneck, depth, "linear")
    arch = Architecture(counts, depth, 2.0, controlled_field("single_layer", "tanh", 1))
    draw = torch.Generator().manual_seed(0)
    theta = torch.randn(1, arch.shape.size, generator=draw) / width
    x = torch.randn(1, width, particles, generator=draw)
    objective, times, began = Objective(arch, x, x, torch.zeros(1)), [], time.perf_counter()
    with torch.no_grad():
        objective.cost_and_gradient(theta)
        while len(times) < 3 or (time.perf_counter() - began < 1.0 and len(times) < 50):
            start = time.perf_counter()
            objective.cost_and_gradient(theta)
            times.append(time.perf_counter() - start)
    return median(times), sum(a * a for a in counts)


def exponent(sizes: Sequence[float], times: Sequence[float]) -> tuple[float, float]:
    """Slope of log time against log size, and two standard errors of it."""
    slope, covariance = np.polyfit(np.log(sizes), np.log(times), 1, cov=True)
    return float(slope[0]), float(2 * np.sqrt(covariance[0, 0]))


def law(varies: str, cases: Sequence[tuple[int, int, int, int]]) -> dict[str, Any]:
    """One exponent with the points that it comes from."""
    points = [(case, *gradient_seconds(*case)) for case in cases]
    size = {"particles": lambda p: p[0][3], "layers": lambda p: p[0][2], "squares": lambda p: p[2]}[varies]
    sizes, times = [size(point) for point in points], [point[1] for point in points]
    slope, spread = exponent(sizes, times)
    return {"sizes": sizes, "seconds": times, "exponent": slope, "spread": spread}


def many_particles(particles: int) -> dict[str, float]:
    """Two iterations on that many particles in d = 3: seconds, and MiB beyond the particles themselves."""
    spec = ac.RunSpec(
        dataset="s_curve",
        particles=particles,
        depth=20,
        horizon=2.0,
        field="single_layer",
        scheme="euler",
        iterations=2,
    )
    process, mib, done = psutil.Process(), 2**20, threading.Event()
    compile_all()
    began = time.perf_counter()
    data = load_data(spec)
    drawn = time.perf_counter() - began
    before = peak = process.memory_info().rss
    problem.load_data = lambda _: data  # already there, so that only the training is weighed

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        run = ac.train(spec)
    finally:
        done.set()
        watcher.join()
    x = torch.zeros(1, 3, particles)
    objective = Objective(run.model.architecture, x, x, torch.zeros(1))
    theta = run.model.control.flatten()[None]
    gradient = median(_timed(objective, theta) for _ in range(3))
    with all_cores():
        shared = Objective(objective.arch, x, x, torch.zeros(1))
        together = median(_timed(shared, theta) for _ in range(3))
    source = data.source
    held = {id(a): a.nbytes for a in (source.train, source.test, data.train, data.test)}
    return {
        "particles": particles,
        "data_mib": sum(held.values()) / mib,
        "beyond_mib": (peak - before) / mib,
        "drawing_s": drawn,
        "gradient_s": gradient,
        "cores": max(1, len(CORES)),
        "all_cores_gradient_s": together,
        "nanoseconds_per_particle_and_layer": 1e9 * gradient / particles / spec.depth,
    }


@contextmanager
def all_cores() -> Iterator[None]:
    """As many threads as there are cores, each of which this process may use."""
    if CORES:
        os.sched_setaffinity(0, CORES)
    torch.set_num_threads(max(1, len(CORES)))
    try:
        yield
    finally:
        torch.set_num_threads(1)
        if CORES:
            os.sched_setaffinity(0, {max(CORES)})


def _timed(objective: Objective, theta: torch.Tensor) -> float:
    start = time.perf_counter()
    with torch.no_grad():
        objective.cost_and_gradient(theta)
    return time.perf_counter() - start


def words(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    rows = [
        [
            name,
            f"{one['sizes'][0]:,} to {one['sizes'][-1]:,}",
            f"{1e3 * one['seconds'][0]:.3g} to {1e3 * one['seconds'][-1]:.3g}",
            f"{one['exponent']:.2f} ± {one['spread']:.2f}",
        ]
        for name, one in found["laws"].items()
    ]
    many = found["many"]
    return (
        f"{table(['cost of one gradient against', 'from, to', 'ms', 'exponent'], rows)}\n\n"
        f"{many['particles']:,} particles, d = 3, L = 20, Euler: {many['gradient_s']:.2f} s a gradient "
        f"on one core ({many['nanoseconds_per_particle_and_layer']:.1f} ns a particle and layer), "
        f"{many['all_cores_gradient_s']:.2f} s on {many['cores']}; training takes "
        f"{many['beyond_mib']:.0f} MiB beyond the particles themselves ({many['data_mib']:.0f} MiB; aim: at "
        "most 1024)."
    )


def main(options: argparse.Namespace) -> None:
    """Measures and publishes."""
    many = many_particles(options.particles)
    found = {"laws": {name: law(*cases) for name, cases in LAWS.items()}, "many": many}
    publish("scaling", found, words(found), options)


if __name__ == "__main__":
    flags = parser(__doc__)
    flags.add_argument(
        "--particles", type=int, default=10_000_000, help="particles of the large run (now %(default)s)"
    )
    main(flags.parse_args())
