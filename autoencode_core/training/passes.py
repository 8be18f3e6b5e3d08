"""Which single passes a layer takes between its products: compiled loops, a GPU's kernels, or none."""

import importlib
from typing import Any, Protocol

import torch
from torch import Tensor

from autoencode_core.flow.passes import loops_for
from autoencode_core.training.fused import runs_on

LEAST_COLUMNS = 128
"""Columns of the smallest block: one for each thread of four warps."""
MOST_COLUMNS, MOST_SUMMED = 1024, 4096
"""Columns that a program takes at once: of an activation, which has a program for each block, and on the way
back, where one program has a whole row and needs more under way (not measured)."""


class Passes(Protocol):
    """The passes of one layer, on tensors laid out once."""

    def activate(self) -> None:
        """The values σ(z + b), and in place of z what the slope needs."""
        ...

    def euler(self, step: float) -> None:
        """One Euler step along them from x to out, and in place of z what the slope needs."""
        ...

    def pulled(self, p: Tensor) -> None:
        """The costate p of the values back through σ, in place of z, and its sums."""
        ...


class TritonPasses:
    """The passes of `flow/triton_passes.py`, one launch each.

    Args:
        activation: name of the nonlinearity.
        z: what the product of a layer is written in, (R, h, N), or (h, N) for one regime.
        value: where the values go: z itself unless the slope needs σ's input.
        b: biases, (R, h, 1) or (h, 1).
        x, out: states, as z; None where no state is moved.
        sums: sums of the costate behind σ, as b.
    """

    def __init__(
        self,
        activation: str,
        z: Tensor,
        value: Tensor,
        b: Tensor,
        x: Tensor | None,
        out: Tensor | None,
        sums: Tensor,
    ) -> None:
        self.kernels = _kernels()
        self.sigma = self.kernels.CODES[activation]
        self.z, self.value, self.b, self.x, self.out, self.sums = z, value, b, x, out, sums
        *regimes, self.rows, self.columns = z.shape
        self.lines = regimes[0] * self.rows if regimes else self.rows

    def activate(self) -> None:
        """As `Passes` says."""
        self._activate(self.z, self.value, 0.0, moves=False)

    def euler(self, step: float) -> None:
        """As `Passes` says; `value` is not written."""
        assert self.x is not None and self.out is not None
        self._activate(self.x, self.out, step, moves=True)

    def pulled(self, p: Tensor) -> None:
        """As `Passes` says."""
        with torch.cuda.device_of(self.z):
            self.kernels.pulled[(self.lines,)](
                self.z,
                p,
                self.sums,
                self.rows,
                self.columns,
                *_apart(self.z),
                *_apart(p),
                *_strides(self.sums),
                SIGMA=self.sigma,
                BLOCK=self._block(MOST_SUMMED),
                num_warps=8,
            )

    def _activate(self, x: Tensor, out: Tensor, step: float, moves: bool) -> None:
        block = self._block(MOST_COLUMNS)
        with torch.cuda.device_of(self.z):
            self.kernels.activate[(self.lines * -(-self.columns // block),)](
                self.z,
                self.b,
                x,
                out,
                step,
                self.rows,
                self.columns,
                *_apart(self.z),
                *_strides(self.b),
                *_apart(x),
                *_apart(out),
                SIGMA=self.sigma,
                KEEPS=self.value is not self.z,
                MOVES=moves,
                BLOCK=block,
                num_warps=4,
            )

    def _block(self, most: int) -> int:
        """Columns of a block: they follow the particles alone, so that no sum depends on other regimes."""
        return min(most, max(LEAST_COLUMNS, 1 << (self.columns - 1).bit_length()))


def passes_for(
    activation: str, z: Tensor, value: Tensor, b: Tensor, x: Tensor | None, out: Tensor | None, sums: Tensor
) -> Passes | None:
    """The passes of a layer with these tensors, or None where torch's own operators are to be taken.

    Args:
        activation: name of a nonlinearity that `evaluation.IN_PLACE` knows.
        z: as `TritonPasses` has it, and likewise the others.
        value: alike.
        b: alike.
        x: alike.
        out: alike.
        sums: alike.
    """
    if z.device.type == "cuda" and runs_on(z.device):
        return TritonPasses(activation, z, value, b, x, out, sums)
    return loops_for(activation, z, b, x, out, sums)


def _kernels() -> Any:
    """The module of the kernels, which is imported late because it needs Triton."""
    return importlib.import_module("autoencode_core.flow.triton_passes")


def _apart(tensor: Tensor) -> tuple[int, int]:
    """Rows from one regime to the next, 0 where there is one, and numbers from one row to the next."""
    row = tensor.stride(-2)
    return tensor.stride(0) // row if tensor.ndim == 3 else 0, row


def _strides(control: Tensor) -> tuple[int, int]:
    """Strides over regimes, 0 where there is one, and over rows, of what has a number for each row."""
    return control.stride(0) if control.ndim == 3 else 0, control.stride(-2)
