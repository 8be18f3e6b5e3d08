"""The engine of wide nets: layer by layer with the library's products, in parts that bound the memory."""

from collections.abc import Iterator

import torch
from torch import Tensor

from autoencode_core.flow.architecture import Architecture
from autoencode_core.training.costate import Room, backward, forward

WORKSPACE = 2**28
"""Bytes that the states of one part may take; what is left over is done in further parts."""


class Layered:
    """Sums over particles, part by part: some regimes, and of those some particles.

    Args:
        arch: the architecture.
        workspace: bytes for the states of one part.
    """

    def __init__(self, arch: Architecture, workspace: int = WORKSPACE) -> None:
        self.arch, self.workspace = arch, workspace
        self.rooms: dict[tuple[int, int], Room] = {}

    def squares(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Σ_i (X_L - y)² of each component, (R, a)."""
        total = theta.new_zeros(theta.shape[0], y.shape[1])
        for rows, columns in parts(self.arch, len(theta), x, self.workspace):
            layers = self.arch.shape.layers(theta[rows])
            outcome = self.arch.outcome(layers, part_of(x, rows, columns))
            total[rows] += torch.sub(outcome, part_of(y, rows, columns)).square_().sum(2)
        return total

    def squares_and_gradient(self, theta: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The same and the loss part of ∇J, (R, P)."""
        total = theta.new_zeros(theta.shape[0], y.shape[1])
        gradient: Tensor | None = None
        for rows, columns in parts(self.arch, len(theta), x, self.workspace):
            room = self._room(rows.stop - rows.start, columns.stop - columns.start, theta)
            room.theta.copy_(theta[rows])
            room.x.copy_(part_of(x, rows, columns))
            residual = torch.sub(forward(room), part_of(y, rows, columns))
            total[rows] += torch.mul(residual, residual).sum(2)
            part = backward(room, residual.mul_(2 / x.shape[2]))
            if part.shape == theta.shape and columns.stop == x.shape[2] and gradient is None:
                return total, part  # one part is all
            gradient = torch.zeros_like(theta) if gradient is None else gradient
            gradient[rows] += part
        return total, torch.zeros_like(theta) if gradient is None else gradient

    def _room(self, regimes: int, particles: int, like: Tensor) -> Room:
        size = (regimes, particles)
        if size not in self.rooms:
            if len(self.rooms) == 2:  # a whole part and the last, smaller one
                self.rooms.clear()
            self.rooms[size] = Room(self.arch, *size, like)
        return self.rooms[size]


def parts(
    arch: Architecture, regimes: int, x: Tensor, workspace: int = WORKSPACE
) -> Iterator[tuple[slice, slice]]:
    """Regimes and particles of each part, so that it fits the workspace.

    All particles of some regimes, or where those of one are too many, some particles of it.

    Args:
        arch: the architecture.
        regimes: R.
        x: states, (R or 1, d, N).
        workspace: bytes that one part may take.
    """
    particles = x.shape[2]
    fit = max(1, workspace // (Room.numbers(arch) * x.element_size()))
    columns = min(particles, fit)
    rows = max(1, fit // columns)
    for first in range(0, regimes, rows):
        for start in range(0, particles, columns):
            yield slice(first, min(regimes, first + rows)), slice(start, min(particles, start + columns))


def part_of(x: Tensor, rows: slice, columns: slice) -> Tensor:
    """States of one part, (rows, ·, columns), whether or not the regimes share them."""
    own = x[rows] if x.shape[0] > 1 else x.expand(rows.stop - rows.start, -1, -1)
    return own[:, :, columns]
