"""ν against the number of layers: the same θ(t) cut ever finer, towards the Hessian on all of L²(0,T)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from autoencode_core.analysis.ode_limit.depth import refined
from autoencode_core.analysis.regimes.spectrum import CLOSE, COUNT, affordable, ends
from autoencode_core.analysis.run_problem import RunProblem
from autoencode_core.errors import InputError
from autoencode_core.questions.regimes import Curvature, CurvatureDepths, Trend
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run
from autoencode_core.words import join

SHRINKS = 0.7
"""A limit is told where each change is at most that share of the one before, and of its sign. Of first order
that share tends to 1/2; one nearer 1 is no sign of a limit, and far from 1/2 extrapolation misleads."""


class _Level(NamedTuple):
    """ν with some number of layers: that number, δ, and the ends of the spectrum."""

    depth: int
    step: float
    found: Curvature


def curvature_depths(run: Run, doublings: int = 2, report: Report | None = None) -> CurvatureDepths:
    """ν of a run's control with L, 2L, 4L, … layers, θ(t) being the same, and its limit.

    J of the paper lives on L²(0,T), where a control may change at any time. Each doubling cuts every layer in
    two: each half has its θ and its width, and half its step. So the flow comes nearer to its ODE, and the
    control has more directions; ν falls towards its limit. The refined control need not be stationary.

    The limit is extrapolated from the last three values v, v + c, v + c + rc as those of a geometric sequence
    (Aitken), if 0 < r <= 0.7. Its error is the largest of the last change, of what extrapolation adds and of
    what Lanczos may have missed. Depths that are too heavy are left out, and `note` says which.

    Args:
        run: the run.
        doublings: how many further levels, 1 to 5.
        report: progress, told of every product.

    Returns:
        `CurvatureDepths`.

    Raises:
        InputError: the run diverged, or doublings is out of bounds.

    Source:
        docs/theory.md, section 5.
    """
    if not isinstance(doublings, int) or isinstance(doublings, bool) or not 1 <= doublings <= 5:
        raise InputError("doublings", doublings, "a whole number from 1 to 5")
    report = report or silent
    report(0.0, "Loading the particles.")
    problem = RunProblem(run)
    notes, levels = [problem.hessian_note], list[_Level]()
    vector, parts = problem.model.control.vector, 2 ** (doublings + 1) - 1
    for doubling in range(doublings + 1):
        if doubling:
            vector, problem = refined(vector, problem.arch.shape), problem.finer()
        if doubling and not affordable(problem):
            left = [str(problem.arch.depth * 2**more) for more in range(doublings - doubling + 1)]
            notes.append(f"L = {join(left)} left out: products with so large a Hessian take too long here.")
            break
        low, high = (2**doubling - 1) / parts, (2 ** (doubling + 1) - 1) / parts
        try:
            found = ends(problem, vector, COUNT, _within(report, low, high, problem.arch.depth))
        except InputError:
            if not doubling:
                raise
            notes.append(f"With L = {problem.arch.depth} layers the same θ(t) makes a flow that blows up.")
            break
        levels.append(_Level(problem.arch.depth, problem.step, found))
    return _answer(levels, 2 * run.spec.weight, " ".join(filter(None, notes)))


def _within(report: Report, low: float, high: float, depth: int) -> Report:
    """The report of one level."""

    def told(share: float | None, words: str) -> object:
        return report(None if share is None else low + share * (high - low), f"{depth} layers: {words}")

    return told


def _answer(levels: Sequence[_Level], shift: float, note: str) -> CurvatureDepths:
    """The levels as columns, and what the last three say of the limit; shift = 2λ."""
    found = [level.found for level in levels]
    last = [each["nu"] for each in found[-3:]]
    missed = max(each["nu"] - each["floor"] for each in found[-3:])
    trend, shrink, limit, error = tendency(last, max(shift, *map(abs, last)), missed)
    return {
        "depths": np.array([level.depth for level in levels]),
        "steps": np.array([level.step for level in levels]),
        "nu": np.array([each["nu"] for each in found]),
        "bound": np.array([each["bound"][0] for each in found]),
        "floor": np.array([each["floor"] for each in found]),
        "convexity": np.array([each["convexity"] for each in found]),
        "gradient_norm": np.array([each["gradient_norm"] for each in found]),
        "remaining": np.array([each["remaining"] for each in found]),
        "stationary": np.array([each["stationary"] for each in found]),
        "cost": np.array([each["cost"] for each in found]),
        "data_term": np.array([each["data_term"] for each in found]),
        "products": np.array([each["products"] for each in found]),
        "trend": trend,
        "shrink": shrink,
        "limit": limit,
        "limit_error": error,
        "limit_convexity": shift + limit,
        "note": note,
    }


def tendency(values: Sequence[float], size: float, missed: float) -> tuple[Trend, float, float, float]:
    """Whether values at L, 2L, 4L layers tend to a limit, and to which.

    Args:
        values: up to three of them.
        size: what changes are held against: below 0.01 of it they do not count.
        missed: how far the values may be wrong.

    Returns:
        trend, r; limit; its error. NaN where they are not told.
    """
    if len(values) < 3:
        return "few", np.nan, np.nan, np.nan
    first, last = np.diff(values).tolist()
    if max(abs(first), abs(last)) <= CLOSE * size:
        return "still", np.nan, values[-1], max(abs(last), missed)
    shrink = last / first if first else np.inf
    if not 0 < shrink <= SHRINKS:
        return "open", shrink, np.nan, np.nan
    further = last * shrink / (1 - shrink)
    return "geometric", shrink, values[-1] + further, max(abs(last), abs(further), missed)
