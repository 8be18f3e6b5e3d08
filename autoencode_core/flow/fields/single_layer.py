"""The single-layer field F(x, θ) = σ(W x + b), "inside"."""

from typing import TYPE_CHECKING

from autoencode_core.flow.fields.field import Field
from autoencode_core.flow.shape import Block, Layer

if TYPE_CHECKING:
    from torch import Tensor

    from autoencode_core.flow.fields.hidden import HiddenPoint


class SingleLayer(Field):
    """F(x, θ) = σ(W x + b): unit j drives component j; section 2 of the paper."""

    name = "single_layer"
    title = "σ(Wx + b)"
    units = "own"

    def blocks(self, a: int) -> tuple[Block, ...]:
        return (
            Block("W", a, a, row="component", column="component"),
            Block("b", a, 1, weight=False, row="component"),
        )

    def velocity(self, theta: Layer, x: "Tensor") -> "Tensor":
        W, b = theta
        return self.sigma.value(b.baddbmm(W, x))

    def pullback(self, theta: Layer, x: "Tensor", v: "Tensor") -> tuple["Tensor", Layer]:
        return self.at(theta, x).pullback(v)

    def at(self, theta: Layer, x: "Tensor") -> "HiddenPoint":
        from autoencode_core.flow.fields.hidden import HiddenPoint

        return HiddenPoint(self, theta, x)

    @property
    def rests(self) -> bool:
        return self.sigma.at_zero == 0

    def speed_bound(self, theta: Layer) -> "Tensor | None":
        return theta[1].new_full(theta[1].shape[:2], self.sigma.bound)

    def lipschitz_bound(self, theta: Layer) -> "Tensor | None":
        from autoencode_core.flow.fields.hidden import spectral_norm

        return self.sigma.steepest * spectral_norm(theta[0])
