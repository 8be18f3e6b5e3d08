"""How codes are drawn on two or three axes, and which codes to begin with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.arrays import finite, principal_axes
from autoencode_core.figures.scenes.encoding import quanta
from autoencode_core.figures.theme import subscript

Array = NDArray[Any]


@dataclass(frozen=True)
class CodePlane:
    """How codes (n, k) are drawn on c axes.

    Attributes:
        names: names of the c axes.
        points: (n, c) the probe's codes on them.
        center: (k,) what is subtracted first, None where the axes have no inverse (t-SNE).
        axes: (k, c) orthonormal columns.
        note: what the axes are.
    """

    names: tuple[str, ...]
    points: Array
    center: Array | None
    axes: Array
    note: str

    def project(self, z: Array) -> Array:
        """Codes (m, k) on the axes; nowhere when these know only the codes they were made of."""
        if self.center is None:
            return np.full((len(z), self.points.shape[1]), np.nan)
        with np.errstate(invalid="ignore", over="ignore"):
            return np.asarray((finite(z) - self.center) @ self.axes)

    def code_at(self, place: Sequence[float], z: Array) -> Array | None:
        """The code (k,) at a place of the plane: what is not drawn is that of the mean code.

        Args:
            place: (c,) coordinates.
            z: the probe's codes (n, k); with t-SNE the one drawn nearest is taken.
        """
        if len(place) != self.points.shape[1]:
            return None
        if self.center is None:
            distance = ((self.points - np.asarray(place)) ** 2).sum(axis=1)
            return np.asarray(z[int(np.nanargmin(distance))]) if np.isfinite(distance).any() else None
        return np.asarray(self.center + self.axes @ np.asarray(place, float))


def width_note(k: int) -> str:
    """How wide the code is, and of a strip what its height means."""
    return f"k = {k}" + (", the height only parts the marks" if k == 1 else "")


def plain_plane(z: Array, axes: int = 2, most: int = 3) -> CodePlane:
    """Up to three numbers as they are, more on the first two or three principal axes of the codes.

    Args:
        z: codes (n, k).
        axes: number of axes where k is larger, 2 or 3.
        most: largest k that is drawn as it is, `axes` to 3.
    """
    k = z.shape[1]
    if k <= most:
        names = tuple(f"z{subscript(i + 1)}" for i in range(k))
        return CodePlane(
            names,
            finite(z),
            np.zeros(k),
            np.eye(k),
            width_note(k),
        )
    center, basis = principal_axes(finite(z), axes)
    names = tuple(f"PC{subscript(i + 1)} of z" for i in range(axes))
    points = (finite(z) - center) @ basis
    share = np.nansum(np.nanvar(points, axis=0)) / max(float(np.nansum(np.nanvar(finite(z), axis=0))), 1e-30)
    return CodePlane(
        names, points, center, basis, f"{axes} principal axes of {k}, {share:.0%} of the variance"
    )


def embedded_plane(points: Array, k: int) -> CodePlane:
    """Codes where t-SNE has put them, (n, 2)."""
    names = ("t-SNE axis 1", "t-SNE axis 2")
    return CodePlane(
        names, finite(points), None, np.empty((k, 0)), f"t-SNE of {k} numbers: distances do not count"
    )


def central_code(z: Array) -> Array:
    """The code (k,) nearest to the mean of all codes (n, k); zeros when none is finite."""
    some = z[np.isfinite(z).all(axis=1)]
    if not len(some):
        return np.zeros(z.shape[1])
    return np.asarray(some[((some - some.mean(axis=0)) ** 2).sum(axis=1).argmin()])


def far_apart(z: Array) -> tuple[int, int]:
    """Two particles whose codes lie far apart; twice the same when there is only one."""
    some = np.flatnonzero(np.isfinite(z).all(axis=1))
    if not len(some):
        return 0, 0
    first = some[((z[some] - z[some].mean(axis=0)) ** 2).sum(axis=1).argmax()]
    return int(first), int(some[((z[some] - z[first]) ** 2).sum(axis=1).argmax()])


def code_ranges(z: Array) -> Array:
    """Smallest and largest of each number of the codes (n, k), (k, 2); a constant one gets width 1."""
    return quanta(z)
