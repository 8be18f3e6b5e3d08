"""States and costates held fixed while the control moves: what the maximum principle maximises over."""

from dataclasses import dataclass

import torch
from torch import Tensor

from autoencode_core.flow.architecture import Architecture
from autoencode_core.training.costate import Room, backward, forward, frozen_gradient
from autoencode_core.training.layered import part_of, parts


@dataclass
class Frozen:
    """States X_n and costates p_{n+1} of a control.

    They are kept where one part holds them all, and swept again part by part where memory forbids.

    Args:
        arch: the architecture.
        theta: the control, (R, P).
        x: states at t = 0, (R or 1, d, N).
        y: targets, (R or 1, a, N).
    """

    arch: Architecture
    theta: Tensor
    x: Tensor
    y: Tensor

    def __post_init__(self) -> None:
        self._parts = list(parts(self.arch, len(self.theta), self.x))
        self._kept = self._sweep(*self._parts[0]) if len(self._parts) == 1 else None

    def gradient(self, theta: Tensor) -> Tensor:
        """The loss part of -∂_θ H_n at another control, (R, P)."""
        total = torch.zeros_like(theta)
        for rows, columns in self._parts:
            room, costates = self._kept or self._sweep(rows, columns)
            total[rows] += frozen_gradient(room, costates, theta[rows])
        return total

    def _sweep(self, rows: slice, columns: slice) -> tuple[Room, list[Tensor]]:
        x, y = part_of(self.x, rows, columns), part_of(self.y, rows, columns)
        room, costates = Room(self.arch, len(x), x.shape[2], x), list[Tensor]()
        room.theta.copy_(self.theta[rows])
        room.x.copy_(x)
        torch.sub(forward(room), y, out=room.end).mul_(2 / self.x.shape[2])
        backward(room, costates)
        return room, costates
