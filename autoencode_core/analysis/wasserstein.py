"""The distance W_1 between two samples: exact on the line, sliced in more dimensions."""

import numpy as np
from numpy.typing import ArrayLike

from autoencode_core.analysis.particles import Array, table

DIRECTIONS = 64
"""Directions that the sliced distance averages over."""


def wasserstein(x: ArrayLike, y: ArrayLike, directions: int = DIRECTIONS) -> float:
    """W_1 between the empirical laws of two samples; in more than one dimension sliced W_1.

    The sliced distance is the mean of W_1 between the samples' projections on random lines. It is at most
    W_1, and both vanish together.

    Args:
        x: sample (n, d), data units.
        y: another one (m, d).
        directions: lines that the sliced distance averages over, from 1; the same ones at each call.

    Raises:
        InputError: a sample is no table of finite numbers, or the widths differ.

    Source:
        On the line W_1 = ∫₀¹ |Q_x(u) - Q_y(u)| du with the quantile functions Q; N. Bonneel et al., "Sliced
        and Radon Wasserstein barycenters of measures" (2015) for its average over lines.
    """
    width = np.shape(x)[1] if np.ndim(x) == 2 else 1
    one, other = (table(name, values, width) for name, values in (("x", x), ("y", y)))
    if width > 1:
        lines = np.random.default_rng(0).standard_normal((width, directions))
        lines /= np.linalg.norm(lines, axis=0)
        one, other = one @ lines, other @ lines
    ends, left, right = _pieces(len(one), len(other))
    one, other = (np.sort(values.T, axis=1) for values in (one, other))  # lines first: sorted along memory
    weights = np.diff(ends)
    return float(np.mean([np.abs(a[left] - b[right]) @ weights for a, b in zip(one, other, strict=True)]))


def _pieces(n: int, m: int) -> tuple[Array, Array, Array]:
    """Ends of the pieces of [0, 1] on which both quantile functions are constant, and their ranks there."""
    ends = np.union1d(np.arange(n + 1) * m, np.arange(m + 1) * n)  # whole numbers: no piece by rounding
    return ends / (n * m), ends[:-1] // m, ends[:-1] // n
