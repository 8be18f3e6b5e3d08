"""The engine of wide nets: layer by layer with the library's products, in parts that bound the memory."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from autoencode_core.flow.architecture import Architecture
from autoencode_core.training.costate import SweepTensors, backward, forward, lean
from autoencode_core.training.cuda_graph import CudaGraph
from autoencode_core.training.device import free_memory

WORKSPACE, GPU_WORKSPACE = 2**27, 2**32
"""Bytes that the states of one part may take; what is left over is done in further parts."""
LEAST_WORKSPACE = 2**22
"""Bytes for a part below which a device counts as full."""
MOST_PART_SWEEPS = 6
"""Parts of different sizes that are kept laid out, those of a cost alone among them."""


class Layered:
    """Sums over particles, part by part: some regimes, and of those some particles.

    Args:
        arch: the architecture.
        workspace: bytes for the states of one part; halved where the device has not so many.
    """

    def __init__(self, arch: Architecture, workspace: int = WORKSPACE) -> None:
        self.arch, self.workspace = arch, workspace
        self.part_sweeps: dict[tuple[int, int, int, bool], PartSweep] = {}

    def squares(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Σ_i (X_L - y)² of each component, (R, a)."""
        return self._within_memory(theta, x, y, wanted=False)[0]

    def squares_and_gradient(self, theta: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The same and the loss part of ∇J, (R, P), valid until the next call."""
        return self._within_memory(theta, x, y, wanted=True)

    def _within_memory(self, theta: Tensor, x: Tensor, y: Tensor, wanted: bool) -> tuple[Tensor, Tensor]:
        while True:
            try:
                return self._sums(theta, x, y, wanted)
            except torch.OutOfMemoryError:
                self.part_sweeps.clear()
                if self.workspace <= LEAST_WORKSPACE:
                    raise
                self.workspace //= 2
            # Here and not above, where the exception still holds what the failed attempt had.
            free_memory(x.device)

    def _sums(self, theta: Tensor, x: Tensor, y: Tensor, wanted: bool) -> tuple[Tensor, Tensor]:
        todo = list(parts(self.arch, len(theta), x, self.workspace, wanted))
        if len(todo) == 1:
            return self._part(theta, x, y, *todo[0], wanted)
        squares, gradient = theta.new_zeros(len(theta), y.shape[1]), torch.zeros_like(theta)
        for rows, columns in todo:
            more, part = self._part(theta, x, y, rows, columns, wanted)
            squares[rows] += more
            if wanted:
                gradient[rows] += part
        return squares, gradient

    def _part(
        self, theta: Tensor, x: Tensor, y: Tensor, rows: slice, columns: slice, wanted: bool
    ) -> tuple[Tensor, Tensor]:
        size = rows.stop - rows.start, columns.stop - columns.start, x.shape[2]
        part_sweep = self.part_sweeps.get((*size, wanted))
        if part_sweep is None:
            if len(self.part_sweeps) == MOST_PART_SWEEPS:
                self.part_sweeps.clear()
            part_sweep = PartSweep(self.arch, size, theta, self.workspace, wanted)
            self.part_sweeps[*size, wanted] = part_sweep
        return part_sweep.evaluate(theta, x, y, rows, columns)


class PartSweep:
    """Everything that one part's cost and gradient read and write.

    Args:
        arch: the architecture.
        size: regimes and particles of the part, and the particles of the whole.
        like: a tensor of the wanted precision, on the wanted device.
        workspace: bytes that the states may take.
        wanted: whether there is a way back; without one no more than a layer's points are kept.
    """

    def __init__(
        self,
        arch: Architecture,
        size: tuple[int, int, int],
        like: Tensor,
        workspace: int = WORKSPACE,
        wanted: bool = True,
    ) -> None:
        regimes, particles, self.whole = size
        few = lean(arch, like.element_size(), workspace)
        self.tensors, self.wanted = SweepTensors(arch, regimes, particles, like, few, wanted), wanted
        self.y, self.residual = torch.empty_like(self.tensors.outcome), torch.empty_like(self.tensors.outcome)
        self.sweeps = CudaGraph(self._sweeps, like.device)
        self.holds: tuple[Tensor, Tensor, slice, slice] | None = None

    def evaluate(
        self, theta: Tensor, x: Tensor, y: Tensor, rows: slice, columns: slice
    ) -> tuple[Tensor, Tensor]:
        """Squares and, where it is wanted, gradient of a part, valid until the next call."""
        self.tensors.theta.copy_(theta[rows])
        held = self.holds
        if held is None or held[0] is not x or held[1] is not y or held[2:] != (rows, columns):
            self.tensors.x.copy_(part_of(x, rows, columns))
            self.y.copy_(part_of(y, rows, columns))
            self.holds = x, y, rows, columns
        return self.sweeps()

    def _sweeps(self) -> tuple[Tensor, Tensor]:
        residual = torch.sub(forward(self.tensors), self.y, out=self.residual)
        squares = torch.mul(residual, residual, out=self.tensors.end).sum(2)
        if not self.wanted:
            return squares, self.tensors.gradient
        torch.mul(residual, 2 / self.whole, out=self.tensors.end)
        return squares, backward(self.tensors)


def parts(
    arch: Architecture, regimes: int, x: Tensor, workspace: int = WORKSPACE, wanted: bool = True
) -> Iterator[tuple[slice, slice]]:
    """Regimes and particles of each part, so that it fits the workspace.

    All particles of some regimes, or where even those of one are too many, some particles of it. On a
    processor regimes are swept one by one: products of several round otherwise than those of one.

    Args:
        arch: the architecture.
        regimes: R.
        x: states, (R or 1, d, N).
        workspace: bytes that one part may take.
        wanted: whether there is a way back.
    """
    particles = x.shape[2]
    number = x.element_size()
    one = SweepTensors.numbers(arch, not wanted or lean(arch, number, workspace)) * number
    columns = min(particles, max(1, workspace // one))
    rows = max(1, workspace // (one * columns)) if x.device.type == "cuda" else 1
    for first in range(0, regimes, rows):
        for start in range(0, particles, columns):
            yield slice(first, min(regimes, first + rows)), slice(start, min(particles, start + columns))


def part_of(x: Tensor, rows: slice | Sequence[int], columns: slice) -> Tensor:
    """States of some regimes and particles, (rows, ·, columns), whether or not the regimes share them."""
    if x.shape[0] > 1:
        return x[:, :, columns][rows]
    count = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
    return x[:, :, columns].expand(count, -1, -1)
