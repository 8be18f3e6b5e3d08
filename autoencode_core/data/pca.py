"""PCA with as many components as the bottleneck has: the linear baseline."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.data.coordinates import BLOCK, Coordinates

Array = NDArray[Any]


def pca_error(train: Array, inputs: Array, targets: Array, components: int) -> float:
    """Mean squared distance between targets and the PCA reconstruction of the inputs.

    Args:
        train: particles that PCA is fitted on, (N, d).
        inputs: particles to reconstruct, (M, d).
        targets: what they should be, (M, d).
        components: number of principal components, 1 to d.

    Returns:
        Σ over components, mean over particles, in squared data units.
    """
    principal = Coordinates.fit("principal", train)
    total = 0.0
    for first in range(0, len(inputs), BLOCK):
        u = np.array(principal.to_flow(inputs[first : first + BLOCK]))
        u[:, components:] = 0
        total += float(np.square(principal.to_data(u) - targets[first : first + BLOCK]).sum())
    return total / len(inputs)
