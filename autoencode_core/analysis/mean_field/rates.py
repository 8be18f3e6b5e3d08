"""Rates of decay in N: fitted on logarithmic axes, with a band, through converged trainings alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Array = NDArray[Any]

CLEAR = 2.0
"""A rate is fitted as far as the gap is that many times the error of the fresh cost."""
FEW = 4
"""A rate is fitted on samples that many times smaller than what they are compared with."""


def power_law(counts: ArrayLike, values: ArrayLike) -> Array:
    """The rate of decay of a quantity in N, with a band from the scatter over seeds.

    Fitted by least squares is log of the root mean square over the seeds, against log N. The N of one seed
    share particles, so its values are not independent: the band leaves out one seed after the other.

    Args:
        counts: N, (c,).
        values: the quantity (c, s), of any sign; what is not finite is left out.

    Returns:
        (4,): slope, low and high end of its 95 % band, and the log of the fit at N = 1; NaN where it cannot
        be had: fewer than two N or one without a value, for the band one with fewer than two.

    Source:
        B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans (1982), with Student's t for few
        seeds.
    """
    x, table = np.log(np.asarray(counts, float)), np.asarray(values, float)
    rate = np.full(4, np.nan)
    there = np.count_nonzero(np.nan_to_num(table, posinf=0, neginf=0), axis=1)
    if len(x) < 2 or not there.all():
        return rate
    rate[0], rate[3] = _line(x, table)
    if there.min() > 1:
        seeds = np.flatnonzero(np.isfinite(table).any(axis=0))
        slopes = np.array([_line(x, np.delete(table, seed, axis=1))[0] for seed in seeds])
        error = np.sqrt((len(seeds) - 1) * slopes.var())
        rate[1:3] = rate[0] + np.array([-1, 1]) * stats.t.ppf(0.975, len(seeds) - 1) * error
    return rate


def _line(x: Array, table: Array) -> tuple[float, float]:
    slope, start = np.polyfit(x, np.log(rms(table)), 1)
    return float(slope), float(start)


def rms(values: Array) -> Array:
    """Root mean square over the seeds that are finite, (c, s) to (c,); NaN where none is."""
    finite = np.isfinite(values)
    squares = np.square(np.where(finite, values, 0)).sum(axis=1)
    return np.asarray(np.sqrt(squares / np.where(finite.any(axis=1), finite.sum(axis=1), np.nan)))


def settled(converged: Array) -> dict[str, Array]:
    """Which values of each quantity that has a rate rest on converged trainings alone, (c, s) bool each.

    Args:
        converged: which points are converged, (c, s); the last row is what others are compared with.
    """
    last = np.broadcast_to(converged[-1], converged.shape)
    own = {"gap": converged, "fixed_gap": last}
    both = dict.fromkeys(("control_distance", "map_distance"), converged & last)
    samples = dict.fromkeys(("exact_wasserstein", "sliced_wasserstein"), np.ones_like(converged))
    return {**own, **both, **samples}


def fitted_rates(counts: Sequence[int], found: Mapping[str, Any]) -> dict[str, Any]:
    """The rates, each through converged trainings, and to N that are small beside what they meet.

    Args:
        counts: N, ascending.
        found: the quantities of `settled`, fresh_error, converged, (c, s) each; fresh and reference, how many
            fresh particles the cost and the sliced distance have.

    Returns:
        For each quantity q_converged (c, s), q_fitted (c,) and q_rate (4,), as `particle_sweep` says.
    """
    numbers, rates = np.array(counts), dict[str, Any]()
    for name, sound in settled(found["converged"]).items():
        values = np.where(sound, found[name], np.nan)
        # Exact W_1 compares as many as it has: it does not end where the larger sample ends.
        others = {"gap": "fresh", "sliced_wasserstein": "reference"}
        against = np.inf if name == "exact_wasserstein" else found.get(others.get(name, ""), counts[-1])
        fitted = numbers * FEW <= against
        if name.endswith("gap"):
            error = found["fresh_error"] if name == "gap" else found["fresh_error"][-1:]
            with np.errstate(invalid="ignore"):
                fitted &= ~np.logical_or.accumulate(rms(values) <= CLEAR * rms(error))
        fitted &= np.isfinite(values).sum(axis=1) >= min(2, values.shape[1])
        rate = power_law(numbers[fitted], values[fitted]) if fitted.sum() > 2 else np.full(4, np.nan)
        rates |= {f"{name}_rate": rate, f"{name}_fitted": fitted, f"{name}_converged": sound}
    return rates
