"""All compiled code: single passes over rows of particles, and the whole sweep of narrow nets.

A narrow net does so little arithmetic per layer that calling a library for each product costs more than the
product. There a block of particles passes through all layers and back while it lies in the processor's cache.
It is one file because the machine code on disk is known by the date of its file alone.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

BLOCK = 256
"""Particles of one block: a multiple of the vector length whose states fit the second-level cache."""

TANH, RELU, IDENTITY = range(3)
CODES = {"tanh": TANH, "relu": RELU, "identity": IDENTITY}
"""Numbers by which the kernel knows the nonlinearities."""

Rows = NDArray[np.float32]
Sums = NDArray[np.float64]
Function = TypeVar("Function", bound=Callable[..., Any])


# Sums may be reordered and fused, but NaN and infinity must stay what they are: they tell of divergence.
_EXACT = {"contract", "reassoc", "nsz", "arcp"}


def inlined(function: Function) -> Function:
    """A function that becomes part of the compiled code that calls it."""
    compiled: Any = numba.njit(fastmath=_EXACT, error_model="numpy", inline="always")(function)
    return compiled  # type: ignore[no-any-return]


def compiled_once(function: Function) -> Function:
    """A function that is compiled at its first call; the machine code is kept on disk where one may write."""
    compiled: Any
    try:
        compiled = numba.njit(fastmath=_EXACT, error_model="numpy", nogil=True, cache=True)(function)
    except RuntimeError:  # numba found no folder to keep it in: each process compiles anew
        compiled = numba.njit(fastmath=_EXACT, error_model="numpy", nogil=True)(function)
    return compiled  # type: ignore[no-any-return]


_f = np.float32
_REACH = _f(9.02)  # tanh is 1 in float32 beyond
_P = tuple(map(_f, (0.9999999772, 0.1337447108, 0.003487806179, 2.048110785e-05, 1.317741766e-08)))
_Q = tuple(map(_f, (1.0, 0.4670778486, 0.02584737003, 0.0003272912264, 7.704002189e-07)))


@inlined
def tanh(x: np.float32) -> np.float32:
    """The hyperbolic tangent in float32 by x P(x²)/Q(x²), within 4e-7; it becomes vector code.

    P and Q are a minimax fit of the relative error on [0, 9.1] (2.3e-8; the rest is rounding), found by
    iteratively reweighted linear least squares.
    """
    x = _REACH if x > _REACH else (-_REACH if x < -_REACH else x)
    s = x * x
    p = (((_P[4] * s + _P[3]) * s + _P[2]) * s + _P[1]) * s + _P[0]
    q = (((_Q[4] * s + _Q[3]) * s + _Q[2]) * s + _Q[1]) * s + _Q[0]
    return x * p / q


@compiled_once
def activate(sigma: int, z: Rows, b: Rows) -> None:
    """The activation of a layer, z = σ(z + b).

    Args:
        sigma: number of the nonlinearity.
        z: (h, N), overwritten.
        b: (h, 1).
    """
    for i in range(z.shape[0]):
        zi, bi = z[i], b[i, 0]
        if sigma == TANH:
            for j in range(zi.size):
                zi[j] = tanh(zi[j] + bi)
        elif sigma == RELU:
            for j in range(zi.size):
                zi[j] = _f(0) if zi[j] + bi < _f(0) else zi[j] + bi
        else:
            for j in range(zi.size):
                zi[j] += bi


@compiled_once
def euler(sigma: int, z: Rows, b: Rows, x: Rows, out: Rows, step: np.float32) -> None:
    """One Euler step: z = σ(z + b) and out = x + step z.

    Args:
        sigma: number of the nonlinearity.
        z: (a, N), overwritten.
        b: (a, 1).
        x: (a, N).
        out: (a, N).
        step: δ.
    """
    for i in range(z.shape[0]):
        zi, xi, oi, bi = z[i], x[i], out[i], b[i, 0]
        if sigma == TANH:
            for j in range(zi.size):
                zi[j] = tanh(zi[j] + bi)
                oi[j] = xi[j] + step * zi[j]
        elif sigma == RELU:
            for j in range(zi.size):
                zi[j] = _f(0) if zi[j] + bi < _f(0) else zi[j] + bi
                oi[j] = xi[j] + step * zi[j]
        else:
            for j in range(zi.size):
                zi[j] += bi
                oi[j] = xi[j] + step * zi[j]


@compiled_once
def pulled(sigma: int, y: Rows, p: Rows, sums: Rows) -> None:
    """The costate behind σ: y = σ' p, with σ' written in y = σ(z), and sums = Σ_j y_j.

    Args:
        sigma: number of the nonlinearity.
        y: (h, N), overwritten.
        p: (h, N).
        sums: (h, 1), overwritten.
    """
    for i in range(y.shape[0]):
        yi, pi = y[i], p[i]
        if sigma == TANH:
            for j in range(yi.size):
                yi[j] = pi[j] * (_f(1) - yi[j] * yi[j])
        elif sigma == RELU:
            for j in range(yi.size):
                yi[j] = pi[j] if yi[j] > _f(0) else _f(0)
        else:
            for j in range(yi.size):
                yi[j] = pi[j]
        # A loop of its own: where two rows are neighbours in memory, a loop that writes may run as scalar
        # code, and its sum would round otherwise.
        total = _f(0)
        for j in range(yi.size):
            total += yi[j]
        sums[i, 0] = total


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
                zi[j] = _f(0) if zi[j] < _f(0) else zi[j]


@inlined
def _slopes(sigma: int, y: Rows, q: Rows, rows: int) -> None:
    """Multiply q by σ', written in y = σ(z)."""
    for i in range(rows):
        yi, qi = y[i], q[i]
        if sigma == TANH:
            for j in range(BLOCK):
                qi[j] *= _f(1) - yi[j] * yi[j]
        elif sigma == RELU:
            for j in range(BLOCK):
                qi[j] = qi[j] if yi[j] > _f(0) else _f(0)


@inlined
def _affine(A: Rows, b: Rows, x: Rows, out: Rows, rows: int, columns: int) -> None:
    """out_i = b_i + Σ_k A_ik x_k; four columns at a time, so that out passes the registers less often."""
    for i in range(rows):
        oi = out[i]
        for j in range(BLOCK):
            oi[j] = b[i]
        k = 0
        while k + 4 <= columns:
            a0, a1, a2, a3 = A[i, k], A[i, k + 1], A[i, k + 2], A[i, k + 3]
            for j in range(BLOCK):
                oi[j] += a0 * x[k, j] + a1 * x[k + 1, j] + a2 * x[k + 2, j] + a3 * x[k + 3, j]
            k += 4
        while k < columns:
            a0 = A[i, k]
            for j in range(BLOCK):
                oi[j] += a0 * x[k, j]
            k += 1


@inlined
def _pulled(A: Rows, q: Rows, p: Rows, rows: int, columns: int, step: np.float32) -> None:
    """p_k += step Σ_i A_ik q_i, four rows at a time."""
    for k in range(columns):
        pk = p[k]
        i = 0
        while i + 4 <= rows:
            a0, a1, a2, a3 = step * A[i, k], step * A[i + 1, k], step * A[i + 2, k], step * A[i + 3, k]
            for j in range(BLOCK):
                pk[j] += a0 * q[i, j] + a1 * q[i + 1, j] + a2 * q[i + 2, j] + a3 * q[i + 3, j]
            i += 4
        while i < rows:
            a0 = step * A[i, k]
            for j in range(BLOCK):
                pk[j] += a0 * q[i, j]
            i += 1


@inlined
def _outer(q: Rows, x: Rows, into: Sums, rows: int, columns: int) -> None:
    """into_ik += Σ_j q_ij x_kj, four columns at a time."""
    for i in range(rows):
        qi = q[i]
        k = 0
        while k + 4 <= columns:
            s0 = s1 = s2 = s3 = _f(0)
            for j in range(BLOCK):
                s0 += qi[j] * x[k, j]
                s1 += qi[j] * x[k + 1, j]
                s2 += qi[j] * x[k + 2, j]
                s3 += qi[j] * x[k + 3, j]
            into[i, k] += s0
            into[i, k + 1] += s1
            into[i, k + 2] += s2
            into[i, k + 3] += s3
            k += 4
        while k < columns:
            s0 = _f(0)
            for j in range(BLOCK):
                s0 += qi[j] * x[k, j]
            into[i, k] += s0
            k += 1


@inlined
def _sum_rows(q: Rows, into: Sums, rows: int) -> None:
    """into_i += Σ_j q_ij."""
    for i in range(rows):
        qi = q[i]
        s = _f(0)
        for j in range(BLOCK):
            s += qi[j]
        into[i] += s


@inlined
def _forward(
    counts: NDArray[np.int64],
    m: int,
    sigma: int,
    step: np.float32,
    theta: Rows,
    X: Rows,
    Y: Rows,
    speed: Rows,
) -> None:
    """X_{n+1} = X_n + δ F_n on the components that live on; Y keeps what the way back needs."""
    o, none = 0, np.zeros(counts[0], np.float32)
    for n in range(counts.size):
        a = counts[n]
        after = counts[n + 1] if n + 1 < counts.size else a
        alive = min(a, after)  # the last move of a component that is dropped here reaches nobody
        h, rows = (a * m, a * m) if m else (a, alive)
        W, b = theta[o : o + h * a].reshape(h, a), theta[o + h * a : o + h * a + h]
        o += h * a + h
        _affine(W, b, X[n], Y[n], rows, a)
        _values(sigma, Y[n], rows)
        moving = Y[n]
        if m:
            V = theta[o : o + a * h].reshape(a, h)
            o += a * h
            _affine(V, none, moving, speed, alive, h)
            moving = speed
        for i in range(alive):
            xi, vi, oi = X[n, i], moving[i], X[n + 1, i]
            for j in range(BLOCK):
                oi[j] = xi[j] + step * vi[j]
        X[n + 1, alive:after] = _f(0)


@inlined
def _backward(
    counts: NDArray[np.int64],
    m: int,
    sigma: int,
    step: np.float32,
    theta: Rows,
    X: Rows,
    Y: Rows,
    p: Rows,
    q: Rows,
    gradient: Sums,
) -> None:
    """The costate p back through the layers of one block; gradient += Σ_j (∂_θ F_n)^T p_{n+1}."""
    o, after = theta.size, counts[-1]
    for n in range(counts.size - 1, -1, -1):
        a = counts[n]
        alive = min(a, after)
        p[after:a] = _f(0)  # what was dropped has costate 0
        h, rows = (a * m, a * m) if m else (a, alive)
        o -= h * a + h + (a * h if m else 0)
        e = o + h * a
        if m:
            V = theta[e + h : e + h + a * h].reshape(a, h)
            _outer(p, Y[n], gradient[e + h : e + h + a * h].reshape(a, h), alive, h)
            q[:h] = _f(0)
            _pulled(V, p, q, alive, h, _f(1))
        else:
            q[:alive] = p[:alive]
        _slopes(sigma, Y[n], q, rows)
        _outer(q, X[n], gradient[o:e].reshape(h, a), rows, a)
        _sum_rows(q, gradient[e : e + h], rows)
        _pulled(theta[o:e].reshape(h, a), q, p, rows, a, step)
        after = a


@compiled_once
def sweep(
    counts: NDArray[np.int64],
    m: int,
    sigma: int,
    step: np.float32,
    theta: Rows,
    x: Rows,
    y: Rows,
    chunk: int,
    first: int,
    last: int,
    wanted: bool,
    squares: Sums,
    gradient: Sums,
) -> None:
    """Squared residuals and loss gradients of some of the tasks (regime, chunk of particles).

    Args:
        counts: a_n of the controlled layers, (L,) int64.
        m: hidden units per active component, 0 for the single-layer field.
        sigma: number of the nonlinearity.
        step: δ.
        theta: controls, (R, P).
        x: starts, (R or 1, d, N).
        y: targets, (R or 1, a, N).
        chunk: particles of one task.
        first: first task; task i is chunk i % C of regime i // C.
        last: the task after the last one.
        wanted: whether gradients are wanted.
        squares: Σ_j (X_L - y)² of each component, (R C, a) float64, set for these tasks.
        gradient: Σ_j (∂_θ F_n)^T p_{n+1} with p_L = (2/N)(X_L - y), (R C, P) float64, set for these tasks.
    """
    width, layers, N, out = x.shape[1], counts.size, x.shape[2], y.shape[1]
    chunks, widest = (N + chunk - 1) // chunk, counts[0] * max(1, m)
    # One piece of memory, so that the rows' distances are always the same: vector code falls back to scalar
    # code, which rounds otherwise, where two rows lie closer than a few vectors.
    room = np.zeros(((layers + 1) * width + (layers + 1) * widest + 3 * width, BLOCK), np.float32)
    e = (layers + 1) * width
    X, Y = room[:e].reshape(layers + 1, width, BLOCK), room[e : e + layers * widest]
    Y, e = Y.reshape(layers, widest, BLOCK), e + layers * widest
    q, p = room[e : e + widest], room[e + widest : e + widest + width]
    e += widest + width
    speed, wish = room[e : e + width], room[e + width : e + 2 * width]
    for task in range(first, last):
        r, start = task // chunks, (task % chunks) * chunk
        own, towards = x[r if x.shape[0] > 1 else 0], y[r if y.shape[0] > 1 else 0]
        squares[task] = 0.0
        if wanted:
            gradient[task] = 0.0
        stop = min(N, start + chunk)
        for s in range(start, stop, BLOCK):
            n = min(BLOCK, stop - s)
            for i in range(width):
                X[0, i, :n] = own[i, s : s + n]
                X[0, i, n:] = _f(0)
            _forward(counts, m, sigma, step, theta[r], X, Y, speed)
            for i in range(out):
                wish[i, :n] = towards[i, s : s + n]
                total = _f(0)
                for j in range(n):
                    rest = X[layers, i, j] - wish[i, j]
                    total += rest * rest
                    p[i, j] = _f(2.0 / N) * rest
                p[i, n:] = _f(0)
                squares[task, i] += total
            if wanted:
                _backward(counts, m, sigma, step, theta[r], X, Y, p, q, gradient[task])
