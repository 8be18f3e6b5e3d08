"""The control θ: one tensor, with named views of every layer's W, b and V."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from autoencode_core.errors import InputError


@dataclass(frozen=True)
class Layer:
    """Views of one layer's control, each with the regimes R as leading axis.

    Attributes:
        W: (R, h, a) with h = a (single layer) or h = m a (two layers).
        b: (R, h, 1).
        V: (R, a, h), None in the single-layer field.
    """

    W: Tensor
    b: Tensor
    V: Tensor | None


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
    def offsets(self) -> tuple[int, ...]:
        """Start of each layer in the flat vector, and the total length at the end."""
        starts = [0]
        for a in self.counts:
            starts.append(starts[-1] + self._length(a))
        return tuple(starts)

    @property
    def size(self) -> int:
        """Number of parameters P."""
        return self.offsets[-1]

    def _length(self, a: int) -> int:
        h = a * (self.expansion or 1)
        return h * a + h + (a * h if self.expansion else 0)

    def layers(self, theta: Tensor) -> list[Layer]:
        """Named views of θ, which share its memory.

        Args:
            theta: controls of R regimes, (R, P).
        """
        return [self._layer(theta, n) for n in range(len(self.counts))]

    def _layer(self, theta: Tensor, n: int) -> Layer:
        regimes, a, start = theta.shape[0], self.counts[n], self.offsets[n]
        h = a * (self.expansion or 1)
        W = theta[:, start : start + h * a].view(regimes, h, a)
        b = theta[:, start + h * a : start + h * a + h].view(regimes, h, 1)
        V = theta[:, start + h * a + h : self.offsets[n + 1]].view(regimes, a, h) if self.expansion else None
        return Layer(W, b, V)

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
