"""The limit T/L -> 0: a run cut into twice as many layers, trained on from there, and again."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from autoencode_core.analysis.ode_limit.steps import Outputs, flops, part_of, rms, spread_of
from autoencode_core.analysis.run_particles import Array
from autoencode_core.errors import InputError
from autoencode_core.flow.shape import ControlShape
from autoencode_core.questions.ode_limit import Depth
from autoencode_core.report import Report, silent
from autoencode_core.spec import RunSpec
from autoencode_core.training.loop import train_regimes
from autoencode_core.training.run import Progress, Run
from autoencode_core.words import join

MOST_DEPTH = 400
"""Most layers of a spec."""
SETTLED = 1e-11
"""Differences up to that are rounding."""
ITERATIONS, FEWEST, MOST_FLOPS = 100, 10, 2e11
"""Most iterations of each training by default; where they would take more flops fewer, at least FEWEST."""
FINE, MOST_PARTICLES = 16, 500
"""Sub-steps of RK4 in each layer that stand for a level's ODE, and most particles that are moved."""


PASSES, TRAINING = 6.0, 0.6
"""Passes of the particles in one iteration, and the share of a level's work that is training: about."""
_MOVING = "Moving the particles."


def refined(theta: Tensor, shape: ControlShape) -> Tensor:
    """The same control in continuous time, of a flow with every layer cut in two.

    Args:
        theta: (P,).
        shape: its shape.

    Returns:
        (2P,): the blocks of every layer twice.
    """
    sizes = [sum(block.size for block in layer) for layer in shape.blocks]
    return torch.cat([layer for part in theta.split_with_sizes(sizes) for layer in (part, part)])


def depth(run: Run, doublings: int = 2, iterations: int | None = None, report: Report | None = None) -> Depth:
    """Trains a run on at twice, four times, … its depth, each time from the refined control before.

    The horizon stays, so T/L is halved each time; widths and θ in continuous time are the same at the start.
    Where the network is a discretised ODE, refining changes little and training has little left to do.

    Args:
        run: the run, level 0, as it is.
        doublings: how many further levels, 1 to 5, as far as L stays at most 400.
        iterations: most iterations of each training; by default those of the spec, at most 100, and fewer
            of a wide run with many particles.
        report: progress, told of every iteration.

    Raises:
        InputError: the run diverged, its data are gone, it has as many layers as there may be, or an argument
            is out of bounds.

    Source:
        docs/theory.md, sections 2 and 4.
    """
    _check(run, doublings, iterations)
    report = report or silent
    report(0.0, "Loading the particles.")
    levels, notes = min(doublings, int(np.log2(MOST_DEPTH / run.spec.depth))), list[str]()
    if levels < doublings:
        notes.append(f"{levels} of {doublings} doublings: a spec has at most {MOST_DEPTH} layers.")
    whole = 2 ** (levels + 1) - 1
    most = _affordable(run, whole - 1) if iterations is None else iterations
    if iterations is None and most < min(run.spec.iterations, ITERATIONS):
        notes.append(f"The run is large: each training has {most} iterations only.")
    look = _Look(run)
    notes = look.notes + notes
    rows = [look.at(run, part_of(report, 0.0, 1 / whole, _MOVING))]
    for level in range(1, levels + 1):
        low, high = (2**level - 1) / whole, (2 ** (level + 1) - 1) / whole
        between = low + TRAINING * (high - low)
        run, moved = _trained(run, most, report, low, between)
        if run.status == "diverged":
            notes.append(f"The training at L = {run.spec.depth} diverged.")
            break
        rows.append(look.at(run, part_of(report, between, high, _MOVING))._replace(moved=moved))
    notes += _unfinished(rows)
    report(1.0, _MOVING)
    steps, difference = (
        np.array([getattr(row, name) for row in rows]) for name in ("steps", "ode_difference")
    )
    rate, error = _rate(steps, difference)
    return {
        "depths": np.array([row.depth for row in rows]),
        "steps": steps,
        "refined_cost": np.array([row.refined_cost for row in rows]),
        "cost": np.array([row.cost for row in rows]),
        "data_term": np.array([row.data_term for row in rows]),
        "penalty": np.array([row.penalty for row in rows]),
        "test_error": np.array([row.test_error for row in rows]),
        "moved": np.array([row.moved for row in rows]),
        "output_change": np.array([row.output_change for row in rows]),
        "ode_difference": difference,
        "iterations": np.array([row.iterations for row in rows]),
        "ended": [row.ended for row in rows],
        "spread": look.spread,
        "rate": rate,
        "rate_error": error,
        "order": run.model.architecture.scheme.order,
        "moved_particles": look.count,
        "note": " ".join(notes),
    }


def _check(run: Run, doublings: int, iterations: int | None) -> None:
    if isinstance(doublings, bool) or not isinstance(doublings, int) or not 1 <= doublings <= 5:
        raise InputError("doublings", doublings, "a whole number from 1 to 5")
    fits = iterations is None or (isinstance(iterations, int) and not isinstance(iterations, bool))
    if not fits or (iterations is not None and not 1 <= iterations <= 2000):
        raise InputError("iterations", iterations, "a whole number from 1 to 2000")
    if 2 * run.spec.depth > MOST_DEPTH:
        raise InputError("depth", run.spec.depth, f"at most {MOST_DEPTH // 2}, so that it can be doubled")


def _affordable(run: Run, depths: int) -> int:
    """Iterations by default, where the depths of all levels are so many times that of the run."""
    each = PASSES * flops(run) * run.spec.particles * depths
    return min(run.spec.iterations, ITERATIONS, max(FEWEST, int(MOST_FLOPS / each)))


def _unfinished(rows: "list[_Level]") -> list[str]:
    """Which trainings could have gone on."""
    depths = [str(row.depth) for row in rows[1:] if row.ended == "finished"]
    words = "ended before it converged: more iterations may lower J further"
    return [f"The training at L = {join(depths)} {words}."] if depths else []


def _trained(run: Run, iterations: int, report: Report, low: float, high: float) -> tuple[Run, float]:
    """The run at twice its depth, trained on, and how far that moved the control."""
    spec, arch = _doubled(run), run.model.architecture
    start = refined(run.model.control.flatten().cpu(), arch.shape)

    def told(progress: Progress) -> None:
        share = progress.iteration / progress.iterations
        report(low + share * (high - low), f"Training {spec.depth} layers.")

    found = train_regimes([spec.but(iterations=iterations)], told, start[None])[0]
    away = found.model.control.flatten().cpu().double() - start.double()
    return found, float((found.model.architecture.step * away.square().sum()).sqrt())


def _doubled(run: Run) -> RunSpec:
    """The spec with every layer cut in two."""
    arch = run.model.architecture
    widths = tuple(count for count in arch.counts[: arch.depth // 2] for _ in range(2))
    wider = {"depth": 2 * arch.depth, "profile": widths, "bottleneck": run.spec.bottleneck}
    return run.spec.unchanged().but(**wider, substeps=arch.substeps, fidelity=None)


class _Level(NamedTuple):
    """What is told of a level, as in `Depth`."""

    depth: int
    steps: float
    refined_cost: float
    cost: float
    data_term: float
    penalty: float
    test_error: float
    moved: float
    output_change: float
    ode_difference: float
    iterations: int
    ended: str


class _Look:
    """What is said of a level, with the outputs of the one before at hand.

    Args:
        run: the first level.

    Attributes:
        spread, count: of the particles that are moved.
        notes: what to know of them.
    """

    def __init__(self, run: Run) -> None:
        first = Outputs(run, MOST_PARTICLES)
        there, self.count = first.problem.x.shape[2], first.x.shape[2]
        self.spread = spread_of(first.targets)
        self.before: Array | None = None
        some = f"{self.count} of the {there} particles are moved, evenly chosen."
        self.notes = [note for note in (first.problem.note, some * (self.count < there)) if note]

    def at(self, run: Run, told: Callable[[float], Any]) -> _Level:
        """What is told of a level."""
        with torch.no_grad():
            each = Outputs(run, MOST_PARTICLES)
            network, ode = each.network(lambda _: None), each.by("rk4", FINE, told)
        before, self.before = self.before, network
        last = {name: values[-1] for name, values in run.history.items()}
        return _Level(
            depth=run.spec.depth,
            steps=run.spec.horizon / run.spec.depth,
            refined_cost=last["cost"] if before is None else run.history["cost"][0],
            cost=last["cost"],
            data_term=last["data_term"],
            penalty=last["penalty"],
            test_error=last["test_error"],
            moved=np.nan,
            output_change=np.nan if before is None else rms(network, before),
            ode_difference=rms(network, ode),
            iterations=int(last["iteration"]),
            ended=run.status,
        )


def _rate(steps: Array, difference: Array) -> tuple[float, float]:
    """Slope of log difference against log step, and its standard error."""
    known = difference > SETTLED
    if known.sum() < 3:
        return float("nan"), float("nan")
    found = stats.linregress(np.log(steps[known]), np.log(difference[known]))
    return float(found.slope), float(found.stderr)
