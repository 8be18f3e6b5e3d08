"""Refinement: a trained network integrated more finely, and adaptively: is it still the same map?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from scipy import stats
from scipy.integrate import solve_ivp
from torch import Tensor

from autoencode_core.analysis.regimes.spectrum import ModelOnParticles
from autoencode_core.analysis.run_particles import Array
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import resize
from autoencode_core.flow.schemes import SCHEMES, Scheme, scheme
from autoencode_core.ode import verdict
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run
from autoencode_core.words import join

SUBSTEPS = (1, 2, 4, 8, 16, 32, 64)
"""Sub-steps of a layer by default."""
REFERENCE, RTOL = "DOP853", 1e-12
"""The adaptive solver of scipy, and its relative tolerance; the absolute one is as large."""
MOST_EVALUATIONS, TELL = 20_000, 50
"""Evaluations of the field after which the adaptive solver gives up, and between two words of progress."""
LOOSER, LOOSEST = 100.0, 1e-6
"""It then tries again at a tolerance so many times larger, up to that one."""
_STEEP = "a field so steep that the adaptive solver gives up"
MOST_FLOPS, FEWEST = 2.5e11, 20
"""Flops of the field after which fewer particles are moved, but not fewer than that."""
CLEAR = 30.0
"""An order is fitted to differences that many times larger than how well the reference is known."""
ROUNDING = 1e-14
"""Sums over many steps are known that well, as a share of the outputs' size."""
FINE, STEADY = 0.1, 0.08
"""... and smaller than that share of the data's spread, as far as the local slopes stay that close to the
finest one's."""
SHORT = 0.25
"""A slope further below the declared order has not settled, unless kinks keep it there."""
FITTED = 4
"""Most step sizes that an order is fitted to, the finest ones."""
CUT_ON = ((1, 500), (8, 100), (64, 20))
"""How many times finer steps an order is looked for at, and with how many particles."""


class Outputs:
    """What a run's control makes of some particles, by any way of integrating it.

    Args:
        run: the run.
        particles: most of its training particles that are moved, evenly chosen.

    Attributes:
        x: states at t = 0 (1, d, n); targets (n, ·), in flow coordinates, for classify positions.

    Raises:
        InputError: the run diverged.
    """

    def __init__(self, run: Run, particles: int) -> None:
        self.place = ModelOnParticles(run)
        self.model, self.classify = self.place.model, run.spec.task == "classify"
        every = max(1, -(-self.place.x.shape[2] // particles))
        self.x, y = self.place.x[:, :, ::every], self.place.y[:, :, ::every]
        self.arch = self.model.architecture
        self.layers = self.arch.shape.layers(self.model.control.vector[None])
        self.targets = self.read(y)
        self.evaluations, self.share = 0, 0.0

    def read(self, state: Tensor) -> Array:
        """States (1, a, n) as outputs (n, ·): flow coordinates, for classify codes."""
        if self.classify:
            return np.asarray(state[0, : self.arch.bottleneck].T.numpy())
        return np.asarray(self.model.natural(resize(state, self.arch.width)).numpy())

    def moved(self, advance: Callable[[Any, Tensor], Tensor], told: Callable[[float], Any]) -> Array:
        """Outputs (n, ·) where `advance` takes each layer from its active state to the one at its end."""
        state = self.x
        for n, layer in enumerate(self.layers):
            self.share = n / len(self.layers)
            told(self.share)
            state = advance(layer, resize(state, self.arch.counts[n]))
        return self.read(resize(state, self.arch.bottleneck) if self.classify else state)

    def network(self, told: Callable[[float], Any]) -> Array:
        """Outputs of the network itself."""
        return self.by(self.arch.scheme.name, self.arch.substeps, told)

    def by(self, method: str, substeps: int, told: Callable[[float], Any]) -> Array:
        """Outputs by one of the schemes with so many sub-steps a layer."""
        return self.moved(self.arch.by(scheme(method, substeps), substeps).through, told)

    def adaptive(self, rtol: float, told: Callable[[float], Any]) -> Array:
        """Outputs by the adaptive solver, layer by layer, since the control jumps between them.

        Raises:
            InputError: the field is so steep that the solver takes too many steps.
        """

        def advance(layer: Any, state: Tensor) -> Tensor:
            def velocity(_: float, flat: Array) -> Array:
                self.evaluations += 1
                if self.evaluations % TELL == 0:
                    told(self.share)
                if self.evaluations > MOST_EVALUATIONS:
                    raise InputError("run", _STEEP, "a run with a smaller control, such as one of higher λ")
                found = self.arch.field.velocity(layer, torch.as_tensor(flat).view_as(state))
                return np.asarray(found.numpy().ravel())

            tolerance, span = {"rtol": rtol, "atol": rtol}, (0.0, self.arch.step)
            ends = solve_ivp(velocity, span, state.numpy().ravel(), REFERENCE, span[1:], **tolerance)
            if not ends.success:
                raise InputError("run", _STEEP, "a run with a smaller control, such as one of higher λ")
            return torch.as_tensor(ends.y[:, -1]).view_as(state)

        return self.moved(advance, told)


def steps(
    run: Run,
    substeps: Sequence[int] = SUBSTEPS,
    particles: int = 500,
    rtol: float = RTOL,
    methods: Sequence[str] = tuple(SCHEMES),
    report: Report | None = None,
) -> dict[str, Any]:
    """A trained network re-integrated with finer and finer steps, beside an adaptive solver.

    The control stays as it is, piecewise constant: only its layers are cut into sub-steps. The network itself
    is that of the run's own scheme and sub-steps.

    Args:
        run: the run.
        substeps: sub-steps of a layer (s,), ascending, each 1 to 10,000.
        particles: most training particles that are moved.
        rtol: relative tolerance of the adaptive solver, 1e-13 to 1e-3; the absolute one is as large.
        methods: names of the methods (m,), of "euler", "midpoint" and "rk4".
        report: progress.

    Returns:
        methods, a list; declared (m,), their orders; substeps (s,); steps (s,), δ/r; difference (m, s), root
        mean squared distance of the outputs to the reference's, flow coordinates (classify: codes); error (m,
        s), mean squared distance of output and target; reference, name of the adaptive solver; rtol, larger
        than asked where the field is too steep for that; atol; evaluations of the field that it took;
        reference_error, its mean squared distance to the targets; floor, how well it is known: its distance
        to a solve at ten times the tolerance; order (m,), fitted slope of log difference against log step,
        NaN where it cannot be told, order_error (m,), its standard error, and order_start (m,), so that
        difference = exp(start) step^order; fitted (m, s), what that is fitted to; spread, root mean squared
        distance of the targets to their mean; network_scheme and network_substeps, of the network itself, and
        network_difference and network_error, its own; relative = network_difference / spread (of one
        particle: / its target's length); verdict: "ode", "nearly" or "not" a discretised ODE; moved,
        particles n; note.

    Raises:
        InputError: the run diverged, its field is too steep for the adaptive solver, or an argument cannot be
            used.

    Source:
        docs/theory.md, section 2, finer integration; E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary
        Differential Equations I (1993), sections II.3 and II.5.
    """
    sizes, report = _sizes(substeps), report or silent
    rules = {name: scheme(name) for name in methods}
    if not isinstance(rtol, float) or not 1e-13 <= rtol <= 1e-3:
        raise InputError("rtol", rtol, "a number from 1e-13 to 1e-3")
    report(0.0, "Loading the particles.")
    with torch.no_grad():
        passes = sum(sizes) * sum(rule.stages for rule in rules.values())
        outputs = Outputs(run, min(particles, max(FEWEST, int(MOST_FLOPS / (passes * flops(run))))))
        ends, rough, used, evaluations = _solved(outputs, rtol, report)
        network = outputs.network(part_of(report, 0.6, 0.6, "Moving the particles."))
        made = _by_all(outputs, rules, sizes, report)
    floor = max(rms(ends, rough), ROUNDING * float(np.abs(ends).max(initial=0.0)))
    difference = np.array([[rms(each, ends) for each in row] for row in made])
    error = np.array([[mean_square(each, outputs.targets) for each in row] for row in made])
    steps = outputs.arch.step / np.array(sizes)
    spread = spread_of(outputs.targets)
    # One particle has no spread: it is judged by the length of its target.
    size = spread or rms(outputs.targets, np.zeros_like(outputs.targets))
    least = [
        -np.inf if not run.model.architecture.field.sigma.smooth else rule.order - SHORT
        for rule in rules.values()
    ]
    fits = [
        _fit(steps, row, (CLEAR * floor, FINE * size), slope)
        for row, slope in zip(difference, least, strict=True)
    ]
    found = {
        "methods": list(rules),
        "declared": np.array([rule.order for rule in rules.values()]),
        "substeps": np.array(sizes),
        "steps": steps,
        "difference": difference,
        "error": error,
        "reference": REFERENCE,
        "rtol": used,
        "atol": used,
        "evaluations": evaluations,
        "reference_error": mean_square(ends, outputs.targets),
        "floor": floor,
        "order": np.array([fit[0] for fit in fits]),
        "order_error": np.array([fit[1] for fit in fits]),
        "order_start": np.array([fit[2] for fit in fits]),
        "fitted": np.stack([fit[3] for fit in fits]),
        "spread": spread,
        "network_scheme": outputs.arch.scheme.name,
        "network_substeps": outputs.arch.substeps,
        "network_difference": rms(network, ends),
        "network_error": mean_square(network, outputs.targets),
    }
    found |= _judged(found, size) | {"moved": len(ends)}
    return found | {"note": _note(run, outputs, found, rtol)}


def observed_order(run: Run, method: str = "rk4") -> float:
    """The fitted order of convergence of a method on a run's flow; see `refinement`.

    Args:
        run: the run.
        method: "euler", "midpoint" or "rk4".

    Returns:
        The slope. Where the sub-steps of `refinement` do not settle it, they are cut on with fewer particles;
        NaN where that does not tell either.

    Raises:
        InputError: there is no such method, or the run diverged.
    """
    scheme(method)
    order = np.nan
    for finer, particles in CUT_ON:
        sizes = [finer * size for size in SUBSTEPS]
        found = steps(run, sizes, particles, methods=(method,))
        order = float(found["order"][0])
        if np.isfinite(order) or _sharp(found, 0):
            break
    return order


def flops(run: Run) -> int:
    """Flops that one particle takes through the fields of all layers, once."""
    arch = run.model.architecture
    return sum(map(arch.field.flops, arch.shape.counts))


def _solved(outputs: Outputs, rtol: float, report: Report) -> tuple[Array, Array, float, int]:
    """The adaptive solution, one at ten times the tolerance, the tolerance, and what the first one took.

    Raises:
        InputError: the field is too steep even at the loosest tolerance.
    """
    low = 0.0
    while True:
        try:
            outputs.evaluations = 0
            ends = outputs.adaptive(rtol, part_of(report, low, low + 0.1, "Solving adaptively."))
            taken, outputs.evaluations = outputs.evaluations, 0
            told = part_of(report, 0.5, 0.6, "Solving adaptively, less sharply.")
            return ends, outputs.adaptive(10 * rtol, told), rtol, taken
        except InputError:
            if rtol >= LOOSEST:
                raise
            rtol, low = min(LOOSEST, LOOSER * rtol), low + 0.1


def _by_all(
    outputs: Outputs, rules: Mapping[str, Scheme], sizes: Sequence[int], report: Report
) -> list[list[Array]]:
    """Outputs by every method with every number of sub-steps."""
    plan = [(name, size) for name in rules for size in sizes]
    work = np.cumsum([0, *(size * rules[name].stages for name, size in plan)])
    ends = 0.6 + 0.4 * work / work[-1]
    made = [
        outputs.by(name, size, part_of(report, ends[i], ends[i + 1], f"{name}, {size} sub-steps a layer."))
        for i, (name, size) in enumerate(plan)
    ]
    return [made[i : i + len(sizes)] for i in range(0, len(made), len(sizes))]


def _fit(
    steps: Array, difference: Array, between: tuple[float, float], least: float
) -> tuple[float, float, float, Array]:
    """Slope, its standard error and start of log difference against log step, and what was fitted.

    From the finest step whose difference is in between, as far as the slopes stay steady; nothing for a slope
    below `least`.
    """
    fitted = np.zeros(len(steps), bool)
    untold = np.nan, np.nan, np.nan, fitted
    clear = np.flatnonzero((difference > between[0]) & (difference < between[1]))[::-1]
    if len(clear) < 3:
        return untold
    x, y = np.log(steps[clear]), np.log(difference[clear])
    slopes = np.diff(y) / np.diff(x)
    steady = np.abs(slopes - slopes[0]) <= STEADY
    count = 1 + (len(slopes) if steady.all() else int(np.argmin(steady)))
    count = min(count, FITTED)
    if count < 3 or slopes[: count - 1].mean() < least:
        return untold
    fitted[clear[:count]] = True
    found = stats.linregress(x[:count], y[:count])
    return float(found.slope), float(found.stderr), float(found.intercept), fitted


def _judged(found: dict[str, Any], size: float) -> dict[str, Any]:
    """How far the network is from its ODE beside data of that size, and the verdict."""
    away = found["network_difference"]
    relative = away / size if size else (np.inf if away else 0.0)
    return {"relative": relative, "verdict": verdict(relative)}


def _note(run: Run, outputs: Outputs, found: dict[str, Any], rtol: float) -> str:
    """What to know of the numbers."""
    said = [outputs.place.note]
    if found["moved"] < outputs.place.x.shape[2]:
        said.append(f"{found['moved']} of the {outputs.place.x.shape[2]} particles, evenly chosen.")
    if found["rtol"] > rtol:
        said.append(
            f"The field is steep: the reference is solved with a tolerance of {found['rtol']:.0e} only."
        )
    if not found["difference"].any():
        return " ".join(filter(None, [*said, "The flow is at rest, so every method gives the same."]))
    untold = [row for row, order in enumerate(found["order"]) if np.isnan(order)]
    sharp = [row for row in untold if _sharp(found, row)]
    for rows, words in (
        (sharp, "it is as exact as the reference at most step sizes"),
        (
            [row for row in untold if row not in sharp],
            "even the finest steps are too coarse for its slope to settle",
        ),
    ):
        if rows:
            names = join([SCHEMES[found["methods"][row]].title for row in rows])
            said.append(f"No order is told of {names}: {words}.")
    if not run.model.architecture.field.sigma.smooth:
        said.append(f"{run.spec.activation} has kinks: a method of higher order may not reach its order.")
    return " ".join(filter(None, said))


def _sharp(found: dict[str, Any], row: int) -> bool:
    """Whether a method is as exact as the reference at most step sizes."""
    return bool(np.median(found["difference"][row]) <= CLEAR * found["floor"])


def _sizes(substeps: Sequence[int]) -> list[int]:
    sizes = list(substeps)
    whole = all(isinstance(size, int) and not isinstance(size, bool) for size in sizes)
    if not sizes or not whole or sizes != sorted({*sizes}) or sizes[0] < 1 or sizes[-1] > 10_000:
        raise InputError("substeps", sizes, "at least one whole number from 1 to 10000, ascending")
    return sizes


def part_of(report: Report, low: float, high: float, words: str) -> Callable[[float], Any]:
    """What is told of a part of the work, by its own share, as the report of the whole."""

    def told(share: float) -> object:
        return report(low + share * (high - low), words)

    return told


def rms(a: Array, b: Array) -> float:
    """Root mean squared distance of points (n, ·) to others."""
    return float(np.sqrt(np.square(a - b).sum(axis=1).mean()))


def mean_square(outputs: Array, targets: Array) -> float:
    """Mean squared distance of outputs (n, ·) to their targets."""
    return float(np.square(outputs - targets).sum(axis=1).mean())


def spread_of(targets: Array) -> float:
    """Root mean squared distance of points (n, ·) to their mean."""
    return rms(targets, targets.mean(axis=0))
