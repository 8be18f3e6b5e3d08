"""The Lanczos method: both ends of a symmetric operator's spectrum, and what is certain about them."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Product = Callable[[Tensor], Tensor]
"""An operator, (m, P) -> (m, P)."""

DOUBT = 1e-3
"""Probability, over the random start, that `floor` is not a lower bound."""


class Lanczos:
    """A Krylov space of a symmetric operator, orthogonal to rounding, grown step by step from a random start.

    Each new vector is made orthogonal to all former ones. scipy's eigsh (ARPACK) is not used here because it
    gives back neither unconverged Ritz pairs nor both ends at once, and its space tells more than a residual
    does: see `floor`.

    Args:
        product: the operator.
        size: P.
        most: most steps, from 1 to P.
        dtype: precision of the basis, which takes most P numbers.
        seed: of the start, uniform on the unit sphere.

    Attributes:
        steps: how many steps were taken.
        done: whether the space is invariant to rounding, so that no step is left.

    Source:
        B. N. Parlett, The Symmetric Eigenvalue Problem (1998), chapter 13.
    """

    def __init__(self, product: Product, size: int, most: int, dtype: torch.dtype, seed: int = 0) -> None:
        self.product, self.size, self.steps, self.done = product, size, 0, False
        self.basis = torch.empty(min(most, size) + 1, size, dtype=dtype)
        generator = torch.Generator().manual_seed(seed)
        start = torch.randn(size, generator=generator, dtype=torch.float64)
        self.basis[0] = (start / start.norm()).to(dtype)
        self.diagonal, self.beside = list[float](), list[float]()

    def step(self) -> None:
        """One product more."""
        j, known = self.steps, self.basis[: self.steps + 1]
        w = self.product(known[j:])[0]
        self.diagonal.append(float(torch.dot(w, known[j])))
        before = float(w.norm())
        w = w - self.diagonal[-1] * known[j]
        if j:
            w -= self.beside[-1] * known[j - 1]
        w -= torch.mv(known.T, torch.mv(known, w))
        if float(w.norm()) < 1e-2 * before:  # much was taken away, and with it digits: once more
            w -= torch.mv(known.T, torch.mv(known, w))
        rest = float(w.norm())
        self.steps += 1
        tiny = 100 * torch.finfo(w.dtype).eps * max(before, *map(abs, self.diagonal))
        self.beside.append(max(rest, tiny))  # what is smaller is not known
        self.done = rest <= tiny or self.steps == self.size
        if not self.done:
            self.basis[self.steps] = w / rest

    def ritz(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Ritz values (j,) ascending, their vectors as columns (j, j) in the basis, residual norms (j,)."""
        beside = self.beside[:-1]
        matrix = np.diag(self.diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
        values, vectors = np.linalg.eigh(matrix)
        return values, vectors, np.abs(self.beside[-1] * vectors[-1])

    def vectors(self, coefficients: NDArray[np.float64]) -> Tensor:
        """Combinations (j, c) of the basis as rows (c, P)."""
        chosen = torch.as_tensor(coefficients.T.copy()).to(self.basis)
        return chosen @ self.basis[: self.steps]

    def floor(self, values: NDArray[np.float64]) -> float:
        """What the smallest eigenvalue is at least, with probability 1 - DOUBT over the start.

        The next Lanczos vector is p(H) v with a known polynomial p and |p(H) v| = 1, v the start; so |p| at
        the smallest eigenvalue is at most 1/|γ|, γ the share of its eigenvector in v, of which a random start
        has at least DOUBT (π/2P)^½ with that probability. Below all Ritz values |p| grows without bound.

        Args:
            values: all Ritz values, ascending.

        Source:
            J. L. M. van Dorsselaer, M. E. Hochstenbach, H. A. van der Vorst, Computing probabilistic bounds
            for extreme eigenvalues of symmetric matrices with the Lanczos method, SIAM J. Matrix Anal. Appl.
            22 (2001) 837-852.
        """
        if self.steps == self.size or not self.beside[-1]:
            return float(values[0])
        most = -np.log(DOUBT * np.sqrt(np.pi / (2 * self.size))) + np.log(self.beside).sum()
        width = max(float(values[-1] - values[0]), self.beside[-1])
        low, high = 0.0, width
        while np.log(values - values[0] + high).sum() < most:
            high *= 2
        for _ in range(60):
            middle = (low + high) / 2
            above = np.log(values - values[0] + middle).sum() > most
            low, high = (low, middle) if above else (middle, high)
        return float(values[0]) - high
