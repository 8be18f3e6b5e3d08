"""All compiled code: single passes over rows of particles, and the whole sweep of narrow nets.

A narrow net does so little arithmetic per layer that calling a library for each product costs more than the
product. There a block of particles passes through all layers and back while it lies in the processor's cache.
It is one file because numba knows machine code on disk by the file of its function alone: where a function
that is inlined changed in another file, the old code would run.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

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
TANH_REACH = _f(9.02)  # tanh is 1 in float32 beyond
TANH_P = tuple(map(_f, (0.9999999772, 0.1337447108, 0.003487806179, 2.048110785e-05, 1.317741766e-08)))
TANH_Q = tuple(map(_f, (1.0, 0.4670778486, 0.02584737003, 0.0003272912264, 7.704002189e-07)))


@inlined
def tanh(x: np.float32) -> np.float32:
    """The hyperbolic tangent in float32 by x P(x²)/Q(x²), within 4e-7; it becomes vector code.

    P and Q are a minimax fit of the relative error on [0, 9.1] (2.3e-8; the rest is rounding), found by
    iteratively reweighted linear least squares.
    """
    x = TANH_REACH if x > TANH_REACH else (-TANH_REACH if x < -TANH_REACH else x)
    s = x * x
    p = (((TANH_P[4] * s + TANH_P[3]) * s + TANH_P[2]) * s + TANH_P[1]) * s + TANH_P[0]
    q = (((TANH_Q[4] * s + TANH_Q[3]) * s + TANH_Q[2]) * s + TANH_Q[1]) * s + TANH_Q[0]
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


# Products take four terms at a time, so that the result passes the registers less often, and the one to three
# that are left over first.


@inlined
def _affine(A: Rows, b: Rows, x: Rows, out: Rows, rows: int, columns: int) -> None:
    """out_i = b_i + Σ_k A_ik x_k."""
    for i in range(rows):
        oi, bi, k = out[i], b[i], columns % 4
        if k == 1:
            a0 = A[i, 0]
            for j in range(BLOCK):
                oi[j] = bi + a0 * x[0, j]
        elif k == 2:
            a0, a1 = A[i, 0], A[i, 1]
            for j in range(BLOCK):
                oi[j] = bi + a0 * x[0, j] + a1 * x[1, j]
        elif k == 3:
            a0, a1, a2 = A[i, 0], A[i, 1], A[i, 2]
            for j in range(BLOCK):
                oi[j] = bi + a0 * x[0, j] + a1 * x[1, j] + a2 * x[2, j]
        else:
            for j in range(BLOCK):
                oi[j] = bi
        while k < columns:
            a0, a1, a2, a3 = A[i, k], A[i, k + 1], A[i, k + 2], A[i, k + 3]
            for j in range(BLOCK):
                oi[j] += a0 * x[k, j] + a1 * x[k + 1, j] + a2 * x[k + 2, j] + a3 * x[k + 3, j]
            k += 4


@inlined
def _pulled(A: Rows, q: Rows, p: Rows, rows: int, columns: int, step: np.float32, add: bool) -> None:
    """p_k = step Σ_i A_ik q_i, or that added to p_k."""
    for k in range(columns):
        pk, i = p[k], rows % 4
        if not add:
            pk[:] = _f(0)
        if i == 1:
            a0 = step * A[0, k]
            for j in range(BLOCK):
                pk[j] += a0 * q[0, j]
        elif i == 2:
            a0, a1 = step * A[0, k], step * A[1, k]
            for j in range(BLOCK):
                pk[j] += a0 * q[0, j] + a1 * q[1, j]
        elif i == 3:
            a0, a1, a2 = step * A[0, k], step * A[1, k], step * A[2, k]
            for j in range(BLOCK):
                pk[j] += a0 * q[0, j] + a1 * q[1, j] + a2 * q[2, j]
        while i < rows:
            a0, a1, a2, a3 = step * A[i, k], step * A[i + 1, k], step * A[i + 2, k], step * A[i + 3, k]
            for j in range(BLOCK):
                pk[j] += a0 * q[i, j] + a1 * q[i + 1, j] + a2 * q[i + 2, j] + a3 * q[i + 3, j]
            i += 4


@inlined
def _outer(q: Rows, x: Rows, into: Sums, sums: Sums, rows: int, columns: int) -> None:
    """into_ik += Σ_j q_ij x_kj and, where sums are wanted, sums_i += Σ_j q_ij."""
    for i in range(rows):
        qi, k = q[i], columns % 4
        s0 = s1 = s2 = s3 = _f(0)
        if k == 1:
            for j in range(BLOCK):
                s0 += qi[j] * x[0, j]
                s3 += qi[j]
            into[i, 0] += s0
        elif k == 2:
            for j in range(BLOCK):
                s0 += qi[j] * x[0, j]
                s1 += qi[j] * x[1, j]
                s3 += qi[j]
            into[i, 0] += s0
            into[i, 1] += s1
        elif k == 3:
            for j in range(BLOCK):
                s0 += qi[j] * x[0, j]
                s1 += qi[j] * x[1, j]
                s2 += qi[j] * x[2, j]
                s3 += qi[j]
            into[i, 0] += s0
            into[i, 1] += s1
            into[i, 2] += s2
        elif sums.size:
            for j in range(BLOCK):
                s3 += qi[j]
        if sums.size:
            sums[i] += s3
        while k < columns:
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


@inlined
def _moved(x: Rows, weights: Rows, parts: Rows, first: int, out: Rows, rows: int) -> None:
    """Write x + Σ_s w_s parts_{first + s} over out; what has weight 0 is not read."""
    for i in range(rows):
        xi, oi, fresh = x[i], out[i], True
        for s in range(weights.size):
            w, part = weights[s], parts[first + s, i]
            if w != _f(0):
                for j in range(BLOCK):
                    oi[j] = (xi[j] if fresh else oi[j]) + w * part[j]
                fresh = False
        if fresh:
            oi[:] = xi


@inlined
def _behind(sigma: int, y: Rows, weights: Rows, parts: Rows, q: Rows, rows: int) -> None:
    """Write σ' Σ_s w_s parts_s over q, with σ' written in y = σ(z); what has weight 0 is not read."""
    for i in range(rows):
        yi, qi, fresh = y[i], q[i], True
        for s in range(weights.size):
            w, part = weights[s], parts[s, i]
            if w == _f(0):
                continue
            if sigma == TANH:
                for j in range(BLOCK):
                    qi[j] = (_f(0) if fresh else qi[j]) + w * part[j] * (_f(1) - yi[j] * yi[j])
            elif sigma == RELU:
                for j in range(BLOCK):
                    qi[j] = (_f(0) if fresh else qi[j]) + (w * part[j] if yi[j] > _f(0) else _f(0))
            else:
                for j in range(BLOCK):
                    qi[j] = (_f(0) if fresh else qi[j]) + w * part[j]
            fresh = False
        if fresh:
            qi[:] = _f(0)


class Net(NamedTuple):
    """What a sweep knows of the flow.

    Attributes:
        counts, m, sigma, step, kept: as `sweep` has them.
        offsets: where each layer's control starts, (L,) int64.
        moves: h a_sj, and in the last row h b_j, (S + 1, S).
        shares: what q_s takes of p and of each ℓ_j, (S, S): b_s / r in the first column, then a_js / r.
        points: evaluation points of a layer, r S.
    """

    counts: NDArray[np.int64]
    offsets: NDArray[np.int64]
    m: int
    sigma: int
    step: np.float32
    moves: Rows
    shares: Rows
    points: int
    kept: bool


class Workspace(NamedTuple):
    """Memory for one block of particles.

    Attributes:
        X: states at the points, (slots, d, BLOCK). The state that enters a layer is its first point; where
            the points of one layer are kept, these states have the first slots, and X_L slot L.
        Y: σ at the points, (points, h, BLOCK).
        speeds: velocities of a sub-step in the two-layer field, (S, d, BLOCK).
        costates: p and the ℓ_s, s >= 1, of a sub-step, (S, d, BLOCK).
        q: q_s behind σ, (h, BLOCK).
        pushed: q_s itself in the two-layer field, (d, BLOCK).
        wish: targets, (d, BLOCK).
    """

    X: Rows
    Y: Rows
    speeds: Rows
    costates: Rows
    q: Rows
    pushed: Rows
    wish: Rows


@inlined
def _net(
    counts: NDArray[np.int64],
    m: int,
    sigma: int,
    step: np.float32,
    a: Rows,
    b: Rows,
    substeps: int,
    kept: bool,
) -> Net:
    """The net of a `sweep`'s arguments."""
    layers, stages, r = counts.size, b.size, _f(substeps)
    offsets = np.zeros(layers, np.int64)
    for n in range(1, layers):
        h = counts[n - 1] * max(1, m)
        offsets[n] = offsets[n - 1] + h * counts[n - 1] * (2 if m else 1) + h
    moves, shares = np.zeros((stages + 1, stages), np.float32), np.zeros((stages, stages), np.float32)
    for s in range(stages):
        moves[stages, s], shares[s, 0] = step / r * b[s], b[s] / r
        for j in range(s):
            moves[s, j] = step / r * a[s, j]
            shares[j, s] = a[s, j] / r
    return Net(counts, offsets, m, sigma, step, moves, shares, substeps * stages, kept)


@inlined
def _blocks(rows: int) -> Rows:
    """Memory for so many rows of a block of particles; a cache line begins it."""
    # One piece of memory, so that the rows' distances are always the same: vector code falls back to scalar
    # code, which rounds otherwise, where two rows lie closer than a few vectors.
    memory = np.empty(rows * BLOCK + 16, np.float32)
    line = (-(memory.ctypes.data // 4)) % 16
    return memory[line : line + rows * BLOCK].reshape(rows, BLOCK)


@inlined
def _workspace(net: Net, width: int) -> Workspace:
    """Workspace for the points of all layers or of one."""
    layers, stages, widest = net.counts.size, len(net.shares), net.counts[0] * max(1, net.m)
    points = (layers if net.kept else 1) * net.points
    slots = points + (1 if net.kept else layers)
    workspace, e = _blocks((slots + 2 * stages + 2) * width + (points + 1) * widest), slots * width
    X, Y, e = workspace[:e], workspace[e : e + points * widest], e + points * widest
    speeds, costates = (
        workspace[e : e + stages * width],
        workspace[e + stages * width : e + 2 * stages * width],
    )
    e += 2 * stages * width
    q, pushed, wish = (
        workspace[e : e + widest],
        workspace[e + widest : e + widest + width],
        workspace[e + widest + width :],
    )
    cut = stages, width, BLOCK
    X, Y = X.reshape(slots, width, BLOCK), Y.reshape(points, widest, BLOCK)
    return Workspace(X, Y, speeds.reshape(cut), costates.reshape(cut), q, pushed, wish)


@compiled_once
def _forward(net: Net, first: int, last: int, theta: Rows, workspace: Workspace) -> None:
    """Through the layers from `first` to before `last`; X and Y keep what the way back needs."""
    counts, m, moves, points = net.counts, net.m, net.moves, net.points
    X, Y, stages, none = workspace.X, workspace.Y, moves.shape[1], np.zeros(net.counts[0], np.float32)
    speeds = workspace.speeds if m else Y
    between, apart = (points, 0) if net.kept else (1, counts.size)
    for n in range(first, last):
        a, e, after = counts[n], net.offsets[n], counts[min(n + 1, counts.size - 1)]
        alive, h = min(a, after), a * max(1, m)
        W, b, e = theta[e : e + h * a].reshape(h, a), theta[e + h * a : e + h * a + h], e + h * a + h
        base = n * points if net.kept else 0
        at = begin = n * between
        for i in range(points):
            s, o = i % stages, 0 if m else base + i - i % stages
            if s:
                at = base + apart + i
                _moved(X[begin], moves[s], speeds, o, X[at], a)
            # The last velocity of a component that is dropped at the layer's end reaches nobody.
            live = a if i < points - 1 else alive
            rows, y = h if m else live, Y[base + i]
            _affine(W, b, X[at], y, rows, a)
            _values(net.sigma, y, rows)
            if m:
                _affine(theta[e : e + a * h].reshape(a, h), none, y, speeds[s], live, h)
            if s == stages - 1:
                at = base + apart + i + 1 if i < points - 1 else (n + 1) * between
                _moved(X[begin], moves[stages], speeds, o, X[at], live)
                begin = at
        X[at, alive:after] = _f(0)


@compiled_once
def _backward(net: Net, first: int, last: int, theta: Rows, workspace: Workspace, gradient: Sums) -> None:
    """The costate back through these layers; gradient += Σ (∂_θ F(X_s))^T q_s over points and particles."""
    counts, m, shares, points = net.counts, net.m, net.shares, net.points
    X, Y, costates, q, p = workspace.X, workspace.Y, workspace.costates, workspace.q, workspace.costates[0]
    between, apart, stages = points if net.kept else 1, 0 if net.kept else counts.size, len(shares)
    for n in range(last - 1, first - 1, -1):
        a, o, after = counts[n], net.offsets[n], counts[min(n + 1, counts.size - 1)]
        live, h = min(a, after), a * max(1, m)
        p[after:a] = _f(0)  # what was dropped has costate 0
        e, f = o + h * a, o + h * a + h
        W, base = theta[o:e].reshape(h, a), n * points if net.kept else 0
        for i in range(points - 1, -1, -1):
            s, y, rows = i % stages, Y[base + i], h if m else live
            at = base + apart + i if i else n * between
            if m:
                _behind(IDENTITY, y, shares[s], costates, workspace.pushed, live)
                into = gradient[f : f + a * h].reshape(a, h)
                _outer(workspace.pushed, y, into, gradient[:0], live, h)
                _pulled(theta[f : f + a * h].reshape(a, h), workspace.pushed, q, live, h, _f(1), False)
                _slopes(net.sigma, y, q, rows)
            else:
                _behind(net.sigma, y, shares[s], costates, q, live)
            _outer(q, X[at], gradient[o:e].reshape(h, a), gradient[e:f], rows, a)
            if s == 0:
                for k in range((stages - 1) * a):
                    pk, part = p[k % a], costates[1 + k // a, k % a]
                    for j in range(BLOCK):
                        pk[j] += part[j]
            _pulled(W, q, costates[s], rows, a, net.step, s == 0)
            live = a


@compiled_once
def sweep(
    counts: NDArray[np.int64],
    m: int,
    sigma: int,
    step: np.float32,
    a: Rows,
    b: Rows,
    substeps: int,
    kept: bool,
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
        a: matrix of the scheme, strictly lower triangular, (S, S).
        b: its weights, (S,).
        substeps: r of each layer.
        kept: whether the points of all layers are kept, or those of one layer at a time, which are then
            computed again on the way back. The sums are the same bit for bit.
        theta: controls, (R, P).
        x: starts, (R or 1, d, N).
        y: targets, (R or 1, a, N).
        chunk: particles of one task.
        first: first task; task i is chunk i % C of regime i // C.
        last: the task after the last one.
        wanted: whether gradients are wanted.
        squares: Σ_j (X_L - y)² of each component, (R C, a) float64, set for these tasks.
        gradient: Σ (∂_θ F(X_s))^T q_s over points and particles, (R C, P) float64, set for these tasks. With
            q_s = κ_s / δ = (b_s p + Σ_{j>s} a_js ℓ_j) / r, ℓ_s = δ (∂_x F(X_s))^T q_s, p_L = (2/N)(X_L - y).

    Source:
        docs/theory.md, section 3.
    """
    width, N, out, layers = x.shape[1], x.shape[2], y.shape[1], counts.size
    net = _net(counts, m, sigma, step, a, b, substeps, kept)
    workspace = _workspace(net, width)
    end, p, wish = workspace.X[layers * net.points if kept else layers], workspace.costates[0], workspace.wish
    chunks = (N + chunk - 1) // chunk
    for task in range(first, last):
        c, start = task // chunks, (task % chunks) * chunk
        own, towards = x[c if x.shape[0] > 1 else 0], y[c if y.shape[0] > 1 else 0]
        squares[task] = 0.0
        if wanted:
            gradient[task] = 0.0
        stop = min(N, start + chunk)
        for s in range(start, stop, BLOCK):
            n = min(BLOCK, stop - s)
            for i in range(width):
                workspace.X[0, i, :n] = own[i, s : s + n]
                workspace.X[0, i, n:] = _f(0)
            _forward(net, 0, layers, theta[c], workspace)
            for i in range(out):
                wish[i, :n] = towards[i, s : s + n]
                total = _f(0)
                for j in range(n):
                    rest = end[i, j] - wish[i, j]
                    total += rest * rest
                    p[i, j] = _f(2.0 / N) * rest
                p[i, n:] = _f(0)
                squares[task, i] += total
            if wanted and kept:
                _backward(net, 0, layers, theta[c], workspace, gradient[task])
            elif wanted:
                for k in range(layers - 1, -1, -1):
                    if k < layers - 1:  # the points of the last layer are still there
                        _forward(net, k, k + 1, theta[c], workspace)
                    _backward(net, k, k + 1, theta[c], workspace, gradient[task])


@inlined
def _squared_slopes(sigma: int, y: Rows, weight: np.float32, out: Rows, rows: int, particles: int) -> None:
    """Write weight σ'², with σ' written in y = σ(z), over out, and 0 beyond the particles."""
    for i in range(rows):
        yi, oi = y[i], out[i]
        if sigma == TANH:
            for j in range(BLOCK):
                slope = _f(1) - yi[j] * yi[j]
                oi[j] = weight * slope * slope
        elif sigma == RELU:
            for j in range(BLOCK):
                oi[j] = weight if yi[j] > _f(0) else _f(0)
        else:
            oi[:] = weight
        oi[particles:] = _f(0)


@inlined
def _squares(x: Rows, out: Rows, a: int) -> None:
    """Write x_k x_l, k <= l, over out, and x itself behind."""
    e = 0
    for k in range(a):
        for m in range(k, a):
            xk, xm, oe = x[k], x[m], out[e]
            for j in range(BLOCK):
                oe[j] = xk[j] * xm[j]
            e += 1
    for k in range(a):
        out[e + k] = x[k]


@inlined
def _symmetric(moments: Sums, ones: Sums, into: Sums, a: int) -> None:
    """Write the matrices of (x, 1)(x, 1)^T of a units over into, (a, a + 1, a + 1).

    Args:
        moments: of x_k x_l and of x as `_squares` has them, (a, ·).
        ones: of 1, (a,).
        into: where they go.
        a: active components.
    """
    for i in range(a):
        e = 0
        for k in range(a):
            for m in range(k, a):
                into[i, k, m] += moments[i, e]
                into[i, m, k] = into[i, k, m]
                e += 1
        for k in range(a):
            into[i, k, a] += moments[i, e + k]
            into[i, a, k] = into[i, k, a]
        into[i, a, a] += ones[i]


@compiled_once
def grams(
    counts: NDArray[np.int64],
    sigma: int,
    step: np.float32,
    a: Rows,
    b: Rows,
    substeps: int,
    theta: Rows,
    x: Rows,
    first: int,
    last: int,
    into: Sums,
) -> None:
    """Gram matrices of ∂_θF of the single-layer field, of some of the regimes.

    Args:
        counts: a_n of the controlled layers, (L,) int64.
        sigma: number of the nonlinearity.
        step: δ.
        a: matrix of the scheme, strictly lower triangular, (S, S).
        b: its weights, (S,).
        substeps: r of each layer.
        theta: controls, (R, P).
        x: starts, (R or 1, d, N).
        first: first regime.
        last: the regime after the last one.
        into: Σ_s (b_s / r) (1/N) Σ σ'_i² (X_s, 1)(X_s, 1)^T over points and particles, layer by layer and
            unit by unit, (R, Σ_n a_n (a_n + 1)²) float64, set for these regimes.

    Source:
        docs/theory.md, section 4.
    """
    width, N, layers, stages = x.shape[1], x.shape[2], counts.size, b.size
    net = _net(counts, 0, sigma, step, a, b, substeps, False)
    workspace, most = _workspace(net, width), width * (width + 3) // 2
    X, Y, more = workspace.X, workspace.Y, _blocks(most + width)
    squares, slopes = more[:most], more[most:]
    moments, ones = np.empty((width, most)), np.empty(width)
    for c in range(first, last):
        own = x[c if x.shape[0] > 1 else 0]
        into[c] = 0.0
        for start in range(0, N, BLOCK):
            particles, e = min(BLOCK, N - start), 0
            for i in range(width):
                X[0, i, :particles] = own[i, start : start + particles]
                X[0, i, particles:] = _f(0)
            for n in range(layers):
                _forward(net, n, n + 1, theta[c], workspace)
                count, o, f = counts[n], net.offsets[n], net.offsets[n] + counts[n] ** 2
                live = min(count, counts[min(n + 1, layers - 1)])
                moments[:], ones[:] = 0.0, 0.0
                for i in range(net.points):
                    y, at, weight = Y[i], X[layers + i if i else n], net.shares[i % stages, 0] / _f(N)
                    if weight == _f(0):
                        continue
                    if i == net.points - 1 and live < count:
                        W, rest = theta[c, o:f].reshape(count, count)[live:], count - live
                        _affine(W, theta[c, f + live : f + count], at, y[live:], rest, count)
                        _values(sigma, y[live:], rest)
                    _squared_slopes(sigma, y, weight, slopes, count, particles)
                    _squares(at, squares, count)
                    _outer(slopes, squares, moments, ones, count, count * (count + 3) // 2)
                size = count * (count + 1) ** 2
                own_part = into[c, e : e + size].reshape(count, count + 1, count + 1)
                _symmetric(moments, ones, own_part, count)
                e += size


@compiled_once
def states(
    counts: NDArray[np.int64],
    m: int,
    sigma: int,
    step: np.float32,
    a: Rows,
    b: Rows,
    substeps: int,
    theta: Rows,
    x: Rows,
    half: int,
    code: Rows,
    end: Rows,
    first: int,
    last: int,
) -> None:
    """The states of some regimes' particles after `half` layers and after all.

    Args:
        counts: as `sweep` has it.
        m: likewise.
        sigma: likewise.
        step: likewise.
        a: likewise.
        b: likewise.
        substeps: likewise.
        theta: likewise.
        x: likewise.
        half: number of layers after which the code is seen.
        code: its leading components, (R, ·, N), set.
        end: X_L, (R, a, N), set.
        first: first regime.
        last: the regime after the last one.
    """
    net, N = _net(counts, m, sigma, step, a, b, substeps, False), x.shape[2]
    workspace = _workspace(net, x.shape[1])
    X = workspace.X
    for c in range(first, last):
        own = x[c if x.shape[0] > 1 else 0]
        for s in range(0, N, BLOCK):
            n = min(BLOCK, N - s)
            for i in range(own.shape[0]):
                X[0, i, :n] = own[i, s : s + n]
                X[0, i, n:] = _f(0)
            _forward(net, 0, counts.size, theta[c], workspace)
            for i in range(code.shape[1]):
                code[c, i, s : s + n] = X[half, i, :n]
            for i in range(end.shape[1]):
                end[c, i, s : s + n] = X[counts.size, i, :n]
