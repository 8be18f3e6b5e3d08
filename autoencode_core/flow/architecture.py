"""Architecture: everything of a width-varying flow but its control."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import pad

from autoencode_core.flow.control import ControlShape, Layer
from autoencode_core.flow.fields import ControlledField, controlled_field
from autoencode_core.flow.widths import active_counts
from autoencode_core.spec import RunSpec


@dataclass(frozen=True)
class Architecture:
    """Widths, horizon and field of a flow whose components are sorted by how long they are kept.

    In this order the active set of layer n is the first a_n components, so turning components off
    is a slice and re-growing them is a zero padding: no mask, and no leak through the bottleneck.

    Attributes:
        counts: active components a_0, ..., a_{L-1}.
        controlled: number of layers that carry a control: L, or L/2 when only the encoder is trained.
        horizon: T, in flow time.
        field: the controlled field.
        expansion: hidden units per active component, 0 for the single-layer field.
    """

    counts: tuple[int, ...]
    controlled: int
    horizon: float
    field: ControlledField
    expansion: int = 0

    @classmethod
    def of(cls, spec: RunSpec, width: int) -> "Architecture":
        """The architecture that a spec asks for on data of that width."""
        counts = active_counts(width, spec.bottleneck, spec.depth, spec.profile)
        return cls(
            counts,
            controlled=spec.depth // 2 if spec.task == "classify" else spec.depth,
            horizon=spec.horizon,
            field=controlled_field(spec.field, spec.activation),
            expansion=spec.expansion if spec.field == "two_layer" else 0,
        )

    @property
    def depth(self) -> int:
        """Number of layers L."""
        return len(self.counts)

    @property
    def width(self) -> int:
        """Data dimension d."""
        return self.counts[0]

    @property
    def bottleneck(self) -> int:
        """Bottleneck width k."""
        return self.counts[self.depth // 2 - 1]

    @property
    def step(self) -> float:
        """Layer length δ = T/L."""
        return self.horizon / self.depth

    @cached_property
    def shape(self) -> ControlShape:
        """Where the controlled layers' blocks lie in the flat control."""
        return ControlShape(self.counts[: self.controlled], self.expansion)

    def advance(self, layers: list[Layer], x: Tensor) -> Iterator[tuple[Layer, Tensor, Tensor]]:
        """Explicit Euler through `layers` (the residual network), keeping nothing.

        Args:
            layers: consecutive layers of the control.
            x: state at their start, (R, a, N).

        Yields:
            Layer, the active state that entered it, and the active state that left it.
        """
        for layer in layers:
            x = resize(x, layer.W.shape[-1])
            out = torch.add(x, self.field.velocity(layer, x), alpha=self.step)
            yield layer, x, out
            x = out

    def outcome(self, layers: list[Layer], x: Tensor) -> Tensor:
        """The state after `layers`, (R, a, N)."""
        for _, _, out in self.advance(layers, x):
            x = out
        return x


def resize(x: Tensor, count: int) -> Tensor:
    """The state with `count` active components: the rest is dropped, new ones start from 0.

    Args:
        x: (R, a, N).
        count: number of leading components wanted.
    """
    have = x.shape[1]
    if have > count:
        return x[:, :count]
    return pad(x, (0, 0, 0, count - have)) if have < count else x
