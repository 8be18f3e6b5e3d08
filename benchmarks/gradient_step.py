"""How long one step takes, J and its gradient with respect to all controls: beside four peers, and by scheme.

Run it with `.venv/bin/python benchmarks/gradient_step.py [--json] [--repeats N] [--cases S,M]` on a
quiet machine, with the peers of benchmarks/requirements.txt. Everything is float32 in one process on
one core; in each round every contestant has one turn, in random order, and the ratios are medians over
rounds. Before anything is timed, each J and each gradient is checked against autograd in float64.
"""

import gc
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from report import installed, one_core, parser, publish, table

one_core()  # before torch is imported

import numpy as np  # noqa: E402
import torch  # noqa: E402
from peers import PEERS, Network, Peer, Tableau, autograd  # noqa: E402
from rates import core_rates  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import autoencode_core as ac  # noqa: E402
from autoencode_core.data.coordinates import Coordinates  # noqa: E402
from autoencode_core.flow.architecture import Architecture  # noqa: E402
from autoencode_core.flow.schemes import SCHEMES  # noqa: E402
from autoencode_core.training.objective import Objective  # noqa: E402

TIKHONOV, HORIZON, TOLERANCE = 1e-3, 2.0, 1e-4
SECONDS, FEWEST, MOST = 5.0, 5, 100
"""A case is measured for about so many seconds, but for so many rounds at least and at most."""
TURN, SLOW = 0.005, 0.5
"""Seconds: a turn is as many steps as fit into the first; who needs more than the second for one step
has a turn in every second round only."""
OURS, PUBLIC = "ours", "public"
TITLES = {
    OURS: "ours, `Objective`",
    PUBLIC: "ours, `ac.cost_and_gradient`",
    "jax": "hand-written JAX",
    "torchdiffeq": "torchdiffeq",
    "diffrax": "diffrax",
    "torch": "torch autograd",
}
COSTS = {
    "midpoint": ("midpoint", 1, 2.3),
    "RK4": ("rk4", 1, 4.6),
    "Euler × 2": ("euler", 2, 2.2),
    "Euler × 4": ("euler", 4, 4.4),
}
"""What a gradient by another scheme, in so many sub-steps, may cost at most: times that by Euler × 1."""


@dataclass(frozen=True)
class Case:
    """One row of the table; the data set is named for its width, its points are not used.

    Attributes:
        expansion: m of the two-layer field, 0 for the single layer.
        targets: how many times as long as ours a peer should take at least.
        scheme, substeps: of a layer.
    """

    dataset: str
    width: int
    bottleneck: int
    depth: int
    particles: int
    expansion: int
    targets: dict[str, float]
    scheme: str = "euler"
    substeps: int = 1

    @property
    def words(self) -> str:
        """The sizes d, k, L, N, and what is not as everywhere."""
        field = f", two-layer, m = {self.expansion}" if self.expansion else ""
        scheme = f", {SCHEMES[self.scheme].title}" if self.scheme != "euler" else ""
        return f"{self.width}, {self.bottleneck}, {self.depth}, {self.particles}{field}{scheme}"

    @property
    def spec(self) -> ac.RunSpec:
        """The case as a spec."""
        return ac.RunSpec(
            dataset=self.dataset,
            task="reconstruct",
            coordinates="raw",
            order="natural",
            profile="linear",
            bottleneck=self.bottleneck,
            depth=self.depth,
            horizon=HORIZON,
            field="two_layer" if self.expansion else "single_layer",
            expansion=self.expansion or 4,
            activation="tanh",
            scheme=self.scheme,
            substeps=self.substeps,
        )


AHEAD = {"jax": 1.0, "torchdiffeq": 1.0, "diffrax": 1.0, "torch": 1.0}
CASES = {
    "S": Case("s_curve", 3, 2, 20, 500, 0, {"jax": 1.0, "torchdiffeq": 6, "diffrax": 2.5}),
    "M": Case("digits", 64, 8, 20, 1437, 0, {"jax": 1.3, "torchdiffeq": 5, "diffrax": 3}),
    "L": Case("mnist", 784, 32, 22, 1024, 0, {"jax": 1.3, "torchdiffeq": 4.5, "diffrax": 4}),
    "S2": Case("s_curve", 3, 2, 20, 500, 4, {}),
    "M2": Case("digits", 64, 8, 20, 1437, 2, {}),
    "S rk4": Case("s_curve", 3, 2, 20, 500, 0, AHEAD, "rk4"),
    "M rk4": Case("digits", 64, 8, 20, 1437, 0, AHEAD, "rk4"),
}


def draw(arch: Architecture, particles: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Normal particles (1, d, N) and a control (1, P)."""
    x = torch.randn(1, arch.width, particles, generator=torch.Generator().manual_seed(0))
    return x, arch.shape.initial(0, 0.5, torch.float32)[None]


def objective(arch: Architecture, x: torch.Tensor) -> Objective:
    """Ours with the particles as their own targets."""
    return Objective(arch, x, x, torch.full((1,), TIKHONOV))


def contestants(case: Case) -> tuple[Network, dict[str, Peer]]:
    """The network, and every way to its gradient that is installed."""
    spec = case.spec
    arch = Architecture.of(spec, case.width)
    x, theta = draw(arch, case.particles)
    own, rows = objective(arch, x), x[0].T.contiguous()
    model = ac.AutoencODE(spec, theta[0], Coordinates.fit("raw", rows.numpy()), np.arange(case.width))

    def blocks(vector: torch.Tensor) -> list[list[Any]]:
        views = arch.shape.layers(vector)
        return [[part[0].numpy().copy() for part in layer if part is not None] for layer in views]

    def step() -> Any:
        with torch.no_grad():
            return own.cost_and_gradient(theta)

    def public_step() -> Any:
        return ac.cost_and_gradient(model, rows, TIKHONOV)

    layers = tuple(map(tuple, blocks(theta)))
    net = Network(layers, x[0].numpy(), HORIZON, TIKHONOV, case.scheme, case.substeps)
    entered = {
        OURS: Peer(TITLES[OURS], step, lambda out: (float(out[0].cost), blocks(out[1]))),
        PUBLIC: Peer(TITLES[PUBLIC], public_step, lambda out: (out[0], blocks(out[1].flatten()[None]))),
    }
    if case.substeps == 1:
        entered |= {package: build(net) for package, build in PEERS.items() if installed(package)}
    return net, entered


def check(peer: Peer, out: Any, right: tuple[float, list[list[Any]]]) -> None:
    """Whether a step returned the right numbers.

    Raises:
        ValueError: J, or one block of the gradient, is off by more than TOLERANCE.
    """
    cost, gradient = peer.read(out)
    if not abs(cost / right[0] - 1) <= TOLERANCE:
        raise ValueError(f"{peer.name}: J = {cost:.8g}, but {right[0]:.8g} is right")
    for n, (layer, truths) in enumerate(zip(gradient, right[1], strict=True)):
        for name, block, truth in zip("WbV"[: len(truths)], layer, truths, strict=True):
            off = np.linalg.norm(block - truth) / np.linalg.norm(truth)
            if not off <= TOLERANCE:
                raise ValueError(f"{peer.name}: the gradient of {name} in layer {n} is off by {off:.2g}")


def seconds(step: Callable[[], Any]) -> float:
    """How long one step took."""
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def turn(step: Callable[[], Any], times: int) -> float:
    """How long a step takes in training, where one follows the other: the median of some in a row.

    The first is not counted if there are more: just after someone else's step it finds cold caches and
    sleeping threads, which cost jitted JAX up to four times its own time on S.
    """
    if times > 1:
        step()
    return median(seconds(step) for _ in range(times))


def rounds(entered: dict[str, Peer], repeats: int | None) -> dict[str, dict[int, float]]:
    """Seconds of everyone's steps, by round."""
    warm = {name: min(seconds(peer.step) for _ in range(2)) for name, peer in entered.items()}
    times = {name: max(2, round(TURN / took)) for name, took in warm.items()}
    every = {name: 2 if took > SLOW else 1 for name, took in warm.items()}
    one = sum(max(took, TURN) / every[name] for name, took in warm.items())
    found: dict[str, dict[int, float]] = {name: {} for name in entered}
    order, rng = list(entered), random.Random(0)
    gc.collect()
    gc.disable()
    for n in range(repeats or int(min(max(SECONDS / one, FEWEST), MOST))):
        rng.shuffle(order)
        for name in order:
            if name == OURS or n % every[name] == 0:
                found[name][n] = turn(entered[name].step, times[name])
    gc.enable()
    return found


def truth(net: Network, tableau: Tableau | None) -> tuple[float, list[list[Any]]]:
    """J and its gradient by autograd in float64."""
    reference = autograd(net, torch.float64, tableau)
    return reference.read(reference.step())


def costs(case: Case, repeats: int | None) -> dict[str, float]:
    """Time of one gradient by other schemes, and in sub-steps, over that by Euler × 1."""
    entered = {}
    for name, (scheme, substeps) in {OURS: ("euler", 1), **{n: c[:2] for n, c in COSTS.items()}}.items():
        net, ways = contestants(replace(case, scheme=scheme, substeps=substeps))
        check(ways[OURS], ways[OURS].step(), truth(net, None))
        entered[name] = ways[OURS]
    times = rounds(entered, repeats)
    return {name: median(took[n] / times[OURS][n] for n in took) for name, took in times.items()}


def measure(case: Case, repeats: int | None, rates: dict[str, Any]) -> dict[str, Any]:
    """All figures of one case."""
    net, entered = contestants(case)
    right = {tableau: truth(net, tableau) for tableau in {peer.tableau for peer in entered.values()}}
    first = {}
    for name, peer in entered.items():
        start = time.perf_counter()
        out = peer.step()
        first[name] = time.perf_counter() - start
        check(peer, out, right[peer.tableau])
    times = rounds(entered, repeats)
    steady = {name: median(took.values()) for name, took in times.items()}
    limit, own = least_seconds(net, rates), times[OURS]
    return {
        "ms": {name: 1e3 * took for name, took in steady.items()},
        "ratio": {name: median(took[n] / own[n] for n in took) for name, took in times.items()},
        "rounds": {name: len(took) for name, took in times.items()},
        "first_call_more_ms": {name: 1e3 * (took - steady[name]) for name, took in first.items()},
        "targets": case.targets,
        "limit_ms": 1e3 * limit,
        "share_of_limit": limit / min(own.values()),
        "pause_ms": pauses(case),
        "costs": costs(case, repeats) if case.scheme == "euler" else {},
    }


def least_seconds(net: Network, rates: dict[str, Any]) -> float:
    """The limit: all products at the best rate of this core and all tanh at theirs, nothing else."""
    weights = sum(part.size for layer in net.layers for part in (layer[0], *layer[2:]))
    # Three products a matrix and stage, save the one that would give the costate of the particles themselves.
    stages = len(net.tableau.b)
    products = 3 * weights * stages - net.layers[0][0].size
    hidden = sum(layer[1].size for layer in net.layers) * stages
    particles = net.x.shape[1]
    return 1e-9 * particles * (2 * products / rates["best_gflops"] + hidden * rates["tanh_ns"])


def pauses(case: Case) -> dict[str, float]:
    """Milliseconds that the first step takes more than a steady one when a knob has just changed."""
    spec, pause = case.spec, {}
    changed = {
        "d + 1": (spec, case.width + 1, case.particles),
        "L + 2": (spec.but(depth=case.depth + 2), case.width, case.particles),
        "N + 1": (spec, case.width, case.particles + 1),
    }
    for knob, (chosen, width, particles) in changed.items():
        x, theta = draw(Architecture.of(chosen, width), particles)
        with torch.no_grad():
            start = time.perf_counter()
            own = objective(Architecture.of(chosen, width), x)
            own.cost_and_gradient(theta)
            first = time.perf_counter() - start
            steady = [seconds(lambda own=own, theta=theta: own.cost_and_gradient(theta)) for _ in range(3)]
        pause[knob] = 1e3 * (first - median(steady))
    return pause


def step_table(cases: dict[str, Any], versions: dict[str, str | None]) -> str:
    """Times, ratios and targets of everyone."""
    others = [name for name in TITLES if name != OURS]

    def cell(found: dict[str, Any], name: str) -> str:
        if name not in found["ms"]:
            return "not installed"
        target = f" (target {found['targets'][name]:g})" if name in found["targets"] else ""
        return f"{found['ms'][name]:.3g} ms, {found['ratio'][name]:.2f}×{target}"

    def row(name: str, found: dict[str, Any]) -> list[str]:
        share = f"{found['share_of_limit']:.0%} of {found['limit_ms']:.3g} ms"
        own = [f"{name}: {CASES[name].words}", f"{found['ms'][OURS]:.3g} ms", share]
        return own + [cell(found, other) for other in others]

    titles = [f"{TITLES[name]} {versions.get(name) or ''}".strip() for name in others]
    head = ["case: d, k, L, N", TITLES[OURS], "share of the limit", *titles]
    return table(head, [row(name, found) for name, found in cases.items()])


def cost_table(cases: dict[str, Any]) -> str:
    """A gradient by each scheme over one by Euler × 1."""
    rows = [
        [name, *(f"{found['costs'][other]:.2f}×" for other in COSTS)]
        for name, found in cases.items()
        if found["costs"]
    ]
    return table(["case", *(f"{name} (at most {most:g})" for name, (*_, most) in COSTS.items())], rows)


def pause_table(cases: dict[str, Any]) -> str:
    """The pause when a knob changes."""

    def wait(found: dict[str, Any], peer: str) -> str:
        more = found["first_call_more_ms"]
        return f"{more[peer]:.0f} ms" if peer in more else "not installed"

    rows = [
        [name, *(f"{ms:.2f} ms" for ms in found["pause_ms"].values())]
        + [wait(found, peer) for peer in (OURS, "jax", "diffrax")]
        for name, found in cases.items()
    ]
    head = ["case", "ours, d + 1", "ours, L + 2", "ours, N + 1", "ours, very first", "JAX", "diffrax"]
    return table(head, rows)


def rate_table(rates: dict[str, Any]) -> str:
    """What the core does by size."""
    rows = [
        [
            f"{row['a']}, {row['N']}",
            f"{row['mkl_gflops']:.1f}",
            f"{row['onednn_gflops']:.1f}" if row["onednn_gflops"] else "not in this torch",
            f"{row['tanh_ns']:.2f}",
        ]
        for row in rates["sizes"]
    ]
    return table(["a, N", "MKL, GFLOP/s", "oneDNN, GFLOP/s", "tanh, ns an element"], rows)


def words(figures: dict[str, Any]) -> str:
    """The figures as Markdown."""
    versions, rates = figures["versions"], figures["rates"]
    lacking = ", ".join(TITLES[name] for name, found in versions.items() if not found)
    absent = f"Not measured: {lacking}; `pip install -r benchmarks/requirements.txt` adds them.\n\n"
    return f"""One step is J and its gradient with respect to all controls; tanh, T = {HORIZON:g}, linear
profile, float32, one core, Euler unless said otherwise. Median times, and in the peers' columns the median
over rounds of their time divided by ours (above 1×: ours is faster), with the target that we set ourselves.
All values agreed with autograd in float64 to {TOLERANCE:g} before the clock ran.

{step_table(figures["cases"], versions)}

{absent if lacking else ""}The limit is what the matrix products at this core's best rate
({rates["best_gflops"]:.0f} GFLOP/s) and the tanh at theirs ({rates["tanh_ns"]:.2f} ns an element) would take
alone; the share is the limit divided by our fastest turn. In the rows of RK4 the peers take the classical
tableau too, but torchdiffeq, whose rk4 is the 3/8 rule: as many stages, held against autograd of that rule.

The time of one gradient of ours by other schemes, and in sub-steps, over that by Euler in one step a layer
(medians over rounds):

{cost_table(figures["cases"])}

The pause when a knob changes: what the first step at a new shape takes more than a steady one; for the very
first step of ours in its case, and for JAX and diffrax, which compile anew, at the case's own shape.

{pause_table(figures["cases"])}

What this core does, by the size of the product W x (a × a times a × N), each at its best:

{rate_table(rates)}"""


def main() -> None:
    """Measures and reports."""
    flags = parser(__doc__)
    flags.add_argument("--repeats", type=int, help="rounds of every case (as many as fit in some seconds)")
    flags.add_argument("--cases", default=",".join(CASES), help="some of them, as in S,M")
    options = flags.parse_args()
    chosen = options.cases.split(",")
    if unknown := set(chosen) - set(CASES):
        flags.error(f"no case {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    if options.repeats is not None and options.repeats < 1:
        flags.error("--repeats must be at least 1")
    torch.set_num_threads(1)
    rates, cases = core_rates(), {}
    for name in chosen:
        print(f"{name} ...", file=sys.stderr, flush=True)
        cases[name] = measure(CASES[name], options.repeats, rates)
    figures = {"versions": {name: installed(name) for name in PEERS}, "rates": rates, "cases": cases}
    # A part of the cases must not take the place of the whole table.
    options.no_write = options.no_write or set(chosen) != set(CASES)
    publish("gradient_step", figures, words(figures), options)


if __name__ == "__main__":
    main()
