"""Architecture: everything of a width-varying flow but its control."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor
from torch.nn.functional import pad

from autoencode_core.flow.fields import Field, controlled_field
from autoencode_core.flow.schemes import SCHEMES, Scheme
from autoencode_core.flow.shape import MOST_FRAMES, ControlShape, Layer
from autoencode_core.flow.widths import active_counts
from autoencode_core.spec import RunSpec

Velocity = Callable[[int, Tensor], Tensor]


@dataclass(frozen=True)
class Architecture:
    """Widths, horizon, field and scheme of a flow whose components are sorted by how long they are kept.

    In this order the active set of layer n is the first a_n components, so turning components off
    is a slice and re-growing them is a zero padding: no mask, and no leak through the bottleneck.

    Attributes:
        counts: active components a_0, ..., a_{L-1}.
        controlled: number of layers that carry a control: L, or L/2 when only the encoder is trained.
        horizon: T, in flow time.
        field: the controlled field.
        scheme: what each sub-step is taken by.
        substeps: sub-steps r of a layer, from 1.
    """

    counts: tuple[int, ...]
    controlled: int
    horizon: float
    field: Field
    scheme: Scheme = SCHEMES["euler"]
    substeps: int = 1

    @classmethod
    def of(cls, spec: RunSpec, width: int, substeps: int | None = None) -> "Architecture":
        """The architecture that a spec asks for on data of that width, or with other sub-steps."""
        return cls(
            active_counts(width, spec.bottleneck, spec.depth, spec.profile),
            controlled=spec.depth // 2 if spec.task == "classify" else spec.depth,
            horizon=spec.horizon,
            field=controlled_field(spec.field, spec.activation, spec.expansion, spec.hidden),
            scheme=SCHEMES[spec.scheme],
            substeps=substeps or spec.substeps,
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

    @property
    def points(self) -> int:
        """Evaluation points of a layer: sub-steps times stages."""
        return self.substeps * self.scheme.stages

    @property
    def every(self) -> int:
        """Of how many sub-steps one is shown, so that a flow has about MOST_FRAMES; layer ends always are."""
        most = max(1, MOST_FRAMES // self.controlled)
        divisors = (s for s in range(1, self.substeps + 1) if self.substeps % s == 0)
        return next(s for s in divisors if self.substeps // s <= most)

    @cached_property
    def shape(self) -> ControlShape:
        """Where the controlled layers' blocks lie in the flat control."""
        return ControlShape(self.counts[: self.controlled], self.field.blocks)

    def by(self, scheme: Scheme, substeps: int) -> "Architecture":
        """The same flow by another scheme, or in other sub-steps."""
        return replace(self, scheme=scheme, substeps=substeps)

    def substep(self, velocity: Velocity, x: Tensor) -> Tensor:
        """One sub-step along a velocity (s, X), or along its linearisation."""
        return self.scheme.advance(velocity, x, self.step / self.substeps)

    def move(self, layer: Layer, x: Tensor) -> Tensor:
        """The active state (R, a, N) one sub-step later, keeping nothing."""
        return self.substep(lambda _, at: self.field.velocity(layer, at), x)

    def through(self, layer: Layer, x: Tensor) -> Tensor:
        """The active state (R, a, N) at the end of a layer, keeping nothing."""
        for _ in range(self.substeps):
            x = self.move(layer, x)
        return x

    def advance(
        self, layers: list[Layer], x: Tensor, first: int = 0
    ) -> Iterator[tuple[Layer, Tensor, Tensor]]:
        """Through `layers`, one after the other, keeping nothing.

        Args:
            layers: consecutive layers of the control.
            x: state at their start, (R, a, N).
            first: number of the first of them.

        Yields:
            Layer, the active state that entered it, and the active state that left it.
        """
        for n, layer in enumerate(layers, first):
            x = resize(x, self.counts[n])
            out = self.through(layer, x)
            yield layer, x, out
            x = out

    def outcome(self, layers: list[Layer], x: Tensor, first: int = 0) -> Tensor:
        """The state after `layers`, (R, a, N)."""
        for _, _, out in self.advance(layers, x, first):
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
