"""States and costates held fixed while the control moves: what the maximum principle maximises over."""

from dataclasses import dataclass

import torch
from torch import Tensor

from autoencode_core.flow.architecture import Architecture
from autoencode_core.training.costate import Points, SweepTensors, backward, forward
from autoencode_core.training.layered import part_of, parts


@dataclass
class EvaluationPoints:
    """The evaluation points (X, κ) of all layers at a control.

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
            points = self._kept or self._sweep(rows, columns)
            layers, into = self.arch.shape.layers(theta[rows]), self.arch.shape.layers(total[rows])
            for layer, sums, (x, q) in zip(layers, into, points, strict=True):
                for part, more in zip(sums, self.arch.field.at(layer, x).pullback(q)[1], strict=True):
                    part.add_(more)
        return total

    def _sweep(self, rows: slice, columns: slice) -> list[Points]:
        x, y = part_of(self.x, rows, columns), part_of(self.y, rows, columns)
        tensors, points = SweepTensors(self.arch, len(x), x.shape[2], x), list[Points]()
        tensors.theta.copy_(self.theta[rows])
        tensors.x.copy_(x)
        torch.sub(forward(tensors), y, out=tensors.end).mul_(2 / self.x.shape[2])
        backward(tensors, points)
        return points
