"""The flow of narrow nets in double precision, compiled: where the particles end, for many regimes.

It is a file of its own, and inlines nothing of `kernel`: numba knows machine code on disk by the file of its
function alone.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from autoencode_core.flow.kernel import RELU, TANH, compiled_once, inlined

BLOCK = 128
"""Particles of one block, whose states lie in the first-level cache."""
TERMS = 16
"""Terms of the continued fraction of tanh: 2e-17 from it on [0, 19.1/4]."""

Rows = NDArray[np.float64]


def _convergent(terms: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Coefficients of P and Q: x P(x²)/Q(x²) is so many terms of tanh x = x/(1 + x²/(3 + x²/(5 + …)))."""
    above, below = [Fraction(2 * terms - 1)], [Fraction(1)]
    for odd in range(2 * terms - 3, 0, -2):
        pushed = [Fraction(0), *below]
        size = max(len(above), len(pushed))
        sums = [[*part, *[Fraction(0)] * (size - len(part))] for part in (above, pushed)]
        above, below = [odd * a + b for a, b in zip(*sums, strict=True)], above
    return tuple(map(float, below)), tuple(map(float, above))


_P, _Q = _convergent(TERMS)
_REACH = 19.1  # tanh is 1 in float64 beyond


@inlined
def tanh(x: float) -> float:
    """The hyperbolic tangent in float64, within 3e-16 of it relatively; it becomes vector code.

    The argument is halved twice and tanh 2x = 2 tanh x/(1 + tanh² x), which adds no more than its rounding.

    Source:
        J. H. Lambert's continued fraction; M. Abramowitz, I. Stegun, Handbook of Mathematical Functions
        (1964), 4.5.70.
    """
    x = _REACH if x > _REACH else (-_REACH if x < -_REACH else x)
    x *= 0.25
    s = x * x
    p = _P[7]
    p = (((((((p * s + _P[6]) * s + _P[5]) * s + _P[4]) * s + _P[3]) * s + _P[2]) * s) + _P[1]) * s + _P[0]
    q = (((_Q[8] * s + _Q[7]) * s + _Q[6]) * s + _Q[5]) * s + _Q[4]
    q = (((q * s + _Q[3]) * s + _Q[2]) * s + _Q[1]) * s + _Q[0]
    y = x * p / q
    y = 2 * y / (1 + y * y)
    return 2 * y / (1 + y * y)


@inlined
def _product(A: Rows, x: Rows, out: Rows, rows: int, columns: int) -> None:
    """out_i += Σ_k A_ik x_k."""
    for i in range(rows):
        oi = out[i]
        for k in range(columns):
            a, xk = A[i, k], x[k]
            for j in range(BLOCK):
                oi[j] += a * xk[j]


@inlined
def _values(sigma: int, z: Rows, rows: int) -> None:
    """Write σ(z) over z."""
    for i in range(rows):
        zi = z[i]
        if sigma == TANH:
            for j in range(BLOCK):
                zi[j] = tanh(zi[j])
        elif sigma == RELU:
            for j in range(BLOCK):
                zi[j] = 0.0 if zi[j] < 0.0 else zi[j]


@inlined
def _moved(x: Rows, weights: Rows, speeds: Rows, count: int, out: Rows, rows: int) -> None:
    """Write x + Σ_s w_s v_s over out, of the first `count` velocities; what has weight 0 is not read."""
    for i in range(rows):
        xi, oi = x[i], out[i]
        for j in range(BLOCK):
            oi[j] = xi[j]
        for s in range(count):
            w, vi = weights[s], speeds[s, i]
            if w != 0.0:
                for j in range(BLOCK):
                    oi[j] += w * vi[j]


@compiled_once
def ends(
    counts: NDArray[np.int64],
    m: int,
    sigma: int,
    step: float,
    a: Rows,
    b: Rows,
    substeps: int,
    theta: Rows,
    x: Rows,
    out: Rows,
    first: int,
    last: int,
) -> None:
    """States after the last layer, for some of the tasks (regime, block of particles).

    Args:
        counts: a_n of the layers, (L,) int64.
        m: hidden units per active component, 0 for the single-layer field.
        sigma: number of the nonlinearity, as in `kernel`.
        step: δ.
        a: matrix of the scheme, strictly lower triangular, (S, S).
        b: its weights, (S,).
        substeps: of each layer.
        theta: controls, (R, P).
        x: starts, (R or 1, d, N).
        out: where the states go, (R, a_{L-1}, N).
        first: first task; task i is block i % B of regime i // B.
        last: the task after the last one.

    Source:
        docs/theory.md, section 2.
    """
    width, N, stages, h = x.shape[1], x.shape[2], b.size, step / substeps
    hidden = width * max(1, m)
    state, stage = np.zeros((width, BLOCK)), np.zeros((width, BLOCK))
    units, speeds = np.zeros((hidden, BLOCK)), np.zeros((stages, width, BLOCK))
    moves, weights = h * a, h * b
    blocks = (N + BLOCK - 1) // BLOCK
    for task in range(first, last):
        r, begin = task // blocks, task % blocks * BLOCK
        own, some = x[r if x.shape[0] > 1 else 0], min(BLOCK, N - begin)
        for i in range(width):
            state[i, :some] = own[i, begin : begin + some]
            state[i, some:] = 0.0
        e, had = 0, width
        for n in range(counts.size):
            w = counts[n]
            rows = w * max(1, m)
            state[had:w] = 0.0
            W, bias = (
                theta[r, e : e + rows * w].reshape(rows, w),
                theta[r, e + rows * w : e + rows * w + rows],
            )
            e += rows * w + rows
            for _ in range(substeps):
                for s in range(stages):
                    _moved(state, moves[s], speeds, s, stage, w)
                    into = units if m else speeds[s]
                    for i in range(rows):
                        into[i] = bias[i]
                    _product(W, stage, into, rows, w)
                    _values(sigma, into, rows)
                    if m:
                        speeds[s, :w] = 0.0
                        _product(theta[r, e : e + w * rows].reshape(w, rows), units, speeds[s], w, rows)
                _moved(state, weights, speeds, stages, stage, w)
                for i in range(w):
                    state[i] = stage[i]
            e += w * rows if m else 0
            had = w
        for i in range(out.shape[1]):
            out[r, i, begin : begin + some] = state[i, :some]
