"""The control θ of one run: one tensor, with views of every layer's blocks."""

from collections.abc import Sequence

from torch import Tensor

from autoencode_core.errors import InputError
from autoencode_core.flow.shape import ControlShape


class Control:
    """A control of one run, or anything shaped like it (a gradient in L²(0,T), a direction).

    Args:
        vector: flat values, (P,).
        shape: where the layers' blocks lie.
        step: layer length δ in flow time, the weight of the norm.
    """

    def __init__(self, vector: Tensor, shape: ControlShape, step: float) -> None:
        if vector.ndim != 1 or vector.numel() != shape.size:
            raise InputError(
                "control", f"shape {tuple(vector.shape)}", f"a flat vector of {shape.size} numbers"
            )
        self.vector, self.shape, self.step = vector, shape, step

    def flatten(self) -> Tensor:
        """All entries as one vector (P,), layer by layer, block by block."""
        return self.vector

    @property
    def layers(self) -> Sequence[tuple[Tensor, ...]]:
        """Per layer the views of its blocks, of the two-layer field W (h, a), b (h,), V (a, h)."""
        views = self.shape.layers(self.vector[None])
        return [
            tuple(
                part[0] if block.weight else part[0].flatten()
                for block, part in zip(blocks, layer, strict=True)
            )
            for blocks, layer in zip(self.shape.blocks, views, strict=True)
        ]

    def norm(self) -> float:
        """‖θ‖ in L²(0,T): the root of δ Σ|θ_n|²."""
        return float((self.step * self.vector.double().square().sum()).sqrt())

    def __len__(self) -> int:
        return self.vector.numel()
