"""The control θ: one tensor, with named views of every layer's W, b and V."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from autoencode_core.errors import InputError


class Layer(NamedTuple):
    """Views of one layer's control, each with the regimes R as leading axis.

    Attributes:
        W: (R, h, a) with h = a (single layer) or h = m a (two layers).
        b: (R, h, 1).
        V: (R, a, h), None in the single-layer field.
    """

    W: Tensor
    b: Tensor
    V: Tensor | None

    def of(self, regime: int) -> "Layer":
        """The same views of one regime, without the leading axis."""
        return Layer(self.W[regime], self.b[regime], None if self.V is None else self.V[regime])


@dataclass(frozen=True)
class ControlShape:
    """Where each layer's blocks lie in the flat vector: layer by layer, W then b then V.

    Attributes:
        counts: active components a_n of the controlled layers.
        expansion: hidden units per active component m, or 0 for the single-layer field.
    """

    counts: tuple[int, ...]
    expansion: int = 0

    @cached_property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """Shapes (rows, columns) of all blocks in the order of the flat vector."""
        shapes: list[tuple[int, ...]] = []
        for a in self.counts:
            h = a * (self.expansion or 1)
            shapes += [(h, a), (h, 1), (a, h)] if self.expansion else [(h, a), (h, 1)]
        return tuple(shapes)

    @cached_property
    def sizes(self) -> list[int]:
        """Lengths of all blocks."""
        return [rows * columns for rows, columns in self.blocks]

    @property
    def size(self) -> int:
        """Number of parameters P."""
        return sum(self.sizes)

    def layers(self, theta: Tensor) -> list[Layer]:
        """Named views of θ, which share its memory.

        Args:
            theta: controls of R regimes, (R, P).
        """
        regimes = theta.shape[0]
        parts = theta.split_with_sizes(self.sizes, dim=1)
        views = [part.view(regimes, *shape) for part, shape in zip(parts, self.blocks, strict=True)]
        if self.expansion:
            return [Layer(*views[i : i + 3]) for i in range(0, len(views), 3)]
        return [Layer(views[i], views[i + 1], None) for i in range(0, len(views), 2)]

    def initial(self, seed: int, scale: float, dtype: torch.dtype) -> Tensor:
        """The initial control, (P,): W, V Gaussian with variance scale²/fan-in, b = 0.

        It depends on the seed, the scale and the shape alone (drawn in float64 on the CPU, layer by
        layer), so that changing λ, the method or the precision changes nothing else.

        Source:
            theory.md section 4: W_n ~ init_scale N(0, 1/a_n).
        """
        generator = torch.Generator().manual_seed(seed)
        theta = torch.zeros(1, self.size, dtype=torch.float64)
        for layer in self.layers(theta):
            for block in (layer.W, layer.V):
                if block is not None:
                    normal = torch.randn(block.shape, generator=generator, dtype=torch.float64)
                    block.copy_(scale * normal / block.shape[-1] ** 0.5)
        return theta[0].to(dtype)


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
        """All entries as one vector (P,), layer by layer, W then b then V."""
        return self.vector

    @property
    def layers(self) -> Sequence[tuple[Tensor, ...]]:
        """Per layer the views (W, b) or (W, b, V), shapes (h, a), (h,), (a, h)."""
        views = self.shape.layers(self.vector[None])
        return [(v.W[0], v.b[0, :, 0]) + (() if v.V is None else (v.V[0],)) for v in views]

    def norm(self) -> float:
        """‖θ‖ in L²(0,T): the root of δ Σ|θ_n|²."""
        return float((self.step * self.vector.double().square().sum()).sqrt())

    def __len__(self) -> int:
        return self.vector.numel()
