"""The engine of narrow nets: the compiled sweep, shared out to threads by regime and chunk of particles."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from autoencode_core.flow import kernel
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.fields import Field, SingleLayer, TwoLayer
from autoencode_core.flow.nonlinearities import NONLINEARITIES
from autoencode_core.training.threads import most_threads, share_out

WIDEST = 40
"""Most hidden units of a layer for which the compiled sweep beats the library's products (measured)."""
KEPT = 2**25
"""Bytes that the evaluation points of all layers may take, a thread; where they would take more, those of one
layer at a time are, and computed again on the way back, in 1.1 (40 wide) to 1.6 (3 wide) times as long."""
CHUNKS, SMALLEST = 64, 4096
"""Most chunks of a regime's particles, and the fewest particles in one; independent of the threads, so
that the sums do not depend on them either."""
SHARED_WORK = 1.2e6
"""Particles times parameters, times the points of a layer, from which a second thread pays for its start: a
gradient gains a factor 0.96 at 7e5, 1.25 at 1.4e6, 1.5 at 5e6, 1.8 at 2e7."""
KNOWN = {name: NONLINEARITIES[name] for name in kernel.CODES}
"""The nonlinearities that the kernel has compiled."""


class Narrow:
    """Sums over particles by the compiled sweep (float32, on the CPU).

    Args:
        arch: the architecture; see `suits`.

    Attributes:
        threads: most threads; as many as torch has when the engine is made.
    """

    def __init__(self, arch: Architecture) -> None:
        self.arch, self.threads = arch, most_threads()
        self.counts = np.array(arch.shape.counts, dtype=np.int64)
        self.sigma = kernel.CODES[arch.field.activation]
        self.scheme = np.array(arch.scheme.matrix, np.float32), np.array(arch.scheme.b, np.float32)
        self.m = _units(arch.field)
        numbers = self.counts.size * arch.points * arch.width * (1 + max(1, self.m))
        self.kept = 4 * kernel.BLOCK * numbers <= KEPT

    @staticmethod
    def suits(arch: Architecture, like: Tensor) -> bool:
        """Whether nets of this architecture are narrow, and field, nonlinearity and tensors the kernel's own.

        Every explicit scheme suits, in any number of sub-steps.
        """
        return like.dtype == torch.float32 and like.device.type == "cpu" and is_known(arch)

    def squares(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Σ_i (X_L - y)² of each component, (R, a)."""
        return self._sweep(theta, x, y, wanted=False)[0]

    def squares_and_gradient(self, theta: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The same and the loss part of ∇J, (R, P)."""
        return self._sweep(theta, x, y, wanted=True)

    def grams(self, theta: Tensor, x: Tensor) -> Tensor:
        """Gram matrices of ∂_θF of the single-layer field, averages over particles and points, float64.

        Args:
            theta: controls, (R, P).
            x: states at t = 0, (R or 1, d, N).

        Returns:
            Layer by layer, unit by unit, (R, Σ_n a_n (a_n + 1)²).
        """
        regimes = len(theta)
        into = np.empty((regimes, int((self.counts * (self.counts + 1) ** 2).sum())))
        fixed = self.counts, self.sigma, np.float32(self.arch.step), *self.scheme, self.arch.substeps
        given = theta.contiguous().numpy(), x.contiguous().numpy()
        self._shared(
            lambda first, last: kernel.grams(*fixed, *given, first, last, into), regimes * x.shape[2], regimes
        )
        return torch.as_tensor(into)

    def _sweep(self, theta: Tensor, x: Tensor, y: Tensor, wanted: bool) -> tuple[Tensor, Tensor]:
        regimes, size = theta.shape
        N = x.shape[2]
        chunk = max(SMALLEST, -(-N // CHUNKS))
        tasks = regimes * -(-N // chunk)
        squares = np.empty((tasks, y.shape[1]))
        gradient = np.empty((tasks if wanted else 1, size))
        given = theta.contiguous().numpy(), x.contiguous().numpy(), y.contiguous().numpy(), chunk
        kept = self.kept and wanted
        fixed = self.counts, self.m, self.sigma, np.float32(self.arch.step), *self.scheme, self.arch.substeps

        def work(first: int, last: int) -> None:
            kernel.sweep(*fixed, kept, *given, first, last, wanted, squares, gradient)

        self._shared(work, regimes * N, tasks)
        return _sum(squares, regimes, theta), _sum(gradient, regimes if wanted else 1, theta)

    def _shared(self, work: Callable[[int, int], None], particles: int, tasks: int) -> None:
        """Does tasks of so many particles in all, in several threads where that pays."""
        heavy = particles * self.arch.shape.size * self.arch.points > SHARED_WORK
        share_out(work, tasks, self.threads if heavy else 1)


def is_known(arch: Architecture) -> bool:
    """Whether nets of this architecture are narrow, and field and nonlinearity those of compiled loops."""
    # Exactly these: a subclass, or another entry of a registry, may compute something else.
    field = arch.field
    known = type(field) in (SingleLayer, TwoLayer) and field.sigma is KNOWN.get(field.activation)
    known = known and not field.hidden  # its layers have m units for each component
    return known and arch.width * max(1, _units(field)) <= WIDEST


def _units(field: Field) -> int:
    """Hidden units per active component, 0 for the single-layer field."""
    return field.expansion if field.expands else 0


def _sum(parts: NDArray[np.float64], regimes: int, like: Tensor) -> Tensor:
    whole = parts if len(parts) == regimes else parts.reshape(regimes, -1, parts.shape[1]).sum(1)
    return torch.as_tensor(whole).to(like)
