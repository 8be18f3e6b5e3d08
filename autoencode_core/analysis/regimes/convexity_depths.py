"""ν against the number of layers: the same θ(t) cut ever finer, towards the Hessian on all of L²(0,T)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autoencode_core.analysis.ode_limit.depth import refined
from autoencode_core.analysis.regimes.spectrum import CLOSE, COUNT, ModelOnParticles
from autoencode_core.errors import InputError
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run
from autoencode_core.words import join

SHRINKS = 0.7
"""A limit is told where each change is at most that share of the one before, and of its sign. Of first order
that share tends to 1/2; one nearer 1 is no sign of a limit, and far from 1/2 extrapolation misleads."""

Level = dict[str, Any]


def curvature_depths(run: Run, doublings: int = 2, report: Report | None = None) -> dict[str, Any]:
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
        Of each level (g,): depths, layers; steps, T/layers; nu, bound and floor as in `curvature`; convexity
        = 2λ + nu at the run's λ; gradient_norm; remaining; stationary; cost, J; data_term; products. trend:
        "still" where ν no longer changes, "geometric", "open" where no limit is told, or "few" where there
        are fewer than three levels; shrink, r; limit of ν, limit_error, limit_convexity = 2λ + limit, NaN
        where they are not told; note.

    Raises:
        InputError: the run diverged, or doublings is out of bounds.

    Source:
        docs/theory.md, section 5.
    """
    if not isinstance(doublings, int) or isinstance(doublings, bool) or not 1 <= doublings <= 5:
        raise InputError("doublings", doublings, "a whole number from 1 to 5")
    report = report or silent
    report(0.0, "Loading the particles.")
    place = ModelOnParticles(run)
    notes, levels = [place.hessian_note], list[Level]()
    vector, parts = place.model.control.vector, 2 ** (doublings + 1) - 1
    for doubling in range(doublings + 1):
        if doubling:
            vector, place = refined(vector, place.arch.shape), place.finer()
        if doubling and not place.affordable:
            left = [str(place.arch.depth * 2**more) for more in range(doublings - doubling + 1)]
            notes.append(f"L = {join(left)} left out: products with so large a Hessian take too long here.")
            break
        low, high = (2**doubling - 1) / parts, (2 ** (doubling + 1) - 1) / parts
        try:
            ends = place.ends(vector, COUNT, _within(report, low, high, place.arch.depth))
        except InputError:
            if not doubling:
                raise
            notes.append(f"With L = {place.arch.depth} layers the same θ(t) makes a flow that blows up.")
            break
        levels.append({**ends, "bound": ends["bound"][0], "depths": place.arch.depth, "steps": place.step})
    return {**_columns(levels), **_tendency(levels, 2 * run.spec.weight), "note": _joined(notes)}


def _within(report: Report, low: float, high: float, depth: int) -> Report:
    """The report of one level."""

    def told(share: float | None, words: str) -> object:
        return report(None if share is None else low + share * (high - low), f"{depth} layers: {words}")

    return told


def _columns(levels: Sequence[Level]) -> dict[str, Any]:
    names = ("depths", "steps", "nu", "bound", "floor", "convexity", "gradient_norm")
    more = ("remaining", "stationary", "cost", "data_term", "products")
    return {name: np.array([level[name] for level in levels]) for name in (*names, *more)}


def _joined(notes: Sequence[str]) -> str:
    return " ".join(filter(None, notes))


def _tendency(levels: Sequence[Level], shift: float) -> dict[str, Any]:
    """What the last three levels say of the limit; shift = 2λ."""
    values, floors = ([float(level[name]) for level in levels[-3:]] for name in ("nu", "floor"))
    missed = max(value - floor for value, floor in zip(values, floors, strict=True))
    trend, shrink, limit, error = tendency(values, max(shift, *map(abs, values)), missed)
    return {
        "trend": trend,
        "shrink": shrink,
        "limit": limit,
        "limit_error": error,
        "limit_convexity": shift + limit,
    }


def tendency(values: Sequence[float], size: float, missed: float) -> tuple[str, float, float, float]:
    """Whether values at L, 2L, 4L layers tend to a limit, and to which.

    Args:
        values: up to three of them.
        size: what changes are held against: below 0.01 of it they do not count.
        missed: how far the values may be wrong.

    Returns:
        trend, as in `curvature_depths`; r; limit; its error. NaN where they are not told.
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
