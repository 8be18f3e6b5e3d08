"""The coordinates u = C(x) in which the flow acts, and their exact inverse (docs/theory.md, section 1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autoencode_core.errors import InputError

Kind = Literal["raw", "standard", "principal", "correlation"]

SCALING = ("standard", "correlation")
"""Kinds that divide by the standard deviation: distances in flow coordinates are in standard deviations."""
ROTATING = ("principal", "correlation")
"""Kinds whose components are principal axes."""


def unit(kind: str) -> str:
    """What distances in flow coordinates are measured in: data units, or standard deviations."""
    return "standard deviations" if kind in SCALING else "data units"


@dataclass(frozen=True)
class Coordinates:
    """An invertible affine map from data units to flow coordinates.

    The arrays may be NumPy arrays or torch tensors: both maps take what the arrays are.

    Attributes:
        kind: raw (the identity), standard (centre, divide by the standard deviation), principal
            (centre, rotate onto the principal axes: an isometry) or correlation (standardise, then rotate
            onto the principal axes of the correlation matrix).
        center: mean of the training data (d,), data units; zeros when raw.
        scale: standard deviation of each component (d,), data units, 1 where it is constant; ones
            for the kinds that are not SCALING.
        axes: orthonormal axes (d, d), one per column, largest variance first; the identity for the
            kinds that are not ROTATING.
    """

    kind: Kind
    center: Any
    scale: Any
    axes: Any

    @classmethod
    def fit(cls, kind: Kind, x: ArrayLike) -> "Coordinates":
        """The coordinates of a kind that suit training data.

        Args:
            kind: raw, standard, principal or correlation.
            x: training data (N, d), N >= 1, finite.

        Raises:
            InputError: the kind is unknown.
        """
        if kind not in get_args(Kind):
            raise InputError("coordinates", kind, ", ".join(get_args(Kind)))
        points = np.asarray(x, dtype=np.float64)
        width = points.shape[1]
        center, scale, axes = np.zeros(width), np.ones(width), np.eye(width)
        if kind != "raw":
            center = points.mean(axis=0)
        if kind in SCALING:
            scale = deviation(points)
        if kind in ROTATING:
            axes = _principal_axes(points, center, scale)
        return cls(kind, center, scale, axes)

    @classmethod
    def from_arrays(cls, kind: Kind, center: Any, scale: Any, axes: Any) -> "Coordinates":
        """Coordinates from the arrays that `arrays` gave, or from tensors of them."""
        return cls(kind, center, scale, axes)

    def arrays(self) -> tuple[Any, Any, Any]:
        """The arrays center (d,), scale (d,) and axes (d, d)."""
        return self.center, self.scale, self.axes

    def lengths(self, apart: Any) -> NDArray[np.float64]:
        """Lengths (n,) in flow coordinates of differences (n, d) of points in data units."""
        return np.asarray(np.linalg.norm(np.asarray(apart, float) / np.asarray(self.scale), axis=1))

    def variance(self, x: NDArray[Any]) -> float:
        """Mean squared distance of points (n, d) in data units from their mean, in flow coordinates."""
        mean = x.mean(axis=0)
        return sum(float(np.square((part - mean) / self.scale).sum()) for part in _blocks(x)) / len(x)

    def to_flow(self, x: Any) -> Any:
        """Data units (N, d) to flow coordinates (N, d); raw gives x itself."""
        return x if self.kind == "raw" else ((x - self.center) / self.scale) @ self.axes

    def to_data(self, u: Any) -> Any:
        """Flow coordinates (N, d) to data units (N, d); raw gives u itself."""
        return u if self.kind == "raw" else (u @ self.axes.T) * self.scale + self.center


BLOCK = 2**15
"""Particles of one block: many particles never need a second copy of themselves."""


def deviation(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviations (d,) of points (N, d), 1 where a column is constant."""
    extent, center = np.ptp(points, axis=0), points.mean(axis=0)
    varies = extent > 0  # exactly 0 when constant, whatever the rounding of the mean
    extent = np.where(varies, extent, 1.0)  # divided out, so that no square underflows
    squares = [np.square((block - center) / extent).sum(axis=0) for block in _blocks(points)]
    return np.where(varies, extent * np.sqrt(np.sum(squares, axis=0) / len(points)), 1.0)


def _principal_axes(
    points: NDArray[np.float64], center: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Eigenvectors (d, d) of the covariance as columns, largest variance first, signs fixed.

    From d x d products, so that all d axes exist when N < d and many particles cost little.
    """
    # Divided by the largest entry, so that no square over- or underflows.
    unit = max(float(np.abs((block - center) / scale).max()) for block in _blocks(points)) or 1.0
    covariance = np.zeros((points.shape[1], points.shape[1]))
    for block in _blocks(points):
        centered = (block - center) / scale / unit
        covariance += centered.T @ centered
    axes = np.linalg.eigh(covariance)[1][:, ::-1]
    # The largest entry is made positive. Where several are largest, neither rounding nor the order of the
    # columns may decide: the scores lean towards the positive side, else the first score that counts does.
    size = np.abs(axes)
    largest = size >= (1 - 1e-9) * size.max(axis=0)
    leads = np.argmax(largest, axis=0)
    signs = np.where(axes[leads, np.arange(len(leads))] < 0, -1.0, 1.0)
    for j in np.flatnonzero(largest.sum(axis=0) > 1):
        signs[j] = _lean(np.concatenate([(b - center) / scale / unit @ axes[:, j] for b in _blocks(points)]))
    return np.ascontiguousarray(axes * signs)


def _lean(scores: NDArray[np.float64]) -> float:
    """The side (1 or -1) to which scores (N,) lean, by the third moment or the first one far out."""
    third, size = float((scores**3).sum()), float((np.abs(scores) ** 3).sum())
    if abs(third) > 1e-6 * size:
        return 1.0 if third > 0 else -1.0
    far = np.flatnonzero(np.abs(scores) >= 0.5 * np.abs(scores).max())
    return -1.0 if scores[far[0]] < 0 else 1.0


def _blocks(points: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    return (points[first : first + BLOCK] for first in range(0, len(points), BLOCK))
