"""The shape of a control: its blocks, and where each lies in the flat vector. Importable without torch."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import torch
    from torch import Tensor

MOST_FRAMES = 240
"""States of a flow that a picture shows, if there are not more layers."""

Layer = tuple["Tensor", ...]
"""One layer's control: a tensor (R, rows, columns) for each block, in the order of `Field.blocks`."""


class Block(NamedTuple):
    """One block of a layer's control.

    Attributes:
        name: what it is called in pictures and tables.
        rows, columns: its shape.
        weight: whether it is a matrix of weights, which start Gaussian with variance scale²/columns; what is
            none (a bias, a gain) starts at 0.
        outer: whether it stands outside of σ: what starts at 0 there leaves the flow at rest.
        row, column: what its rows and columns stand for: "component", "unit" (hidden), or "" for neither.
    """

    name: str
    rows: int
    columns: int
    weight: bool = True
    row: str = ""
    column: str = ""
    outer: bool = False

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.rows * self.columns


@dataclass(frozen=True)
class ControlShape:
    """Where each layer's blocks lie in the flat vector: layer by layer, block by block, row by row.

    Attributes:
        counts: active components a_n of the controlled layers.
        of: the blocks of a layer with a active components (`Field.blocks`).
    """

    counts: tuple[int, ...]
    of: Callable[[int], tuple[Block, ...]]

    @cached_property
    def blocks(self) -> tuple[tuple[Block, ...], ...]:
        """The blocks of every layer."""
        return tuple(self.of(a) for a in self.counts)

    @cached_property
    def sizes(self) -> list[int]:
        """Lengths of all blocks in the order of the flat vector."""
        return [block.size for layer in self.blocks for block in layer]

    @cached_property
    def size(self) -> int:
        """Number of parameters P."""
        return sum(self.sizes)

    def layers(self, theta: "Tensor") -> list[Layer]:
        """Views of θ, which share its memory.

        Args:
            theta: controls of R regimes, (R, P).
        """
        regimes = theta.shape[0]
        parts = iter(theta.split_with_sizes(self.sizes, dim=1))
        return [
            tuple(next(parts).view(regimes, block.rows, block.columns) for block in layer)
            for layer in self.blocks
        ]

    def initial(self, seed: int, scale: float, dtype: "torch.dtype", outer: float | None = None) -> "Tensor":
        """The initial control, (P,): weights Gaussian with variance scale²/fan-in, all else 0.

        Blocks that stand outside of σ may have a scale of their own, `outer`.
        It depends on the seed, the scales and the shape alone (drawn in float64 on the CPU, layer by
        layer), so that changing λ, the method, the scheme or the precision changes nothing else.

        Source:
            docs/theory.md, section 4: W_n ~ init_scale N(0, 1/a_n).
        """
        import torch

        generator = torch.Generator().manual_seed(seed)
        theta = torch.zeros(1, self.size, dtype=torch.float64)
        for blocks, layer in zip(self.blocks, self.layers(theta), strict=True):
            for block, view in zip(blocks, layer, strict=True):
                if block.weight:
                    normal = torch.randn(view.shape, generator=generator, dtype=torch.float64)
                    own = outer if block.outer and outer is not None else scale
                    view.copy_(own * normal / block.columns**0.5)
        return theta[0].to(dtype)


def one_regime(layer: Layer, regime: int = 0) -> Layer:
    """The same views of one regime, without the leading axis."""
    return tuple(part[regime] for part in layer)
