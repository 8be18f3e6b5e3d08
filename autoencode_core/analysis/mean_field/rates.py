"""Rates of decay in N: fitted on logarithmic axes, with a band, through converged trainings alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from autoencode_core.questions.mean_field import Measured, Quantity, Rates

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


def settled(converged: Array) -> dict[Quantity, Array]:
    """Which values of each quantity that has a rate rest on converged trainings alone, (c, s) bool each.

    Args:
        converged: which points are converged, (c, s); the last row is what others are compared with.
    """
    last, every = np.broadcast_to(converged[-1], converged.shape), np.ones_like(converged)
    return {
        "gap": converged,
        "fixed_gap": last,
        "control_distance": converged & last,
        "map_distance": converged & last,
        "exact_wasserstein": every,
        "sliced_wasserstein": every,
    }


def fitted_rates(
    counts: Sequence[int], found: Measured, converged: Array, fresh: int, reference: int
) -> Rates:
    """The rates, each through converged trainings, and to N that are small beside what they meet.

    Args:
        counts: N, ascending.
        found: what was measured.
        converged: which points are converged, (c, s).
        fresh: fresh particles that there were for the cost.
        reference: likewise for the sliced distance.
    """
    numbers, sound = np.array(counts), settled(converged)
    # Exact W_1 compares as many as it has: it does not end where the larger sample ends.
    against: dict[Quantity, float] = {
        "gap": fresh,
        "sliced_wasserstein": reference,
        "exact_wasserstein": np.inf,
    }
    error = found["fresh_error"]
    errors: dict[Quantity, Array] = {"gap": error, "fixed_gap": error[-1:]}

    def fit(name: Quantity) -> tuple[Array, Array]:
        """Rate (4,) and which N it is fitted to (c,)."""
        values = np.where(sound[name], found[name], np.nan)
        fitted = numbers * FEW <= against.get(name, counts[-1])
        if name in errors:
            with np.errstate(invalid="ignore"):
                fitted &= ~np.logical_or.accumulate(rms(values) <= CLEAR * rms(errors[name]))
        fitted &= np.isfinite(values).sum(axis=1) >= min(2, values.shape[1])
        rate = power_law(numbers[fitted], values[fitted]) if fitted.sum() > 2 else np.full(4, np.nan)
        return rate, fitted

    rates = {name: fit(name) for name in sound}
    return {
        "gap_rate": rates["gap"][0],
        "gap_fitted": rates["gap"][1],
        "gap_converged": sound["gap"],
        "fixed_gap_rate": rates["fixed_gap"][0],
        "fixed_gap_fitted": rates["fixed_gap"][1],
        "fixed_gap_converged": sound["fixed_gap"],
        "control_distance_rate": rates["control_distance"][0],
        "control_distance_fitted": rates["control_distance"][1],
        "control_distance_converged": sound["control_distance"],
        "map_distance_rate": rates["map_distance"][0],
        "map_distance_fitted": rates["map_distance"][1],
        "map_distance_converged": sound["map_distance"],
        "exact_wasserstein_rate": rates["exact_wasserstein"][0],
        "exact_wasserstein_fitted": rates["exact_wasserstein"][1],
        "exact_wasserstein_converged": sound["exact_wasserstein"],
        "sliced_wasserstein_rate": rates["sliced_wasserstein"][0],
        "sliced_wasserstein_fitted": rates["sliced_wasserstein"][1],
        "sliced_wasserstein_converged": sound["sliced_wasserstein"],
    }
