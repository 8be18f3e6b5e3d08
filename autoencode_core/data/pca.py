"""PCA with as many components as the bottleneck has: the linear baseline, in the metric of the flow."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.data.coordinates import BLOCK, SCALING, Coordinates

Array = NDArray[Any]


def principal_of(kind: str, train: Array) -> Coordinates:
    """The principal axes of training data in the metric of a kind of coordinates.

    Args:
        kind: of the flow: where it scales, PCA is that of the standardised data.
        train: particles that PCA is fitted on, (N, d), data units.

    Source:
        docs/theory.md, section 6b.
    """
    return Coordinates.fit("correlation" if kind in SCALING else "principal", train)


def pca_error(
    kind: str,
    train: Array,
    inputs: Array,
    targets: Array,
    components: int,
    principal: Coordinates | None = None,
) -> float:
    """Mean squared distance between targets and the PCA reconstruction of the inputs, in flow coordinates.

    Args:
        kind: the coordinates of the flow.
        train: particles that PCA is fitted on, (N, d), data units.
        inputs: particles to reconstruct, (M, d).
        targets: what they should be, (M, d).
        components: number of principal components, 1 to d.
        principal: the axes of `principal_of`, where they are known already.

    Returns:
        Σ over components, mean over particles.
    """
    principal = principal or principal_of(kind, train)
    center, scale, axes = principal.center, principal.scale, principal.axes[:, :components]
    total = 0.0
    for first in range(0, len(inputs), BLOCK):
        part = slice(first, first + BLOCK)
        x, y = ((points[part] - center) / scale for points in (inputs, targets))
        total += float(np.square(x @ axes @ axes.T - y).sum())
    return total / len(inputs)
