"""The distance W_1 between samples: exact on the line and between samples of one size, else sliced."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance

from autoencode_core.analysis.run_particles import table
from autoencode_core.errors import InputError

DIRECTIONS = 64
"""Lines that the sliced distance averages over."""
MOST_ASSIGNED = 1024
"""Most particles of each of two samples whose exact distance is computed: the work is cubic in them."""


def exact_wasserstein(x: ArrayLike, y: ArrayLike) -> float:
    """W_1 between two samples of one size, exactly: the least mean way of carrying the one to the other.

    Between samples of one size an assignment is optimal among all transport plans.

    Args:
        x: a sample (n, d), n from 1 to MOST_ASSIGNED.
        y: another one, of the same shape.

    Raises:
        InputError: a sample is no table of finite numbers, or too large, or the shapes differ.

    Source:
        docs/theory.md, section 6; by scipy.optimize.linear_sum_assignment on the distances, on the line by
        scipy.stats.wasserstein_distance.
    """
    width = np.shape(x)[1] if np.ndim(x) == 2 else 1
    one, other = table("x", x, width), table("y", y, width)
    if len(one) != len(other) or len(one) > MOST_ASSIGNED:
        given = f"{len(one)} and {len(other)} particles"
        raise InputError("y", given, f"two samples of one size, at most {MOST_ASSIGNED}")
    if width == 1:
        return float(wasserstein_distance(one[:, 0], other[:, 0]))
    apart = cdist(one, other)
    return float(apart[linear_sum_assignment(apart)].mean())


class Reference:
    """A sample made ready for its sliced distance W_1 to many smaller ones.

    Sliced W_1 is the mean of W_1 between the projections on random lines, on the line W_1 itself. It is at
    most W_1, and both vanish together; but it goes like N^(-1/2) in every dimension, where W_1 is slower, so
    it bounds nothing that W_1 bounds.

    Args:
        y: the sample (m, d).
        directions: lines that the sliced distance averages over, from 1; always the same ones.

    Raises:
        InputError: the sample is no table of finite numbers.

    Source:
        On the line W_1 = ∫₀¹ |Q_x(u) - Q_y(u)| du with the quantile functions Q; N. Bonneel et al., "Sliced
        and Radon Wasserstein barycenters of measures" (2015) for its average over lines.
    """

    def __init__(self, y: ArrayLike, directions: int = DIRECTIONS) -> None:
        self.width = np.shape(y)[1] if np.ndim(y) == 2 else 1
        points = table("y", y, self.width)
        lines = np.random.default_rng(0).standard_normal((self.width, directions))
        self.lines = lines / np.linalg.norm(lines, axis=0) if self.width > 1 else np.ones((1, 1))
        self.sorted = np.sort((points @ self.lines).T, axis=1)
        # ∫₀ᵘ Q_y, which is linear between the ends: its values there tell it everywhere.
        self.integral = np.pad(np.cumsum(self.sorted, axis=1), ((0, 0), (1, 0))) / len(points)

    def distance(self, x: ArrayLike) -> float:
        """Sliced W_1 to a sample (n, d).

        Raises:
            InputError: it is no table of finite numbers with d columns.
        """
        points = np.sort((table("x", x, self.width) @ self.lines).T, axis=1)
        n, m = points.shape[1], self.sorted.shape[1]
        # u in whole numbers, as multiples of 1/(n m): x_i holds the ranks u from i m to (i + 1) m.
        borders = np.arange(n + 1) * m
        place = np.minimum(borders // n, m - 1)
        past = (borders - place * n) / (n * m)
        total = 0.0
        for line, values in enumerate(points):
            integral = self.integral[line][place] + past * self.sorted[line][place]
            below = np.searchsorted(self.sorted[line], values)  # where Q_y passes x_i
            passes = np.clip(below * n, borders[:-1], borders[1:])
            start, end = integral[:-1], integral[1:]
            at = np.where(
                passes == below * n, self.integral[line][below], np.where(below * n < passes, start, end)
            )
            share = (2 * passes - borders[:-1] - borders[1:]) / (n * m)
            total += float((values * share + start + end - 2 * at).sum())
        return total / len(points)
