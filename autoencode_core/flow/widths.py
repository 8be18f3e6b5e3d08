"""Active sets: how many components are active in each layer, and which.

Pure Python and numpy, so that a page can draw the staircase a(t) without torch.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def active_counts(width: int, bottleneck: int, depth: int, profile: str | Sequence[int]) -> tuple[int, ...]:
    """Number of active components a_0, ..., a_{L-1}; the decoder mirrors the encoder.

    Args:
        width: data dimension d.
        bottleneck: k, from 1 to d.
        depth: number of layers L, even, at least 4.
        profile: "linear", "geometric", "step", or the list a_0, ..., a_{L/2-1} itself.

    Source:
        Section 2 of the paper (A_0 ⊇ ... ⊇ A_{L/2-1}, A_{L-1-n} = A_n); the profiles are this project's.
    """
    half = depth // 2
    if not isinstance(profile, str):
        encoder = np.asarray(profile, dtype=int)
    elif profile == "step":
        encoder = np.full(half, width)
        encoder[-1] = bottleneck
    elif profile == "linear":
        encoder = np.rint(np.linspace(width, bottleneck, half)).astype(int)
    else:
        encoder = np.rint(np.geomspace(width, bottleneck, half)).astype(int)
    counts = tuple(int(a) for a in encoder)
    return counts + counts[::-1]


def kept_order(order: str | Sequence[int], flow_inputs: NDArray[np.floating]) -> NDArray[np.int64]:
    """Components in the order in which they are kept: the last one is deactivated first.

    Args:
        order: "natural", "reversed", "variance", or the permutation itself.
        flow_inputs: training particles in flow coordinates, (N, d); only "variance" looks at them. Where all
            components have one variance, it looks at the part that the others do not tell (by a linear fit).

    Returns:
        A permutation of 0..d-1; layer n has its first a_n entries active.
    """
    width = flow_inputs.shape[1]
    if not isinstance(order, str):
        return np.asarray(order, dtype=np.int64)
    if order == "reversed":
        return np.arange(width, dtype=np.int64)[::-1].copy()
    if order == "variance":
        return np.argsort(-_own_variance(flow_inputs), kind="stable").astype(np.int64)
    return np.arange(width, dtype=np.int64)


def _own_variance(x: NDArray[np.floating]) -> NDArray[np.floating]:
    """Variances (d,) of particles (N, d); of standardised ones those of what the other components leave.

    Source:
        The diagonal of an inverse covariance holds the reciprocal variances of the residuals of regressions
        on all other components: J. Whittaker, Graphical Models in Applied Multivariate Statistics (1990).
    """
    variance: NDArray[np.floating] = x.var(axis=0)
    varies = variance > 0
    if not varies.any() or np.ptp(variance[varies]) > 1e-6 * variance.max():
        return variance
    own: NDArray[np.floating] = np.zeros_like(variance)
    covariance = np.atleast_2d(np.cov(x[:, varies], rowvar=False, bias=True))
    ridge = 1e-9 * variance.max() * np.eye(len(covariance))
    own[varies] = 1 / np.diag(np.linalg.inv(covariance + ridge))
    return own
