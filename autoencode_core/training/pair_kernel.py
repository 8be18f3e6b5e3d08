"""The quasi-Newton pairs of small controls, compiled: a regime's pairs pass through the cache once a product.

Each regime is computed by itself, so its numbers are those that it has alone.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.flow.kernel import compiled_once, inlined

Numbers = NDArray[Any]
"""float32 or float64."""
Sums = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


@inlined
def _dot(a: Numbers, b: Numbers) -> float:
    """Σ a_j b_j in double precision."""
    total = 0.0
    for j in range(a.size):
        total += np.float64(a[j]) * np.float64(b[j])
    return total


@compiled_once
def remember(
    moves: Numbers,
    bends: Numbers,
    SY: Sums,
    YY: Sums,
    scale: Sums,
    count: Counts,
    move: Numbers,
    bend: Numbers,
    done: Flags,
    good: Flags,
    first: int,
    last: int,
) -> None:
    """Stores the pairs of regimes `first` to before `last`, where `done` and the curvature is positive.

    Args:
        moves: changes of θ, (R, most, P).
        bends: changes of ∇J, (R, most, P).
        SY: moves times bends, (R, most, most); of an older bend with a newer move not kept up to date.
        YY: bends times bends, (R, most, most).
        scale: γ, (R, 1).
        count: pairs stored so far, (R, 1).
        move: the new change of θ, (R, P).
        bend: the new change of ∇J, (R, P).
        done: which regimes have one, (R,).
        good: which were stored, (R,), set.
        first: first regime.
        last: the regime after the last one.
    """
    most = moves.shape[1]
    for r in range(first, last):
        good[r] = False
        if not done[r]:
            continue
        s, y = move[r], bend[r]
        curvature, size, length = _dot(s, y), _dot(y, y), _dot(s, s)
        if not (curvature > 1e-10 * np.sqrt(size * length) and size > 0.0):
            continue
        slot = count[r, 0] % most
        moves[r, slot, :] = s
        bends[r, slot, :] = y
        for i in range(min(most, count[r, 0] + 1)):
            SY[r, i, slot] = _dot(moves[r, i], y)
            cross = _dot(bends[r, i], y)
            YY[r, i, slot] = cross
            YY[r, slot, i] = cross
        scale[r, 0] = curvature / size
        count[r, 0] += 1
        good[r] = True


@compiled_once
def direction(
    moves: Numbers,
    bends: Numbers,
    SY: Sums,
    YY: Sums,
    scale: Sums,
    count: Counts,
    gradient: Numbers,
    out: Numbers,
    first: int,
    last: int,
) -> None:
    """-H∇J of the regimes from `first` to before `last`, over `out` (R, P); the other arguments as above.

    Source:
        The compact form, as in `lbfgs.PairMemory`.
    """
    most, size = moves.shape[1], moves.shape[2]
    slots, along, across = np.empty(most, np.int64), np.empty(most), np.empty(most)
    u, v, total = np.empty(most), np.empty(most), np.empty(size)
    for r in range(first, last):
        g, pairs, gamma = gradient[r], 0, scale[r, 0]
        for age in range(most):
            slot = (count[r, 0] + age) % most
            if SY[r, slot, slot] != 0.0:
                slots[pairs] = slot
                along[pairs], across[pairs] = _dot(moves[r, slot], g), _dot(bends[r, slot], g)
                pairs += 1
        for i in range(pairs - 1, -1, -1):
            rest = along[i]
            for j in range(i + 1, pairs):
                rest -= SY[r, slots[i], slots[j]] * u[j]
            u[i] = rest / SY[r, slots[i], slots[i]]
        for i in range(pairs):
            bent = 0.0
            for j in range(pairs):
                bent += YY[r, slots[i], slots[j]] * u[j]
            rest = SY[r, slots[i], slots[i]] * u[i] + gamma * (bent - across[i])
            for j in range(i):
                rest -= SY[r, slots[j], slots[i]] * v[j]
            v[i] = rest / SY[r, slots[i], slots[i]]
        for j in range(size):
            total[j] = gamma * g[j]
        for i in range(pairs):
            s, y, vi, ui = moves[r, slots[i]], bends[r, slots[i]], v[i], gamma * u[i]
            for j in range(size):
                total[j] += vi * s[j] - ui * y[j]
        for j in range(size):
            out[r, j] = -total[j]
