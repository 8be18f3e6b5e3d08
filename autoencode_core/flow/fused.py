"""Compiled loops over rows of particles: what a library would do in several passes through memory, in one."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

TANH, RELU, IDENTITY = range(3)
CODES = {"tanh": TANH, "relu": RELU, "identity": IDENTITY}
"""Numbers by which the kernel knows the nonlinearities."""

Rows = NDArray[np.float32]
Sums = NDArray[np.float64]
Function = TypeVar("Function", bound=Callable[..., Any])


def inlined(function: Function) -> Function:
    """A function that becomes part of the compiled code that calls it."""
    # Sums may be reordered and fused, but NaN and infinity must stay what they are: they tell of divergence.
    exact = {"contract", "reassoc", "nsz", "arcp"}
    compiled: Any = numba.njit(fastmath=exact, error_model="numpy", inline="always")(function)
    return compiled  # type: ignore[no-any-return]


def compiled_once(function: Function) -> Function:
    """A function that is compiled at its first call; the machine code is kept on disk."""
    exact = {"contract", "reassoc", "nsz", "arcp"}
    compiled: Any = numba.njit(fastmath=exact, error_model="numpy", nogil=True, cache=True)(function)
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


class Loops:
    """The loops on the tensors of one layer.

    Args:
        sigma: number of the nonlinearity.
        z, b, x, out, sums: as in the loops.
    """

    def __init__(self, sigma: int, z: Tensor, b: Tensor, x: Tensor, out: Tensor, sums: Tensor) -> None:
        self.sigma = sigma
        self.z, self.b, self.x, self.out, self.sums = (t.numpy() for t in (z, b, x, out, sums))

    def activate(self) -> None:
        """As above."""
        activate(self.sigma, self.z, self.b)

    def euler(self, step: float) -> None:
        """As above."""
        euler(self.sigma, self.z, self.b, self.x, self.out, _f(step))

    def pulled(self, p: Tensor) -> None:
        """As above; y lies where z was."""
        pulled(self.sigma, self.z, p.numpy(), self.sums)


def loops_for(activation: str, z: Tensor, b: Tensor, x: Tensor, out: Tensor, sums: Tensor) -> Loops | None:
    """The loops of a layer with these tensors, or None where torch's own operators are to be taken.

    They run on one thread, so torch's are taken where it may use more; they know one regime, float32 and the
    nonlinearities of CODES.
    """
    ours = z.ndim == 2 and z.dtype == torch.float32 and z.device.type == "cpu" and activation in CODES
    return Loops(CODES[activation], z, b, x, out, sums) if ours and torch.get_num_threads() == 1 else None
