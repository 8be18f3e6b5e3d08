"""The two-layer field F(x, θ) = V σ(W x + b)."""

from typing import TYPE_CHECKING

from autoencode_core.flow.fields.units import UnitField
from autoencode_core.flow.shape import Block, Layer

if TYPE_CHECKING:
    from torch import Tensor


class TwoLayer(UnitField):
    """F(x, θ) = V σ(W x + b) with m a hidden units, or as many in every layer; each drives all components."""

    name = "two_layer"
    title = "V σ(Wx + b)"
    expands = True
    units = "all"

    def blocks(self, a: int) -> tuple[Block, ...]:
        h = self.hidden or self.expansion * a
        return (
            Block("W", h, a, row="unit", column="component"),
            Block("b", h, 1, weight=False, row="unit"),
            Block("V", a, h, row="component", column="unit", outer=True),
        )

    def velocity(self, theta: Layer, x: "Tensor") -> "Tensor":
        W, b, V = theta
        return V.bmm(self.sigma.value(b.baddbmm(W, x)))

    @property
    def rests(self) -> bool:
        return True

    def speed_bound(self, theta: Layer) -> "Tensor | None":
        return self.sigma.bound * theta[2].abs().sum(2)

    def lipschitz_bound(self, theta: Layer) -> "Tensor | None":
        from autoencode_core.flow.fields.hidden import spectral_norm

        return self.sigma.steepest * spectral_norm(theta[0]) * spectral_norm(theta[2])
