"""The coordinates u = C(x) in which the flow acts, and their exact inverse (theory, section 1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autoencode_core.errors import InputError

Kind = Literal["raw", "standard", "principal"]


@dataclass(frozen=True)
class Coordinates:
    """An invertible affine map from data units to flow coordinates.

    The arrays may be NumPy arrays or torch tensors: both maps take what the arrays are.

    Attributes:
        kind: raw (the identity), standard (centre, divide by the standard deviation) or principal
            (centre, rotate onto the principal axes: an isometry).
        center: mean of the training data (d,), data units; zeros when raw.
        scale: standard deviation of each component (d,), data units, 1 where it is constant; ones
            unless standard.
        axes: orthonormal axes (d, d), one per column, largest variance first; the identity unless
            principal.
    """

    kind: Kind
    center: Any
    scale: Any
    axes: Any

    @classmethod
    def fit(cls, kind: Kind, x: ArrayLike) -> "Coordinates":
        """The coordinates of a kind that suit training data.

        Args:
            kind: raw, standard or principal.
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
        if kind == "standard":
            scale = _deviation(points, center)
        if kind == "principal":
            axes = _principal_axes(points, center)
        return cls(kind, center, scale, axes)

    @classmethod
    def from_arrays(cls, kind: Kind, center: Any, scale: Any, axes: Any) -> "Coordinates":
        """Coordinates from the arrays that `arrays` gave, or from tensors of them."""
        return cls(kind, center, scale, axes)

    def arrays(self) -> tuple[Any, Any, Any]:
        """The arrays center (d,), scale (d,) and axes (d, d)."""
        return self.center, self.scale, self.axes

    def to_flow(self, x: Any) -> Any:
        """Data units (N, d) to flow coordinates (N, d); raw gives x itself."""
        return x if self.kind == "raw" else ((x - self.center) / self.scale) @ self.axes

    def to_data(self, u: Any) -> Any:
        """Flow coordinates (N, d) to data units (N, d); raw gives u itself."""
        return u if self.kind == "raw" else (u @ self.axes.T) * self.scale + self.center


BLOCK = 2**15
"""Particles of one block: many particles never need a second copy of themselves."""


def _deviation(points: NDArray[np.float64], center: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviations (d,), 1 where a column is constant, or so nearly that float32 cannot divide."""
    extent = np.ptp(points, axis=0)  # exactly 0 when constant, whatever the rounding of the mean
    varies = extent > 1e-30
    extent = np.where(varies, extent, 1.0)  # divided out, so that no square underflows
    squares = [np.square((block - center) / extent).sum(axis=0) for block in _blocks(points)]
    return np.where(varies, extent * np.sqrt(np.sum(squares, axis=0) / len(points)), 1.0)


def _principal_axes(points: NDArray[np.float64], center: NDArray[np.float64]) -> NDArray[np.float64]:
    """Eigenvectors (d, d) of the covariance as columns, largest variance first, signs fixed.

    From d x d products, so that all d axes exist when N < d and many particles cost little.
    """
    # Divided by the largest entry, so that no square over- or underflows.
    unit = max(float(np.abs(block - center).max()) for block in _blocks(points)) or 1.0
    covariance = np.zeros((points.shape[1], points.shape[1]))
    for block in _blocks(points):
        centered = (block - center) / unit
        covariance += centered.T @ centered
    axes = np.linalg.eigh(covariance)[1][:, ::-1]
    # The first entry among the largest is made positive: a tie must not be decided by rounding.
    size = np.abs(axes)
    leads = np.argmax(size >= (1 - 1e-9) * size.max(axis=0), axis=0)
    signs = np.where(axes[leads, np.arange(len(leads))] < 0, -1.0, 1.0)
    return np.ascontiguousarray(axes * signs)


def _blocks(points: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    return (points[first : first + BLOCK] for first in range(0, len(points), BLOCK))
