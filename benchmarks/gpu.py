"""What the engine takes on a GPU: gradients, iterations, scale, precision, and from where the card pays.

Run it with `.venv/bin/python benchmarks/gpu.py [--json] [--no-write]` on a machine with a card of its own;
it ends within four minutes, and what it had no time for it says. Values are checked against autograd in
float64 before anything is timed. JAX and diffrax have a turn where a JAX with CUDA is installed. With
`--device cpu` it rehearses on a processor with few particles, and writes nothing.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import torch
from gpu_words import words
from peers import Network, autograd, diffrax, handwritten_jax
from report import installed, parser, publish

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import autoencode_core as ac
from autoencode_core.data import images
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.fields import controlled_field
from autoencode_core.flow.widths import active_counts
from autoencode_core.training.device import products_as, step_flops
from autoencode_core.training.layered import Layered
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.objective import Objective
from autoencode_core.training.streamed import Streamed

BUDGET = 225.0
"""Seconds after which no further table is begun."""
PATIENCE, MOST_TURNS = 0.4, 100
"""Seconds, and turns, that a figure takes at most."""
HORIZON, TIKHONOV, TOLERANCE = 2.0, 1e-3, 1e-4
MNIST = Path(__file__).resolve().parents[2] / "shared" / "mnist"
"""Where the images are looked for unless the environment says."""
CHECKED = 1000
"""Particles on which values are checked."""
REHEARSED = 2000
"""Particles of a rehearsal on a processor."""


@dataclass(frozen=True)
class Case:
    """One row: sizes, and the milliseconds that we aim at (1.5 times a prototype's on an H100)."""

    name: str
    width: int
    bottleneck: int
    depth: int
    particles: int
    expansion: int = 0
    regimes: int = 1
    aim: float | None = None
    jax_ahead: float | None = None

    def architecture(self) -> Architecture:
        """Widths, horizon and field; Euler in one step a layer."""
        counts = active_counts(self.width, self.bottleneck, self.depth, "linear")
        kind = "two_layer" if self.expansion else "single_layer"
        return Architecture(counts, self.depth, HORIZON, controlled_field(kind, "tanh", self.expansion or 1))


S = 3, 2, 20
CASES = [
    Case("S, N = 500", *S, 500, aim=0.075),
    Case("S, 256 regimes × 500", *S, 500, regimes=256, aim=0.11),
    Case("S, 1,024 regimes × 500", *S, 500, regimes=1024, aim=0.32),
    Case("S, N = 10^6", *S, 10**6, aim=0.42),
    Case("S, N = 10^7", *S, 10**7, aim=3.0),
    Case("two-layer S, N = 10,000", *S, 10_000, expansion=4),
    Case("M, N = 1,437", 64, 8, 20, 1437, jax_ahead=1.2),
    Case("M, N = 50,000", 64, 8, 20, 50_000, jax_ahead=1.2),
    Case("L, N = 60,000", 784, 32, 22, 60_000, jax_ahead=1.2),
]
ITERATIONS = {"adam": (1.5, 20, 220), "lbfgs": (3.0, 10, 60), "pmp": (6.0, 5, 25)}
"""Most gradients that an iteration may cost, and the iterations of the two trainings that tell it."""
DIGITS_AIM = 15.0
"""Milliseconds that an iteration of pmp on digits may take."""


class Bench:
    """A device with its clock."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.card = device, device.type == "cuda"
        self.began = time.perf_counter()

    def wait(self) -> None:
        """Until the device has nothing left to do."""
        if self.card:
            torch.cuda.synchronize(self.device)

    def milliseconds(self, step: Callable[[], object], patience: float = PATIENCE) -> float:
        """The median time of a step, after three that are not counted."""
        for _ in range(3):
            step()
        self.wait()
        times, began = list[float](), time.perf_counter()
        while len(times) < 3 or (time.perf_counter() - began < patience and len(times) < MOST_TURNS):
            start = time.perf_counter()
            step()
            self.wait()
            times.append(time.perf_counter() - start)
        return 1e3 * median(times)

    def particles(self, case: Case) -> int:
        """As many as the case says, few in a rehearsal."""
        return case.particles if self.card else min(case.particles, REHEARSED)

    def regimes(self, case: Case) -> int:
        """Likewise."""
        return case.regimes if self.card else min(case.regimes, 3)

    def objective(self, case: Case, dtype: torch.dtype = torch.float32) -> tuple[Objective, torch.Tensor]:
        """Ours, the particles their own targets, with a control for each regime."""
        arch, regimes = case.architecture(), self.regimes(case)
        draw = torch.Generator().manual_seed(0)
        x = torch.randn(1, case.width, self.particles(case), generator=draw).to(self.device, dtype)
        controls = [arch.shape.initial(seed, 0.5, torch.float32) for seed in range(regimes)]
        weights = torch.full((regimes,), TIKHONOV, dtype=dtype, device=self.device)
        return Objective(arch, x, x, weights), torch.stack(controls).to(self.device, dtype)


def network(objective: Objective, theta: torch.Tensor, particles: int | None = None) -> Network:
    """The same for the peers, of one regime's control (1, P)."""
    layers = objective.arch.shape.layers(theta.cpu())
    blocks = tuple(tuple(part[0].numpy() for part in layer) for layer in layers)
    return Network(blocks, objective.x[0, :, :particles].cpu().numpy(), HORIZON, TIKHONOV)


def check(bench: Bench, case: Case) -> float:
    """The largest relative distance of a gradient from autograd's in float64, of the first and last regime.

    Raises:
        SystemExit: it is above TOLERANCE.
    """
    objective, theta = bench.objective(case)
    few = objective.x[:, :, :CHECKED].contiguous()
    _, found = Objective(objective.arch, few, few, objective.tikhonov).cost_and_gradient(theta)
    off = 0.0
    for regime in {0, len(theta) - 1}:
        peer = autograd(network(objective, theta[regime : regime + 1], CHECKED), torch.float64)
        with torch.enable_grad():
            _, blocks = peer.read(peer.step())
        right = torch.cat([torch.as_tensor(part).flatten() for layer in blocks for part in layer])
        off = max(off, float((found[regime].cpu().double() - right).norm() / right.norm()))
    if not off <= TOLERANCE:
        raise SystemExit(f"{case.name}: the gradient is off by {off:.2g}; nothing was timed.")
    return off


def gradients(bench: Bench) -> dict[str, Any]:
    """Milliseconds of one gradient of each case, beside the captured layers and the peers."""
    rows = {}
    for case in CASES:
        objective, theta = bench.objective(case)
        before = _allocated(bench)
        row: dict[str, Any] = {"engine": type(objective.engine).__name__}
        row["ours"] = bench.milliseconds(lambda o=objective, t=theta: o.cost_and_gradient(t))
        row["mib"] = (_allocated(bench, peak=True) - before) / 2**20
        row["cost"] = bench.milliseconds(lambda o=objective, t=theta: o.cost(t))
        if not isinstance(objective.engine, Layered) and case.particles < 10**7:
            layered = Objective(
                objective.arch, objective.x, objective.y, objective.tikhonov, Layered(objective.arch, 2**32)
            )
            row["layered"] = bench.milliseconds(lambda o=layered, t=theta: o.cost_and_gradient(t))
        if case.regimes == 1 and case.particles <= 10**6:
            row |= peers(bench, objective, theta)
        products = 6.0 * bench.particles(case) * bench.regimes(case) * objective.arch.shape.size
        row["tflops"] = products / row["ours"] / 1e9
        rows[case.name] = {**row, "aim": case.aim, "jax_ahead": case.jax_ahead}
    return rows


def peers(bench: Bench, objective: Objective, theta: torch.Tensor) -> dict[str, float]:
    """Milliseconds of JAX and diffrax, where they have this device."""
    if not (installed("jax") and installed("diffrax")):
        return {}
    import jax

    if bench.card != (jax.default_backend() == "gpu"):
        return {}
    net = network(objective, theta)
    return {
        name: bench.milliseconds(build(net).step)
        for name, build in (("jax", handwritten_jax), ("diffrax", diffrax))
    }


def iterations(bench: Bench) -> dict[str, Any]:
    """Milliseconds of a whole iteration, test error and history among it, in gradients."""
    rows = {}
    for regimes in (1, 256) if bench.card else (1, 3):
        for method, (aim, short, long) in ITERATIONS.items():
            knobs = {"dataset": "s_curve", "field": "single_layer", "scheme": "euler", "horizon": HORIZON}
            spec = ac.RunSpec(**knobs, method=method, bottleneck=2, depth=20, particles=500, tolerance=0)
            spec = spec.but(device=bench.device.type, fidelity=None)
            took = [seconds_of(spec.but(iterations=count), regimes) for count in (short, short, long)]
            each = 1e3 * (took[2] - took[1]) / (long - short)
            case = Case("", *S, 500, regimes=regimes)
            objective, theta = bench.objective(case)
            gradient = bench.milliseconds(lambda o=objective, t=theta: o.cost_and_gradient(t))
            rows[f"{method}, R = {regimes}"] = {
                "ms": each,
                "gradient": gradient,
                "gradients": each / gradient,
                "aim": aim,
            }
    spec = ac.RunSpec(dataset="digits", method="pmp", device=bench.device.type, tolerance=0, fidelity=None)
    took = [seconds_of(spec.but(iterations=count), 1) for count in (2, 2, 12)]
    rows["pmp on digits"] = {"ms": 100 * (took[2] - took[1]), "aim_ms": DIGITS_AIM}
    return rows


def seconds_of(spec: ac.RunSpec, regimes: int) -> float:
    """How long a training of so many regimes takes, each with its λ and seed."""
    specs = [spec.but(tikhonov=10 ** (-1 - i % 16 / 4), seed=i // 16) for i in range(regimes)]
    start = time.perf_counter()
    train_regimes(specs)
    return time.perf_counter() - start


def scale(bench: Bench) -> dict[str, Any]:
    """Seconds of a gradient on 10^7 and 10^8 particles that lie in the host's memory."""
    arch, found = Case("", *S, 0).architecture(), {}
    theta = arch.shape.initial(0, 0.5, torch.float32)[None].to(bench.device)
    weights = torch.full((1,), TIKHONOV, device=bench.device)
    for particles in (10**7, 10**8) if bench.card else (10**4, 10**5):
        x = torch.empty(1, 3, particles, pin_memory=bench.card).normal_()
        engine = Streamed(arch, bench.device, torch.float32, chunk=2**27 if bench.card else 2**16)
        objective = Objective(arch, x, x, weights, engine)
        found[f"{particles:,}"] = (
            bench.milliseconds(lambda o=objective: o.cost_and_gradient(theta), 1.0) / 1e3
        )
    first, last = found.values()
    return {"seconds": found, "exponent": float(torch.log10(torch.tensor(last / first)))}


def mnist(bench: Bench) -> dict[str, float]:
    """Seconds of a pass of adam over 56,000 images in batches of 256; nothing where they are not at hand."""
    if not Path(os.environ.get(images.FOLDER, MNIST)).is_dir():
        return {}
    os.environ.setdefault(images.FOLDER, str(MNIST))
    count = 56_000 if bench.card else 1000
    spec = ac.RunSpec(dataset="mnist", particles=count, batch_size=256, device=bench.device.type)
    batches = -(-count // spec.batch_size)
    spec = spec.but(fidelity=None, tolerance=0)
    took = [seconds_of(spec.but(iterations=passes * batches), 1) for passes in (1, 1, 3)]
    return {"seconds": (took[2] - took[1]) / 2, "images": count}


def precision(bench: Bench) -> dict[str, float]:
    """What TF32 products save on L, and what they cost: the relative distance of the gradient."""
    objective, theta = bench.objective(CASES[-1])
    found, spec = {}, ac.RunSpec(dataset="mnist", device=bench.device.type)
    for way in ("highest", "fast"):
        with products_as(spec.but(precision=way)):
            found[way] = bench.milliseconds(lambda: objective.cost_and_gradient(theta))
            gradient = objective.cost_and_gradient(theta)[1].clone()
        if way == "highest":
            right = gradient
    return {**found, "off": float((gradient - right).norm() / right.norm())}


def pauses(bench: Bench) -> dict[str, float]:
    """Milliseconds that the first gradient takes more than a steady one, at first and when a knob changes."""
    found = {}
    for knob, change in {
        "": {},
        "L + 2": {"depth": 22},
        "d + 1": {"width": 4},
        "N + 1": {"particles": 501},
        "d = 6": {"width": 6},
        "two-layer": {"expansion": 4},
    }.items():
        objective, theta = bench.objective(replace(CASES[0], **change))
        start = time.perf_counter()
        objective.cost_and_gradient(theta)
        bench.wait()
        first = 1e3 * (time.perf_counter() - start)
        found[knob or "as it is"] = first - bench.milliseconds(
            lambda o=objective, t=theta: o.cost_and_gradient(t), 0.05
        )
    return found


def crossovers(bench: Bench) -> dict[str, Any]:
    """Milliseconds of an iteration on the processor and on the card, by method and flops of a gradient."""
    rows = {}
    for method, (_, short, long) in ITERATIONS.items():
        for particles in (100, 1000, 10_000, 100_000) if bench.card else (100,):
            spec = ac.RunSpec(dataset="s_curve", particles=particles, method=method, tolerance=0)
            spec, few = spec.but(fidelity=None), max(1, long // 10)
            took = {}
            for device in dict.fromkeys(("cpu", bench.device.type)):
                each = [
                    seconds_of(spec.but(device=device, iterations=n), 1) for n in (short, short, short + few)
                ]
                took[device] = 1e3 * (each[2] - each[1]) / few
            flops = step_flops(Architecture.of(spec, 3), particles)
            rows[f"{method}, N = {particles:,}"] = {"flops": flops, **took}
    return rows


TABLES: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "gradients": gradients,
    "iterations": iterations,
    "pauses": pauses,
    "precision": precision,
    "scale": scale,
    "mnist": mnist,
    "crossovers": crossovers,
}


def _allocated(bench: Bench, peak: bool = False) -> float:
    if not bench.card:
        return 0.0
    found = torch.cuda.max_memory_allocated() if peak else torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    return found


def measure(bench: Bench) -> dict[str, Any]:
    """All tables, as far as there is time; values first."""
    found: dict[str, Any] = {"checks": {case.name: check(bench, case) for case in CASES}, "left_out": []}
    for name, work in TABLES.items():
        if name == "precision" and not bench.card:
            continue
        if time.perf_counter() - bench.began > BUDGET:
            found["left_out"].append(name)
            continue
        print(f"{name} ...", file=sys.stderr, flush=True)
        found[name] = work(bench)
        if bench.card:
            torch.cuda.empty_cache()
    return found


def main(options: argparse.Namespace) -> None:
    """Measures and publishes."""
    device = torch.device(options.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise SystemExit("There is no CUDA card here; --device cpu rehearses on the processor.")
    if device.type == "cpu":
        torch.set_num_threads(1)
    card = torch.cuda.get_device_name(device) if device.type == "cuda" else "a processor (a rehearsal)"
    with torch.no_grad():
        found = measure(Bench(device))
    options.no_write = options.no_write or device.type != "cuda"
    publish(
        "gpu",
        {"card": card, **found},
        words(found, f"On {card}. tanh, T = {HORIZON:g}, Euler, linear profile."),
        options,
    )


if __name__ == "__main__":
    flags = parser(__doc__)
    flags.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="where (now %(default)s)")
    main(flags.parse_args())
