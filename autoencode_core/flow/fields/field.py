"""What a controlled field is: blocks, velocity, derivatives, and what it says of itself.

Importable without torch: the store checks shapes by `blocks`.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from autoencode_core.flow.nonlinearities import NONLINEARITIES, Nonlinearity
from autoencode_core.flow.shape import Block, Layer

if TYPE_CHECKING:
    from torch import Tensor

    from autoencode_core.flow.fields.point import Point


@dataclass(frozen=True)
class Field(ABC):
    """F(x, θ) on the active block of a layer; it knows neither δ, nor a scheme, nor an inactive component.

    Arrays are component-major: states are (R, a, N), so the long axis stays contiguous; R is 1 or that of
    the control.

    Attributes:
        activation: name of σ.
        expansion: hidden units per active component; 0 for a field that has no such number.
        hidden: hidden units of every layer in the place of that, 0 for none.
        name: as RunSpec.field has it.
        title: its formula for a person.
        expands: whether it reads `expansion` and `hidden`.
        units: how its hidden units enter, where the field is a sum over units σ(w·x + b): "own" when unit j
            drives component j alone, "all" when each drives all components by a vector of its own; None for
            any other field.
    """

    activation: str
    expansion: int = 0
    hidden: int = 0

    name: ClassVar[str]
    title: ClassVar[str]
    expands: ClassVar[bool] = False
    units: ClassVar[Literal["own", "all"] | None] = None

    @property
    def sigma(self) -> Nonlinearity:
        """The nonlinearity σ."""
        return NONLINEARITIES[self.activation]

    @abstractmethod
    def blocks(self, a: int) -> tuple[Block, ...]:
        """Names and shapes of the control's blocks where a components are active."""

    @abstractmethod
    def velocity(self, theta: Layer, x: "Tensor") -> "Tensor":
        """F(x, θ): (R, a, N) -> (R, a, N)."""

    @abstractmethod
    def pullback(self, theta: Layer, x: "Tensor", v: "Tensor") -> tuple["Tensor", Layer]:
        """(∂_x F)^T v, (R, a, N), and Σ_i (∂_θ F)^T v^i, shaped like θ."""

    def tangent(self, theta: Layer, x: "Tensor", dtheta: Layer, dx: "Tensor") -> "Tensor":
        """(∂_θ F) dθ + (∂_x F) dx, (R, a, N); by torch.func unless a field brings its own."""
        from autoencode_core.flow.fields.point import tangent

        return tangent(self, theta, x, dtheta, dx)

    def second_pullback(
        self, theta: Layer, x: "Tensor", v: "Tensor", dtheta: Layer, dx: "Tensor", dv: "Tensor"
    ) -> tuple["Tensor", Layer]:
        """How `pullback` changes along (dθ, dx, dv); by torch.func unless a field brings its own."""
        from autoencode_core.flow.fields.point import second_pullback

        return second_pullback(self, theta, x, v, dtheta, dx, dv)

    def at(self, theta: Layer, x: "Tensor") -> "Point":
        """The field at states x, with what its derivatives there need."""
        from autoencode_core.flow.fields.point import Point

        return Point(self, theta, x)

    def flops(self, a: int) -> int:
        """About how many flops one particle's velocity takes."""
        return 2 * sum(block.size for block in self.blocks(a))

    def numbers(self, a: int) -> int:
        """About how many numbers a particle's evaluation keeps for its derivatives."""
        return a + 3 * sum(block.rows for block in self.blocks(a))

    # -- what a field may say of itself; None and False say nothing --

    @property
    def rests(self) -> bool:
        """Whether F(x, 0) = 0 for all x, so that nothing moves at θ = 0."""
        return False

    def speed_bound(self, theta: Layer) -> "Tensor | None":
        """What no component's speed exceeds anywhere, (R, a)."""
        return None

    def lipschitz_bound(self, theta: Layer) -> "Tensor | None":
        """Upper bound of the Lipschitz constant of F(., θ) in the Euclidean norm, (R,)."""
        return None
