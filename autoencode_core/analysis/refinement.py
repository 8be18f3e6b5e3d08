"""Refinement: a trained network integrated more finely, and adaptively: is it still the same map?"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy import stats
from scipy.integrate import solve_ivp
from torch import Tensor

from autoencode_core.analysis.particles import Array, Report, silent
from autoencode_core.analysis.spectrum import Place
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import resize
from autoencode_core.flow.solvers import SOLVERS, Solver, solver
from autoencode_core.training.run import Run
from autoencode_core.words import join

SUBSTEPS = (1, 2, 4, 8, 16, 32, 64)
"""Sub-steps of a layer by default."""
REFERENCE, RTOL = "DOP853", 1e-12
"""The adaptive solver of scipy, and its relative tolerance; the absolute one is as large."""
MOST_EVALUATIONS, TELL = 20_000, 50
"""Evaluations of the field after which the adaptive solver gives up, and between two words of progress."""
_STEEP = "a field so steep that the adaptive solver gives up"
CLEAR = 5.0
"""An order is fitted to differences that many times larger than how well the reference is known."""
ROUNDING = 1e-14
"""Sums over many steps are known that well, as a share of the outputs' size."""
FINE, STEADY = 0.03, 0.08
"""... and smaller than that share of the data's spread, as far as the local slopes stay that close to the
finest one's."""
FITTED = 4
"""Most step sizes that an order is fitted to, the finest ones."""
CUT_ON = ((1, 500), (8, 100), (64, 20))
"""How many times finer steps an order is looked for at, and with how many particles."""
SAME, ALIKE = 0.02, 0.1
"""Differences of the outputs, as shares of the data's spread, up to which a network is its ODE, or nearly."""
SAME_ERROR, ALIKE_ERROR = 0.1, 0.5
"""Likewise for its error, as shares of that."""


class Outputs:
    """What a run's control makes of some particles, by any way of integrating it.

    Args:
        run: the run.
        particles: most of its training particles that are moved, evenly chosen.

    Attributes:
        x: states at t = 0 (1, d, n); targets (n, ·), in data units, for classify positions.

    Raises:
        InputError: the run diverged.
    """

    def __init__(self, run: Run, particles: int) -> None:
        self.place = Place(run)
        self.model, self.classify = self.place.model, run.spec.task == "classify"
        every = max(1, -(-self.place.x.shape[2] // particles))
        self.x, y = self.place.x[:, :, ::every], self.place.y[:, :, ::every]
        self.arch = self.model.architecture
        self.layers = self.arch.shape.layers(self.model.control.vector[None])
        self.targets = self.read(y)
        self.evaluations, self.share = 0, 0.0

    def read(self, state: Tensor) -> Array:
        """States (1, a, n) as outputs (n, ·): data units, for classify codes."""
        if self.classify:
            return np.asarray(state[0, : self.arch.bottleneck].T.numpy())
        return np.asarray(self.model.from_engine(resize(state, self.arch.width)).numpy())

    def moved(self, advance: Callable[[Any, Tensor], Tensor], told: Callable[[float], Any]) -> Array:
        """Outputs (n, ·) where `advance` takes each layer from its active state to the one at its end."""
        state = self.x
        for n, layer in enumerate(self.layers):
            self.share = n / len(self.layers)
            told(self.share)
            state = advance(layer, resize(state, self.arch.counts[n]))
        return self.read(resize(state, self.arch.bottleneck) if self.classify else state)

    def by(self, method: str, substeps: int, told: Callable[[float], Any]) -> Array:
        """Outputs by one of our methods with so many sub-steps a layer."""
        take, step = solver(method, substeps), self.arch.step / substeps

        def advance(layer: Any, state: Tensor) -> Tensor:
            velocity = partial(self.arch.field.velocity, layer)
            for _ in range(substeps):
                state = take(velocity, state, step)
            return state

        return self.moved(advance, told)

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


def refinement(
    run: Run,
    substeps: Sequence[int] = SUBSTEPS,
    particles: int = 500,
    rtol: float = RTOL,
    methods: Sequence[str] = tuple(SOLVERS),
    report: Report | None = None,
) -> dict[str, Any]:
    """A trained network re-integrated with finer and finer steps, beside an adaptive solver.

    The control stays as it is, piecewise constant: only its layers are cut into sub-steps. Euler with one is
    the network itself.

    Args:
        run: the run.
        substeps: sub-steps of a layer (s,), ascending, each 1 to 10,000.
        particles: most training particles that are moved.
        rtol: relative tolerance of the adaptive solver, 1e-13 to 1e-3; the absolute one is as large.
        methods: names of the methods (m,), of "euler", "midpoint" and "rk4".
        report: progress.

    Returns:
        methods, a list; declared (m,), their orders; substeps (s,); steps (s,), δ/r; difference
        (m, s), root mean squared distance of the outputs to the reference's, data units (classify: codes);
        error (m, s), mean squared distance of output and target; reference, name of the adaptive solver;
        rtol; atol; evaluations of the field that it took; reference_error, its mean squared distance to the
        targets; floor, how well it is known: its distance to a solve at ten times the tolerance; order (m,),
        fitted slope of log difference against log step, NaN where it cannot be told, order_error (m,), its
        standard error, and order_start (m,), so that difference = exp(start) step^order; fitted (m, s), what
        that is fitted to; spread, root mean squared distance of the targets to their mean; network_difference
        and network_error, those of the network itself; relative = network_difference / spread; verdict:
        "ode", "nearly" or "not" a discretised ODE; moved, particles n; note.

    Raises:
        InputError: the run diverged, its field is too steep for the adaptive solver, or an argument cannot be
            used.

    Source:
        theory.md section 2, finer integration; E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary
        Differential Equations I (1993), sections II.3 and II.5.
    """
    sizes, report = _sizes(substeps), report or silent
    rules = {name: solver(name) for name in methods}
    if not isinstance(rtol, float) or not 1e-13 <= rtol <= 1e-3:
        raise InputError("rtol", rtol, "a number from 1e-13 to 1e-3")
    report(0.0, "Loading the particles.")
    with torch.no_grad():
        outputs = Outputs(run, particles)
        ends = outputs.adaptive(rtol, _part(report, 0.0, 0.4, "Solving adaptively."))
        evaluations = outputs.evaluations
        rough = outputs.adaptive(10 * rtol, _part(report, 0.4, 0.6, "Solving adaptively, less sharply."))
        made = _by_all(outputs, rules, sizes, report)
    floor = max(rms(ends, rough), ROUNDING * float(np.abs(ends).max(initial=0.0)))
    difference = np.array([[rms(each, ends) for each in row] for row in made])
    error = np.array([[mean_square(each, outputs.targets) for each in row] for row in made])
    steps = outputs.arch.step / np.array(sizes)
    spread = spread_of(outputs.targets)
    fits = [_fit(steps, row, CLEAR * floor, FINE * spread) for row in difference]
    found = {
        "methods": list(rules),
        "declared": np.array([rule.order for rule in rules.values()]),
        "substeps": np.array(sizes),
        "steps": steps,
        "difference": difference,
        "error": error,
        "reference": REFERENCE,
        "rtol": rtol,
        "atol": rtol,
        "evaluations": evaluations,
        "reference_error": mean_square(ends, outputs.targets),
        "floor": floor,
        "order": np.array([fit[0] for fit in fits]),
        "order_error": np.array([fit[1] for fit in fits]),
        "order_start": np.array([fit[2] for fit in fits]),
        "fitted": np.stack([fit[3] for fit in fits]),
        "spread": spread,
        "moved": len(ends),
    }
    return found | _judged(found, sizes) | {"note": _note(run, outputs, found)}


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
    solver(method)
    order = np.nan
    for finer, particles in CUT_ON:
        sizes = [finer * size for size in SUBSTEPS]
        found = refinement(run, sizes, particles, methods=(method,))
        order = float(found["order"][0])
        if np.isfinite(order) or _sharp(found, 0):
            break
    return order


def _by_all(
    outputs: Outputs, rules: Mapping[str, Solver], sizes: Sequence[int], report: Report
) -> list[list[Array]]:
    """Outputs by every method with every number of sub-steps."""
    plan = [(name, size) for name in rules for size in sizes]
    work = np.cumsum([0, *(size * rules[name].order for name, size in plan)])
    ends = 0.6 + 0.4 * work / work[-1]
    made = [
        outputs.by(name, size, _part(report, ends[i], ends[i + 1], f"{name}, {size} sub-steps a layer."))
        for i, (name, size) in enumerate(plan)
    ]
    return [made[i : i + len(sizes)] for i in range(0, len(made), len(sizes))]


def _fit(steps: Array, difference: Array, low: float, high: float) -> tuple[float, float, float, Array]:
    """Slope, its standard error and start of log difference against log step, and what was fitted.

    From the finest step whose difference is above `low`, below `high`, as far as the slopes stay steady.
    """
    fitted = np.zeros(len(steps), bool)
    clear = np.flatnonzero((difference > low) & (difference < high))[::-1]
    if len(clear) < 3:
        return np.nan, np.nan, np.nan, fitted
    x, y = np.log(steps[clear]), np.log(difference[clear])
    slopes = np.diff(y) / np.diff(x)
    steady = np.abs(slopes - slopes[0]) <= STEADY
    count = 1 + (len(slopes) if steady.all() else int(np.argmin(steady)))
    count = min(count, FITTED)
    if count < 3:
        return np.nan, np.nan, np.nan, fitted
    fitted[clear[:count]] = True
    found = stats.linregress(x[:count], y[:count])
    return float(found.slope), float(found.stderr), float(found.intercept), fitted


def _judged(found: dict[str, Any], sizes: Sequence[int]) -> dict[str, Any]:
    """How far the network is from its ODE, and the verdict."""
    place = sizes.index(1) if 1 in sizes else 0
    away, error = float(found["difference"][0, place]), float(found["error"][0, place])
    relative = away / found["spread"] if found["spread"] > 0 else np.nan
    tiny = 1e-6 * found["spread"] ** 2
    ratio = abs(found["reference_error"] - error) / max(error, found["reference_error"], tiny)
    verdict = "not"
    if away <= CLEAR * found["floor"] or (relative <= SAME and ratio <= SAME_ERROR):
        verdict = "ode"
    elif relative <= ALIKE and ratio <= ALIKE_ERROR:
        verdict = "nearly"
    return {
        "network_difference": away,
        "network_error": error,
        "relative": relative,
        "verdict": verdict,
    }


def _note(run: Run, outputs: Outputs, found: dict[str, Any]) -> str:
    """What to know of the numbers."""
    said = [outputs.place.note]
    if found["moved"] < outputs.place.x.shape[2]:
        said.append(f"{found['moved']} of the {outputs.place.x.shape[2]} particles, evenly chosen.")
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
            names = join([found["methods"][row] for row in rows])
            said.append(f"No order is told of {names}: {words}.")
    if run.spec.activation == "relu":
        said.append("relu has kinks: a method of higher order may not reach its order.")
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


def _part(report: Report, low: float, high: float, words: str) -> Callable[[float], Any]:
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
