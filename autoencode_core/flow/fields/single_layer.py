"""The single-layer field F(x, θ) = σ(W x + b), "inside"."""

from typing import TYPE_CHECKING

from autoencode_core.flow.fields.units import UnitField
from autoencode_core.flow.shape import Block, Layer

if TYPE_CHECKING:
    from torch import Tensor


class SingleLayer(UnitField):
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

    @property
    def rests(self) -> bool:
        return self.sigma.at_zero == 0

    def speed_bound(self, theta: Layer) -> "Tensor | None":
        return theta[1].new_full(theta[1].shape[:2], self.sigma.bound)

    def lipschitz_bound(self, theta: Layer) -> "Tensor | None":
        from autoencode_core.flow.fields.hidden import spectral_norm

        return self.sigma.steepest * spectral_norm(theta[0])
