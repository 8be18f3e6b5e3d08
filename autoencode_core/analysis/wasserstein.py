"""The distance W_1 between samples: exact on the line, sliced in more dimensions."""

import numpy as np
from numpy.typing import ArrayLike

from autoencode_core.analysis.particles import table

DIRECTIONS = 64
"""Lines that the sliced distance averages over."""


class Reference:
    """A sample made ready for its distance W_1 to many smaller ones.

    In more than one dimension it is sliced W_1: the mean of W_1 between the projections on random lines. That
    is at most W_1, and both vanish together.

    Args:
        y: the sample (m, d), data units.
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
        """W_1 to a sample (n, d), sliced where d > 1.

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


def wasserstein(x: ArrayLike, y: ArrayLike, directions: int = DIRECTIONS) -> float:
    """W_1 between two samples (n, d) and (m, d), as Reference(y, directions).distance(x).

    Args:
        x: a sample, data units.
        y: another one.
        directions: lines that the sliced distance averages over, from 1.

    Raises:
        InputError: a sample is no table of finite numbers, or the widths differ.
    """
    return Reference(y, directions).distance(x)
